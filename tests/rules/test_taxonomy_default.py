"""The taxonomy that ships: complete, consistent, true to the facts it restates and in words of its own."""
import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from casework.errors import Fault
from casework.taxonomy import sheets, tables
from casework.taxonomy.catalogue import Catalogue
from casework.taxonomy.models import Category, Evidence, Kind, LimitUnit, Standard, TaxonomyVersion
from tests.conftest import absent

SOURCE = Path(__file__).parents[2].parent / "shared" / "data"


def rows(name: str) -> list[dict[str, str]]:
    if not SOURCE.is_dir():
        absent(f"no {SOURCE}: the facts cannot be compared")
    with (SOURCE / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def default() -> Catalogue:
    faults: list[Fault] = []
    categories = tables.read(sheets.CATEGORIES, tables.csv_lines((sheets.DEFAULT / "categories.csv").read_bytes()), faults)
    standards = tables.read(sheets.STANDARDS, tables.csv_lines((sheets.DEFAULT / "standards.csv").read_bytes()), faults)
    assert faults == []
    assert [*sheets.category_faults(categories), *sheets.standard_faults(categories, standards)] == []
    return Catalogue(TaxonomyVersion(number=1, name="默认"), [Category(**sheets.category_values(one)) for one in categories],
                     [Standard(id=one["row"], **sheets.values_of(sheets.STANDARDS, one)) for one in standards])


def test_it_has_190_minor_classes_and_the_15_118_517_requests(default: Catalogue) -> None:
    levels = Counter((one.kind, one.level) for one in default.by_code.values())
    assert levels[Kind.COMPONENT, 2] + levels[Kind.EVENT, 2] == 190
    assert [levels[Kind.REQUEST, level] for level in (1, 2, 3)] == [15, 118, 517]


def test_codes_names_limits_and_units_are_those_of_the_source_row_by_row(default: Catalogue) -> None:
    units = {"urgent_day": "natural_day"}  # 紧急工作日 runs like a natural day
    source = [(row["code"], re.sub(r"\s", "", row["small_name"]), int(row["limit_value"]),
               units.get(row["limit_unit"], row["limit_unit"])) for row in rows("case_standards.csv")]
    ours = [(one.category_code, default.category(one.category_code).name, one.limit_value, one.limit_unit.value)
            for one in default.all_standards() if one.category_code[0] in "12"]
    assert len(ours) == 522
    assert ours == sorted(source, key=lambda row: row[0])


def test_the_request_tree_is_that_of_the_source(default: Catalogue) -> None:
    source = [tuple(row.values()) for row in rows("request_categories.csv")]
    ours = [tuple(one.name for one in default.path(leaf.code)) for leaf in default.leaves(Kind.REQUEST)]
    assert Counter(ours) == Counter(source)


def test_no_condition_or_closing_repeats_the_wording_of_the_source(default: Catalogue) -> None:
    source = rows("case_standards.csv")
    theirs = {re.sub(r"\W", "", row[column]) for row in source for column in ("case_condition", "close_condition")}
    ours = {re.sub(r"\W", "", text) for one in default.all_standards() for text in (one.condition, one.closing)}
    assert ours & theirs == set()


def test_every_measure_in_the_source_is_still_in_the_condition(default: Catalogue) -> None:
    def measures(text: str) -> set[float]:
        text = text.replace("十六分之一", "1/16").replace("三分之一", "1/3")
        return {float(one) for one in re.findall(r"\d+(?:\.\d+)?", re.sub(r"\d、", "", text))}
    ordered = sorted(rows("case_standards.csv"), key=lambda row: row["code"])
    ours = [one for one in default.all_standards() if one.category_code[0] in "12"]
    for theirs, own in zip(ordered, ours, strict=True):
        assert measures(theirs["case_condition"]) == measures(own.condition), own.condition


def test_no_office_of_the_source_city_is_named(default: Catalogue) -> None:
    shipped = "".join((sheets.DEFAULT / name).read_text("utf-8") for name in ("categories.csv", "standards.csv"))
    assert not re.search("运城|盐湖|有限公司|分公司", shipped)


def test_every_leaf_can_be_filed_and_names_a_kind_of_unit(default: Catalogue) -> None:
    for leaf in default.leaves():
        assert default.default_standard(leaf.code).limit_value > 0
        assert leaf.responsible_kind, leaf.code


def test_every_standard_asks_for_evidence_that_exists(default: Catalogue) -> None:
    for one in default.all_standards():
        assert one.evidence
        assert set(one.evidence) <= set(Evidence)


def test_requests_inherit_the_limits_of_their_top_class(default: Catalogue) -> None:
    leaf = default.named("噪音污染", Kind.REQUEST)[0]
    assert [(one.limit_value, one.limit_unit) for one in default.standards(leaf.code)] == [
        (7, LimitUnit.NATURAL_DAY), (15, LimitUnit.NATURAL_DAY), (3, LimitUnit.WORK_DAY)]
    assert default.default_standard(leaf.code).category_code == leaf.code[:3]


def test_the_seven_labels_of_real_messages_are_top_classes(default: Catalogue) -> None:
    for label in ["城乡建设", "劳动和社会保障", "教育文体", "商贸旅游", "环境保护", "卫生计生", "交通运输"]:
        top = default.named(label, Kind.REQUEST)[0]
        assert top.level == 1
        assert default.default_standard(top.code).urgent is False


def test_manholes_of_different_owners_are_neighbours_and_lamps_are_not(default: Catalogue) -> None:
    near = default.neighbours("10101")
    assert {"10101", "10102", "10103", "10111", "10123"} <= near
    assert "10137" not in near


def test_neighbours_are_mutual(default: Catalogue) -> None:
    for code in default.by_code:
        for other in default.neighbours(code):
            assert code in default.neighbours(other), (code, other)


def test_a_wider_request_class_is_a_neighbour_of_the_narrower(default: Catalogue) -> None:
    leaf = default.named("水污染")[0].code
    assert {leaf[:3], leaf[:5], leaf} <= default.neighbours(leaf)
    assert leaf in default.neighbours(leaf[:3])


@pytest.mark.parametrize(("code", "path"), [
    ("3010101", "城乡建设/安全生产/事故处理"), ("3010299", "城乡建设/城市建设和市政管理/其他"),
    ("3019999", "城乡建设/其他/其他"),
    ("3040201", "环境保护/环境污染/生态破坏"), ("3150801", "劳动和社会保障/退休政策及待遇/退休人员待遇"),
])
def test_request_codes_never_change(default: Catalogue, code: str, path: str) -> None:
    assert "/".join(one.name for one in default.path(code)) == path
