"""Reports lose their senders, with all that hangs on them: by rule when their case has ended long ago, or for one person."""
import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.cases import anonymity, callers, redaction
from casework.cases.case import Case
from casework.cases.kin import kin
from casework.cases.report import Report
from casework.cases.workflow import Status
from casework.identity.scrubbing import Known, scrub_all
from casework.retention import walking
from casework.retention.walking import Scrub


def ended(db: Session, status: Status, before: datetime, limit: int | None) -> Sequence[uuid.UUID]:
    """Reports that still name somebody, whose case came to this status before the moment and has stayed there.

    Read by the index of reports that name somebody, the oldest first: no case has ended before its reports came.
    """
    return db.scalars(select(Report.id).join(Case, Case.id == Report.case_id)
                      .where(Report.anonymised_at.is_(None), Report.received_at < before, Case.is_open.is_(False),
                             Case.status == status, Case.moved_at < before)
                      .order_by(Report.received_at, Report.id).limit(limit)).all()


def anonymise_ended(db: Session, report_ids: Sequence[uuid.UUID]) -> int:
    """Forget who sent these reports, whose cases have all ended, and the others of these cases with them: a person's pseudonym
    is one in a case. Words lose every phone and identity number as well. How many reports it was news for."""
    done = 0
    cases = select(Report.case_id).where(Report.id.in_(report_ids))
    all_of_them = db.scalars(select(Report.id).where(Report.case_id.in_(cases), Report.anonymised_at.is_(None))).all()
    for case_id, reports in _by_case(db, all_of_them).items():
        known = anonymity.known_of(db, reports)
        scrubbed = partial(scrub_all, known=known)
        anonymity.forget_senders(db, reports, scrubbed)
        ids = [one.id for one in reports]
        walking.forget(db, {"report": ids}, scrubbed)
        if case_id:
            _forget_in_case(db, case_id, scrubbed)
            for other in kin(db, case_id):  # may be open, and known to others
                _forget_in_case(db, other, partial(scrubbed, shapes=False), actors=())
        done += len(reports)
    return done


def anonymise_of(db: Session, report_ids: Collection[uuid.UUID], known: Known,
                 actors: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """Forget one person, of whom this is known and who acted under these ids, in these reports, their cases open or not;
    answers those for which it was news.

    Where others reported the same, their words lose this person and nobody else. Who cannot be called is called no more: where
    the department still owed that, its clock ends, and it is not late for it.
    """
    done: list[uuid.UUID] = []
    own, others = partial(scrub_all, known=known), partial(scrub_all, known=known, shapes=False)
    for case_id, reports in _by_case(db, report_ids).items():
        case = db.get(Case, case_id, with_for_update=True) if case_id else None
        ids = [one.id for one in reports]
        anonymity.forget_senders(db, reports, own)
        walking.forget(db, {"report": ids}, own)
        if case:
            for one in (case.id, *kin(db, case.id)):
                anonymity.scrub_others(db, one, others)
                _forget_in_case(db, one, others, actors=actors)
            db.expire_all()
            if case.is_open:
                callers.left(db, case)
        done += ids
    return done


def _forget_in_case(db: Session, case_id: uuid.UUID, scrubbed: Scrub, actors: Collection[uuid.UUID] | None = None) -> None:
    walking.forget(db, {"case": [case_id]}, scrubbed)
    redaction.redact(db, [case_id], scrubbed, actors=actors)


def _by_case(db: Session, report_ids: Collection[uuid.UUID]) -> dict[uuid.UUID | None, list[Report]]:
    """These reports, locked, that still name somebody; in one order, whoever asks."""
    found: dict[uuid.UUID | None, list[Report]] = defaultdict(list)
    named = select(Report).where(Report.id.in_(report_ids), Report.anonymised_at.is_(None))
    for one in db.scalars(named.order_by(Report.id).with_for_update().execution_options(populate_existing=True)):
        found[one.case_id].append(one)
    return found
