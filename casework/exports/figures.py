"""Figures as a file: every indicator by department, area, grid worker, category, channel or day of a span."""
import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from casework.cases.report import Channel
from casework.exports.columns import Column
from casework.exports.listing import Asked, Listing, Page, Place, by_reading, member, one_of, words
from casework.performance import figures
from casework.performance.figures import By
from casework.performance.indicators import INDICATORS

PAGE = 500
"""Items of one look at the figures."""


def _wanted(query: Mapping[str, Any], after: str | None, limit: int) -> figures.Wanted:
    return figures.Wanted(**{**query, "by": By(query["by"])}, after=after, limit=limit)


def _pages(db: Session, asked: Asked, after: Place | None, limit: int) -> Page:
    found = figures.page(db, asked.actor, _wanted(asked.query, after[0] if after else None, min(limit, PAGE)))
    rows = [{"key": one["key"], "name": one["name"], **one["values"]} for one in found["items"]]
    return Page(rows, [found["next"]] if found["next"] is not None else None)


def _columns(_query: Mapping[str, Any]) -> list[Column]:
    return [Column("key", "编码", "Key"), Column("name", "名称", "Name"),
            *(Column(code, one.name["zh"], one.name["en"]) for code, one in INDICATORS.items())]


FIGURES = Listing(name="figures", zh="指标", en="figures", permission="performance.read", columns=_columns, pages=_pages,
                  count=by_reading(_pages), needs=frozenset({"by", "since", "until"}),
                  filters={"by": one_of(*(one for one in By if one is not By.TOTAL)), "since": date.fromisoformat,
                           "until": date.fromisoformat, "area": words, "department": uuid.UUID, "category": words,
                           "channel": member(Channel)})
