"""Reports as a file: of cases that the asker may see, with who reported as far as the asker may know."""
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from casework.cases import reporters, search
from casework.cases.case import Case
from casework.cases.report import Channel, Outcome, Report
from casework.exports.cases import CHANNELS
from casework.exports.columns import Column
from casework.exports.listing import Asked, Listing, Page, Place, moment, one_of
from casework.identity.permissions import allowed

OUTCOMES = {Outcome.JOINED: "并入已有案件", Outcome.FILED: "自动立案", Outcome.LEFT: "转人工", Outcome.SELF_HANDLED: "自行处置"}

COLUMNS = (
    Column("number", "上报编号", "Report"), Column("channel", "来源", "Channel", CHANNELS),
    Column("received_at", "收到时间", "Received"), Column("heading", "标题", "Title"), Column("text", "内容", "Text"),
    Column("address", "地址", "Address"), Column("name", "上报人", "Name"), Column("phone", "电话", "Phone"),
    Column("case", "案件编号", "Case"), Column("outcome", "受理结果", "Outcome", OUTCOMES), Column("rating", "评价", "Rating"),
    Column("rating_comment", "评价意见", "Remark"))


def _wanted(asked: Asked) -> Select[Report, Case]:
    query, seen = asked.query, search.seen_by(asked.actor)
    where = [Report.received_at >= query["since"], Report.received_at < query["until"], *([] if seen is None else [seen])]
    if "channel" in query:
        where.append(Report.channel == query["channel"])
    return select(Report, Case).join(Case, Case.id == Report.case_id).where(*where)


def _pages(db: Session, asked: Asked, after: Place | None, limit: int) -> Page:
    wanted = _wanted(asked)
    if after:
        wanted = wanted.where(tuple_(Report.received_at, Report.id) > (datetime.fromisoformat(after[0]), uuid.UUID(after[1])))
    found = db.execute(wanted.order_by(Report.received_at, Report.id).limit(limit)).all()
    rows = list(_rows(asked, found))
    last = found[-1][0] if len(found) == limit else None
    db.expunge_all()  # a page at a time in memory, whatever the length of the list
    return Page(rows, [last.received_at.isoformat(), str(last.id)] if last else None)


def _rows(asked: Asked, found: Iterable[Any]) -> Iterable[dict[str, Any]]:
    plain = ("number", "channel", "received_at", "heading", "text", "address", "outcome", "rating", "rating_comment")
    for report, case in found:
        yield {name: getattr(report, name) for name in plain} | {"case": case.number} | _who(asked, report, case)


def _who(asked: Asked, report: Report, case: Case) -> dict[str, str | None]:
    if asked.plain and reporters.may_know(asked.actor, report) and allowed(asked.actor, "privacy.reveal", case):
        return {"name": report.reporter_name.open() if report.reporter_name else None,
                "phone": report.reporter_phone.open() if report.reporter_phone else None}
    return reporters.masked(asked.actor, report)


def _count(db: Session, asked: Asked, most: int) -> int:
    return db.scalar(select(func.count()).select_from(_wanted(asked).with_only_columns(Report.id).limit(most).subquery())) or 0


def _columns(_query: Any) -> tuple[Column, ...]:
    return COLUMNS


REPORTS = Listing(name="reports", zh="上报", en="reports", permission="case.list", columns=_columns, pages=_pages, count=_count,
                  filters={"since": moment, "until": moment, "channel": one_of(*Channel)}, needs=frozenset({"since", "until"}),
                  personal=True)
