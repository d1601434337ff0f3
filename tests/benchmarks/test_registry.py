"""Statements into the registers, 500 at a time, beside the same rows written raw; and a table of ten thousand rows."""
import csv
import io
import random
import uuid
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from casework import clock
from casework.registry.contests import Contest
from casework.registry.fields import Register
from casework.registry.importing import Plan, import_file
from casework.registry.keys import Holder, Key
from casework.registry.records import Entry, Source, State, Statement
from casework.registry.statements import Stated, receive
from casework.storage.database import Base, engine, reading, transaction
from casework.storage.outbox import Event
from tests.benchmarks.ground import Ground
from tests.benchmarks.harness import Measured, Scale, by_turns, milliseconds, per_second, record, timed
from tests.factories import GRIDS, at_grid

BATCH = 500
TABLES: tuple[type[Base], ...] = (Entry, Statement, Key, Holder, Event)


def person(chance: random.Random, number: int) -> Stated:
    """Somebody new in the first grid, as a grid worker collects."""
    values = {"name": f"欧阳{number}", "id_type": "passport", "id_number": f"G{number:09d}", "sex": "male",
              "birth_date": "1990-01-02", "phone": f"138{number:08d}", "occupation": "工人", "residence": "tenant",
              "household_type": "migrant", "care": ["none"]}
    return Stated(id=uuid.UUID(int=chance.getrandbits(128)), subject_id=uuid.UUID(int=chance.getrandbits(128)), base=None,
                  register=Register.PERSON, values=values, source=Source.COLLECTED, at=clock.now(), origin="pda",
                  place=at_grid(0, chance.uniform(-400, 400), chance.uniform(-400, 400)))


def rows_of(db: Session, subjects: set[uuid.UUID]) -> dict[type[Base], list[dict[str, Any]]]:
    """All that these statements left in the tables."""
    ours = {Entry: Entry.id, Statement: Statement.subject_id, Key: Key.entry_id, Holder: Holder.entry_id, Event: Event.subject}
    return {model: [dict(row) for row in db.execute(select(*model.__table__.c).where(column.in_(subjects))).mappings()]
            for model, column in ours.items()}


def test_batches_of_statements(empty: Ground, scale: Scale) -> None:
    chance, numbers = random.Random(5), iter(range(10_000_000))
    each = 8 if scale.full else 1
    li = empty.cast.li

    def batch() -> list[Stated]:
        return [person(chance, next(numbers)) for _ in range(BATCH)]

    def takes(several: list[Stated]) -> int:
        with transaction() as db:
            return sum(one.state == State.APPLIED for one in receive(db, li, several))

    def ours() -> Measured:
        prepared = [batch() for _ in range(each)]
        return timed(lambda: sum(takes(one) for one in prepared), database_cpu=empty.backends_cpu())

    def limit() -> Measured:
        """The very same rows, made beforehand, with nothing looked up and nothing judged."""
        prepared = []
        for _ in range(each):
            several = batch()
            takes(several)
            with transaction() as db:
                prepared.append(rows_of(db, {one.subject_id for one in several}))
                for model in TABLES:
                    db.execute(delete(model).where(model.__table__.primary_key.columns[0].in_(
                        [row["id"] for row in prepared[-1][model]])))
            prepared[-1][Event] = [{name: row[name] for name in row if name != "id"} for row in prepared[-1][Event]]
        return timed(lambda: sum(write(one) for one in prepared), database_cpu=empty.backends_cpu())

    assert takes(batch()) == BATCH  # warm
    made, raw, ratio = by_turns(scale, ours, limit)
    record(scale, f"statements, batches of {BATCH}, {empty.kind}", per_second(made), per_second(raw), ratio=ratio,
           note=f"by processor time {raw.cost / made.cost:.2f}")


def write(rows: dict[type[Base], list[dict[str, Any]]]) -> int:
    """The limit: one executemany a table and the commit."""
    with engine().begin() as connection:
        for model in TABLES:
            connection.execute(insert(model.__table__), rows[model])
    return len(rows[Statement])


def test_a_table_of_ten_thousand_rows(empty: Ground, scale: Scale) -> None:
    number = 10_000 if scale.full else 600
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["姓名", "证件类型", "证件号码", "手机", "性别", "出生日期", "网格编码"], *(
        [f"王{one}", "护照", f"H{one:09d}", f"137{one:08d}", "男", "1990/1/2", GRIDS[1]] for one in range(number))])
    content = text.getvalue().encode("gbk")

    def brings() -> tuple[int, int]:
        with transaction() as db:
            report = import_file(db, empty.cast.steward, content, "a.csv", Plan(register=Register.PERSON))
        return report.new, report.unchanged

    first = timed(lambda: brings()[0], database_cpu=empty.backends_cpu())
    again = timed(lambda: brings()[1], database_cpu=empty.backends_cpu())
    assert first.number == again.number == number
    with reading() as db:
        assert db.scalar(select(Contest.id)) is None
    record(scale, f"import of {number:,} rows, {empty.kind}", per_second(first), per_second(again),
           note=f"{milliseconds(first.seconds)}, and again, which changes nothing, {milliseconds(again.seconds)}")
