"""What follows for the figures when something happened to a case."""
import uuid
from datetime import timedelta

import structlog

from casework import clock
from casework.performance import rebuilding, rollups, scorecards
from casework.performance.days import day_of
from casework.performance.weights import Of
from casework.storage.database import reading, transaction
from workers import queues
from workers.job import job

BATCH, OLDER_AT_ONCE = 200, 20_000
"""Cases a job, and how many older ones are queued in one go: new ones do not wait for minutes behind them."""

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
    """By the timetable: cases from before there were figures, or that no job ever saw, are queued, some at a time."""
    if queues.depth()["figures"]:
        return
    with reading() as db:
        older = [str(one) for one in rebuilding.uncounted(db, OLDER_AT_ONCE)]
    queues.enqueue([queues.Batch("figures", count_cases, older[at:at + BATCH], f"older-{at}")
                    for at in range(0, len(older), BATCH)])
    if older:
        log.info("older_cases_queued", cases=len(older))


def draft_scorecards() -> None:
    """By the timetable: this month's drafts, and those of the month before until they are published."""
    today = day_of(clock.now())
    for day in (today.replace(day=1) - timedelta(days=1), today):
        for of in Of:
            with transaction() as db:
                made = scorecards.draft(db, of, scorecards.month_of(day))
            log.info("scorecards_drafted", of=of.value, period=scorecards.month_of(day), made=made)
