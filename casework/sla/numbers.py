"""The numbers of a city's practice beside its limits: how often, how long, how far, from how many on."""
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

from casework.errors import Fault

URGENT_WORDS = (
    "燃气泄漏", "燃气泄露", "煤气泄漏", "煤气泄露", "天然气泄漏", "天然气泄露", "液化气泄漏", "液化气泄露", "燃气漏", "煤气漏",
    "天然气漏", "漏煤气", "漏燃气", "漏天然气", "煤气味", "燃气味", "煤气中毒", "一氧化碳中毒",
    "爆管", "水管爆", "管道爆裂", "漏电", "触电", "电线掉", "电线断", "电线垂", "高压线掉", "高压线断",
    "着火", "起火", "失火", "火灾", "爆炸",
    "坍塌", "塌陷", "垮塌", "塌方", "倒塌", "滑坡", "泥石流", "地陷", "摇摇欲坠", "高空坠物", "坠落", "砸到人", "砸中",
    "被困", "困在电梯", "落水", "溺水", "要跳楼", "想跳楼", "轻生", "有生命危险", "危及生命", "晕倒", "持刀")
"""Gas, water mains and power, fire, what collapses or falls, danger to life. How they are read: classification/urgency.py."""

MOST_WORDS, LONGEST_WORD = 300, 20


def _number(default: Any, low: float, high: float, unit: str, says: str) -> Any:
    return field(default=default, metadata={"low": low, "high": high, "unit": unit, "says": says})


@dataclass(frozen=True)
class Numbers:
    """What a city may set for a branch of its taxonomy; days and hours run day and night."""

    max_extensions: int = _number(2, 0, 10, "次", "延期最多批准几次")
    suspension_days: int = _number(365, 1, 365, "天", "挂账最长多久")
    max_returns: int = _number(2, 1, 10, "次", "第几次退单后裁定为终审")
    reopen_days: int = _number(15, 0, 365, "天", "结案后多久内可以重开")
    appeal_days: int = _number(10, 1, 365, "天", "超期后多久内可以申诉")
    question_hours: int = _number(72, 1, 720, "小时", "等待诉求人补充最长多久")
    max_questions: int = _number(2, 0, 10, "次", "请诉求人补充最多几次")
    urge_hours: int = _number(24, 1, 720, "小时", "两次催办至少相隔多久")
    inspection_metres: float = _number(500.0, 1, 100_000, "米", "核查人员离案发地点最远多少")
    sample_share: int = _number(5, 0, 100, "%", "自行处置的案件抽查多少")
    dissatisfied_score: int = _number(2, 0, 5, "分", "评价不高于几分即转返工")
    supervise_after: int = _number(2, 1, 10, "次", "几次不满意即转督办")
    many_reports: int = _number(10, 0, 10_000, "件", "多少人反映即为紧急，0 为从不")
    join_score: float = _number(0.85, 0, 1, "分", "相似度达到多少自动并入")
    propose_score: float = _number(0.6, 0, 1, "分", "相似度达到多少提示疑似重复")
    look_first: int = _number(0, 0, 1, "是否", "公开案件前是否先由人审核，1 为先审核")
    urgent_words: tuple[str, ...] = _number(URGENT_WORDS, 0, MOST_WORDS, "词", "诉求提到哪些词即为紧急")


KNOWN: dict[str, Field[Any]] = {one.name: one for one in fields(Numbers)}


def read(given: Mapping[str, Any], path: str, faults: list[Fault]) -> dict[str, Any]:
    """The numbers among these, as Numbers wants them; each that cannot be adds a fault under `path`."""
    made: dict[str, Any] = {}
    for name, value in given.items():
        known = KNOWN.get(name)
        reason = f"is none of {', '.join(KNOWN)}" if known is None else _why_not(known, value)
        if reason:
            faults.append(Fault(f"{path}.{name}", reason))
        else:
            made[name] = tuple(value) if isinstance(value, (list, tuple)) else value
    return made


def _why_not(known: Field[Any], value: Any) -> str | None:
    low, high = known.metadata["low"], known.metadata["high"]
    if isinstance(known.default, tuple):
        if not isinstance(value, (list, tuple)) or len(value) > high:
            return f"must be a list of at most {high} words"
        if not all(isinstance(one, str) and one.strip() == one and 2 <= len(one) <= LONGEST_WORD for one in value):
            return f"words have 2 to {LONGEST_WORD} characters, without spaces around them"
        return None
    if isinstance(value, bool) or not isinstance(value, int if isinstance(known.default, int) else (int, float)):
        return "must be a whole number" if isinstance(known.default, int) else "must be a number"
    return None if low <= value <= high else f"must lie between {low:g} and {high:g}"


assert all(one.default is not MISSING for one in KNOWN.values())  # noqa: S101 - the city sets what differs, never all
