"""Cases as a file: those that the asker may see, the oldest first."""
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from casework.cases import desk, search
from casework.cases.case import Priority
from casework.cases.desk import Queue
from casework.cases.report import Channel
from casework.cases.search import QUEUES, Wanted
from casework.cases.sifting import Sieve
from casework.cases.workflow import STATUS_NAMES, Status
from casework.exports.columns import Column
from casework.exports.listing import Asked, Listing, Page, Place, by_reading, member, moment, one_of, words, yes
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


FILTERS: dict[str, Callable[[str], Any]] = {
    "queue": one_of(*QUEUES), "status": member(Status), "department": uuid.UUID, "area": words, "category": words,
    "overdue": yes, "due_before": moment, "mine": yes, "since": moment, "until": moment, "open": yes}


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
    _name_areas(db, rows)
    last = rows[-1] if len(rows) == limit else None
    return Page(rows, [last["opened_at"].isoformat(), str(last["id"])] if last else None)


def _name_areas(db: Session, rows: list[dict[str, Any]]) -> None:
    known = areas.atlas(db).refs if rows else {}
    for row in rows:
        found = known.get(row["area_code"])
        row["area"] = found.full_name if found else None


def _count(db: Session, asked: Asked, most: int) -> int:
    return search.how_many(db, asked.actor, _wanted(asked), since=asked.query.get("since"), until=asked.query.get("until"),
                           most=most)


def _columns(_query: Any) -> tuple[Column, ...]:
    return COLUMNS


CASES = Listing(name="cases", zh="案件", en="cases", permission="case.list", columns=_columns, pages=_pages, count=_count,
                filters=FILTERS)
"""Open ones unless the span, a status or `open=false` says otherwise."""

DESK_COLUMNS = (*(one for one in COLUMNS if one.name != "closed_at"), Column("handler", "经办人", "Handler"))


def _queue(asked: Asked) -> tuple[Queue, Sieve]:
    query = asked.query
    return Queue(query.get("queue", Queue.OPEN)), Sieve(
        area_code=query.get("area"), category_code=query.get("category"), channel=query.get("channel"),
        urgent=query.get("urgent"), supervised=query.get("supervised"), words=query.get("words"),
        handler_id=asked.actor.id if query.get("mine") else None)


def _desk_pages(db: Session, asked: Asked, after: Place | None, limit: int) -> Page:
    place = (datetime.fromisoformat(after[0]), uuid.UUID(after[1])) if after else None
    rows, following = desk.page(db, asked.actor, *_queue(asked), after=place, limit=limit)
    _name_areas(db, rows)
    return Page(rows, [following[0].isoformat(), str(following[1])] if following else None)


DESK = Listing(name="desk", zh="部门案件", en="a department's cases", permission="desk.use", pages=_desk_pages,
               count=by_reading(_desk_pages), columns=lambda _query: DESK_COLUMNS, filters={
    "queue": one_of(*Queue), "area": words, "category": words, "channel": one_of(*Channel), "urgent": yes, "supervised": yes,
    "mine": yes, "words": words})
"""A queue of the asker's departments as the desk shows it, all of what is open unless one is named: some thousands at most."""
