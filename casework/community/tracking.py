"""What a citizen may see of a report without an account: where it stands, who has it, until when, and what happened."""
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select, tuple_
from sqlalchemy.orm import Session

from casework.cases import search, workflow
from casework.cases.case import Case
from casework.cases.report import Outcome, Report
from casework.cases.workflow import Status
from casework.identity.people import Actor, Department
from casework.sla.limits import Stage
from casework.sla.timers import Timer, TimerState

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
                            "closed_at": None, "question": None, "reply": None, "reason": None, "steps": [],
                            "rated": None, "may": []}
    if case is None:
        return made
    department = db.get(Department, case.lead_department_id) if case.lead_department_id else None
    return made | {
        "status": case.status, "words": WORDS[case.status], "case": case.number,
        "department": department.name if department else None, "due_at": _due(db, case) if case.is_open else None,
        "closed_at": case.closed_at, "question": _question(case, report),
        "reply": _last(case, "resolve", "reply"), "reason": _last(case, "reject", "reason"),
        "steps": [{"at": line.at, "words": _said(line.action)} for line in case.history if line.action in SHOWN],
        "rated": report.rating, "may": _may(case, actor, report)}


def reports_of(db: Session, actor: Actor, *, after: tuple[datetime, uuid.UUID] | None = None,
               limit: int = 50) -> tuple[list[dict[str, Any]], tuple[datetime, uuid.UUID] | None]:
    """Up to `limit` reports that the citizen may track, the latest first; and where the next page goes on, or None.

    A proved phone shows all that were sent with it, a tracking token its one; who has shown neither sees none.
    """
    own: list[ColumnElement[bool]] = [Report.id == actor.report_id] if actor.report_id else []
    if actor.phone_index:
        own.append(Report.reporter_phone_index == actor.phone_index)
    wanted = (select(Report.id, Report.number, Report.received_at, Report.text, Case.status)
              .join(Case, Case.id == Report.case_id, isouter=True)
              .where(or_(false(), *own)).order_by(Report.received_at.desc(), Report.id.desc()).limit(limit + 1))
    if after:
        wanted = wanted.where(tuple_(Report.received_at, Report.id) < after)
    found = db.execute(wanted).all()
    last = found[limit - 1] if len(found) > limit else None
    return ([{"number": one.number, "received_at": one.received_at, "text": one.text, "status": one.status,
              "words": WORDS[one.status or Status.REPORTED]} for one in found[:limit]],
            (last.received_at, last.id) if last else None)


def _due(db: Session, case: Case) -> datetime:
    """When the department's time ends, while it runs; else when the next step is due. Signing in time is no answer."""
    handling = select(func.min(Timer.due_at)).where(
        Timer.case_id == case.id, Timer.stage == Stage.HANDLE, Timer.state == TimerState.RUNNING)
    return db.scalar(handling) or case.due_at


def _question(case: Case, report: Report) -> str | None:
    """What the department asked last, unless it was answered since. It speaks of what the first reporter said, so it is
    for no other: not for who joined, nor for whose case was merged into this one."""
    if report.outcome is Outcome.JOINED or report.received_at != case.opened_at:
        return None
    said = [line for line in case.history if line.action in {"ask", "answered"}]
    return said[-1].facts.get("question") if said and said[-1].action == "ask" and case.is_open else None


def _may(case: Case, actor: Actor, report: Report) -> list[str]:
    actions = [action for action in workflow.allowed_actions(case, actor) if action in {"reopen", "urge", "answered"}]
    if "answered" in actions and _question(case, report) is None:
        actions.remove("answered")
    return actions + (["rate"] if case.status is Status.CLOSED and report.rating is None else [])


def _last(case: Case, action: str, fact: str) -> str | None:
    found = [line.facts.get(fact) for line in case.history if line.action == action]
    return found[-1] if found else None


def _said(action: str) -> str:
    return {"join": "已并入同一案件"}.get(action) or workflow.STEPS[action].says.partition(" ")[0]
