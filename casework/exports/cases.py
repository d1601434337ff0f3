"""Cases as a file: those that the asker may see, the oldest first."""
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from casework.cases import search
from casework.cases.case import Priority
from casework.cases.report import Channel
from casework.cases.search import QUEUES, Wanted
from casework.cases.workflow import STATUS_NAMES, Status
from casework.exports.columns import Column
from casework.exports.listing import Asked, Listing, Page, Place, moment, one_of, words, yes
from casework.geography import areas

CHANNELS = {Channel.PDA: "网格员", Channel.HOTLINE: "热线", Channel.CITIZEN: "市民", Channel.OPEN311: "开放接口",
            Channel.WECHAT: "微信"}
PRIORITIES = {one: {"normal": "一般", "urgent": "紧急"}.get(one.value, one.value) for one in Priority}

COLUMNS = (
    Column("number", "案件编号", "Case"), Column("title", "标题", "Title"),
    Column("status", "状态", "Status", STATUS_NAMES), Column("priority", "紧急程度", "Priority", PRIORITIES),
    Column("channel", "来源", "Channel", CHANNELS), Column("category_code", "分类编码", "Category code"),
    Column("category", "分类", "Category"), Column("area_code", "区域编码", "Area code"), Column("area", "区域", "Area"),
    Column("address", "地址", "Address"), Column("lon", "经度（WGS-84）", "Longitude (WGS-84)"),
    Column("lat", "纬度（WGS-84）", "Latitude (WGS-84)"), Column("department", "主办部门", "Department"),
    Column("opened_at", "上报时间", "Opened"), Column("due_at", "时限", "Due"), Column("closed_at", "结案时间", "Closed"),
    Column("overdue", "超期", "Overdue"), Column("waiting_for", "等待", "Waiting for"),
    Column("report_count", "上报数", "Reports"), Column("returns", "退单次数", "Returns"),
    Column("reworks", "返工次数", "Reworks"))


def _status(text: str) -> Status:
    return Status(one_of(*Status)(text))


FILTERS: dict[str, Callable[[str], Any]] = {
    "queue": one_of(*QUEUES), "status": _status, "department": uuid.UUID, "area": words, "category": words, "overdue": yes,
    "due_before": moment, "mine": yes, "since": moment, "until": moment, "open": yes}


def _wanted(asked: Asked) -> Wanted:
    query = asked.query
    status = query.get("status") or QUEUES.get(query.get("queue", ""))
    made = Wanted(status=status, department_id=query.get("department"), area_code=query.get("area"),
                  category_code=query.get("category"), overdue=query.get("overdue"), due_before=query.get("due_before"),
                  only_open=query.get("open", "since" not in query))
    return replace(made, inspector_id=asked.actor.id) if query.get("mine") else made


def _pages(db: Session, asked: Asked, after: Place | None, limit: int) -> Page:
    place = (datetime.fromisoformat(after[0]), uuid.UUID(after[1])) if after else None
    rows = search.by_age(db, asked.actor, _wanted(asked), after=place, since=asked.query.get("since"),
                         until=asked.query.get("until"), limit=limit)
    known: dict[str, str | None] = {}
    for row in rows:
        code = row["area_code"] or ""
        if code not in known:
            found = areas.describe(db, code) if code else None
            known[code] = found.full_name if found else None
        row["area"] = known[code]
    last = rows[-1] if len(rows) == limit else None
    return Page(rows, [last["opened_at"].isoformat(), str(last["id"])] if last else None)


def _count(db: Session, asked: Asked, most: int) -> int:
    return search.how_many(db, asked.actor, _wanted(asked), since=asked.query.get("since"), until=asked.query.get("until"),
                           most=most)


def _columns(_query: Any) -> tuple[Column, ...]:
    return COLUMNS


CASES = Listing(name="cases", zh="案件", en="cases", permission="case.list", columns=_columns, pages=_pages, count=_count,
                filters=FILTERS)
"""Open ones unless the span, a status or `open=false` says otherwise."""
