"""Many cases in one go end as they would one by one: the same clocks, the same first due time, the same events."""
from collections import Counter

import pytest
from sqlalchemy import select

from casework import clock, dispatch
from casework.cases.case import Case
from casework.cases.consequences import Consequences, Turn
from casework.cases.report import Report
from casework.cases.workflow import STEPS, Facts, Status
from casework.errors import Conflict
from casework.sla import timers
from casework.sla.limits import Stage
from casework.storage.database import reading, transaction
from casework.storage.outbox import Event
from casework.triage import automatic
from tests import people
from tests.conftest import SetClock
from tests.factories import a_report, at_grid
from tests.statements import heard


def received(count: int, **facts: object) -> list[object]:
    with transaction() as db:
        return [a_report(db, place=at_grid(number % 4, (number // 4) * 120 - 400), **facts).id for number in range(count)]


def dispatched() -> None:
    with transaction() as db:
        dispatch.dispatch_filed(db, db.scalars(select(Case.id)).all())


def clocks(case: Case) -> set[tuple[object, ...]]:
    with reading() as db:
        return {(one.stage, one.due_at, one.department_id) for one in timers.running(db, case.id)}


@pytest.mark.usefixtures("cast")
def test_a_batch_leaves_each_case_as_a_step_alone_would(time: SetClock) -> None:
    alone, *batch = received(12)
    automatic.triage([alone])
    automatic.triage(batch)
    dispatched()
    with reading() as db:
        cases = db.scalars(select(Case)).all()
        events = Counter(db.scalars(select(Event.name).where(Event.name.startswith("case."))))
        assert {case.due_at for case in cases} == {timers.next_due(db, case.id) for case in cases}
        assert {tuple(line.action for line in case.history) for case in cases} == {("report", "file", "dispatch")}
    assert {case.status for case in cases} == {Status.DISPATCHED}
    assert len({frozenset(clocks(case)) for case in cases}) == 1
    assert {stage for stage, *_ in clocks(cases[0])} == {Stage.SIGN, Stage.HANDLE}
    assert events == {"case.report": 12, "case.file": 12, "case.dispatch": 12}


@pytest.mark.usefixtures("cast")
def test_what_waited_too_long_for_triage_is_overdue(time: SetClock) -> None:
    late = received(2)
    time.passes(hours=2)
    automatic.triage([*late, *received(1, claimed_category="10105")])
    with reading() as db:
        cases = db.scalars(select(Case).order_by(Case.opened_at)).all()
    assert [case.overdue for case in cases] == [True, True, False]


@pytest.mark.usefixtures("cast")
def test_a_clock_that_runs_beside_counts_for_the_first_due_time(cast: people.Cast, time: SetClock) -> None:
    automatic.triage(received(1, claimed_category="10105"))
    with transaction() as db:
        case = db.scalars(select(Case)).one()
        case.move("supervise", cast.leader, Facts(reason="今天办结"))
    dispatched()
    with reading() as db:
        case = db.scalars(select(Case)).one()
        running = {one.stage: one.due_at for one in timers.running(db, case.id)}
    assert running.keys() == {Stage.SIGN, Stage.HANDLE, Stage.SUPERVISE}
    assert case.due_at == min(running.values())


@pytest.mark.usefixtures("cast")
def test_one_more_voice_does_not_read_what_was_said_before(time: SetClock) -> None:
    automatic.triage(received(1))
    for _ in range(5):
        automatic.triage(received(1))
    with heard() as seen:
        automatic.triage(received(1))
    with reading() as db:
        case = db.scalars(select(Case)).one()
        assert case.report_count == len(case.reports) == len(db.scalars(select(Report)).all()) == 7
        assert [line.action for line in case.history] == ["report", "file", *["join"] * 6]
    assert not [one for one in seen if one.sql.startswith("SELECT case_history")]


@pytest.mark.usefixtures("cast")
def test_a_batch_takes_fewer_statements_than_it_has_reports() -> None:
    ids = received(40, claimed_category="20101")
    with heard() as seen:
        automatic.triage(ids)
    with reading() as db:
        assert len(db.scalars(select(Case.id)).all()) == 40
    assert len(seen) < 40


@pytest.mark.usefixtures("cast")
@pytest.mark.parametrize(("field", "words"), [("text", "别的话"), ("number", "ZW0"), ("lon", 1.5), ("claimed_category", None)])
def test_what_was_said_is_never_edited_though_what_became_of_it_is_noted(field: str, words: object) -> None:
    (report_id,) = received(1)
    automatic.triage([report_id])
    with pytest.raises(Conflict, match=f"never edited; {field}"), transaction() as db:
        setattr(db.get_one(Report, report_id), field, words)
    with transaction() as db:
        db.get_one(Report, report_id).rating = 5


def test_a_step_that_pauses_clocks_is_not_taken_in_a_batch(cast: people.Cast) -> None:
    automatic.triage(received(1))
    with reading() as db:
        case = db.scalars(select(Case)).one()
        with pytest.raises(ValueError, match="one case at a time"):
            Consequences(clock.now()).turn(Turn(case, "suspend", STEPS["suspend"], ()))
