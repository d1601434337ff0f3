"""How long each stage may take when the case's standard does not say so: one table, and the units it is written in."""
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What a limit is counted in."""

    URGENT_HOUR = "urgent_hour"  # 紧急工作时: runs through nights and holidays
    WORK_HOUR = "work_hour"      # 工作时: inside office hours only
    WORK_DAY = "work_day"        # 工作日: one office day, counted inside office hours
    NATURAL_DAY = "natural_day"  # 自然日 (紧急工作日): 24 hours, whatever the day


UNIT_NAMES = {Unit.URGENT_HOUR: "紧急工作时", Unit.WORK_HOUR: "工作时",
              Unit.WORK_DAY: "工作日", Unit.NATURAL_DAY: "自然日"}

SECONDS = {Unit.URGENT_HOUR: 3600, Unit.WORK_HOUR: 3600, Unit.WORK_DAY: 8 * 3600, Unit.NATURAL_DAY: 24 * 3600}
"""Seconds of its own kind of time that one of each unit is worth. A work day is worth eight office hours on every
calendar: where offices open for seven, each of them weighs more."""


class Stage(StrEnum):
    """What is being timed. One timer runs for each case, stage and assignment."""

    TRIAGE = "triage"                # 受理
    VERIFY = "verify"                # 核实
    CONTACT = "contact"              # 联系诉求人
    DISPATCH = "dispatch"            # 派遣
    SIGN = "sign"                    # 签收
    HANDLE = "handle"                # 处置
    ADJUDICATE = "adjudicate"        # 退单裁定
    CHECK = "check"                  # 核查
    SUPERVISE = "supervise"          # 督办
    ASSIST_SIGN = "assist_sign"      # 协办签收
    ASSIST_HANDLE = "assist_handle"  # 协办处置
    APPEAL = "appeal"                # 申诉裁定


STAGE_NAMES = {
    Stage.TRIAGE: "受理", Stage.VERIFY: "核实", Stage.CONTACT: "联系诉求人", Stage.DISPATCH: "派遣", Stage.SIGN: "签收",
    Stage.HANDLE: "处置", Stage.ADJUDICATE: "退单裁定", Stage.CHECK: "核查", Stage.SUPERVISE: "督办",
    Stage.ASSIST_SIGN: "协办签收", Stage.ASSIST_HANDLE: "协办处置", Stage.APPEAL: "申诉裁定",
}


LONGEST = 11_000
"""Of any unit: the longest that a standard or a policy may say, extended as often as any city allows."""


@dataclass(frozen=True)
class Limit:
    """So much of one unit; half an urgent hour is Limit(0.5, Unit.URGENT_HOUR)."""

    value: float
    unit: Unit

    def __post_init__(self) -> None:
        if not 0 < self.value <= LONGEST:
            raise ValueError(f"a limit is more than 0 and at most {LONGEST}, not {self.value}")

    @property
    def seconds(self) -> float:
        """The whole limit, in seconds of its unit's own time."""
        return self.value * SECONDS[self.unit]

    def __str__(self) -> str:
        return f"{self.value:g} {UNIT_NAMES[self.unit]}"


@dataclass(frozen=True)
class Rule:
    """One line of the table. `urgent` None fits both, `channel` None every channel, `category` all codes that begin so.

    `over_standard` is said of handling: the line holds also where the case's standard has a limit of its own.
    """

    stage: Stage
    urgent: bool | None
    channel: str | None
    limit: Limit
    category: str = ""
    over_standard: bool = False


def find(rules: Iterable[Rule], stage: Stage, *, urgent: bool = False, channel: str | None = None,
         category: str | None = None) -> Limit:
    """The limit of the most specific line that fits.

    A line for urgent matters counts most: what is urgent must not fall under a longer limit because somebody wrote one for its
    category. Then the longer category counts, then a named channel. Raises LookupError if no line fits.
    """
    fitting = [rule for rule in rules
               if rule.stage is stage and rule.urgent in {None, urgent} and rule.channel in {None, channel}
               and (category or "").startswith(rule.category)]
    if not fitting:
        raise LookupError(f"no limit for {stage}")
    return max(fitting, key=lambda rule: (rule.urgent is True, len(rule.category), rule.channel is not None,
                                          rule.urgent is not None)).limit


def _both(stage: Stage, ordinary: Limit, urgent: Limit) -> tuple[Rule, Rule]:
    return Rule(stage, None, None, ordinary), Rule(stage, True, None, urgent)


_H, _W, _D = Unit.URGENT_HOUR, Unit.WORK_HOUR, Unit.WORK_DAY

POLICY_VERSION = "2026.1"
"""The version of the table below, which holds until a city writes its own."""

RULES = (
    # Shenzhen's promise: dispatched within two hours, urgent ones within thirty minutes; half for each of the two.
    *_both(Stage.TRIAGE, Limit(1, _H), Limit(0.25, _H)),
    *_both(Stage.DISPATCH, Limit(1, _H), Limit(0.25, _H)),
    # Shenzhen: whoever handles it speaks to the caller within 24 hours.
    *_both(Stage.CONTACT, Limit(24, _H), Limit(1, _H)),
    # Grid workers' tasks as digital city management sets them: 24 hours before filing, two hours before closing.
    *_both(Stage.VERIFY, Limit(24, _H), Limit(1, _H)),
    *_both(Stage.CHECK, Limit(2, _W), Limit(2, _H)),
    # Half an office day to say "ours" or "not ours", and the same to rule on it.
    *_both(Stage.SIGN, Limit(4, _W), Limit(0.5, _H)),
    *_both(Stage.ADJUDICATE, Limit(4, _W), Limit(1, _H)),
    *_both(Stage.ASSIST_SIGN, Limit(4, _W), Limit(0.5, _H)),
    *_both(Stage.ASSIST_HANDLE, Limit(2, _D), Limit(2, _H)),
    # The standard's own limit comes first; these stand in where a request has no standard with one.
    *_both(Stage.HANDLE, Limit(5, _D), Limit(2, _H)),
    *_both(Stage.SUPERVISE, Limit(1, _D), Limit(2, _H)),
    Rule(Stage.APPEAL, None, None, Limit(3, _D)),
)


def stage_limit(stage: Stage, *, urgent: bool = False, channel: str | None = None) -> Limit:
    """The limit of a stage by the table below a city's own policy; handle's comes from the standard where that has one."""
    return find(RULES, stage, urgent=urgent, channel=channel)
