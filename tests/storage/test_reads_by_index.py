"""What is asked again and again costs what is new, not what the city ever had: it is read by index on both databases."""
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import bindparam, insert, select, update

from casework import clock
from casework.cases import alarms, anchors
from casework.cases.case import Case
from casework.cases.history import GENESIS, Entry
from casework.cases.workflow import Status
from casework.notifications import messages
from casework.performance import board, days
from casework.storage.database import new_id, reading, transaction
from casework.storage.outbox import Event
from tests.conftest import SetClock
from tests.statements import heard
from tests.storage.bare_cases import bare_cases
from tests.storage.plans import analyze, plans

MANY = 3000


@pytest.fixture
def _two_weeks(store: str, time: SetClock) -> None:
    """Cases closed and events handed over, spread over the last fourteen days."""
    names = ("report.received", "case.report", "case.file", "case.dispatch", "case.sign", "timer.warned", "case.pass")
    with transaction() as db:
        made = bare_cases(db, MANY)
        ago = [clock.now() - timedelta(days=14) * number / MANY for number in range(MANY)]
        table = Case.__table__
        closed = update(table).where(table.c.id == bindparam("one")).values(
            status=Status.CLOSED, is_open=False, closed_at=bindparam("at"))
        db.connection().execute(closed, [{"one": one, "at": at} for one, at in zip(made, ago, strict=True)])
        db.execute(insert(Event), [{"name": names[number % len(names)], "subject": new_id(), "detail": {}, "happened_at": at,
                                    "relayed_at": at} for number, at in enumerate(reversed(ago))])
    analyze()


@pytest.mark.usefixtures("_two_weeks")
def test_the_board_counts_what_closed_today_and_reads_nothing_older(store: str) -> None:
    with heard() as said, reading() as db:
        cases = board.board(db)["cases"]
    midnight = days.start_of_day(clock.now())
    assert cases["closed_today"] == sum(clock.now() - timedelta(days=14) * n / MANY >= midnight for n in range(MANY))
    (plan,) = plans(store, said, "closed_at >=")
    assert "ix_cases_closed" in plan


@pytest.mark.usefixtures("_two_weeks")
@pytest.mark.parametrize("find", [alarms.unheard, messages.untold])
def test_what_came_to_nothing_is_looked_for_in_the_last_day_only(store: str, find: Callable[..., list[int]]) -> None:
    with heard() as said, reading() as db:
        assert find(db, clock.now() - timedelta(days=1), clock.now(), 100) == []
    (plan,) = plans(store, said, "outbox.happened_at >=")
    assert "ix_outbox_name_happened_at" in plan


@pytest.mark.usefixtures("_two_weeks")
def test_the_anchor_of_a_day_reads_the_lines_of_two_days(store: str) -> None:
    with transaction() as db:
        ids = db.scalars(select(Case.id)).all()
        db.execute(insert(Entry), [
            {"case_id": one, "number": 1, "action": "report", "target": "reported", "actor_kind": "system", "facts": {},
             "at": clock.now() - timedelta(days=14) * number / MANY, "previous": GENESIS, "hash": GENESIS}
            for number, one in enumerate(ids)])
    analyze()
    with transaction() as db:
        anchors.anchor_next(db)
    with heard() as said, transaction() as db:
        assert anchors.anchor_next(db).cases == pytest.approx(MANY / 14, abs=2)
    (plan,) = plans(store, said, "case_history.at >=")
    assert "ix_case_history_at" in plan
    assert "SCAN case_history" not in plan
    assert "Seq Scan on case_history" not in plan
