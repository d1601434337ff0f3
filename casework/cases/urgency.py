"""Why a case is urgent: urgent cases have clocks of their own, day and night."""
from collections.abc import Sequence

from casework.cases.report import Report
from casework.classification import emergencies
from casework.classification.urgency import urgent_word
from casework.sla.policies import Numbers


def why_urgent(reports: Sequence[Report], numbers: Numbers, *, of_its_kind: bool) -> str | None:
    """By its category or standard, what a reporter marked or chose, words of danger, or the number of voices; or None."""
    if of_its_kind:
        return "类别或立案标准属紧急"
    if any(report.urgent for report in reports):
        return "上报人标为紧急"
    if any(emergencies.of_category(report.claimed_category) for report in reports):
        return "上报的类别属紧急情况"
    words = (urgent_word("\n".join(filter(None, (one.title, one.text))), numbers.urgent_words) for one in reports)
    if word := next(filter(None, words), None):
        return f"诉求提到“{word}”"
    return f"已有{len(reports)}人反映" if 0 < numbers.many_reports <= len(reports) else None
