"""The weeks before the demonstration's day: they hold together as if they had happened, and leaders find something in them."""
from datetime import date, datetime

import pytest
from sqlalchemy import func, select

from casework import clock
from casework.cases import anchors, proof, turns
from casework.cases.case import Case
from casework.cases.history import Entry
from casework.cases.report import Report
from casework.cases.workflow import Status
from casework.cli.demo import command, district, past
from casework.cli.demo.past import Past, courses
from casework.cli.ground import furnish
from casework.performance import rebuilding
from casework.performance.bulletins.bulletin import Bulletin
from casework.performance.early_warning.warning import EarlyWarning, Kind
from casework.performance.scorecards import Scorecard, State
from casework.performance.weights import Of
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from tests.conftest import SetClock

REPORTS = 60


def led(now: datetime, reports: int = REPORTS) -> None:
    """A district with a past up to this moment."""
    with transaction() as db:
        furnish(db)
    with transaction() as db:
        made = district.seed(db, "demo-0123abcd")
    planned, whole = courses(command.spots(), reports, 1, now), Past(made, now)
    assert list(whole.lead(planned)) == planned
    past.tell(now, whole.person("supervisor1"))
    assert clock.now() == now


@pytest.mark.usefixtures("sqlite")
def test_a_past_is_the_same_every_time_and_begins_with_the_month_before_the_last(time: SetClock) -> None:
    now = time.is_now("2026-11-24 12:00")
    with transaction() as db:
        furnish(db)
        district.seed(db, "demo-0123abcd")
    spots = command.spots()
    one, again, another = (courses(spots, REPORTS, seed, now) for seed in (1, 1, 2))
    assert one == again != another
    moments = [course.at.astimezone(clock.CITY) for course in one]
    assert moments == sorted(moments)
    assert date(2026, 9, 1) <= moments[0].date()
    assert moments[-1] < now


@pytest.mark.usefixtures("store")
def test_it_holds_together_as_if_it_had_happened(time: SetClock) -> None:
    now = time.is_now("2026-11-24 12:00")
    led(now)
    with reading() as db:
        cases = db.scalars(select(Case)).all()
        lines = db.execute(select(Entry.case_id, Entry.at).order_by(Entry.case_id, Entry.number)).all()
        assert (turns.last_found(db), turns.warnings(db)) == (0, [])
        assert turns.without_party(db) == []
        assert list(proof.broken(db)) == []
        assert list(anchors.late(db)) == []
        rated = db.scalar(select(func.count()).select_from(Report).where(Report.rating.is_not(None))) or 0
        told = db.scalars(select(Event).where(Event.relayed_at.is_not(None))).all()
        waiting = db.scalars(select(Event).where(Event.relayed_at.is_(None))).all()
    assert all(event.relayed_at == event.happened_at < now - past.NEWS for event in told), "nobody is told of what is long over"
    assert all(event.happened_at > now - past.NEWS for event in waiting)
    by_case = {case.number: [at for case_id, at in lines if case_id == case.id] for case in cases}
    assert {number: times for number, times in by_case.items() if times != sorted(times) or times[-1] >= now} == {}
    closed = [case for case in cases if case.status is Status.CLOSED]
    assert 0.7 * len(cases) < len(closed)
    assert all(case.opened_at <= case.closed_at < now for case in closed if case.closed_at)
    assert 0 < sum(case.overdue for case in cases) < len(cases) / 2
    assert 0 < rated < len(closed)
    done = rebuilding.rebuild()
    assert (done.cases, done.facts_differed, done.sums_differed) == (len(cases), 0, 0)


@pytest.mark.usefixtures("sqlite")
@pytest.mark.parametrize("moment", ["2026-11-24 12:00", "2026-11-23 00:05", "2026-11-01 00:05"])
def test_leaders_find_something_whenever_it_begins(time: SetClock, moment: str) -> None:
    """On a Monday and on the first of a month, just after midnight, as well."""
    led(time.is_now(moment), 40)
    with reading() as db:
        made = {one.kind: one.content for one in db.scalars(select(Bulletin))}
        cards = db.scalars(select(Scorecard.state).where(Scorecard.of == Of.DEPARTMENT)).all()
        warned = {one.kind for one in db.scalars(select(EarlyWarning).where(EarlyWarning.ended_at.is_(None)))}
    assert made.keys() == {"week", "month"}
    assert "无从比较" not in str(made["month"]["sections"][0]["sentences"])
    assert set(cards) == {State.PUBLISHED}
    assert warned & {Kind.CLUSTER, Kind.SURGE}
    assert Kind.REPEAT in warned
