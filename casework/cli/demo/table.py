"""The table at the end of the day. Every number in it was answered by GET /api/v1/performance/channels."""
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

Figures = Mapping[str, Any]

NAMES = {"pda": "网格员 PDA", "hotline": "12345 热线", "citizen": "市民 citizen"}
REASONS = {"bad-request": "无法读取 unreadable", "not-found": "查无此物 not found", "conflict": "键已他用 key used twice",
           "too-large": "过大 too large", "unsupported": "类型不对 of no kind we take", "invalid": "内容有误 faulty"}


def lines(channels: Mapping[str, Figures]) -> list[tuple[str, ...]]:
    """What each line says: its words, a figure for each channel in the order of NAMES, and one for all of them."""
    columns = [channels[name] for name in NAMES if name in channels]
    columns.append(_total(columns))
    reasons = sorted(columns[-1]["refused"])
    made = [("收到 received", *(str(one["received"]) for one in columns)),
            ("退回 refused", *(str(sum(one["refused"].values())) for one in columns))]
    made += [(f"  {_why(reason)}", *(str(one["refused"].get(reason, 0)) for one in columns))
             for reason in reasons]
    made += [("并入他案 joined to another case", *(_part(one["joined"], one["received"]) for one in columns)),
             ("自动受理 triaged by rule", *(_part(by_rule(one), one["received"]) for one in columns)),
             ("转人工 left to a person", *(_part(one["left"], one["received"]) for one in columns)),
             ("自行处置 put right on the spot", *(str(one["self_handled"]) for one in columns)),
             ("自动派遣 dispatched by rule", *(_part(one["dispatched_by_rule"], _cases(one)) for one in columns)),
             ("办结 closed", *(_part(one["closed"], _cases(one)) for one in columns)),
             ("  按时 on time", *(_part(one["on_time"], one["closed"]) for one in columns)),
             ("在办 open", *(str(one["open"]) for one in columns)),
             ("评价 rated", *(str(one["rated"]) for one in columns)),
             ("  满意 satisfied", *(_part(one["satisfied"], one["rated"]) for one in columns))]
    return made


def _why(reason: str) -> str:
    """In words; what begins with photo- was a photo refused before its report came."""
    words = REASONS.get(reason.removeprefix("photo-"), reason)
    return f"照片 photo: {words}" if reason.startswith("photo-") else words


def by_rule(one: Figures) -> int:
    """Triaged with nobody's help: joined, filed, or put right on the spot."""
    return int(one["joined"] + one["filed"] + one["self_handled"])


def drawn(channels: Mapping[str, Figures]) -> Table:
    """The table for people; 80 columns are enough for it."""
    table = Table(title="GET /api/v1/performance/channels", title_justify="left")
    table.add_column("一天的成绩 the day in numbers")
    for name in [*(NAMES[name] for name in NAMES if name in channels), "合计 all"]:
        table.add_column(name, justify="right")
    for line in lines(channels):
        table.add_row(*line)
    return table


def _cases(one: Figures) -> int:
    """Reports that opened a case of their own."""
    return int(one["received"] - one["joined"] - one["waiting"])


def _total(columns: Sequence[Figures]) -> dict[str, Any]:
    refused = sum((Counter(one["refused"]) for one in columns), Counter[str]())
    names = dict.fromkeys(name for one in columns for name in one if name != "refused")
    return {"refused": refused} | {name: sum(one[name] for one in columns) for name in names}


def _part(part: int, whole: int) -> str:
    return f"{part} ({part / whole:.0%})" if whole else "–"
