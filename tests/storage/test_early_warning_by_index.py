"""What the watch reads grows with the last days, not with the history; and the nearest whose work it is are told."""
import random
from datetime import timedelta

import pytest

from casework import clock
from casework.identity.people import Actor, Role, actor_of, create_post, create_user
from casework.notifications import inbox, messages
from casework.performance.early_warning import days, history, lateness, repeats
from casework.performance.early_warning.grid import day_of, hour_of
from casework.sla import calendar
from casework.storage import outbox
from casework.storage.database import new_id, reading, transaction
from casework.storage.outbox import Event
from tests import people
from tests.conftest import SetClock
from tests.factories import GRIDS
from tests.statements import heard
from tests.storage.plans import analyze, plans
from tests.storage.seasons import usual


@pytest.fixture
def _a_year(cast: people.Cast, time: SetClock) -> None:
    with transaction() as db:
        calendar.seed(db)
    usual(random.Random(3), clock.now(), 365)
    analyze()


@pytest.mark.usefixtures("_a_year")
def test_days_weeks_and_places_are_read_by_index(store: str) -> None:
    yesterday = day_of(int(hour_of(clock.now()) // 24) - 1)
    with heard() as said, transaction() as db:
        days.count(db, yesterday)
        history.recently(db, clock.now())
        repeats.find(db, clock.now())
    for about, index in (("reports.received_at >=", "ix_reports_received_at_channel"),
                         ("cases.opened_at >=", "ix_cases_opened_at"), ("cases.closed_at >=", "ix_cases_closed")):
        found = plans(store, said, about)
        assert found, about
        assert all(index in plan for plan in found), (about, found)


@pytest.mark.usefixtures("_a_year")
def test_a_look_at_a_class_is_a_fixed_number_of_statements(store: str) -> None:
    with transaction() as db:
        for number in range(40):
            days.count(db, day_of(int(hour_of(clock.now()) // 24) - 1 - number))
    with heard() as said, reading() as db:
        learnt = history.past(db, clock.now(), history.recently(db, clock.now()))
        assert learnt is not None
        lateness.find(db, learnt)
    assert len(said) <= 10


def told(actor: Actor) -> list[str]:
    with reading() as db:
        return [one["text"] for one in inbox.page(db, actor)[0]]


def raised(area: str | None) -> int:
    with transaction() as db:
        outbox.publish(db, "warning.raised", new_id(), area=area, zh="南塘停水。", en="No water.")
        db.flush()
        event = db.query(Event).where(Event.name == "warning.raised").order_by(Event.id.desc()).limit(1).one()
        return event.id


def post(role: Role, area: str | None) -> Actor:
    with transaction() as db:
        user = create_user(db, f"{role}-{area}", "某人")
        create_post(db, role.value, role, area_code=area, holder_id=user.id)
        return actor_of(db, user.id)


def test_the_nearest_post_around_the_place_hears_of_it_and_others_do_not(cast: people.Cast) -> None:
    street, other = post(Role.DISPATCHER, GRIDS[0][:9]), post(Role.DISPATCHER, GRIDS[2][:12])
    supervisor = post(Role.SUPERVISOR, GRIDS[0][:12])
    with transaction() as db:
        assert messages.write(db, [raised(GRIDS[0])]) == 1
    assert told(street) == ["预警：南塘停水。请核实并认领。"]
    assert told(other) == told(supervisor) == told(cast.dispatcher) == []
    with transaction() as db:
        assert messages.write(db, [raised(None)]) == 2
    assert told(cast.dispatcher) == told(cast.other_dispatcher) == ["预警：南塘停水。请核实并认领。"]
    assert len(told(street)) == 1


def test_what_nobody_was_told_of_a_warning_is_found_again(cast: people.Cast, time: SetClock) -> None:
    one = raised(GRIDS[0])
    with transaction() as db:
        db.get_one(Event, one).relayed_at = clock.now()
    time.passes(minutes=5)
    span = clock.now() - timedelta(days=1), clock.now()
    with reading() as db:
        assert messages.untold(db, *span, 10) == [one]
    with transaction() as db:
        messages.write(db, [one])
    with reading() as db:
        assert messages.untold(db, *span, 10) == []
