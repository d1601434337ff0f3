"""The responsibility list as a table that a city keeps in Excel: imported all or nothing, exported as it came."""
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import clock
from casework.errors import Fault, Invalid
from casework.identity.people import Department
from casework.responsibility import hours as weekly
from casework.responsibility.coverage import Overlap, overlaps
from casework.responsibility.rules import Names, Rule, faults_of, living
from casework.taxonomy import tables
from casework.taxonomy.tables import Column, Line, Record, Table


@dataclass(frozen=True)
class RulesReport:
    """What an import did; `overlaps` are contradictions in the list as it now stands."""

    added: int
    retired: int
    overlaps: list[Overlap]


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a day or a moment of the city's time, like 2026-10-01 or 2026-10-01 08:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.CITY)


def _moment_text(moment: datetime) -> str:
    return moment.astimezone(clock.CITY).replace(tzinfo=None).isoformat(" ").removesuffix(" 00:00:00")


def _hours(text: str) -> str:
    try:
        weekly.spans(text)
    except Invalid as error:
        raise ValueError(error.faults[0].reason) from None
    return text


RULES = Table("rules", "权责", (
    Column("name", "名称", required=False, longest=100),
    Column("category_code", "类别编码", required=False),
    Column("area_code", "区域编码", required=False),
    Column("ownership", "权属", required=False, longest=50),
    Column("hours", "时段", _hours, required=False),
    Column("valid_from", "生效时间", _moment, _moment_text, required=False),
    Column("valid_until", "失效时间", _moment, _moment_text, required=False),
    Column("lead", "主办部门编码"),
    Column("assisting", "协办部门编码", tables.listed, ";".join, required=False, empty=list),
    Column("post_role", "岗位", required=False),
    Column("ground", "依据", required=False),
))


def import_csv(db: Session, content: bytes, *, replace: bool = False) -> RulesReport:
    """Add the rules of a CSV file; with `replace` all rules that hold until now end at this moment.

    Raises Invalid with a fault per row and column ("rules.17.lead"; row 1 has the headings), or TooLarge; then nothing
    has changed.
    """
    return _import(db, tables.csv_lines(content), replace=replace)


def import_xlsx(db: Session, content: bytes, *, replace: bool = False) -> RulesReport:
    """The same from a workbook with the sheet 权责."""
    return _import(db, tables.xlsx_lines(content, RULES), replace=replace)


def export_csv(db: Session) -> bytes:
    """The rules that have not ended."""
    return tables.to_csv(RULES, _records(db))


def export_xlsx(db: Session) -> bytes:
    """The same as a workbook."""
    return tables.to_xlsx([(RULES, _records(db))])


def _records(db: Session) -> list[Record]:
    codes = {department.id: department.code for department in db.scalars(select(Department))}
    plain = ("name", "category_code", "area_code", "ownership", "hours", "valid_from", "valid_until", "post_role",
             "ground")
    return [{key: getattr(rule, key) for key in plain}
            | {"lead": codes[rule.lead_department_id], "assisting": [codes[one] for one in rule.assisting]}
            for rule in living(db)]


def _import(db: Session, lines: Iterable[Line], *, replace: bool) -> RulesReport:
    faults: list[Fault] = []
    records = tables.read(RULES, lines, faults)
    departments = {one.code: one.id for one in db.scalars(select(Department).where(Department.active))}
    names, known = Names(db), set(departments.values())
    made: list[Rule] = []
    for record in records if not faults else ():
        where = f"rules.{record['row']}"
        missing = [code for code in (record["lead"], *record["assisting"]) if code not in departments]
        if missing:
            column = "lead" if record["lead"] in missing else "assisting"
            faults.append(Fault(f"{where}.{column}", f"{'、'.join(missing)} is not the code of an active department"))
        else:
            made.append(_rule(record, departments, names))
            faults += [Fault(f"{where}.{one.field}", one.reason) for one in faults_of(made[-1], known, names)]
    if faults:
        raise Invalid("the rules were not imported", *faults[:tables.MAX_FAULTS])
    ended = living(db) if replace else ()
    for rule in ended:
        rule.valid_until = clock.now()
    db.add_all(made)
    db.flush()
    return RulesReport(len(made), len(ended), overlaps(db))


def _rule(record: Record, departments: dict[str, uuid.UUID], names: Names) -> Rule:
    codes = record["category_code"], record["area_code"]
    called = record["name"] or f"{names.category(codes[0]) or codes[0]}·{names.area(codes[1]) or codes[1]}"
    plain = {key: record[key] for key in ("category_code", "area_code", "ownership", "hours", "valid_from",
                                          "valid_until", "post_role", "ground")}
    return Rule(name=called, lead_department_id=departments[record["lead"]],
                assisting_ids=[str(departments[code]) for code in record["assisting"]], **plain)
