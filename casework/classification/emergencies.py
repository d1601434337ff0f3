"""What nobody should fill in a form for: fire, gas, somebody hurt. Which words and categories mean it, and whom to call.

Whoever sends a report all the same is not refused: it is taken, the case is urgent, and the answer says whom to call.
"""
from dataclasses import dataclass

from casework import settings
from casework.classification.urgency import urgent_word


@dataclass(frozen=True)
class Emergency:
    """One kind: `said` are words that mean it (read as urgency.py reads them), `categories` beginnings of category codes.

    `number` is the nation's; the city's own hotline goes before it where the settings name one for this kind.
    """

    kind: str
    number: str
    chinese: str
    english: str
    said: tuple[str, ...]
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """Whom to call now, and what to do until somebody comes."""

    kind: str
    number: str
    chinese: str
    english: str


EMERGENCIES = (
    Emergency("fire", "119", "请立即离开并拨打 {number}（消防救援），不要等待网上受理。",
              "Get away and call {number} (fire and rescue) now; do not wait for this form.",
              ("着火", "起火", "失火", "火灾", "爆炸", "浓烟", "被困", "困在电梯", "落水", "溺水", "坍塌", "垮塌", "倒塌")),
    Emergency("ambulance", "120", "请立即拨打 {number}（急救），并留在伤者身边。",
              "Call {number} (ambulance) now, and stay with whoever is hurt.",
              ("晕倒", "昏迷", "大出血", "没有呼吸", "心脏骤停", "煤气中毒", "一氧化碳中毒", "食物中毒", "触电", "砸到人",
               "砸中", "有生命危险", "危及生命")),
    Emergency("police", "110", "请保护好自己并立即拨打 {number}（报警）。",
              "Keep yourself safe and call {number} (police) now.",
              ("持刀", "抢劫", "绑架", "行凶", "斗殴", "要跳楼", "想跳楼", "轻生", "家暴"),
              ("20505", "20595", "20596", "3130705", "3130706")),
    Emergency("gas", "119", "请勿开关电器、勿用明火，开窗离开后拨打 {number}（燃气抢修）。",
              "Touch no switch and no flame; open the windows, leave, then call {number} (gas).",
              ("燃气泄漏", "燃气泄露", "煤气泄漏", "煤气泄露", "天然气泄漏", "天然气泄露", "液化气泄漏", "液化气泄露", "漏煤气",
               "漏燃气", "漏天然气", "煤气味", "燃气味"), ("20502",)),
    Emergency("power", "95598", "请远离电线和积水，立即拨打 {number}（供电抢修）。",
              "Stay away from the wire and from water, and call {number} (power) now.",
              ("漏电", "电线掉", "电线断", "电线垂", "高压线掉", "高压线断"), ("20508",)),
    Emergency("traffic", "122", "请先转移到路外安全处，再拨打 {number}（交通事故报警）；有人受伤请拨打 120。",
              "Get off the road first, then call {number} (traffic accidents); if anybody is hurt, 120.",
              ("车祸", "交通事故", "撞车", "撞人", "撞到人", "翻车", "追尾")),
    Emergency("water", "12345", "请立即拨打 {number}（供水抢修），并远离塌陷和积水。",
              "Call {number} (water) now, and stay away from holes and deep water.",
              ("爆管", "水管爆", "管道爆裂"), ("20501",)),
    Emergency("heat", "12345", "热水烫伤危险，请远离并立即拨打 {number}（供热抢修）。",
              "The water scalds: stay away, and call {number} (heating) now.", ("暖气爆", "热力管爆"), ("20504",)),
)
"""In the order in which one goes before another where a text speaks of several: danger to life first."""


def of_category(code: str | None) -> Call | None:
    """Whom to call about what is reported under this category; None when it is no emergency."""
    found = next((one for one in EMERGENCIES if one.categories and code and code.startswith(one.categories)), None)
    return _call(found) if found else None


def of_text(text: str) -> Call | None:
    """Whom to call about what this text says is happening; what is denied, feared, past or prevented does not count."""
    found = next((one for one in EMERGENCIES if urgent_word(text, one.said)), None)
    return _call(found) if found else None


def _call(one: Emergency) -> Call:
    number = dict(settings.current().emergency_numbers).get(one.kind, one.number)
    return Call(one.kind, number, one.chinese.format(number=number), one.english.format(number=number))
