"""The taxonomy as two tables, categories and standards: imported all or nothing as a new version, exported as they came."""
import re
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from casework.errors import Fault, Invalid
from casework.taxonomy import tables
from casework.taxonomy.catalogue import activate, catalogue
from casework.taxonomy.models import Category, Evidence, Kind, LimitUnit, Standard, TaxonomyVersion
from casework.taxonomy.tables import Column, Record, Table

DEFAULT = Path(__file__).parent / "default"

KINDS = {"部件": Kind.COMPONENT, "事件": Kind.EVENT, "诉求": Kind.REQUEST}
KIND_OF_DIGIT = {"1": Kind.COMPONENT, "2": Kind.EVENT, "3": Kind.REQUEST}
DEEPEST = {Kind.COMPONENT: 2, Kind.EVENT: 2, Kind.REQUEST: 3}
UNITS = {"紧急工作时": LimitUnit.URGENT_HOUR, "工作时": LimitUnit.WORK_HOUR, "工作日": LimitUnit.WORK_DAY,
         "自然日": LimitUnit.NATURAL_DAY}
EVIDENCE = {"处置前照片": Evidence.BEFORE_PHOTO, "处置后照片": Evidence.AFTER_PHOTO, "现场位置": Evidence.POSITION,
            "书面材料": Evidence.DOCUMENT, "给诉求人的答复": Evidence.REPLY}
YES = {"是": True, "否": False}


def _code(text: str) -> str:
    if not re.fullmatch(r"[123]([0-9]{2}){1,3}", text):
        raise ValueError("must be the kind's digit (1 部件, 2 事件, 3 诉求) and two digits a level")
    return text


def _evidence(text: str) -> list[str]:
    read = tables.choice(EVIDENCE)
    return [str(read(word)) for word in tables.listed(text)]


def _word(words: dict[str, Any]) -> Any:
    by_value = {value: word for word, value in words.items()}
    return lambda value: by_value[value]


def _yes(value: bool) -> str:
    return "是" if value else ""


CATEGORIES = Table("categories", "分类", (
    Column("code", "编码", _code),
    Column("kind", "类型", tables.choice(KINDS), _word(KINDS)),
    Column("name", "名称", longest=100),
    Column("responsible_kind", "主责单位类别", required=False, longest=100),
    Column("assisting_kinds", "协办单位类别", tables.listed, ";".join, required=False, empty=list),
    Column("urgent", "危险", tables.choice(YES), _yes, required=False, empty=lambda: False),
    Column("duplicate_metres", "重复半径(米)", tables.number(0, 5000), "{:g}".format, required=False),
    Column("duplicate_hours", "重复时间(小时)", tables.number(0, 8760), "{:g}".format, required=False),
    Column("groups", "相近组", tables.listed, ";".join, required=False, empty=list),
))
STANDARDS = Table("standards", "立案标准", (
    Column("category_code", "分类编码", _code),
    Column("ordinal", "序号", tables.whole(1, 999)),
    Column("condition", "立案条件"),
    Column("closing", "结案条件"),
    Column("limit_value", "时限", tables.whole(1, 1_000)),
    Column("limit_unit", "时限单位", tables.choice(UNITS), _word(UNITS)),
    Column("evidence", "结案材料", _evidence, lambda values: ";".join(map(_word(EVIDENCE), values)), required=False,
           empty=list),
    Column("lenient", "材料不足仅标记", tables.choice(YES), _yes, required=False, empty=lambda: False),
    Column("is_default", "默认", tables.choice(YES), _yes, required=False, empty=lambda: False),
))


def import_csv(db: Session, name: str, categories: bytes, standards: bytes) -> TaxonomyVersion:
    """A new version, not yet active, from two CSV files.

    Raises Invalid with a fault per row and column ("standards.17.limit_value"; row 1 has the headings), or TooLarge;
    then nothing is kept.
    """
    return _import(db, name, tables.csv_lines(categories), tables.csv_lines(standards))


def import_xlsx(db: Session, name: str, content: bytes) -> TaxonomyVersion:
    """The same from a workbook with the sheets 分类 and 立案标准."""
    return _import(db, name, tables.xlsx_lines(content, CATEGORIES), tables.xlsx_lines(content, STANDARDS))


def export_csv(db: Session, version_id: uuid.UUID | None = None) -> tuple[bytes, bytes]:
    """Categories and standards of the current or the given version. Raises NotFound."""
    found = catalogue(db, version_id)
    return (tables.to_csv(CATEGORIES, map(vars, found.by_code.values())),
            tables.to_csv(STANDARDS, map(vars, found.all_standards())))


def export_xlsx(db: Session, version_id: uuid.UUID | None = None) -> bytes:
    """The same as one workbook."""
    found = catalogue(db, version_id)
    return tables.to_xlsx([(CATEGORIES, map(vars, found.by_code.values())),
                           (STANDARDS, map(vars, found.all_standards()))])


def load_default(db: Session) -> TaxonomyVersion:
    """The taxonomy that comes with Zhiwang, made active, unless there is one already: then that one, untouched."""
    present = db.scalar(select(TaxonomyVersion).where(TaxonomyVersion.active))
    if present is not None:
        return present
    version = import_csv(db, "默认分类与立案标准", (DEFAULT / "categories.csv").read_bytes(),
                         (DEFAULT / "standards.csv").read_bytes())
    return activate(db, version.id)


def _import(db: Session, name: str, category_lines: Iterable[tables.Line],
            standard_lines: Iterable[tables.Line]) -> TaxonomyVersion:
    faults: list[Fault] = []
    categories = tables.read(CATEGORIES, category_lines, faults)
    standards = tables.read(STANDARDS, standard_lines, faults)
    if not faults:
        faults += [*category_faults(categories), *standard_faults(categories, standards)]
    if faults:
        raise Invalid("the taxonomy was not imported", *faults[:tables.MAX_FAULTS])
    # The rows are locked so that two imports do not take the same number.
    db.execute(select(TaxonomyVersion.id).with_for_update())
    version = TaxonomyVersion(number=(db.scalar(select(func.max(TaxonomyVersion.number))) or 0) + 1, name=name)
    db.add(version)
    db.flush()
    same = {"version_id": version.id}
    db.execute(insert(Category), [same | category_values(record) for record in _parents_first(categories)])
    db.execute(insert(Standard), [same | values_of(STANDARDS, record) for record in standards])
    return version


def values_of(table: Table, record: Record) -> Record:
    """The columns of a record, without where it stood."""
    return {column.key: record[column.key] for column in table.columns}


def category_values(record: Record) -> Record:
    """A category as its table wants it: parent and level follow from the code."""
    code = record["code"]
    return values_of(CATEGORIES, record) | {"parent_code": _parent(code), "level": _level(code)}


def _parent(code: str) -> str | None:
    return code[:-2] if len(code) > 3 else None


def _level(code: str) -> int:
    return (len(code) - 1) // 2


def _parents_first(records: list[Record]) -> list[Record]:
    return sorted(records, key=lambda record: (len(record["code"]), record["code"]))


def category_faults(records: list[Record]) -> Iterator[Fault]:
    """What the rows of categories say against each other."""
    codes = Counter(record["code"] for record in records)
    if not records:
        yield Fault("categories", "there is no category")
    for record in records:
        code, where = record["code"], f"categories.{record['row']}"
        if codes[code] > 1:
            yield Fault(f"{where}.code", f"编码 {code} is there {codes[code]} times")
        kind = KIND_OF_DIGIT[code[0]]
        if record["kind"] != kind:
            yield Fault(f"{where}.kind", f"类型 does not fit 编码 {code}, which is {_word(KINDS)(kind)}")
        if _level(code) > DEEPEST[kind]:
            yield Fault(f"{where}.code", f"编码 {code} is deeper than {DEEPEST[kind]} levels")
        if _level(code) > 1 and _parent(code) not in codes:
            yield Fault(f"{where}.code", f"编码 {code} lies under {_parent(code)}, which is missing")


def standard_faults(categories: list[Record], records: list[Record]) -> Iterator[Fault]:
    """What the rows of standards say against each other and against the categories."""
    codes = {record["code"] for record in categories}
    places = Counter((record["category_code"], record["ordinal"]) for record in records)
    defaults = Counter(record["category_code"] for record in records if record["is_default"])
    having = {record["category_code"] for record in records}
    for record in records:
        code, where = record["category_code"], f"standards.{record['row']}"
        if code not in codes:
            yield Fault(f"{where}.category_code", f"分类编码 {code} is not among the categories")
        if places[code, record["ordinal"]] > 1:
            yield Fault(f"{where}.ordinal", f"序号 {record['ordinal']} is there twice in {code}")
        if defaults[code] != 1:
            yield Fault(f"{where}.is_default", f"默认 must be 是 exactly once in {code}, and is {defaults[code]} times")
    parents = {_parent(code) for code in codes}
    for record in categories:
        code = record["code"]
        if code not in parents and not any(code[:length] in having for length in range(3, len(code) + 1, 2)):
            yield Fault(f"categories.{record['row']}.code", f"编码 {code} has no standard, so nothing could be filed")
