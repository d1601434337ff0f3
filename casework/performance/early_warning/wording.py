"""What a warning says in a sentence, in Chinese and English."""
from collections.abc import Callable
from typing import Any, NamedTuple

from casework import clock
from casework.performance.early_warning.warning import EarlyWarning, Kind

LEAST = 0.1
"""What is said of a smaller number that was to be expected."""


class Named(NamedTuple):
    """A warning as people read it: where and about what, None for the whole city and for every class."""

    area: str | None
    category: str | None


def sentence(one: EarlyWarning, named: Named) -> dict[str, str]:
    """What is unusual, with its numbers; names stay as the city gives them."""
    little = one.expected < LEAST
    zh = {"about": f"不足{LEAST}件" if little else f"约{one.expected:.1f}件"}
    en = {"about": f"less than {LEAST}" if little else f"about {one.expected:.1f}"}
    return {"zh": _ZH[one.kind](one, _facts(one, named, "全市", "各类诉求") | zh),
            "en": _EN[one.kind](one, _facts(one, named, "the whole city", "all kinds of reports") | en)}


def _facts(one: EarlyWarning, named: Named, everywhere: str, everything: str) -> dict[str, Any]:
    hours = max(round((one.until - one.since).total_seconds() / 3600), 1)
    return {"area": named.area or everywhere, "category": named.category or everything, "count": one.count,
            "metres": one.metres, "hours": hours, "days": max(round(hours / 24), 1),
            "words": "、".join(one.evidence.get("words", ())[:5]), "since": f"{one.since.astimezone(clock.CITY):%Y-%m-%d}",
            "share": one.evidence.get("share", 0), "usual": one.evidence.get("usual", 0)}


def _span_zh(facts: dict[str, Any]) -> str:
    return f"近{facts['hours']}小时" if facts["hours"] < 48 else f"近{facts['days']}天"


def _span_en(facts: dict[str, Any]) -> str:
    return f"in the last {facts['hours']} hours" if facts["hours"] < 48 else f"in the last {facts['days']} days"


Writer = Callable[[EarlyWarning, dict[str, Any]], str]

_ZH: dict[Kind, Writer] = {
    Kind.SURGE: lambda _, f: f"{f['area']}{_span_zh(f)}“{f['category']}”{f['count']}件，通常{f['about']}。",
    Kind.CLUSTER: lambda _, f: (f"{f['area']}约{f['metres']}米范围内{_span_zh(f)}聚集“{f['category']}”{f['count']}件，"
                                f"通常{f['about']}。"),
    Kind.REPEAT: lambda _, f: (f"{f['area']}同一地点{_span_zh(f)}反复发生“{f['category']}”{f['count']}件，"
                               f"周边同样范围通常{f['about']}。"),
    Kind.SILENT: lambda _, f: f"{f['area']}{_span_zh(f)}仅{f['count']}件，通常{f['about']}，请了解巡查情况。",
    Kind.LATE: lambda _, f: (f"{f['area']}“{f['category']}”{_span_zh(f)}办结的案件有{f['share']}%超时，"
                             f"此前为{f['usual']}%。"),
    Kind.TOPIC: lambda _, f: f"{f['area']}{_span_zh(f)}{f['count']}件诉求集中提到“{f['words']}”，通常{f['about']}。",
}
_EN: dict[Kind, Writer] = {
    Kind.SURGE: lambda _, f: f"{f['area']}: {f['count']} of “{f['category']}” {_span_en(f)}; usually {f['about']}.",
    Kind.CLUSTER: lambda _, f: (f"{f['area']}, within some {f['metres']} m: {f['count']} of “{f['category']}” {_span_en(f)}; "
                                f"usually {f['about']}."),
    Kind.REPEAT: lambda _, f: (f"{f['area']}: {f['count']} of “{f['category']}” at one place {_span_en(f)}; as large a place "
                               f"around there has {f['about']}."),
    Kind.SILENT: lambda _, f: (f"{f['area']}: only {f['count']} reports {_span_en(f)}; usually {f['about']}. "
                               "Is it being walked?"),
    Kind.LATE: lambda _, f: (f"{f['area']}: of “{f['category']}” closed {_span_en(f)}, {f['share']} % were late; "
                             f"before it was {f['usual']} %."),
    Kind.TOPIC: lambda _, f: (f"{f['area']}: {f['count']} reports {_span_en(f)} speak of “{f['words']}”; "
                              f"usually {f['about']}."),
}
