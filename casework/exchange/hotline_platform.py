"""How a 12345 platform's ticket stands after a line of its case's history: status, who has it, the answer, and what 三率 needs.

Said from the history alone, up to that line: whoever asks again, or later, reads the same.
"""
from collections.abc import Mapping, Sequence
from typing import Any

from casework.cases import wording
from casework.cases.case import Case
from casework.cases.history import Entry
from casework.cases.report import Report

TOLD = frozenset({
    "report", "verify", "file", "reject", "self_handle", "correct", "merge", "unmerge", "dispatch", "recall", "sign", "contact",
    "hand_back", "uphold", "overrule", "ask", "answered", "unanswered", "allow", "suspend", "resume", "resolve", "pass", "fail",
    "accept", "decline", "reopen", "order_rework", "urge", "void"})
"""Actions that a platform hears of. What departments and their heads settle among themselves (初审, 申诉, 协办) it does not."""

JOIN, RATE = "join", "rate"
BESIDE = {JOIN: "case.joined", RATE: "case.rated"}
"""Lines that are no steps, of one report each, and the event that they are told as."""

RESPONDS = frozenset({"contact", "ask", "resolve"})
"""响应: the department speaks to the caller, or answers."""

SOLVED = {"pass": True, "accept": True, "self_handle": True, "fail": False, "decline": False, "reopen": False,
          "order_rework": False}
"""解决: somebody else than the handler has found so; the last word counts."""

SATISFIED = {"accept": True, "decline": False}
"""满意 as said on being called back; a rating says it as well."""

SATISFIED_FROM = 3
"""Of 1 to 5; 基本满意 included, as hotlines count."""

REPLIES = {"resolve": "reply", "reject": "reason", "ask": "question"}
"""Lines whose words are meant for the caller."""


def event_of(line: Entry) -> str:
    """The name under which this line is told."""
    return BESIDE.get(line.action) or f"case.{line.action}"


def status(case: Case, report: Report, lines: Sequence[Entry], departments: Mapping[str, str]) -> dict[str, Any]:
    """Plain values after the last of these lines of the case, in their order; times in ISO 8601 (UTC).

    No names of persons and no phone; the only words are those meant for the caller. `departments`: names by id.
    """
    line = lines[-1]
    made: dict[str, Any] = {
        "event": event_of(line), "at": line.at.isoformat(), "ticket": report.external_number, "number": report.number,
        "case": case.number, "line": line.number, "status": line.target, "department": None, "words": None,
        "signed_at": None, "responded_at": None, "resolved_at": None, "closed_at": None, "solved": None, "solved_at": None,
        "satisfied": None, "satisfied_at": None, "rating": None}
    for one in lines:
        _follow(made, one, report, departments)
    if line.action in REPLIES and (line.action != "ask" or wording.is_asked(case, report)):
        made["words"] = line.facts.get(REPLIES[line.action])
    return made


def _follow(made: dict[str, Any], line: Entry, report: Report, departments: Mapping[str, str]) -> None:
    at = line.at.isoformat()
    if line.action == "dispatch":
        made["department"] = departments.get(str(line.facts.get("lead")))
        made["signed_at"] = None
    elif line.action == "sign":
        made["signed_at"] = at
    if line.action in RESPONDS:
        made["responded_at"] = made["responded_at"] or at
    if line.action == "resolve":
        made["resolved_at"] = at
    if line.target == "closed" and line.source != "closed":
        made["closed_at"] = at
    elif line.target != "closed":
        made["closed_at"] = None
    if line.action in SOLVED:
        made["solved"], made["solved_at"] = SOLVED[line.action], at
    if line.action in SATISFIED:
        made["satisfied"], made["satisfied_at"] = SATISFIED[line.action], at
    if line.action == RATE and line.facts.get("report") == report.number:
        made["rating"] = line.facts["score"]
        made["satisfied"], made["satisfied_at"] = made["rating"] >= SATISFIED_FROM, at
