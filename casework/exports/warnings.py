"""Early warnings as a file, the latest first: those over which a post of the asker looks."""
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from casework.exports.columns import Column
from casework.exports.listing import Asked, Listing, Page, Place, by_reading, member, words
from casework.performance.early_warning import judging
from casework.performance.early_warning.warning import Kind, Outcome, State

KINDS = {Kind.SURGE: "激增", Kind.CLUSTER: "聚集", Kind.REPEAT: "反复", Kind.SILENT: "静默", Kind.LATE: "超时",
         Kind.TOPIC: "热点"}
STATES = {State.OPEN: "待认领", State.ACKNOWLEDGED: "已认领", State.CLOSED: "已结束"}
OUTCOMES = {Outcome.TRUE: "属实", Outcome.FALSE: "误报"}


def _of(part: str, name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda row: row[part][name] if row[part] else None


COLUMNS = (
    Column("kind", "种类", "Kind", KINDS), Column("state", "状态", "State", STATES),
    Column("zh", "说明", "In Chinese", value=_of("sentence", "zh")),
    Column("en", "英文说明", "In words", value=_of("sentence", "en")),
    Column("area", "区域", "Area", value=_of("area", "name")),
    Column("category", "分类", "Category", value=_of("category", "name")), Column("count", "数量", "Count"),
    Column("expected", "预期", "Expected"), Column("confidence", "置信度", "Confidence"),
    Column("since", "统计开始", "Counted from"), Column("until", "统计结束", "Counted until"),
    Column("raised_at", "发出时间", "Raised"), Column("ended_at", "结束时间", "Ended"),
    Column("acknowledged_by", "认领人", "Taken over by"), Column("acknowledged_at", "认领时间", "Taken over"),
    Column("outcome", "结论", "Outcome", OUTCOMES))


def _pages(db: Session, asked: Asked, after: Place | None, limit: int) -> Page:
    query = asked.query
    wanted = judging.Wanted(state=query.get("state"), kind=query.get("kind"), area_code=query.get("area"))
    place = (datetime.fromisoformat(after[0]), uuid.UUID(after[1])) if after else None
    rows, following = judging.page(db, asked.actor, wanted, after=place, limit=limit)
    return Page(rows, [following[0].isoformat(), str(following[1])] if following else None)


WARNINGS = Listing(name="warnings", zh="预警", en="early warnings", permission="warnings.read", pages=_pages,
                   count=by_reading(_pages), columns=lambda _query: COLUMNS, filters={
    "state": member(State), "kind": member(Kind), "area": words})
