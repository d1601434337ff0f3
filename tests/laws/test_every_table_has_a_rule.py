"""Whoever adds a table says what of people it holds and how that goes; what is said can be carried out."""
from pathlib import Path

import pytest
from sqlalchemy import Table

from casework.identity.sealing import Sealed
from casework.retention.holdings import Fate, of
from casework.retention.rules import RULES
from casework.retention.table import REGISTER, STAFF, TABLES
from casework.settings import RETENTION_DAYS
from casework.storage.database import Base, load_models
from workers.schedule import TIMETABLE

load_models()
THERE = {table.name: table for table in Base.metadata.sorted_tables}

NAMES_A_PERSON = {"phone_index", "citizen_id", "follower_id"}
"""Columns by which a person is found: erasing somebody must know them."""

OF_SYSTEMS = {"clients", "api_keys", "exchange_subscriptions", "wechat_tokens"}
"""Secrets of machines, and who answers for an app."""

FOUND_OTHERWISE = {"citizens"}
"""Tables that persons.py itself looks after."""


def holds_sealed(table: Table) -> bool:
    return any(isinstance(column.type, Sealed) for column in table.columns)


@pytest.mark.parametrize("name", sorted(THERE))
def test_every_table_says_what_it_holds_and_how_that_goes(name: str) -> None:
    assert name in TABLES, f"add a line for {name} to casework/retention/table.py"
    assert len(TABLES[name].why) > 5


def test_no_line_is_about_a_table_that_is_not_there() -> None:
    assert TABLES.keys() - THERE.keys() == set()


@pytest.mark.parametrize(("name", "fate"), sorted(TABLES.items()))
def test_what_a_line_names_is_there(name: str, fate: Fate) -> None:
    table = THERE[name]
    for link in fate.links:
        assert {link.column, *link.clears, *link.words} <= set(table.columns.keys())
        assert not link.when or link.when[0] in table.columns
        assert link.drop or link.clears or link.words, "a link does something"
        assert all(table.c[one].nullable or value is not None for one, value in link.clears.items())
    if fate.aged:
        assert fate.aged.column in table.columns
        assert all(table.c[one].nullable for one in fate.aged.clears)
        assert fate.aged.rule in RULES
        assert any(index.columns.keys()[0] == fate.aged.column for index in table.indexes), "read by an index"
    assert fate.task is None or fate.task in TIMETABLE
    assert fate.rule is None or fate.rule in RULES


@pytest.mark.parametrize("name", sorted(THERE))
def test_where_a_person_can_be_found_a_person_is_forgotten(name: str) -> None:
    columns = set(THERE[name].columns.keys()) & NAMES_A_PERSON
    linked = {link.column for link in TABLES[name].links}
    assert columns <= linked or name in FOUND_OTHERWISE


@pytest.mark.parametrize("name", [name for name, table in THERE.items() if holds_sealed(table)])
def test_what_is_sealed_goes_at_some_time(name: str) -> None:
    fate = TABLES[name]
    goes = fate.task or fate.rule or fate.aged or fate.links
    assert goes or fate in {STAFF, REGISTER} or name in OF_SYSTEMS


def test_every_rule_has_its_days_and_every_setting_its_rule() -> None:
    assert RULES.keys() == RETENTION_DAYS.keys()


def test_a_photo_passes_its_stages_in_order() -> None:
    for kind in ("photos", "evidence"):
        days = [RETENTION_DAYS[f"{kind}_{stage}"] for stage in ("originals", "large", "small")]
        assert days == sorted(days)


def test_the_page_names_every_rule_with_its_days() -> None:
    page = (Path(__file__).parents[2] / "docs/retention.md").read_text()
    assert [name for name, days in RETENTION_DAYS.items() if f"| `{name}` | {days} |" not in page] == []


def test_the_lines_that_the_page_shows_are_lines_of_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs/retention.md").read_text()
    shown = eval(f"{{{page.partition('```python')[2].partition('```')[0]}}}", {"Fate": Fate, "of": of})  # noqa: S307 - ours
    assert len(shown) == 2
    assert {name: TABLES.get(name) for name in shown} == shown
