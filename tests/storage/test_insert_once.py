"""Many rows go in by one statement, each once, whole, and as few do: whatever stands in them."""
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from casework.cases.report import Channel, Report
from casework.identity.privacy import blind_index, seal
from casework.intake.refusals import Refusal
from casework.registry.fields import Register
from casework.registry.records import Entry
from casework.storage import database
from casework.storage.database import insert_once, new_id, reading, transaction

AWKWARD = ('"', "\\", "\\u0000", "'; DROP TABLE reports; --", "{}", "[null]", "\\x00ff", "🦺 长沙\u2028\t\r\n", "\ufeff",
           "null", "", "%(document)s :document", "a" * 5000)


def reports(count: int) -> list[dict[str, Any]]:
    at = datetime(2026, 3, 2, 2, 0, 0, 123456, UTC)
    return [{"id": new_id(), "number": f"ZW-{number}", "channel": Channel.PDA, "source": "s", "key": str(number), "digest": "d",
             "received_at": at + timedelta(seconds=number), "happened_at": None, "text": AWKWARD[number % len(AWKWARD)],
             "lon": 114.0579 + number / 3, "lat": None, "urgent": bool(number % 2),
             "reporter_phone": seal(f"1380013{number:04d}"), "reporter_phone_index": blind_index("phone", str(number))}
            for number in range(count)]


@pytest.mark.parametrize("count", [1, database.FEW, database.FEW + 1, 700])
def test_rows_are_kept_as_they_were_given(store: str, count: int) -> None:
    rows = reports(count)
    with transaction() as db:
        assert insert_once(db, Report, rows, on=("channel", "source", "key")) == {row["id"] for row in rows}
    with reading() as db:
        kept = {one.id: one for one in db.scalars(select(Report))}
    assert len(kept) == count
    for row in rows:
        one = kept[row["id"]]
        assert {name: getattr(one, name) for name in row if name != "reporter_phone"} == {
            name: value for name, value in row.items() if name != "reporter_phone"}
        assert one.reporter_phone is not None
        assert one.reporter_phone.open() == row["reporter_phone"].open()
        assert one.handled_on_the_spot is False  # what is left out has its default


def test_what_is_there_already_stays_and_the_others_go_in(store: str) -> None:
    rows = reports(60)
    with transaction() as db:
        insert_once(db, Report, rows[:30], on=("channel", "source", "key"))
    again = [row | {"id": new_id(), "number": f"again {row['number']}", "text": "another"} for row in rows[:30]]
    with transaction() as db:
        new = insert_once(db, Report, [*again, *rows[30:]], on=("channel", "source", "key"))
    assert new == {row["id"] for row in rows[30:]}
    with reading() as db:
        assert {one.id for one in db.scalars(select(Report))} == {row["id"] for row in rows}
        assert not list(db.scalars(select(Report).where(Report.text == "another")))


@pytest.mark.parametrize("values", [{}, {"a": None}, {"清单": ["电线", {"深": [1, 2.5, True, None, "\\"]}]}])
def test_documents_and_bytes_inside_of_rows_come_back(store: str, values: dict[str, Any]) -> None:
    def row(number: int) -> dict[str, Any]:
        return {"id": uuid.uuid4(), "register": Register.HOUSE, "label": f"{number}", "area_code": None, "lon": None,
                "lat": None, "values": values, "personal": seal('{"owner_name": "张三"}') if number % 2 else None,
                "head": uuid.uuid4(), "version": number, "field_versions": {"a": 1}, "contested": ["a"]}
    rows = [row(number) for number in range(40)]
    with transaction() as db:
        insert_once(db, Entry, rows, on=("id",))
    with reading() as db:
        for one in db.scalars(select(Entry)):
            assert (one.values, one.field_versions, one.contested) == (values, {"a": 1}, ["a"])
            assert (one.personal.open() if one.personal else None) == ('{"owner_name": "张三"}' if one.version % 2 else None)


def test_a_key_that_is_left_out_is_made(store: str) -> None:
    days = [{"day": date(2026, 3, 2) + timedelta(days=number), "channel": "pda", "reason": "invalid", "count": number}
            for number in range(50)]
    with transaction() as db:
        assert len(insert_once(db, Refusal, days, on=("day", "channel", "reason"))) == 50
    with reading() as db:
        assert sorted(one.day for one in db.scalars(select(Refusal))) == [row["day"] for row in days]
