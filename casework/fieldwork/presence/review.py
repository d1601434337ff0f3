"""What is odd about a report's fix is put on its case, once case and photos are there, in whatever order they come."""
import uuid
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from casework.cases.case import Case
from casework.cases.report import Channel, Report
from casework.errors import CaseworkError
from casework.fieldwork.presence.assessment import Fix, of_photos
from casework.fieldwork.presence.checks import WORDS, Check, Noted, Subject, note_many, shot
from casework.identity.people import SYSTEM, actor_of
from casework.media import Photo


def review(db: Session, report_ids: Sequence[uuid.UUID]) -> int:
    """Look at these reports again with the photos that they have now, and put every flag on their cases, once.

    Bears repetition; a report without a case is looked at again when it has one. Returns how many cases got something new.
    """
    _note_late(db, report_ids)
    checks = db.execute(
        select(Check, Report.case_id).join(Report, Report.id == Check.subject_id)
        .where(Check.kind == Subject.REPORT, Check.subject_id.in_(report_ids)).order_by(Check.id)
        .with_for_update(of=Check)).all()  # two photos that come at once must not lose each other's flags
    if not checks:
        return 0
    photos: dict[uuid.UUID | None, list[Photo]] = defaultdict(list)
    for photo in db.scalars(select(Photo).where(Photo.report_id.in_([check.subject_id for check, _ in checks]))):
        photos[photo.report_id].append(photo)
    by_case: dict[uuid.UUID, list[str]] = defaultdict(list)
    for check, case_id in checks:
        said = of_photos(check.fix, map(shot, photos[check.subject_id]), what=WORDS[check.kind])
        check.flags = [*check.flags, *(one for one in said if one not in check.flags)]
        check.flagged = bool(check.flags)
        if case_id and check.flags:
            by_case[case_id] += check.flags
    return sum(_tell(db, case_id, by_case[case_id]) for case_id in sorted(by_case))  # in one order: nobody waits in a ring


def review_cases(db: Session, case_ids: Sequence[uuid.UUID]) -> int:
    """The same for all reports from PDAs that count in these cases, or in those that they were merged into: for whatever
    gives a case reports."""
    merged = select(Case.merged_into_id).where(Case.id.in_(case_ids), Case.merged_into_id.is_not(None))
    of_cases = select(Report.id).where(or_(Report.case_id.in_(case_ids), Report.case_id.in_(merged)))
    return review(db, db.scalars(of_cases.where(Report.channel == Channel.PDA)).all())


def review_photos(db: Session, photo_ids: Sequence[uuid.UUID]) -> int:
    """The same for the reports of photos that came later: for "photo.received"."""
    reports = select(Photo.report_id).where(Photo.id.in_(photo_ids), Photo.report_id.is_not(None)).distinct()
    return review(db, [one for one in db.scalars(reports) if one])


def _note_late(db: Session, report_ids: Sequence[uuid.UUID]) -> None:
    """The fixes of PDA reports that came by themselves: nothing is looked into on that way, so that it is short."""
    noted = exists().where(Check.kind == Subject.REPORT, Check.subject_id == Report.id)
    late: dict[uuid.UUID, list[Noted]] = defaultdict(list)
    for one in db.scalars(select(Report).where(Report.id.in_(report_ids), Report.channel == Channel.PDA, ~noted)
                          .order_by(Report.id)):
        if one.reporter_id and one.place:
            fix = Fix(one.place, one.happened_at or one.received_at, one.accuracy)
            late[one.reporter_id].append(Noted(Subject.REPORT, one.id, fix))
    for reporter_id, fixes in late.items():
        try:
            worker = actor_of(db, reporter_id)
        except CaseworkError:
            continue  # has left meanwhile: nobody can say any more which grids were his
        note_many(db, worker, fixes)


def _tell(db: Session, case_id: uuid.UUID, flags: Sequence[str]) -> bool:
    case = db.get_one(Case, case_id, with_for_update=True, populate_existing=True)
    new = [one for one in dict.fromkeys(flags) if one not in case.flags]
    if new:
        case.flag(*new)
        case.note("presence", SYSTEM, flags=new)
    return bool(new)
