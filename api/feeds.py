"""Atom (RFC 4287) and RSS 2.0 of public cases, so that whoever likes follows an area or a category without any account."""
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import marshmallow as ma
from feedgenerator import Atom1Feed, Rss201rev2Feed
from flask import Response, request
from markupsafe import escape

from api import compression, limits
from api.auth import public
from api.blueprint import Blueprint
from api.fields import CaseNumber, Cursor, Text, Whole
from api.open311.writing import NO_XML
from api.public import BoxField
from casework.cases.wording import Language
from casework.community.subscriptions import following, news
from casework.community.subscriptions.news import Item, Position, Wanted
from casework.settings import current
from casework.storage.database import reading

blueprint = Blueprint("feeds", __name__, url_prefix="/feeds", description="订阅源 Feeds")
blueprint.after_request(compression.packed)

WHY = "it shows what a rule or a moderator made public: squares, no persons"
FRESH_SECONDS = 300
SINCE = "2026"
"""RFC 4151: the name in a tag belonged to this installation in that year. Never to be changed: readers know entries by it."""

WORDS: dict[Language, Mapping[str, str]] = {
    Language.ZH: {"title": "公开案件", "all": "全市", "by": "织网", "reports": "{count}人反映", "case": "案件{number}"},
    Language.EN: {"title": "Public cases", "all": "the whole city", "by": "Zhiwang", "reports": "reported by {count}",
                  "case": "case {number}"},
}


class Atom(Atom1Feed):  # type: ignore[misc]  # feedgenerator carries no types
    """Atom whose summaries are plain text, with the address of the next page (RFC 5005)."""

    def add_root_elements(self, handler: Any) -> None:
        """As the library does, and `next`."""
        super().add_root_elements(handler)
        if self.feed["further"]:
            handler.addQuickElement("link", "", {"rel": "next", "href": self.feed["further"]})

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        """As the library does; but it calls every summary HTML, and what people wrote is text."""
        text = item["description"]
        super().add_item_elements(handler, item | {"description": None})
        handler.addQuickElement("summary", text, {"type": "text"})

    def latest_post_date(self) -> datetime:
        """When the newest of it changed; a feed without entries has never changed."""
        return max((item["updateddate"] for item in self.items), default=EVER)


class Rss(Rss201rev2Feed):  # type: ignore[misc]  # as above
    """RSS 2.0 with the address of the next page, and descriptions in which every character stands for itself."""

    def add_root_elements(self, handler: Any) -> None:
        """As the library does, and `next`."""
        super().add_root_elements(handler)
        if self.feed["further"]:
            handler.addQuickElement("atom:link", None, {"rel": "next", "href": self.feed["further"]})

    def latest_post_date(self) -> datetime:
        """As of Atom."""
        return max((item["updateddate"] for item in self.items), default=EVER)


EVER = datetime(2026, 1, 1, tzinfo=UTC)


class FeedIn(ma.Schema):
    """What the feed is narrowed to; without any of this, all public cases of the city."""

    area = Text(15, metadata={"description": "code of an area, with all that lies in it"})
    category = Text(12, metadata={"description": "a code, with those that begin with it"})
    case = CaseNumber()
    bbox = BoxField(metadata={"description": "west,south,east,north in degrees, WGS-84"})
    lang = ma.fields.Enum(Language, by_value=True, load_default=Language.ZH)
    limit = Whole(1, 100, load_default=50)
    cursor = Cursor(datetime, uuid.UUID, metadata={"description": "from the address of the next page"})


@blueprint.operation("GET", "/cases.atom", public(WHY), query=FeedIn(), media_type="application/atom+xml", limit=limits.reports)
def atom(query: dict[str, Any]) -> Response:
    """Public cases as Atom, what changed last first: an entry a case, which changes when the case goes on."""
    return _answer(Atom, query, "application/atom+xml; charset=utf-8")


@blueprint.operation("GET", "/cases.rss", public(WHY), query=FeedIn(), media_type="application/rss+xml", limit=limits.reports)
def rss(query: dict[str, Any]) -> Response:
    """The same as RSS 2.0."""
    return _answer(Rss, query, "application/rss+xml; charset=utf-8")


def _answer(made: Callable[..., Any], query: dict[str, Any], kind: str) -> Response:
    language, wanted = query["lang"], Wanted(area=query.get("area"), category=query.get("category"), box=query.get("bbox"),
                                             case=query.get("case"))
    with reading() as db:
        found, last = news.page(db, wanted, after=query.get("cursor"), limit=query["limit"], language=language)
        names = following.names(db, wanted.area, wanted.category)
    feed = made(**_head(wanted, names, language, last))
    for one in found:
        feed.add_item(**_entry(one, language, rss=made is Rss))
    response = Response(feed.writeString("utf-8"), content_type=kind)
    response.cache_control.public, response.cache_control.max_age = True, FRESH_SECONDS
    response.last_modified = feed.latest_post_date()
    response.add_etag(weak=True)
    response.make_conditional(request)
    return response


def _head(wanted: Wanted, names: list[str], language: Language, last: Position | None) -> dict[str, Any]:
    words = WORDS[language]
    narrowed = [*names, *([words["case"].format(number=wanted.case)] if wanted.case else [])]
    title = _clean(f"{words['title']}：{' · '.join(narrowed) or words['all']}" if language is Language.ZH
                   else f"{words['title']}: {' · '.join(narrowed) or words['all']}")
    return {"title": title, "link": f"{_site()}/snap", "description": title, "author_name": words["by"],
            "language": "zh-CN" if language is Language.ZH else "en", "feed_url": _address(request.args.get("cursor")),
            "feed_guid": _tag(f"feed?{urlencode(sorted(_narrowing().items()))}"),
            "further": _address(cursor=Cursor.write(last)) if last else None}


def _entry(one: Item, language: Language, *, rss: bool) -> dict[str, Any]:
    case, words = one.case, WORDS[language]
    named = [name for name in (case.category, case.community) if name]
    said = [case.stands, case.department, words["reports"].format(count=case.report_count), case.words]
    text = _clean(" · ".join(part for part in said if part))
    return {"title": _clean(" · ".join([*named, case.stands])), "link": f"{_site()}/snap#/case/{case.number}",
            "description": str(escape(text)) if rss else text,  # readers take RSS's descriptions for HTML
            "unique_id": _tag(f"cases/{case.number}"), "unique_id_is_permalink": False,
            "pubdate": one.at if rss else case.published_at, "updateddate": one.at,
            "categories": [case.category_code] if case.category_code else []}


def _site() -> str:
    """Where citizens reach us; where nothing is set, as this reader did."""
    return current().public_url or request.url_root.rstrip("/")


def _tag(what: str) -> str:
    """A tag URI (RFC 4151): the same for ever, whatever the address of the feed."""
    return f"tag:{urlsplit(_site()).hostname},{SINCE}:{what}"


def _narrowing() -> dict[str, str]:
    return {name: text for name, text in request.args.items() if name not in {"cursor", "limit"} and text}


def _address(cursor: str | None) -> str:
    wanted = {name: text for name, text in request.args.items() if name != "cursor"} | ({"cursor": cursor} if cursor else {})
    return f"{_site()}{request.path}" + (f"?{urlencode(wanted)}" if wanted else "")


def _clean(text: str) -> str:
    """Without what XML cannot carry; it would make the whole feed unreadable."""
    return NO_XML.sub("\ufffd", text)
