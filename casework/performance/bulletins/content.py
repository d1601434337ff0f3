"""What stands in a bulletin: figures read once, their sentences, and what its charts and tables show. Plain values, frozen as
they are stored."""
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from casework.performance.bulletins import sentences
from casework.performance.bulletins.periods import Period
from casework.performance.bulletins.sentences import Compared, Item

Read = Callable[[str, date, date], Mapping[str, Any]]
"""(by, since, until) → {items: [{key, name, values}], total: {values}, as_of}; values by code of the indicator."""

SECTIONS: tuple[tuple[str, str, str], ...] = (
    ("area", "各区情况", "Districts"), ("department", "各部门情况", "Departments"),
    ("category", "各类问题", "Kinds of problems"), ("channel", "各渠道情况", "Channels"))
"""Dimension and heading, in their order; the whole city stands before them."""

SAID = ("received", "due", "filed", "given", "closed", "overdue", "closing_rate", "on_time_rate", "overdue_rate", "return_rate",
        "satisfaction_rate")
"""The indicators that a bulletin keeps of each item: what it speaks of, and what the next one compares."""

MOST_SHOWN = 12
"""Items of one chart or table, those with most cases; all are compared."""


def compose(period: Period, read: Read, printed: Mapping[str, Any] | None) -> dict[str, Any]:
    """The content of the bulletin of this period: {title, as_of, sections: [{code, zh, en, sentences, items, days?}]}.

    `printed` is the content of the bulletin before, None where there is none.
    """
    before = period.before
    compared = Compared(period.kind, period.days / before.days)
    days = read("day", period.since, period.until)
    now = {code: read(code, period.since, period.until) for code, *_ in SECTIONS}
    then = {code: read(code, before.since, before.until) for code, *_ in SECTIONS}
    city = _item("", "", days["total"]["values"], then["area"]["total"]["values"], _printed(printed, "city").get(""))
    made = [{"code": "city", "zh": "总体情况", "en": "The city", "items": [_kept(city)],
             "sentences": list(sentences.whole(city, compared)),
             "days": [{"day": str(one["key"]), "received": one["values"].get("received") or 0,
                       "closed": one["values"].get("closed") or 0} for one in days["items"]]}]
    for code, zh, en in SECTIONS:
        items = _items(now[code]["items"], then[code]["items"], _printed(printed, code))
        said = [*sentences.movers(items, compared)] if city.before.get("received") else []
        if code == "department":
            said += sentences.performers(items, compared)
        made.append({"code": code, "zh": zh, "en": en, "items": [_kept(one) for one in items], "sentences": said})
    return {"title": period.title(), "as_of": _text(days.get("as_of")), "sections": made}


def tells(content: Mapping[str, Any]) -> bool:
    """Whether anything came in, in this period or in the one before."""
    (city,) = content["sections"][0]["items"]
    return bool(city["values"]["received"] or city["before"])


def _items(now: Sequence[Mapping[str, Any]], then: Sequence[Mapping[str, Any]], printed: Mapping[str, Any]) -> list[Item]:
    """Those with most cases first; who had some before and has none now is there too."""
    before = {one["key"]: one for one in then}
    names = {one["key"]: one["name"] for one in (*then, *now)}
    values = {one["key"]: one["values"] for one in now}
    made = [_item(key, name, values.get(key, {}), before.get(key, {}).get("values", {}), printed.get(key))
            for key, name in names.items()]
    return sorted(made, key=lambda one: (-(one.now.get("received") or 0), one.key))


def _item(key: str, name: str, now: Mapping[str, Any], before: Mapping[str, Any], printed: Mapping[str, Any] | None) -> Item:
    return Item(key, name, {code: now.get(code) for code in SAID}, {code: before.get(code) for code in SAID}, printed)


def _printed(content: Mapping[str, Any] | None, code: str) -> Mapping[str, Any]:
    """What the bulletin before said of each item of a section."""
    sections = content["sections"] if content else ()
    return {one["key"]: one["values"] for section in sections if section["code"] == code for one in section["items"]}


def _kept(one: Item) -> dict[str, Any]:
    return {"key": one.key, "name": one.name, "values": dict(one.now), "before": one.before.get("received")}


def _text(moment: Any) -> str | None:
    return str(moment.isoformat()) if hasattr(moment, "isoformat") else moment and str(moment)
