"""A ticket that comes again with something else in it. A report is never edited: what is new stands beside it.

Who called (name, phone, 保密) is kept with the report and is changed there; all else becomes an internal comment on the
case, for whoever handles it, once there is a case.
"""
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.cases import callers, comments
from casework.cases.case import Case
from casework.cases.report import Report, Said
from casework.identity.people import SYSTEM, Actor
from casework.identity.privacy import phone_index, seal
from casework.identity.scrubbing import Known, scrub_all
from casework.storage.database import Base, Keyed, new_id, partial_index

WORDS = {"title": "标题", "text": "内容", "happened_at": "来电时间", "claimed_category": "类别", "place": "坐标",
         "address": "地址", "urgent": "紧急", "reporter_name": "来电人姓名", "reporter_phone": "来电人电话",
         "confidential": "来电人要求保密"}
"""What is told of a ticket, in the words of the comment."""

CALLER = ("reporter_name", "reporter_phone", "confidential")


class TicketUpdate(Keyed, Base):
    """A ticket came again, and said this. `changed` holds what was new, of the caller only which part it was."""

    __tablename__ = "hotline_ticket_updates"
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reports.id"))
    digest: Mapped[str]
    changed: Mapped[dict[str, Any]]
    caller: Mapped[list[str]]
    at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    """When it was put to the case; None until there is one."""

    __table_args__ = (UniqueConstraint("report_id", "digest"),
                      partial_index("ix_hotline_ticket_updates_untold", "at", "id", where="told_at IS NULL"))


def take(db: Session, actor: Actor, again: Sequence[tuple[str, Said]]) -> int:
    """Tickets that are known, by the number of their report, and what they say now; how many brought something new.

    What was said in exactly these words before, once or often, changes nothing.
    """
    if not again:
        return 0
    numbers = {number for number, _ in again}
    locked = select(Report).where(Report.number.in_(numbers)).order_by(Report.id).with_for_update()
    reports = {one.number: one for one in db.scalars(locked.execution_options(populate_existing=True))}
    before: dict[uuid.UUID, list[TicketUpdate]] = defaultdict(list)
    ids = [one.id for one in reports.values()]
    earlier = select(TicketUpdate).where(TicketUpdate.report_id.in_(ids))
    for one in db.scalars(earlier.order_by(TicketUpdate.at, TicketUpdate.id)):
        before[one.report_id].append(one)
    made = []
    for number, said in again:
        report = reports[number]
        if said.digest not in {report.digest, *(one.digest for one in before[report.id])}:
            update = _update(db, report, said, before[report.id])
            before[report.id].append(update)
            made.append(update)
    db.flush()
    news = [one for one in made if one.changed or one.caller]
    _tell(db, actor, [one for one in news if one.told_at is None])
    return len(news)


def tell_waiting(db: Session, limit: int) -> int:
    """Put to their cases what came before there was one; how many. Call again while it is `limit`."""
    waiting = (select(TicketUpdate).join(Report, Report.id == TicketUpdate.report_id)
               .where(TicketUpdate.told_at.is_(None), Report.case_id.is_not(None))
               .order_by(TicketUpdate.at, TicketUpdate.id).limit(limit))
    updates = db.scalars(waiting.with_for_update(skip_locked=True, of=TicketUpdate)).all()
    _tell(db, SYSTEM, updates)
    return len(updates)


def _update(db: Session, report: Report, said: Said, before: Iterable[TicketUpdate]) -> TicketUpdate:
    """What this says that the report and what came after it do not. An empty cell says nothing."""
    known: dict[str, Any] = _plain({name: getattr(report, name) for name in WORDS if name not in CALLER})
    for one in before:
        known |= one.changed
    now = _plain({name: getattr(said, name) for name in WORDS if name not in CALLER})
    if report.anonymised_at:
        now = scrub_all(now, Known(frozenset({said.reporter_name or ""}), frozenset({said.reporter_phone or ""})))
    changed = {name: value for name, value in now.items() if value not in (None, False) and value != known[name]}
    caller = _change_caller(db, report, said)
    update = TicketUpdate(id=new_id(), report_id=report.id, digest=said.digest, changed=changed, caller=caller, at=clock.now(),
                          told_at=None if changed or caller else clock.now())
    db.add(update)
    return update


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """As JSON keeps it."""
    place, at = values["place"], values["happened_at"]
    return values | {"place": [round(place.lon, 6), round(place.lat, 6)] if place else None,
                     "happened_at": at.isoformat() if at else None}


def _change_caller(db: Session, report: Report, said: Said) -> list[str]:
    if report.anonymised_at:  # an old ticket that comes again does not bring back who was forgotten
        return []
    changed = []
    if said.reporter_name and (report.reporter_name is None or report.reporter_name.open() != said.reporter_name):
        report.reporter_name = seal(said.reporter_name)
        changed.append("reporter_name")
    index = phone_index(said.reporter_phone)
    if said.reporter_phone and index and index != report.reporter_phone_index:
        could_be_called = callers.can_be_called([report])
        report.reporter_phone, report.reporter_phone_index = seal(said.reporter_phone), index
        changed.append("reporter_phone")
        if report.case_id and not could_be_called and callers.can_be_called([report]):
            callers.came(db, [report.case_id])
    if said.confidential and not report.confidential:  # never the other way: that is for the caller to say, not for a file
        report.confidential = True
        changed.append("confidential")
    return changed


def _tell(db: Session, actor: Actor, updates: Sequence[TicketUpdate]) -> None:
    reports = {one.id: one for one in db.scalars(select(Report).where(Report.id.in_({one.report_id for one in updates})))}
    wanted = {one.case_id for one in reports.values() if one.case_id}
    # In one order, whoever does it: two imports do not wait for each other for ever.
    cases = {one.id: one for one in db.scalars(select(Case).where(Case.id.in_(wanted)).order_by(Case.id).with_for_update())}
    for update in updates:
        report = reports[update.report_id]
        if report.case_id in cases:
            if "confidential" in update.caller:
                callers.left(db, cases[report.case_id])  # no department rings whoever asked not to be known
            comments.say(db, cases[report.case_id], actor, _sentence(report, update))
            update.told_at = clock.now()


def _sentence(report: Report, update: TicketUpdate) -> str:
    parts = [f"{WORDS[name]}：{_words(name, value)}" for name, value in update.changed.items()]
    parts += [WORDS[name] if name == "confidential" else f"{WORDS[name]}已更正" for name in update.caller]
    return f"热线工单{report.external_number}有更新（{report.number}）：{'；'.join(parts)}"


def _words(name: str, value: Any) -> str:
    if name == "happened_at":
        return f"{datetime.fromisoformat(value).astimezone(clock.CITY):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, list):
        return "，".join(map(str, value))
    return "是" if value is True else str(value)
