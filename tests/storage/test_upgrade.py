"""A city that has worked under the first schema goes on under the next: what its columns said is carried over."""
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from casework.storage import database, migrations

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
Add = Callable[..., uuid.UUID]


@pytest.fixture
def add(bare: str) -> Add:
    """Adds a row to a table of the first schema; whatever is not said and cannot be empty is something of its type."""
    migrations.upgrade("0001")
    kept = sa.MetaData()
    kept.reflect(database.engine())
    sqlite = bare.startswith("sqlite")

    def something(column: sa.Column[Any]) -> Any:
        if "JSON" in str(column.type):
            return {}
        if isinstance(column.type, sa.Boolean):
            return False
        if isinstance(column.type, sa.Integer | sa.Float):
            return 0
        if isinstance(column.type, sa.DateTime):
            return AT if not sqlite else AT.replace(tzinfo=None)
        return uuid.uuid4().hex if "CHAR(32)" in str(column.type) or "UUID" in str(column.type) else uuid.uuid4().hex[:8]

    def row(table: str, **said: Any) -> uuid.UUID:
        made = {"id": uuid.uuid4()} | said
        values = {column.name: something(column) for column in kept.tables[table].columns if not column.nullable}
        values |= {name: value.hex if isinstance(value, uuid.UUID) and sqlite else value for name, value in made.items()}
        with database.engine().begin() as connection:
            connection.execute(sa.insert(kept.tables[table]), values)
        return made["id"]
    return row


def case(add: Add, **said: Any) -> uuid.UUID:
    return add("cases", **{"status": "handling", "is_open": True, "priority": "normal"} | said)


def read(sql: str) -> list[tuple[Any, ...]]:
    with database.engine().connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(sql))]


def test_applications_rulings_orders_and_dates_are_carried_over(add: Add) -> None:
    department = add("departments", code="water", name="水务局", active=True)
    asked = case(add, number="asked", extension_asked=True)
    ruled = case(add, number="ruled", status="dispatched", return_is_final=True, lead_department_id=department)
    led = add("assignments", case_id=ruled, department_id=department, part="lead")
    add("assignments", case_id=ruled, department_id=department, part="assist")
    add("timers", case_id=ruled, assignment_id=led, stage="sign", state="running", limit_unit="work_hour", due_at=AT)
    add("timers", case_id=asked, stage="supervise", state="running", limit_unit="work_hour")
    rests = case(add, number="rests", status="suspended")
    until = AT + timedelta(days=3)
    add("case_history", case_id=rests, number=4, action="suspend", facts={"until": until.isoformat()})
    report = add("reports", number="ZW1", channel="hotline", source="s", key="k")
    add("messages", event_id=7, report_id=report, case_id=rests, via="sms")
    migrations.upgrade()
    assert read("SELECT number FROM cases WHERE applied_for = 'extend'") == [("asked",)]
    assert read("SELECT number FROM cases WHERE feedback_owed") == [("asked",)]
    assert read("SELECT part FROM assignments WHERE ruled") == [("lead",)]
    assert [number for number, due in read("SELECT number, return_until FROM cases") if due] == ["ruled"]
    (kept,) = read("SELECT suspended_until FROM cases WHERE number = 'rests'")
    assert str(kept[0]).startswith("2026-03-05 02:00:00")
    assert read("SELECT reader, kind FROM messages") == [(f"report:{report.hex}", "progress")]


def test_and_back_again(add: Add) -> None:
    department = add("departments", code="water", name="水务局", active=True)
    ruled = case(add, number="ruled", extension_asked=True, return_is_final=True, lead_department_id=department)
    add("assignments", case_id=ruled, department_id=department, part="lead")
    migrations.upgrade()
    migrations.downgrade("0001")
    assert read("SELECT number FROM cases WHERE extension_asked AND return_is_final") == [("ruled",)]
