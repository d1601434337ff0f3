"""The responsibility list in both databases: asked, dry run, imported, exported, its gaps and its contradictions."""
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import responsibility, taxonomy
from casework.errors import Conflict, Invalid, NotFound
from casework.geography.areas import Area, Level, touch
from casework.identity.people import Department, create_department
from casework.responsibility import Question, Rule
from casework.storage.database import reading, transaction
from tests.conftest import SetClock
from tests.statements import heard

AREAS = (("4403", "示范市", Level.CITY), ("440305", "云湖区", Level.DISTRICT), ("440305001", "东街", Level.STREET),
         ("440305002", "西街", Level.STREET), ("440305001001", "一社区", Level.COMMUNITY))
SHEET = """名称,类别编码,区域编码,权属,时段,生效时间,失效时间,主办部门编码,协办部门编码,岗位,依据
供水井盖,10101,,,,,,water,roads;street,handler,城市供水条例
夜间,10101,440305,市管,1-5 22:00-06:00,2026-01-01,2026-12-31 18:00:00,roads,,,
,,,,,,,street,,,
"""


def city(db: Session) -> dict[str, Department]:
    taxonomy.load_default(db)
    touch(db)
    db.add_all(Area(code=code, name=name, level=level, parent_code=above) for (code, name, level), above in zip(
        AREAS, (None, "4403", "440305", "440305", "440305001"), strict=True))
    db.flush()
    return {code: create_department(db, code, name) for code, name in (
        ("water", "水务局"), ("roads", "市政中心"), ("street", "街道办"))}


def ids(departments: dict[str, Department]) -> dict[str, Any]:
    return {code: department.id for code, department in departments.items()}


def test_questions_are_answered_in_their_order_with_names(store: str) -> None:
    with transaction() as db:
        by = ids(city(db))
        responsibility.add_rule(db, "供水", by["water"], category_code="10101", assisting=[by["roads"], by["roads"]])
        responsibility.add_rule(db, "东街", by["street"], area_code="440305001")
    with reading() as db:
        found, local, none = responsibility.find_many(db, [
            Question("10101", "440305001001"), Question("20110", "440305001001"), Question("20110", "440305002")])
        assert (found.lead, found.assisting) == (by["water"], (by["roads"],))
        assert found.explanation == ("类别10101上水井盖、区域440305001001一社区适用规则“供水”（上水井盖、全市）。"
                                     "未采用：“东街”类别较宽。")
        assert local.lead == by["street"]
        assert (none.rule, none.lead) == (None, None)


def test_a_dry_run_changes_nothing_and_can_ask_about_another_time(store: str, time: SetClock) -> None:
    with transaction() as db:
        by = ids(city(db))
        responsibility.add_rule(db, "明年", by["water"], valid_from=datetime(2027, 1, 1, tzinfo=UTC))
    with reading() as db:
        assert responsibility.find(db, "10101", "4403").lead is None
        assert responsibility.find(db, "10101", "4403", at=datetime(2027, 1, 1, tzinfo=UTC)).lead == by["water"]
        assert not db.new
        assert not db.dirty


def test_a_batch_costs_a_constant_number_of_queries(store: str) -> None:
    with transaction() as db:
        by = ids(city(db))
        responsibility.add_rule(db, "供水", by["water"], category_code="10101")
    with heard() as asked, reading() as db:
        many = responsibility.find_many(db, [Question("10101", f"440305001001{number:03}") for number in range(500)])
    assert {one.lead for one in many} == {by["water"]}
    assert len([one for one in asked if one.sql.startswith("SELECT")]) <= 6


def test_a_retired_rule_holds_no_more_but_stays(store: str, time: SetClock) -> None:
    with transaction() as db:
        by = ids(city(db))
        rule = responsibility.add_rule(db, "供水", by["water"])
        responsibility.retire_rule(db, rule.id)
        assert responsibility.find(db, "10101", "4403").lead is None
        assert responsibility.living(db) == []
        assert db.get(Rule, rule.id) is not None
        with pytest.raises(Conflict):
            responsibility.retire_rule(db, rule.id)
        with pytest.raises(NotFound):
            responsibility.retire_rule(db, by["water"])


@pytest.mark.parametrize(("facts", "field"), [
    ({"category_code": "99999"}, "category_code"), ({"area_code": "1101"}, "area_code"), ({"hours": "noon"}, "hours"),
    ({"post_role": "king"}, "post_role"),
    ({"valid_from": datetime(2026, 2, 1, tzinfo=UTC), "valid_until": datetime(2026, 1, 1, tzinfo=UTC)}, "valid_until"),
])
def test_a_rule_that_names_nothing_is_refused(sqlite: str, facts: dict[str, Any], field: str) -> None:
    with transaction() as db:
        by = ids(city(db))
        with pytest.raises(Invalid) as refused:
            responsibility.add_rule(db, "x", by["water"], **facts)
        assert [fault.field for fault in refused.value.faults] == [field]
        with pytest.raises(Invalid):
            responsibility.add_rule(db, "x", by["water"], assisting=[by["water"]])


def test_gaps_are_told_widely_and_mark_what_is_covered_at_times(store: str) -> None:
    with transaction() as db:
        by = ids(city(db))
        for kind in "23":
            responsibility.add_rule(db, kind, by["street"], category_code=kind)
        responsibility.add_rule(db, "公用", by["water"], category_code="101", area_code="440305001")
        responsibility.add_rule(db, "夜", by["roads"], category_code="10201", hours="1-7 22:00-06:00")
    with reading() as db:
        told = {(gap.category_code, gap.area_code, gap.partly) for gap in responsibility.gaps(db)}
        assert ("101", "440305002", False) in told
        assert {(code, None, code == "102") for code in ("102", "103", "104", "105")} < told
        assert len(told) == 5
        assert {gap.area_name for gap in responsibility.gaps(db)} == {"西街", "全市"}


def test_overlaps_are_pairs_between_which_nothing_decides(store: str) -> None:
    with transaction() as db:
        by = ids(city(db))
        for name, lead, facts in (
                ("甲", "water", {}), ("乙", "roads", {}), ("同", "water", {}),
                ("昼", "water", {"hours": "1-5 08:00-18:00"}), ("夜", "roads", {"hours": "1-5 18:00-24:00"}),
                ("早", "water", {"ownership": "市管", "valid_until": datetime(2027, 1, 1, tzinfo=UTC)}),
                ("晚", "roads", {"ownership": "市管", "valid_until": datetime(2028, 1, 1, tzinfo=UTC),
                                "valid_from": datetime(2027, 1, 1, tzinfo=UTC)})):
            responsibility.add_rule(db, name, by[lead], category_code="10101", **facts)
        pairs = {frozenset((pair.one.name, pair.other.name)) for pair in responsibility.overlaps(db)}
        assert pairs == {frozenset("甲乙"), frozenset("乙同")}
        assert {rule.name for rule in responsibility.find(db, "10101", "4403", at=datetime(
            2026, 3, 1, tzinfo=UTC)).candidates} == {"甲", "乙", "同"}


def test_the_list_comes_from_a_sheet_and_goes_out_the_same(store: str, time: SetClock) -> None:
    with transaction() as db:
        by = ids(city(db))
        report = responsibility.import_csv(db, SHEET.encode())
        assert (report.added, report.retired, report.overlaps) == (3, 0, [])
        decision = responsibility.find(db, "10101", "440305002", "市管", datetime(2026, 3, 2, 15, tzinfo=UTC))
        assert decision.lead == by["roads"]
        assert decision.rule is not None
        assert decision.rule.valid_until == datetime(2026, 12, 31, 10, tzinfo=UTC)
        exported, book = responsibility.export_csv(db), responsibility.export_xlsx(db)
        time.passes(hours=1)
        assert responsibility.import_csv(db, exported, replace=True).retired == 3
        assert responsibility.export_csv(db) == exported
        time.passes(hours=1)
        assert responsibility.import_xlsx(db, book, replace=True).added == 3
        assert responsibility.export_csv(db) == exported


@pytest.mark.parametrize(("row", "field"), [
    ("坏,10101,,,,,,nobody,,,", "rules.5.lead"), ("坏,10101,,,,,,water,nobody,,", "rules.5.assisting"),
    ("坏,77777,,,,,,water,,,", "rules.5.category_code"), ("坏,,9999,,,,,water,,,", "rules.5.area_code"),
    ("坏,,,,8 1:00,,,water,,,", "rules.5.hours"), ("坏,,,,,soon,,water,,,", "rules.5.valid_from"),
    ("坏,,,,,,,,,,", "rules.5.lead"), ("坏,,,,,,,water,,king,", "rules.5.post_role"),
])
def test_a_row_that_cannot_be_is_named_and_nothing_is_kept(sqlite: str, row: str, field: str) -> None:
    with transaction() as db:
        city(db)
    with pytest.raises(Invalid) as refused, transaction() as db:
        responsibility.import_csv(db, (SHEET + row + "\n").encode())
    assert [fault.field for fault in refused.value.faults] == [field]
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(Rule)) == 0
