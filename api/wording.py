"""In which language somebody is told what went wrong: Chinese, unless the request asks for English."""
from collections.abc import Iterable, Mapping
from typing import Any

from flask import has_request_context, request

from casework.cases.wording import Language
from casework.cases.workflow import STATUS_NAMES, STEPS
from casework.identity.people import ROLE_NAMES
from casework.sentences import in_chinese
from casework.sla.limits import STAGE_NAMES

TERMS: dict[str, str] = {
    # states of tasks, appeals, proposals, copies and other things that are decided or done once
    "open": "待处理", "waiting": "等待中", "running": "进行中", "done": "已完成", "failed": "失败", "expired": "已过期",
    "cannot": "无法完成", "cancelled": "已取消", "accepted": "已采纳", "declined": "未采纳", "granted": "成立",
    "dismissed": "不成立", "refused": "不予批准", "withdrawn": "已撤回", "agreeing": "待第二人同意",
    "handed_out": "已领取", "confirmed": "已确认",
    "city": "市", "district": "区", "street": "街道", "community": "社区", "grid": "网格",
    "person": "人员", "house": "房屋", "entity": "法人", "component": "部件", "address": "地址",
    **{str(code): name for names in (STAGE_NAMES, STATUS_NAMES, ROLE_NAMES) for code, name in names.items()},
    **{action: step.says.partition(" ")[0] for action, step in STEPS.items()},
}
"""What people call the codes that stand in sentences."""


FIRST = Language.ZH
"""The language of those who name none."""


def asked() -> Language | None:
    """The language that this request asks for first, zh-CN for Chinese as well as zh; None where it names neither."""
    tags = request.accept_languages if has_request_context() else ()
    wanted = (tag.partition("-")[0].lower() for tag, quality in tags if quality)
    return next((Language(one) for one in wanted if one in set(Language)), None)


def language_of(query: dict[str, Any]) -> Language:
    """Of what is read: as the query says, else as the browser asks, else Chinese."""
    return query.get("lang") or asked() or Language.ZH


def reads_english() -> bool:
    """Whether what goes wrong is told in English."""
    return (asked() or FIRST) == Language.EN


def said(sentence: str) -> str:
    """A sentence of casework or of the library that reads requests, in the language of this request."""
    return sentence if reads_english() else in_chinese(sentence, TERMS)


def worded(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Items that each say with `reason` what is wrong with them, in the language of this request."""
    return [{**one, "reason": one["reason"] and said(one["reason"])} for one in items]
