"""Who may know who reported: of whoever asked not to be known (保密) the operator who took the call, and supervisors."""
import uuid
from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session

from casework.cases.case import Case
from casework.cases.report import Report
from casework.identity import privacy
from casework.identity.people import Actor, Role
from casework.identity.privacy import SealedText, mask_name, mask_phone


def may_know(actor: Actor, report: Report) -> bool:
    """Whether the name and phone of this report's sender are there for this actor at all, be it masked."""
    took_it = actor.id is not None and report.taken_by_id == actor.id
    return not report.confidential or took_it or Role.SUPERVISOR in actor.roles


def known_to(actor: Actor) -> ColumnElement[bool]:
    """The same for the database, of each of its reports."""
    if Role.SUPERVISOR in actor.roles:
        return true()
    return or_(Report.confidential.is_(False), and_(Report.taken_by_id.is_not(None), Report.taken_by_id == actor.id))


def in_confidence(db: Session, case_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, set[str | None]]:
    """Those of these cases in which somebody asked not to be known, with the blind indexes of the phones of all who did, None
    for who left none."""
    ids, made = list(case_ids), defaultdict[uuid.UUID, set[str | None]](set)
    asked = select(Report.case_id, Report.reporter_phone_index).where(Report.case_id.in_(ids), Report.confidential)
    for case_id, phone in db.execute(asked) if ids else ():
        if case_id:
            made[case_id].add(phone)
    return dict(made)


def masked(actor: Actor, report: Report) -> dict[str, str | None]:
    """{name, phone} as lists and pages show them; nothing of whoever this actor may not know."""
    known = may_know(actor, report)
    return {"name": mask_name(report.reporter_name.open()) if report.reporter_name and known else None,
            "phone": mask_phone(report.reporter_phone.open()) if report.reporter_phone and known else None}


def reveal(db: Session, actor: Actor, report: Report, case: Case, field: str, *, reason: str) -> str | None:
    """Name or phone in plain, None where none was left; the look is logged. Raises Refused as privacy.reveal() does.

    Only after may_know(): an attempt of anybody else is kept by note_refused().
    """
    sealed: SealedText | None = report.reporter_name if field == "name" else report.reporter_phone
    return privacy.reveal(db, actor, "report", report.id, field, sealed, subject=case, reason=reason) if sealed else None


def note_refused(db: Session, actor: Actor, report: Report, field: str, reason: str) -> None:
    """Somebody wanted to know who asked not to be known: that stands in the access log as well."""
    privacy.note(db, actor, "report", report.id, field, reason, refused=True)
