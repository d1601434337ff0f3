"""Scorecards of a month as a file, the best first: those that the asker may see."""
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework.exports.columns import Column
from casework.exports.listing import Asked, Listing, Page, Place, one_of
from casework.performance import score_appeals, scorecards
from casework.performance.scorecards import Scorecard, State
from casework.performance.weights import Of

STATES = {State.DRAFT: "草稿", State.PUBLISHED: "已公布"}
FIELDS = ("rank", "name", "area_code", "score", "state", "period", "published_at")


def _month(text: str) -> str:
    """A month as scorecards say it. Raises Invalid."""
    scorecards.first_of(text)
    return text


def _pages(db: Session, asked: Asked, after: Place | None, limit: int) -> Page:
    query = asked.query
    found = scorecards.page(db, asked.actor, Of(query["of"]), query["period"], limit=limit, after=after[0] if after else None)
    shown = found[:limit]
    made = score_appeals.against(db, shown) if shown else {}
    rows: list[dict[str, Any]] = [{name: getattr(one, name) for name in FIELDS}
                                  | {"amended_score": made[one.id].amended_score if one.id in made else None} for one in shown]
    return Page(rows, [shown[-1].place] if len(found) > limit else None)


def _count(db: Session, asked: Asked, most: int) -> int:
    seen = select(Scorecard.id).where(Scorecard.of == Of(asked.query["of"]), Scorecard.period == asked.query["period"],
                                      scorecards.seen_by(asked.actor))
    return db.scalar(select(func.count()).select_from(seen.limit(most).subquery())) or 0


SCORECARDS = Listing(
    name="scorecards", zh="绩效评分", en="scorecards", permission="scorecards.read", pages=_pages, count=_count,
    columns=lambda _query: (
        Column("rank", "名次", "Rank"), Column("name", "名称", "Name"), Column("area_code", "区域编码", "Area code"),
        Column("score", "得分", "Score"), Column("amended_score", "申诉后得分", "After appeal"),
        Column("state", "状态", "State", STATES), Column("period", "月份", "Month"),
        Column("published_at", "公布时间", "Published")),
    filters={"of": one_of(*Of), "period": _month}, needs=frozenset({"of", "period"}))
