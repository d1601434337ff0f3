"""What follows for citizens who take part: points for what they reported and looked after, and what adopters are told."""
import uuid

import structlog

from casework.community.adoption import care, check_ins, following, occasions
from casework.community.points import awards
from casework.storage.database import reading, transaction
from workers.forgetting import until_fewer
from workers.job import job

log = structlog.get_logger("zhiwang.community")


@job
def settle_points(case_ids: list[str]) -> None:
    """Give and take what these cases mean for their reporters. Bears repetition, and events in any order."""
    with reading() as db:
        wanted = awards.concerned(db, [uuid.UUID(one) for one in case_ids])
    written = 0
    for case_id in wanted:  # one after the other: each holds the accounts of its reporters
        with transaction() as db:
            written += awards.settle(db, case_id)
    log.info("points_settled", cases=len(wanted), lines=written)


@job
def award_check_ins(check_in_ids: list[str]) -> None:
    """Points for these check-ins, once a day for each adoption; where photos are not prepared yet, media.process asks again.
    Bears repetition."""
    for one in check_in_ids:
        with transaction() as db:
            check_ins.award(db, uuid.UUID(one))


@job
def spread_occasions(occasion_ids: list[str]) -> None:
    """Tell adopters of weather and dates, some at a time; each is told once. One of which all were told is left alone."""
    for one in occasion_ids:
        more = True
        while more:
            with transaction() as db:
                more = occasions.spread(db, uuid.UUID(one))


@job
def follow_cases(case_ids: list[str]) -> None:
    """Tell adopters of cases on what they look after, once when each becomes public and once when it is closed."""
    with transaction() as db:
        told = following.follow(db, [uuid.UUID(one) for one in case_ids])
    log.info("adopters_told", told=told)


@job
def note_adopters_reports(report_ids: list[str]) -> None:
    """What adopters report on what they look after is a sign of care. Bears repetition."""
    with transaction() as db:
        following.note_reports(db, [uuid.UUID(one) for one in report_ids])


def look_after_adoptions() -> None:
    """By the timetable: adopters are reminded and warned, and given up who shows no sign."""
    until_fewer(care.sweep, 200)


def mark_adoption_day() -> None:
    """By the timetable: a day of the calendar on which something adopted wants a look."""
    with transaction() as db:
        occasions.mark_day(db)
