"""What open pages are told: every case that something happened to, also when transactions commit out of order."""
import pytest

from casework.cases import holds, live, search
from casework.cases.live import Reader
from casework.cases.report import Receipt
from casework.storage import outbox
from casework.storage.database import new_id, reading, transaction
from tests.storage.city import City

MANY_WRITERS = pytest.mark.parametrize("store", ["postgresql"], indirect=True)
"""SQLite has one writer: there, ids come in the order of commits."""


def reader() -> Reader:
    with reading() as db:
        return Reader.at_end(db)


def heard(who: Reader) -> list[tuple[str, str | None, bool]]:
    with reading() as db:
        return [(one.number, one.queue, one.held) for one in who.look(db)]


def test_a_look_tells_each_case_once_and_the_desk_where_it_lies_now(city: City) -> None:
    who = reader()
    receipt = city.receives()
    city.triages(receipt)
    assert heard(who) == [(city.case(receipt).number, "dispatch", False)]
    assert heard(who) == []
    city.dispatches()
    assert [queue for _, queue, _ in heard(who)] == ["sign"]


def test_a_hold_is_told_as_such_and_a_case_that_is_over_lies_nowhere(city: City, handled: Receipt) -> None:
    who, case = reader(), city.case(handled)
    with transaction() as db:
        holds.take(db, search.find(db, city.cast.dispatcher, case.number, to_change=True), city.cast.dispatcher)
    assert heard(who) == [(case.number, "handle", True)]
    city.does(city.cast.dispatcher, "propose_void", handled, reason="误报")
    city.does(city.cast.other_dispatcher, "void", handled, reason="误报")
    assert heard(who) == [(case.number, None, False)]


@MANY_WRITERS
def test_what_commits_after_younger_events_is_told_none_the_less(city: City, handled: Receipt) -> None:
    who, case = reader(), city.case(handled)
    with transaction() as slow:
        outbox.publish(slow, "case.changed", case.id)  # has its id, and is not committed
        with transaction() as quick:
            outbox.publish(quick, "report.received", new_id())
        before = who.position
        assert heard(who) == []
        assert who.position == before  # whoever comes back with this position is told of it
    assert [number for number, _, _ in heard(who)] == [case.number]
    with reading() as db:
        assert [one.number for one in live.since(db, before) or ()] == [case.number]


@MANY_WRITERS
def test_a_new_reader_also_hears_what_was_on_its_way_when_it_came(city: City, handled: Receipt) -> None:
    case = city.case(handled)
    with transaction() as slow:
        outbox.publish(slow, "case.changed", case.id)
        with transaction() as quick:
            outbox.publish(quick, "report.received", new_id())
        who = reader()
    assert [number for number, _, _ in heard(who)] == [case.number]


def test_ids_that_never_come_are_not_waited_for_for_ever(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    who = reader()
    who.gaps = {who.high - 1: -live.LATE_SECONDS}
    assert heard(who) == []
    assert who.position == who.high


def test_what_was_missed_is_told_unless_it_is_too_much_or_no_longer_known(
        city: City, handled: Receipt, monkeypatch: pytest.MonkeyPatch) -> None:
    at = reader().position
    city.does(city.cast.operator, "urge", handled, reason="又来电")
    with reading() as db:
        assert [one.number for one in live.since(db, at) or ()] == [city.case(handled).number]
        assert live.since(db, at + 1) == []
        assert live.since(db, at + 100) is None  # of another database
        monkeypatch.setattr(live, "MOST_MISSED", 0)
        assert live.since(db, at) is None
