"""The taxonomy in both databases: loaded, replaced as a whole, out and in again, and read without asking twice."""
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import taxonomy
from casework.errors import Invalid, NotFound
from casework.settings import Settings
from casework.storage.database import reading, transaction
from casework.taxonomy import Category, Kind, LimitUnit, Standard, TaxonomyVersion, Window
from tests.statements import heard

CATEGORIES = """编码,类型,名称,危险,重复半径(米),重复时间(小时),相近组
101,部件,公用设施,,,,
10101,部件,上水井盖,,30,,井盖
10102,部件,污水井盖,是,,6,井盖
301,诉求,城乡建设,,,72,
30101,诉求,安全生产,,,,
"""
STANDARDS = """分类编码,序号,立案条件,结案条件,时限,时限单位,结案材料,默认
10101,1,丢失,复原,2,紧急工作时,处置后照片,是
10101,2,破口,换新,4,工作时,,
10102,1,丢失,复原,2,紧急工作时,处置后照片;现场位置,是
301,1,诉求,答复,7,自然日,给诉求人的答复,是
"""


def small(db: Session, categories: str = CATEGORIES, standards: str = STANDARDS) -> TaxonomyVersion:
    return taxonomy.import_csv(db, "小", categories.encode(), standards.encode())


def test_without_a_taxonomy_it_is_said_so(store: str) -> None:
    with reading() as db, pytest.raises(NotFound, match="no taxonomy is active"):
        taxonomy.current_version(db)


def test_the_default_is_loaded_once(store: str) -> None:
    with transaction() as db:
        first = taxonomy.load_default(db).id
    with transaction() as db:
        assert taxonomy.load_default(db).id == first
        assert db.scalar(select(func.count()).select_from(Category)) == 190 + 11 + 15 + 118 + 517
        assert taxonomy.category(db, "10101").name == "上水井盖"
        assert taxonomy.default_standard(db, "10101").limit_unit is LimitUnit.URGENT_HOUR


def test_the_default_goes_out_and_comes_in_the_same(store: str) -> None:
    with transaction() as db:
        taxonomy.load_default(db)
        files, book = taxonomy.export_csv(db), taxonomy.export_xlsx(db)
        from_csv = taxonomy.import_csv(db, "again", *files)
        from_xlsx = taxonomy.import_xlsx(db, "again", book)
        assert (from_csv.number, from_xlsx.number) == (2, 3)
        assert taxonomy.export_csv(db, from_csv.id) == files
        assert taxonomy.export_csv(db, from_xlsx.id) == files


def test_an_import_with_a_fault_leaves_nothing(store: str) -> None:
    with pytest.raises(Invalid) as refused, transaction() as db:
        small(db, standards=STANDARDS.replace(",4,工作时", ",0,星期"))
    assert [fault.field for fault in refused.value.faults] == ["standards.3.limit_value", "standards.3.limit_unit"]
    with reading() as db:
        assert db.scalar(select(func.count()).select_from(TaxonomyVersion)) == 0


@pytest.mark.parametrize(("categories", "standards", "field"), [
    (CATEGORIES + "10101,部件,再来,,,,\n", STANDARDS, "categories.3.code"),
    (CATEGORIES + "1010101,部件,太深,,,,\n", STANDARDS, "categories.7.code"),
    (CATEGORIES + "20101,事件,无父,,,,\n", STANDARDS, "categories.7.code"),
    (CATEGORIES.replace("301,诉求", "301,事件"), STANDARDS, "categories.5.kind"),
    (CATEGORIES + "10103,部件,无标准,,,,\n", STANDARDS, "categories.7.code"),
    (CATEGORIES, STANDARDS + "10199,1,丢失,复原,2,工作日,,是\n", "standards.6.category_code"),
    (CATEGORIES, STANDARDS + "301,1,诉求,答复,7,自然日,,\n", "standards.5.ordinal"),
    (CATEGORIES, STANDARDS.replace("处置后照片,是\n10101", "处置后照片,\n10101"), "standards.2.is_default"),
    (CATEGORIES, STANDARDS.replace("现场位置", "口供"), "standards.4.evidence"),
])
def test_rows_that_contradict_each_other_are_named(sqlite: str, categories: str, standards: str, field: str) -> None:
    with pytest.raises(Invalid) as refused, transaction() as db:
        small(db, categories, standards)
    assert refused.value.faults[0].field == field


def test_a_new_version_counts_from_its_activation_and_the_old_one_stays_readable(store: str) -> None:
    with transaction() as db:
        old = taxonomy.activate(db, small(db).id).id
    with transaction() as db:
        new = small(db, CATEGORIES.replace("上水井盖", "给水井盖"), STANDARDS.replace("2,紧急工作时", "1,紧急工作时")).id
        assert taxonomy.category(db, "10101").name == "上水井盖"
        taxonomy.activate(db, new)
        assert taxonomy.category(db, "10101").name == "给水井盖"
    with reading() as db:
        assert taxonomy.current_version(db).id == new
        assert taxonomy.category(db, "10101", old).name == "上水井盖"
        assert taxonomy.default_standard(db, "10101", old).limit_value == 2
        assert [version.active for version in taxonomy.versions(db)] == [True, False]


def test_an_activation_that_is_rolled_back_never_was(store: str) -> None:
    with transaction() as db:
        old = taxonomy.activate(db, small(db).id).id
    with pytest.raises(RuntimeError), transaction() as db:
        taxonomy.activate(db, small(db).id)
        assert taxonomy.current_version(db).number == 2
        raise RuntimeError
    with reading() as db:
        assert taxonomy.current_version(db).id == old


def test_of_two_who_activate_at_once_the_later_wins_and_neither_fails(store: str) -> None:
    with transaction() as db:
        versions = [taxonomy.activate(db, small(db).id).id, *(small(db).id for _ in range(4))]

    def activate(version: uuid.UUID) -> None:
        with transaction() as db:
            taxonomy.activate(db, version)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(activate, versions[1:]))
    with reading() as db:
        assert [version.active for version in taxonomy.versions(db)].count(True) == 1


def test_of_two_who_import_at_once_each_gets_a_number(store: str) -> None:
    with transaction() as db:
        small(db)

    def bring(_: int) -> int:
        with transaction() as db:
            return small(db).number
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(bring, range(4))) == [2, 3, 4, 5]


def test_a_batch_asks_the_database_once(store: str) -> None:
    with transaction() as db:
        taxonomy.activate(db, small(db).id)
    with reading() as db:
        taxonomy.category(db, "10101")
    with heard() as seen, reading() as db:
        for _ in range(1000):
            taxonomy.category(db, "10101")
            taxonomy.standards(db, "10102")
            taxonomy.neighbours(db, "10101")
    assert len([one for one in seen if "taxonomy_versions" in one.sql]) == 1
    assert len([one for one in seen if one.sql.startswith("SELECT")]) == 1


def test_what_is_kept_in_memory_belongs_to_no_session(store: str) -> None:
    with transaction() as db:
        taxonomy.activate(db, small(db).id)
        kept = taxonomy.category(db, "10101")
        assert kept not in db
        stored = db.scalars(select(Category).where(Category.code == "10101")).one()
        assert stored is not kept
        assert db.get(Standard, taxonomy.default_standard(db, "10101").id) is not None


def test_windows_come_from_the_category_then_its_parents_then_the_settings(store: str, config: Settings) -> None:
    with transaction() as db:
        taxonomy.activate(db, small(db).id)
        assert taxonomy.duplicate_window(db, "10101") == Window(30, config.duplicate_hours)
        assert taxonomy.duplicate_window(db, "10102") == Window(config.duplicate_metres, 6)
        assert taxonomy.duplicate_window(db, "30101") == Window(config.duplicate_metres, 72)


def test_requests_inherit_their_standard_and_big_classes_have_none(store: str) -> None:
    with transaction() as db:
        taxonomy.activate(db, small(db).id)
        assert taxonomy.default_standard(db, "30101").category_code == "301"
        assert taxonomy.standards(db, "101") == []
        with pytest.raises(NotFound):
            taxonomy.default_standard(db, "101")
        with pytest.raises(NotFound):
            taxonomy.category(db, "999")


def test_a_category_is_found_by_its_name_and_kind(store: str) -> None:
    with transaction() as db:
        taxonomy.activate(db, small(db).id)
        catalogue = taxonomy.catalogue(db)
        assert [one.code for one in catalogue.named("城乡建设")] == ["301"]
        assert catalogue.named("城乡建设", Kind.EVENT) == []
        assert [one.code for one in catalogue.leaves()] == ["10101", "10102", "30101"]
        assert [one.name for one in catalogue.path("30101")] == ["城乡建设", "安全生产"]
