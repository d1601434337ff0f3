"""What a citizen may see of a report without an account: where it stands, who has it, until when, and what happened."""
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select, tuple_
from sqlalchemy.orm import Session

from casework.cases import comments, search, wording, workflow
from casework.cases.case import Case
from casework.cases.comments import Comment
from casework.cases.history import Entry
from casework.cases.report import Report
from casework.cases.wording import Language
from casework.cases.workflow import Status
from casework.community import pictures, ratings
from casework.identity.people import Actor, Department, Role

WAITS = {Language.ZH: "受理中心", Language.EN: "the intake centre"}
"""Who has a report that nobody has looked at yet."""

REFUTES = frozenset({"fail", "decline", "reopen", "order_rework"})
"""After one of these the answer before holds no more."""

READ = frozenset(wording.HAPPENED) | REFUTES | {"resolve", "reject", "ask"}

OWN = {Language.ZH: "本人", Language.EN: "you"}


def progress(db: Session, report: Report, actor: Actor, language: Language = Language.ZH) -> dict[str, Any]:
    """Plain values for the tracking page; no names of persons, no internal remarks, nothing that a neighbour said."""
    case = search.followed(db, report)
    made: dict[str, Any] = {"number": report.number, "received_at": report.received_at, "text": report.text,
                            "status": None, "words": wording.STANDS[Status.REPORTED][language], "case": None,
                            "department": None, "holder": WAITS[language], "due_at": None, "closed_at": None,
                            "question": None, "reply": None, "reason": None, "steps": [], "comments": [],
                            "rated": report.rating, "may": [], "photos": pictures.of_report(db, report)}
    if case is None:
        return made
    department = db.get(Department, case.lead_department_id) if case.lead_department_id else None
    name = department.name if department else None
    # Not the whole history: of a crowd, everybody's joining stands there.
    lines = db.scalars(select(Entry).where(Entry.case_id == case.id, Entry.action.in_(READ)).order_by(Entry.number)).all()
    question = _question(case, report, lines)
    return made | {
        "status": case.status, "words": wording.STANDS[case.status][language], "case": case.number, "department": name,
        "holder": wording.holder(case, name, language), "due_at": wording.until(db, case),
        "closed_at": case.closed_at, "question": question,
        "reply": _reply(lines), "reason": _last(lines, "reject", "reason"),
        "steps": [{"at": line.at, "words": words[language]} for line in lines
                  if (words := wording.HAPPENED.get(line.action))],
        "comments": _comments(db, report, language), "may": _may(case, actor, report, question)}


def reports_of(db: Session, actor: Actor, *, after: tuple[datetime, uuid.UUID] | None = None, limit: int = 50,
               language: Language = Language.ZH) -> tuple[list[dict[str, Any]], tuple[datetime, uuid.UUID] | None]:
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
              "words": wording.STANDS[one.status or Status.REPORTED][language]} for one in found[:limit]],
            (last.received_at, last.id) if last else None)


def _question(case: Case, report: Report, lines: Sequence[Entry]) -> str | None:
    """What the department asked last, while it waits for the answer."""
    asked = case.question_until is not None and wording.is_asked(case, report)
    return _last(lines, "ask", "question") if asked else None


def _reply(lines: Sequence[Entry]) -> str | None:
    """What the department answered, until somebody finds that it is not so."""
    last = next((line for line in reversed(lines) if line.action == "resolve" or line.action in REFUTES), None)
    return last.facts.get("reply") if last and last.action == "resolve" else None


def _comments(db: Session, report: Report, language: Language) -> list[dict[str, Any]]:
    said = comments.for_reporter(db, report)
    ids = {one.department_id for one in said if one.department_id}
    names = {row.id: row.name for row in db.execute(select(Department.id, Department.name).where(Department.id.in_(ids)))}
    return [{"at": one.at, "words": one.text, "by": _speaker(one, names, language)} for one in said]


def _speaker(one: Comment, departments: Mapping[uuid.UUID, str], language: Language) -> str:
    """The department, or the desk: never a person's name."""
    if one.by_citizen:
        return OWN[language]
    if one.department_id and one.department_id in departments:
        return departments[one.department_id]
    return wording.DESKS.get(one.role or Role.DISPATCHER, wording.DESKS[Role.DISPATCHER])[language]


def _may(case: Case, actor: Actor, report: Report, question: str | None) -> list[str]:
    actions = [action for action in workflow.allowed_actions(case, actor) if action in {"reopen", "urge", "answered"}]
    if "answered" in actions and question is None:
        actions.remove("answered")
    return actions + (["rate"] if ratings.may_rate(case, report) else [])


def _last(lines: Sequence[Entry], action: str, fact: str) -> str | None:
    return next((line.facts.get(fact) for line in reversed(lines) if line.action == action), None)
