"""The table at the end of the day. Every number in it was answered by GET /api/v1/performance/channels."""
from collections.abc import Mapping
from typing import Any

from rich.table import Table

NAMES = {"pda": "网格员 PDA", "hotline": "12345 热线", "citizen": "市民随手拍"}
REASONS = {"bad-request": "无法读取", "not-found": "查无此物", "conflict": "键已他用", "too-large": "过大",
           "unsupported": "类型不对", "invalid": "内容有误"}


def figures(channels: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """A row of texts for each channel and one for all of them, in the order of the columns."""
    known = [name for name in NAMES if name in channels]
    shown = [_row(NAMES[name], channels[name]) for name in known]
    return [*shown, _row("合计", _total([channels[name] for name in known]))]


def drawn(channels: Mapping[str, Mapping[str, Any]]) -> Table:
    """The table for people."""
    rows = figures(channels)
    table = Table(title="一天的成绩 the day in numbers (GET /api/v1/performance/channels)", title_justify="left")
    for name in rows[0]:
        table.add_column(name, justify="left" if name.startswith(("渠道", "退回")) else "right", overflow="fold")
    for row in rows:
        table.add_row(*row.values(), end_section=row is rows[-2])
    return table


def _row(name: str, one: Mapping[str, Any]) -> dict[str, str]:
    refused = one["refused"]
    reasons = " ".join(f"{REASONS.get(reason, reason)}{count}" for reason, count in sorted(refused.items()))
    automatic = one["joined"] + one["filed"] + one["self_handled"]
    return {
        "渠道 channel": name,
        "收到 received": str(one["received"]),
        "退回 refused, why": f"{sum(refused.values())} {reasons}".strip(),
        "并入他案 joined": str(one["joined"]),
        "自动受理 triaged by rule": f"{automatic} {_share(automatic, one['received'])}",
        "转人工 left to a person": f"{one['left']} {_share(one['left'], one['received'])}",
        "自动派遣 dispatched by rule": str(one["dispatched_by_rule"]),
        "办结 closed": str(one["closed"]),
        "按时 on time": f"{one['on_time']} {_share(one['on_time'], one['closed'])}",
        "在办 open": str(one["open"]),
        "满意 satisfied": f"{one['satisfied']}/{one['rated']} {_share(one['satisfied'], one['rated'])}".replace("0/0 ", "–"),
    }


def _total(rows: list[Mapping[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {"refused": {}}
    for row in rows:
        for name, value in row.items():
            if name == "refused":
                for reason, count in value.items():
                    made["refused"][reason] = made["refused"].get(reason, 0) + count
            else:
                made[name] = made.get(name, 0) + value
    return made


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else ""
