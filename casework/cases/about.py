"""Which component of the register a report is about, where its sender said so: beside the report, which is never edited."""
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import taxonomy
from casework.cases.report import Channel, Report
from casework.errors import Fault, Invalid
from casework.geography.coordinates import Point
from casework.registry import keys
from casework.registry.fields import Register
from casework.registry.keys import Key
from casework.registry.records import Entry
from casework.storage.database import Base


class ReportComponent(Base):
    """A report is about this component. (Retention: names no person; goes with the report.)"""

    __tablename__ = "report_components"
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    component_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("register_entries.id"), index=True)


@dataclass(frozen=True)
class Thing:
    """A component as a report about it is told: where it is (WGS-84) and what category it is of, as far as the city knows."""

    id: uuid.UUID
    place: Point | None
    category: str | None


def component(db: Session, said: str, key: str) -> Thing:
    """The component of this id, or with this object code as it is painted on it, for a citizen's report with this key. Raises
    Invalid when there is none.

    Sent again, a report is told what it was told the first time, though the register may have moved the thing since.
    """
    try:
        entry = db.get(Entry, uuid.UUID(said))
    except ValueError:
        digests = keys.holding([Register.COMPONENT], said)
        entry = db.scalar(select(Entry).join(Key, Key.entry_id == Entry.id).where(
            Key.digest.in_(digests), Key.field == "code", Entry.register == Register.COMPONENT).order_by(Entry.id).limit(1))
    if entry is None or entry.register is not Register.COMPONENT:
        raise Invalid("there is no such component", Fault("component", "is no component's id or 16-digit code"))
    sent = db.scalar(select(Report).where(Report.channel == Channel.CITIZEN, Report.source == "web", Report.key == key))
    if sent:
        return Thing(entry.id, sent.place, sent.claimed_category)
    category = category_of(str(entry.values.get("code", "")))
    return Thing(entry.id, Point(entry.lon, entry.lat) if entry.lon is not None and entry.lat is not None else None,
                 category if category in taxonomy.catalogue(db).by_code else None)


def category_of(code: str) -> str:
    """The category of a component's object code (GB/T 30428.2): 1 for components, then its major and minor class."""
    return f"1{code[6:10]}"


def concerns(db: Session, report_id: uuid.UUID, component_id: uuid.UUID) -> None:
    """Keep that a report, which has just been received, is about this component."""
    db.add(ReportComponent(report_id=report_id, component_id=component_id))


def of_cases(db: Session, case_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, set[uuid.UUID]]:
    """By case, the components that its reports are about; cases without any are left out."""
    found: dict[uuid.UUID, set[uuid.UUID]] = {}
    for case_id, component_id in db.execute(
            select(Report.case_id, ReportComponent.component_id).join(ReportComponent, ReportComponent.report_id == Report.id)
            .where(Report.case_id.in_(list(case_ids)))):
        if case_id:
            found.setdefault(case_id, set()).add(component_id)
    return found
