"""What a citizen may see of a report without an account: where it stands, who has it, until when, and what happened."""
from typing import Any

from sqlalchemy.orm import Session

from casework.cases import search, workflow
from casework.cases.case import Case
from casework.cases.report import Report
from casework.cases.workflow import Status
from casework.identity.people import Actor, Department

WORDS = {
    Status.REPORTED: "已收到，等待受理", Status.VERIFYING: "网格员正在核实", Status.FILED: "已立案，等待派遣",
    Status.DISPATCHED: "已派遣，等待责任部门签收", Status.HANDLING: "责任部门正在处置", Status.RETURNED: "责任归属裁定中",
    Status.SUSPENDED: "暂缓办理", Status.RESOLVED: "责任部门已反馈，等待核查", Status.CLOSED: "已结案",
    Status.REJECTED: "不予受理", Status.VOID: "已作废", Status.MERGED: "已并案",
}
"""What the public reads. Closed is called closed: whether it is put right, the citizen says in the rating."""

SHOWN = frozenset({"report", "file", "join", "dispatch", "sign", "resolve", "pass", "fail", "accept", "decline", "reject",
                   "self_handle", "reopen", "suspend", "resume", "uphold"})


def progress(db: Session, report: Report, actor: Actor) -> dict[str, Any]:
    """Plain values for the tracking page; no names of persons, no internal remarks."""
    case = search.followed(db, report)
    made: dict[str, Any] = {"number": report.number, "received_at": report.received_at, "text": report.text,
                            "status": None, "words": "已收到，等待受理", "case": None, "department": None, "due_at": None,
                            "closed_at": None, "reply": None, "reason": None, "steps": [], "rated": None, "may": []}
    if case is None:
        return made
    department = db.get(Department, case.lead_department_id) if case.lead_department_id else None
    return made | {
        "status": case.status, "words": WORDS[case.status], "case": case.number,
        "department": department.name if department else None, "due_at": case.due_at if case.is_open else None,
        "closed_at": case.closed_at, "reply": _last(case, "resolve", "reply"), "reason": _last(case, "reject", "reason"),
        "steps": [{"at": line.at, "words": _said(line.action)} for line in case.history if line.action in SHOWN],
        "rated": report.rating, "may": _may(case, actor, report)}


def _may(case: Case, actor: Actor, report: Report) -> list[str]:
    actions = [action for action in workflow.allowed_actions(case, actor) if action in {"reopen", "urge", "answered"}]
    return actions + (["rate"] if case.status is Status.CLOSED and report.rating is None else [])


def _last(case: Case, action: str, fact: str) -> str | None:
    found = [line.facts.get(fact) for line in case.history if line.action == action]
    return found[-1] if found else None


def _said(action: str) -> str:
    return {"join": "已并入同一案件"}.get(action) or workflow.STEPS[action].says.partition(" ")[0]
