"""Nobody changes the history unseen: whatever is done to the tables by hand, the first line that is wrong is named."""
import re
import uuid
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import FromClause, delete, select, text, update
from sqlalchemy.orm import Session

from casework import dispatch
from casework.cases import anchors, proof
from casework.cases.anchors import Anchor
from casework.cases.case import Case
from casework.cases.history import GENESIS, Entry
from casework.cases.report import Receipt, Report
from casework.cases.workflow import Facts
from casework.cli import checks
from casework.errors import Conflict
from casework.identity.people import Role
from casework.settings import Settings
from casework.storage.database import Base, reading, transaction
from casework.triage import automatic
from tests import people
from tests.conftest import SetClock
from tests.factories import a_report, at_grid, case_of
from tests.settled import settle
from workers import upkeep

MONDAY, TUESDAY, WEDNESDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)


@dataclass(frozen=True)
class Lived:
    """Two cases over three days. The first: reported, filed, dispatched on Monday, signed on Tuesday, urged on Wednesday.
    The second: reported, filed, dispatched on Monday."""

    cast: people.Cast
    first: str
    second: str


@pytest.fixture
def lived(store: str, time: SetClock) -> Lived:
    cast, _ = settle()
    receipts = [received(0), received(1)]
    numbers = [number_of(one) for one in receipts]
    for at, action, actor in (("2026-03-03 09:00", "sign", cast.water_handler), ("2026-03-04 10:00", "urge", cast.operator)):
        time.is_now(at)
        steps(numbers[0], action, actor)
    time.is_now("2026-03-05 00:10")
    upkeep.anchor_history()
    return Lived(cast, *numbers)


def received(grid: int) -> Receipt:
    """A report that is a dispatched case now."""
    with transaction() as db:
        receipt = a_report(db, place=at_grid(grid))
    automatic.triage([receipt.id])
    with transaction() as db:
        dispatch.dispatch_filed(db, [case_of(db, receipt).id])
    return receipt


def number_of(receipt: Receipt) -> str:
    with reading() as db:
        return case_of(db, receipt).number


def steps(number: str, action: str, actor: people.Actor) -> None:
    with transaction() as db:
        db.scalars(select(Case).where(Case.number == number)).one().move(action, actor, Facts(reason="因"))


def by_hand(*statements: str, **values: object) -> None:
    """What somebody does to the database past the product. OF_CASE: the lines of the case of this `number`."""
    with transaction() as db:
        for one in (statement.replace("OF_CASE", OF_CASE) for statement in statements):
            db.connection().execute(text(one), {name: value for name, value in values.items() if f":{name}" in one})


def wrong(since: date | None = None) -> list[str]:
    with reading() as db:
        return list(proof.broken(db, since))


def erase(db: Session, table: FromClause, row_id: uuid.UUID) -> None:
    """Delete a row after everything that names it, whatever tables there are."""
    for other in Base.metadata.sorted_tables:
        for key in (one.parent for one in other.foreign_keys if one.column.table is table and other is not table):
            for named in db.scalars(select(*other.primary_key).where(key == row_id)).all():
                erase(db, other, named)
    db.execute(delete(table).where(next(iter(table.primary_key)) == row_id))


OF_CASE = "case_id = (SELECT id FROM cases WHERE number = :number)"
CUT = "DELETE FROM case_history WHERE number > :left AND OF_CASE"
SET_BACK = ("UPDATE cases SET history_length = :left, version = version + 1, history_head = "
            "(SELECT h.hash FROM case_history h WHERE h.case_id = cases.id AND h.number = :left), status = "
            "(SELECT h.target FROM case_history h WHERE h.case_id = cases.id AND h.number = :left) WHERE number = :number")


def renumbered(old: int, new: int) -> str:
    statement = "UPDATE case_history SET number = NEW WHERE number = OLD AND OF_CASE"
    return statement.replace("NEW", str(new)).replace("OLD", str(old))


@pytest.mark.parametrize(("statements", "said"), [
    (["UPDATE case_history SET facts = '{\"category\": \"20101\"}' WHERE number = 2 AND OF_CASE"], "line 2 (file) was edited"),
    (["UPDATE case_history SET actor_id = NULL WHERE number = 4 AND OF_CASE"], "line 4 (sign) was edited"),
    (["UPDATE case_history SET action = 'void' WHERE number = 3 AND OF_CASE"], "line 3 (void) was edited"),
    (["UPDATE case_history SET at = '2026-03-02 01:00:00.000000' WHERE number = 4 AND OF_CASE"], "line 4 (sign) was edited"),
    (["UPDATE case_history SET previous = hash WHERE number = 2 AND OF_CASE"], "line 2 (file) was edited"),
    (["UPDATE case_history SET hash = previous WHERE number = 2 AND OF_CASE"], "line 2 (file) was edited"),
    (["DELETE FROM case_history WHERE number = 1 AND OF_CASE"], "line 1 was removed"),
    (["DELETE FROM case_history WHERE number = 3 AND OF_CASE"], "line 3 was removed"),
    (["DELETE FROM case_history WHERE number = 5 AND OF_CASE"], "line 5 was removed"),
    (["DELETE FROM case_history WHERE number > 2 AND OF_CASE"], "line 3 was removed"),
    (["DELETE FROM case_history WHERE OF_CASE"], "line 1 was removed"),
    (["DELETE FROM case_history WHERE number = 2 AND OF_CASE", renumbered(3, 2), renumbered(4, 3), renumbered(5, 4)],
     "line 2 was removed, and line 3 put in its place"),
    ([renumbered(2, 99), renumbered(3, 2), renumbered(99, 3)], "line 2 was reordered: line 3 stands in its place"),
    ([renumbered(3, 99), renumbered(5, 3), renumbered(99, 5)], "line 3 was reordered: line 5 stands in its place"),
    (["UPDATE cases SET status = 'closed' WHERE number = :number"],
     "its status is closed, and its last line left it handling"),
    (["UPDATE cases SET history_length = 4 WHERE number = :number"], "line 5 was added"),
    (["UPDATE cases SET history_head = 'abc' WHERE number = :number"],
     "line 5 is not the one that the case remembers as its last"),
])
def test_the_first_line_that_is_wrong_is_named(lived: Lived, statements: list[str], said: str) -> None:
    assert wrong() == []
    by_hand(*statements, number=lived.first)
    assert wrong() == [f"case {lived.first}: {said}"]


OTHERWISE: dict[str, object] = {
    "action": "void", "source": "closed", "target": "closed", "actor_kind": "client", "actor_id": uuid.UUID(int=7),
    "role": Role.LEADER, "department_id": uuid.UUID(int=7), "facts": {"reason": "另一个"}, "previous": "f" * 64,
    "hash": "f" * 64, "at": datetime(2026, 3, 2, 2, 0, 0, 1, tzinfo=UTC), "number": 77, "redacted": "f" * 64,
    "case_id": "the other case"}


@pytest.mark.parametrize("column", [column.name for column in Entry.__table__.columns if column.name != "id"])
def test_whatever_a_line_says_cannot_be_changed_unseen(lived: Lived, column: str) -> None:
    table = Entry.__table__
    with transaction() as db:
        one, other = (db.scalars(select(Case.id).where(Case.number == number)).one() for number in (lived.first, lived.second))
        value = other if column == "case_id" else OTHERWISE[column]
        db.execute(update(table).where(table.c.case_id == one, table.c.number == 4).values({column: value}))
    found = wrong()
    assert found[0].startswith(f"case {lived.first}: line 4 ")
    assert len(found) == (2 if column == "case_id" else 1)


@pytest.mark.parametrize("column", Anchor.__table__.columns.keys())
@pytest.mark.usefixtures("lived")
def test_whatever_an_anchor_says_cannot_be_changed_unseen(column: str) -> None:
    other: dict[str, object] = {"day": date(2026, 3, 30), "cases": 9, "tips": zlib.compress(b""), "previous": "f" * 64,
                                "made_at": datetime(2026, 3, 9, tzinfo=UTC), "hash": "f" * 64}
    with transaction() as db:
        db.execute(update(Anchor.__table__).where(Anchor.day == TUESDAY).values({column: other[column]}))
    assert "2026-03-03" in wrong()[0] or "2026-03-30" in wrong()[-1]


def test_a_line_that_was_moved_to_another_case_is_missed_in_the_one_and_found_in_the_other(lived: Lived) -> None:
    by_hand("UPDATE case_history SET case_id = (SELECT id FROM cases WHERE number = :other) WHERE number = 4 AND OF_CASE",
            number=lived.first, other=lived.second)
    assert wrong() == [f"case {lived.first}: line 4 was removed", f"case {lived.second}: line 4 (sign) was edited"]


def test_an_end_that_was_cut_off_together_with_what_the_case_remembers_is_found_by_the_anchors(lived: Lived) -> None:
    by_hand(CUT, SET_BACK, number=lived.first, left=3)
    with reading() as db:
        assert list(proof.of_cases(db, db.scalars(select(Case.id)).all())) == []  # every chain is sound
    assert wrong() == [f"case {lived.first}: line 4 was removed; it had 4 lines at the end of 2026-03-03"]


def test_a_case_that_was_deleted_with_all_that_belongs_to_it_is_found_by_the_anchors(lived: Lived) -> None:
    with transaction() as db:
        case_id = db.scalars(select(Case.id).where(Case.number == lived.second)).one()
        db.execute(update(Report).where(Report.case_id == case_id).values(case_id=None))
        erase(db, Case.__table__, case_id)
    assert wrong() == [f"case {lived.second}: it was removed; it had 3 lines at the end of 2026-03-02"]


def test_a_case_under_another_number_is_found_by_the_anchors(lived: Lived) -> None:
    by_hand("UPDATE cases SET number = 'AJ260302-AAAAA-AAAAA' WHERE number = :number", number=lived.second)
    assert wrong() == [f"case {lived.second}: it was removed; it had 3 lines at the end of 2026-03-02"]


@pytest.mark.parametrize(("statement", "said"), [
    ("UPDATE history_anchors SET cases = 1 WHERE day = '2026-03-02'", ["the anchor of 2026-03-02: it was edited"]),
    ("UPDATE history_anchors SET hash = previous WHERE day = '2026-03-03'", ["the anchor of 2026-03-03: it was edited"]),
    ("DELETE FROM history_anchors WHERE day = '2026-03-03'", ["the anchor of 2026-03-03: it was removed"]),
    ("DELETE FROM history_anchors WHERE day = '2026-03-02'", ["the anchor before 2026-03-03: it was removed"]),
    ("UPDATE history_anchors SET day = '2026-03-01' WHERE day = '2026-03-02'",
     ["the anchor of 2026-03-01: it was edited", "the anchor of 2026-03-02: it was removed"]),
])
@pytest.mark.usefixtures("lived")
def test_anchors_that_were_edited_or_removed_are_named(statement: str, said: list[str]) -> None:
    by_hand(statement)
    assert wrong() == said


def test_who_kept_a_hash_elsewhere_finds_anchors_that_were_made_anew(lived: Lived) -> None:
    with reading() as db:
        kept = anchors.last(db).hash
    by_hand(CUT, SET_BACK, "DELETE FROM history_anchors", number=lived.first, left=3)
    upkeep.anchor_history()
    assert wrong() == []
    with reading() as db:
        assert not anchors.is_kept(db, kept)


def test_every_day_that_is_over_has_an_anchor_once_and_a_quiet_day_too(lived: Lived, time: SetClock) -> None:
    time.is_now("2026-03-08 00:09")
    upkeep.anchor_history()
    upkeep.anchor_history()
    with reading() as db:
        found = db.scalars(select(Anchor).order_by(Anchor.day)).all()
    assert [(one.day.day, one.cases) for one in found] == [(2, 2), (3, 1), (4, 1), (5, 0), (6, 0)]
    assert [one.previous for one in found] == [GENESIS, *(one.hash for one in found[:-1])]
    assert {number: line for number, (line, _) in found[0].known().items()} == {lived.first: 3, lived.second: 3}
    time.is_now("2026-03-08 00:10")
    upkeep.anchor_history()
    with reading() as db:
        assert anchors.last(db).day == date(2026, 3, 7)


@pytest.mark.usefixtures("lived")
def test_several_at_once_anchor_a_day_once(time: SetClock) -> None:
    time.is_now("2026-03-10 02:00")
    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(upkeep.anchor_history) for _ in range(4)]:
            one.result()
    with reading() as db:
        assert len(db.scalars(select(Anchor.day)).all()) == 8
    assert wrong() == []


@pytest.mark.usefixtures("store", "time")
def test_a_city_without_history_has_no_anchor() -> None:
    upkeep.anchor_history()
    with reading() as db:
        assert anchors.last(db) is None
    assert wrong() == []


def test_what_was_committed_late_is_in_the_anchor_of_the_next_day(lived: Lived, time: SetClock) -> None:
    time.is_now("2026-03-04 23:59")  # its transaction ends a day later
    steps(lived.second, "sign", lived.cast.water_handler)
    time.is_now("2026-03-06 00:10")
    upkeep.anchor_history()
    with reading() as db:
        assert anchors.last(db).known()[lived.second][0] == 4
        assert list(anchors.late(db)) == []
    by_hand(CUT, SET_BACK, number=lived.second, left=3)
    assert wrong() == [f"case {lived.second}: line 4 was removed; it had 4 lines at the end of 2026-03-05"]


def test_a_line_that_came_when_its_day_had_long_been_anchored_is_remarked_and_no_breach(lived: Lived, time: SetClock) -> None:
    time.is_now("2026-03-02 12:00")  # a server whose clock was wrong
    steps(lived.second, "sign", lived.cast.water_handler)
    time.is_now("2026-03-06 00:10")
    upkeep.anchor_history()
    assert wrong() == []
    with reading() as db:
        assert list(anchors.late(db)) == [
            f"case {lived.second}: line 4 bears the date 2026-03-02, and came after that day was anchored"]


def test_since_a_day_only_what_was_written_to_since_is_looked_at(lived: Lived) -> None:
    by_hand("UPDATE case_history SET action = 'void' WHERE number = 2")
    both = [f"case {number}: line 2 (void) was edited" for number in (lived.first, lived.second)]
    assert wrong(MONDAY) == both
    assert wrong(TUESDAY) == both[:1]
    assert wrong(date(2026, 3, 5)) == []
    by_hand("DELETE FROM history_anchors WHERE day = '2026-03-03'")
    assert wrong(WEDNESDAY) == [both[0], "the anchor of 2026-03-03: it was removed"]


def test_while_it_is_verified_people_go_on_working(lived: Lived) -> None:
    def works() -> Iterator[None]:
        for _ in range(30):
            steps(lived.first, "urge", lived.cast.operator)
            yield
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(lambda: sum(1 for _ in works()))
        found = [sentence for _ in range(30) for sentence in wrong()]
        assert working.result() == 30
    assert found == []


def test_the_product_itself_neither_changes_nor_deletes_a_line(lived: Lived) -> None:
    for change in (lambda entry, _: setattr(entry, "action", "void"), lambda entry, db: db.delete(entry)):
        with pytest.raises(Conflict, match="history only grows"), transaction() as db:
            change(db.scalars(select(Entry).where(Entry.number == 2)).first(), db)
            db.flush()


def test_the_command_names_what_is_wrong_and_gives_the_hash_to_keep(
        lived: Lived, monkeypatch: pytest.MonkeyPatch, config: Settings) -> None:
    monkeypatch.setattr(checks, "connect", lambda: config)
    run = CliRunner().invoke(checks.verify_history, [])
    kept = re.search(r"^Anchored until 2026-03-04: ([0-9a-f]{64})$", run.output, re.MULTILINE)
    assert (run.exit_code, run.output.splitlines()[0]) == (0, "The history is whole.")
    assert kept is not None
    assert CliRunner().invoke(checks.verify_history, ["--kept", kept[1], "--since", "2026-03-03"]).exit_code == 0
    run = CliRunner().invoke(checks.verify_history, ["--kept", "f" * 64])
    assert (run.exit_code, "made anew" in run.output) == (1, True)
    by_hand("UPDATE case_history SET action = 'void' WHERE number = 2 AND OF_CASE", number=lived.first)
    run = CliRunner().invoke(checks.verify_history, [])
    assert (run.exit_code, run.output.splitlines()[0]) == (1, f"case {lived.first}: line 2 (void) was edited")
