"""Whom an alarm reached sees it, page by page; nobody sees another's."""

from casework.sla import timers
from casework.storage.database import transaction
from tests.api.town import Town, citizen_report, ok, pda_report, point, problem
from tests.conftest import SetClock

ALARMS = "/api/v1/alarms"


def test_whom_an_alarm_reached_sees_it_page_by_page_and_nobody_else(town: Town, time: SetClock) -> None:
    for grid in range(3):
        ok(town.li.post("/api/v1/pda/reports", pda_report(category="20101", place=point(grid))))
    town.jobs()
    time.passes(hours=1, minutes=1)
    with transaction() as db:
        assert len(timers.sweep(db)) == 3
    town.jobs()
    seen, cursor = [], None
    while cursor or not seen:
        page = ok(town.supervisor.get(ALARMS, limit=2, **({"cursor": cursor} if cursor else {})))
        seen, cursor = seen + page["items"], page["next"]
    assert {one["case"] for one in seen} == {row["number"] for row in town.listed(town.supervisor)}
    assert {(one["stage"], one["share"], one["role"], one["state"], one["overdue"], one["status"]) for one in seen} == {
        ("dispatch", 100, "supervisor", "running", True, "filed")}
    assert ok(town.leader.get(ALARMS)) == ok(town.li.get(ALARMS)) == {"items": [], "next": None}


def test_who_does_not_work_here_has_no_alarms(town: Town) -> None:
    problem(town.stranger.get(ALARMS), 401)
    receipt = ok(town.stranger.post("/api/v1/citizen/reports", citizen_report()))
    problem(town.citizen(receipt).get(ALARMS), 403)
