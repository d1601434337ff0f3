"""自行处置: what a grid worker put right himself is closed at once, when his photos show how it was and how it is."""
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from casework.cases import inspectors
from casework.cases.case import Case
from casework.cases.consequences import Consequences
from casework.cases.report import Outcome, Report
from casework.cases.workflow import Facts
from casework.identity.people import Actor, actor_of
from casework.media import awaited, photo

BEFORE_AND_AFTER = 2
"""Photos that what was put right on the spot needs at least: how it was, and how it is."""


@dataclass(frozen=True)
class OnTheSpot:
    """For reports that were put right on the spot: their photos, and how many are still to come, by the report's id; and the
    grid workers who did it, by theirs."""

    photos: dict[uuid.UUID, tuple[uuid.UUID, ...]]
    missing: Counter[uuid.UUID]
    workers: dict[uuid.UUID, Actor]

    def lacks(self, report: Report) -> str | None:
        """What is not there that must be, for the desk; None for a report that nobody says is put right."""
        if not report.handled_on_the_spot:
            return None
        if missing := self.missing[report.id]:
            return f"自行处置的照片尚未收齐（还差{missing}个文件），收齐后自动处置"
        return None if len(self.photos.get(report.id, ())) >= BEFORE_AND_AFTER else "自行处置须有处置前、后照片"


def look(db: Session, reports: Sequence[Report]) -> OnTheSpot:
    """What there is of those among these reports that were put right. Call it when they are locked: what comes later is
    then seen by whoever looks when the last file is here."""
    handled = [report for report in reports if report.handled_on_the_spot]
    photos: dict[uuid.UUID, tuple[uuid.UUID, ...]] = {}
    for one in photo.of_reports(db, [report.id for report in handled]) if handled else ():
        if one.report_id and one.state is not photo.State.REFUSED:
            photos[one.report_id] = (*photos.get(one.report_id, ()), one.id)
    workers = {report.reporter_id for report in handled if report.reporter_id}
    missing = awaited.missing(db, [report.id for report in handled]) if handled else Counter[uuid.UUID]()
    return OnTheSpot(photos, missing, {worker: actor_of(db, worker) for worker in workers})


def put_right(db: Session, case: Case, report: Report, category: str, there: OnTheSpot, *,
              later: Consequences) -> bool:
    """Close the case under this category as the grid worker's own work, if it is shown and somebody is there who did it."""
    worker = there.workers.get(report.reporter_id) if report.reporter_id and report.handled_on_the_spot else None
    if worker is None or report.place is None or there.lacks(report):
        return False
    case.categorise(db, category)
    case.move("self_handle", worker, Facts(photos=there.photos[report.id], position=report.place), later=later)
    inspectors.sample(db, case, later)
    report.outcome, report.outcome_reason = Outcome.SELF_HANDLED, "网格员当场处置"
    return True
