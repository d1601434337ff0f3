"""Which event tells whom what: one table. What citizens read says who has it and until when, never more than is true."""
from dataclasses import dataclass
from enum import StrEnum


class Audience(StrEnum):
    """Who is told."""

    REPORTERS = "reporters"  # everybody whose report counts in the case
    REPORTER = "reporter"    # the one whose report just joined


@dataclass(frozen=True)
class Rule:
    """One line of news. The template's names are filled by messages.py."""

    audience: Audience
    template: str


RULES: dict[str, tuple[Rule, ...]] = {
    "case.file": (Rule(Audience.REPORTERS, "您反映的“{title}”已立案，案件编号{case}，正在派往责任部门。"),),
    "case.joined": (Rule(Audience.REPORTER, "您反映的“{title}”已有人反映，已并入案件{case}一并办理，进展同样告知您。"),),
    "case.dispatch": (Rule(Audience.REPORTERS, "您反映的“{title}”已交由{department}办理，应于{due}前办结。"),),
    "case.reject": (Rule(Audience.REPORTERS, "您反映的“{title}”不予受理。原因：{reason}"),),
    "case.pass": (Rule(Audience.REPORTERS, "您反映的“{title}”已由{department}处置并经现场核查，案件已结案。"
                                           "答复：{reply} 请评价；如未解决，{window}日内可要求重办一次。"),),
    "case.accept": (Rule(Audience.REPORTERS, "您反映的“{title}”已由{department}答复并经回访，案件已结案。"
                                             "答复：{reply} 请评价；如未解决，{window}日内可要求重办一次。"),),
    "case.self_handle": (Rule(Audience.REPORTERS, "您反映的“{title}”已由网格员当场处置，案件已结案。"),),
    "case.reopen": (Rule(Audience.REPORTERS, "您反映的“{title}”已重新交由{department}办理，应于{due}前办结。"),),
}
