"""Cases as a worker has them on the device: what he reported himself, and what he is to look at."""
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select, union
from sqlalchemy.orm import Session, selectinload

from casework import clock, taxonomy
from casework.cases import workflow
from casework.cases.case import Case
from casework.cases.report import Channel, Report
from casework.cases.workflow import STEPS, Status
from casework.fieldwork.changes.audiences import RECENT, still_shown
from casework.fieldwork.changes.sections import Worker
from casework.identity.people import Actor, Department


def ids_of(db: Session, worker: Worker, after: uuid.UUID | None, limit: int) -> Sequence[uuid.UUID]:
    """Ids of the cases that this worker has on the device, in their order, from behind `after`."""
    own = select(Report.case_id.label("id")).where(  # by the index of keys: the source of a PDA's reports is its worker
        Report.channel == Channel.PDA, Report.source == str(worker.user_id), Report.case_id.is_not(None))
    looked_at = select(Case.id).where(Case.is_open, Case.inspector_id == worker.user_id)
    mine = select(Case.id).where(Case.id.in_(union(own, looked_at).subquery().select()), still_shown())
    return db.scalars((mine.where(Case.id > after) if after else mine).order_by(Case.id).limit(limit)).all()


def shown(db: Session, worker: Worker, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """Those of these cases that the worker has on the device, by id, with the actions that he may take now."""
    everything = selectinload(Case.reports), selectinload(Case.assignments), selectinload(Case.history)
    found = db.scalars(select(Case).where(Case.id.in_(ids)).options(*everything)).all()
    roles = {case.id: role for case in found if (role := _role(case, worker.user_id))}
    wanted = [case for case in found if case.id in roles]
    names, departments = _categories(db, wanted), _departments(db, wanted)
    return {case.id: _plain(case, worker.actor) | {
        "role": roles[case.id], "category": names[case.id],
        "department": departments.get(case.lead_department_id) if case.lead_department_id else None} for case in wanted}


def _role(case: Case, user_id: uuid.UUID) -> str | None:
    if case.is_open and case.inspector_id == user_id:
        return "inspect"
    recent = case.moved_at >= clock.now() - RECENT and case.status is not Status.MERGED
    return "reported" if user_id in case.reported_by and (case.is_open or recent) else None


def _plain(case: Case, actor: Actor) -> dict[str, Any]:
    return {"number": case.number, "status": case.status, "title": case.title, "lon": case.lon, "lat": case.lat,
            "address": case.address, "due_at": case.due_at, "waiting_for": case.waiting_for, "overdue": case.overdue,
            "reports": [report.key for report in case.reports if report.reporter_id == actor.id],
            "actions": [{"action": action, "says": STEPS[action].says, "needs": list(STEPS[action].needs)}
                        for action in workflow.allowed_actions(case, actor)],
            "version": case.history_length}


def _categories(db: Session, cases: Iterable[Case]) -> dict[uuid.UUID, str | None]:
    found = {}
    for case in cases:
        category = taxonomy.catalogue(db, case.taxonomy_version_id).by_code.get(case.category_code or "")
        found[case.id] = category.name if category else None
    return found


def _departments(db: Session, cases: Iterable[Case]) -> dict[uuid.UUID, str]:
    lead = {case.lead_department_id for case in cases if case.lead_department_id}
    return dict(db.execute(select(Department.id, Department.name).where(Department.id.in_(lead))).all()) if lead else {}
