"""News of what an app has reported, both ways: what happened to it here, and what its people say about it there.

An app reads only of its own reports. What comes in is a remark of whoever reported, or asks to open a closed case again.
"""
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, and_, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, resolution
from casework.cases import comments, search, wording
from casework.cases.case import Case
from casework.cases.comments import Comment, Visibility
from casework.cases.history import Entry
from casework.cases.particulars import source_of
from casework.cases.report import Channel, Report
from casework.cases.wording import Language
from casework.cases.workflow import Facts, Status
from casework.errors import Conflict, NotFound
from casework.identity.people import Actor, Role
from casework.storage.database import Base, Keyed, insert_once, new_id

MOST = 1000

CALLED = {
    Status.REPORTED: "OPEN", Status.VERIFYING: "INVESTIGATING", Status.FILED: "OPEN", Status.DISPATCHED: "ACTION_SCHEDULED",
    Status.HANDLING: "IN_PROGRESS", Status.RETURNED: "INTERNAL_REFERRAL", Status.SUSPENDED: "ACTION_SCHEDULED",
    Status.RESOLVED: "IN_PROGRESS", Status.CLOSED: "CLOSED", Status.REJECTED: "NO_FURTHER_ACTION",
    Status.VOID: "NO_FURTHER_ACTION", Status.MERGED: "DUPLICATE",
}
"""Our statuses in the words of the extension. Closed is not called FIXED: whether it is, the reporter says."""

SAID = {"FIXED": "上报人表示已经修好", "CLOSED": "上报人表示可以结束", "REOPEN": "上报人表示问题仍在",
        "OPEN": "上报人表示问题仍在"}
"""What a status means that comes without words."""


class Taken(Keyed, Base):
    """An update that an app has sent, by the id that it gave it: sent again, it has no second effect."""

    __tablename__ = "open311_updates"
    source: Mapped[str]
    key: Mapped[str]
    report_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("reports.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (UniqueConstraint("source", "key"),)


@dataclass(frozen=True, kw_only=True)
class Update:
    """What an app says about one of its reports; `key` is the id that it gave to this."""

    number: str
    key: str
    status: str
    description: str | None


def take(db: Session, actor: Actor, update: Update) -> uuid.UUID:
    """Keep what whoever reported says, once; our id of it. REOPEN opens a closed case again, all else is a remark.

    Raises NotFound for a report that is not this app's, Conflict when it is not a case yet or cannot be opened again, or
    when the id was used for another report; TooMany when too much is said in a day.
    """
    report = db.scalar(select(Report).where(Report.number == update.number.upper(), Report.channel == Channel.OPEN311,
                                            Report.source == source_of(actor)))
    if report is None:
        raise NotFound("there is no such service request of yours")
    update_id = new_id()
    made = {"id": update_id, "source": report.source, "key": update.key, "report_id": report.id, "at": clock.now()}
    if not insert_once(db, Taken, [made], on=("source", "key")):
        known = db.scalars(select(Taken).where(Taken.source == report.source, Taken.key == update.key)).one()
        if known.report_id != report.id:
            raise Conflict("this update_id was used before for another service request")
        return known.id
    _tell(db, report, update)
    return update_id


def _tell(db: Session, report: Report, update: Update) -> None:
    case = search.followed(db, report)
    if case is None:
        raise Conflict("this service request is not looked at yet; send the update again in a minute")
    db.refresh(case, with_for_update=True)
    reporter = Actor("citizen", None, "市民", frozenset({Role.CITIZEN}), report_id=report.id)
    words = update.description or SAID.get(update.status, f"上报人更新了状态：{update.status}")
    if update.status == "REOPEN" and not case.is_open:
        resolution.VERBS["reopen"](db, case, reporter, Facts(reason=words))
    else:
        comments.say_as_citizen(db, case, report, reporter, words)


def updates(db: Session, actor: Actor, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """What happened to this app's reports between these moments, and what was said to those who reported; the oldest first,
    a thousand at most. Of a case that a report joined, what came after that."""
    came = func.coalesce(Report.triaged_at, Report.received_at)
    mine = Report.channel == Channel.OPEN311, Report.source == source_of(actor)
    happened = (select(Entry, Report.number).join(Report, Report.case_id == Entry.case_id)
                .where(*mine, Entry.action.in_(wording.HAPPENED), Entry.at.between(since, until), Entry.at >= came)
                .order_by(Entry.at, Entry.id).limit(MOST))
    concerns = or_(Comment.report_id == Report.id, and_(Comment.case_id == Report.case_id, Comment.report_id.is_(None)))
    said = (select(Comment, Report.number, Case.status).join(Report, concerns).join(Case, Case.id == Report.case_id)
            .where(*mine, Comment.visibility == Visibility.PUBLIC, Comment.author_kind != "citizen",
                   Comment.at.between(since, until), Comment.at >= came)
            .order_by(Comment.at, Comment.id).limit(MOST))
    found = [_update(one.id, number, Status(one.target), one.at, _words(one)) for one, number in db.execute(happened)]
    found += [_update(one.id, number, status, one.at, one.text) for one, number, status in db.execute(said)]
    return sorted(found, key=lambda one: (one["updated_datetime"], one["update_id"]))[:MOST]


def _update(about: uuid.UUID, number: str, status: Status, at: datetime, words: str) -> dict[str, Any]:
    """One line. Its id names the report too: two of one case are told of the same, each for itself."""
    return {"update_id": f"{about}-{number}", "service_request_id": number, "status": CALLED[status], "updated_datetime": at,
            "description": words, "media_url": None, "external_status_code": status.value}


def _words(line: Entry) -> str:
    """What happened; with it what the department answered, or why it was not taken up."""
    told = {"resolve": "reply", "reject": "reason"}.get(line.action)
    said = line.facts.get(told) if told else None
    return f"{wording.HAPPENED[line.action][Language.ZH]}：{said}" if said else wording.HAPPENED[line.action][Language.ZH]
