"""What follows for the figures when something happened to a case."""
import uuid
from datetime import timedelta

import structlog

from casework import clock
from casework.performance import rebuilding, rollups, scorecards
from casework.performance.days import day_of
from casework.performance.weights import Of
from casework.storage.database import transaction
from workers.job import job

COUNTING_A_NIGHT = timedelta(hours=1)

log = structlog.get_logger("zhiwang.performance")


@job
def count_cases(case_ids: list[str]) -> None:
    """Count these cases as they stand now. Bears repetition, and events in any order."""
    with transaction() as db:
        changed = rollups.refresh(db, [uuid.UUID(one) for one in case_ids])
    log.info("cases_counted", changed=changed)


def recount_lately_moved() -> None:
    """By the timetable: what anything happened to in two days is counted again. Nothing differs unless a batch was lost."""
    if differed := rebuilding.recount_since(clock.now() - timedelta(days=2)):
        log.warning("figures_mended", facts=differed)


def count_older_cases() -> None:
    """By the timetable: cases from before there were figures, or that no job ever saw, for so long a night."""
    if counted := rebuilding.count_uncounted(clock.now() + COUNTING_A_NIGHT):
        log.info("older_cases_counted", cases=counted)


def draft_scorecards() -> None:
    """By the timetable: this month's drafts, and those of the month before until they are published."""
    today = day_of(clock.now())
    for day in (today.replace(day=1) - timedelta(days=1), today):
        for of in Of:
            with transaction() as db:
                made = scorecards.draft(db, of, scorecards.month_of(day))
            log.info("scorecards_drafted", of=of.value, period=scorecards.month_of(day), made=made)
