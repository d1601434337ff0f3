"""What must be true of a case, said a second time and naively: no table, only sentences about statuses, people and clocks.

Written from the rules of the trade, not from workflow.STEPS: where the two differ, one of them is wrong.
"""
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

OPEN = {"reported", "verifying", "filed", "dispatched", "handling", "returned", "suspended", "resolved"}
OVER = {"closed", "rejected", "void"}
WITH_A_DEPARTMENT = {"dispatched", "handling"}
RESTING = {"returned", "suspended", "merged"}
"""Assistants' clocks stand still while it is asked whose the case is, while it rests, and while it is part of another."""

DAYS_TO_REOPEN, DAYS_TO_APPEAL = timedelta(days=15), timedelta(days=10)
MOST_RETURNS, MOST_EXTENSIONS, MOST_QUESTIONS = 2, 2, 2


@dataclass(frozen=True)
class Person:
    """Somebody in the city, as the rules see them: `report` is what a citizen's token opens."""

    name: str
    role: str
    department: str | None = None
    grid: str | None = None
    report: str | None = None

    @property
    def works_in_a_department(self) -> bool:
        return self.role in {"handler", "department_head"}


@dataclass
class Belief:
    """One case. Reports are kept with who said them; `lines` are the actions that its history must tell, in order."""

    number: str
    status: str
    reports: dict[str, str]
    lines: list[str]
    grid: str | None = None
    category: str = ""
    inspector: str | None = None
    lead: str | None = None
    helpers: dict[str, bool] = field(default_factory=dict)
    """Departments whose help is asked for, and whether they have signed for it."""
    helped: set[str] = field(default_factory=set)
    """These, and those that have done their part: they stay in the case."""
    arrivals: Mapping[str, str] = field(default_factory=dict)
    """All reports of the city in the order in which they came, with their channels."""
    handlers: set[str] = field(default_factory=set)
    released: set[str] = field(default_factory=set)
    ruled: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    """Reports that left a number to call."""
    returns: int = 0
    extensions: int = 0
    worker: str | None = None
    """Who of the lead has it."""
    reopens: int = 0
    reworks: int = 0
    questions: int = 0
    urges: int = 0
    dissatisfied: int = 0
    to_contact: bool = False
    weighed: set[str] = field(default_factory=set)
    """Reports that were there at the last look: callers who came or left since decide anew whether somebody is called."""
    has_handling_clock: bool = False
    question: bool = False
    applied: str | None = None
    applied_until: datetime | None = None
    endorsed: bool = False
    owes: bool = False
    appealed: UUID | None = None
    appealed_before: set[UUID] = field(default_factory=set)
    sampled: bool | None = None
    void_by: str | None = None
    return_until: datetime | None = None
    suspended_until: datetime | None = None
    urged_at: datetime | None = None
    closed_at: datetime | None = None
    opened_by: str | None = None
    """The report that it was opened for: a question is for whoever said that."""
    before: str | None = None
    merged_at: datetime | None = None
    into: str | None = None
    took_along: set[str] = field(default_factory=set)

    @property
    def first_report(self) -> str | None:
        """What it was opened for; where that has left, what came first of the others."""
        return self.opened_by if self.opened_by in self.reports else next(
            (one for one in self.arrivals if one in self.reports), None)

    # Who may know of it, and whose turn it is

    def is_known_to(self, who: Person) -> bool:
        """City-wide desks see all; a department what it leads or helps with; a grid worker his grid and his tasks."""
        if who.works_in_a_department:
            return who.department in {self.lead} | set(self.helpers) | self.helped
        if who.role == "grid_worker":
            return who.grid == self.grid or who.name == self.inspector or who.name in self.reports.values()
        if who.role == "citizen":
            return who.report in self.reports
        return True

    def whose_turn(self) -> str | None:
        """The one party that everybody waits for."""
        if self.status == "resolved" and self.category.startswith("3") and not self.sampled:
            return "operator"
        if self.status in {"verifying", "resolved"}:
            return "grid_worker" if self.inspector else "dispatcher"
        return {"reported": "triage_operator", "filed": "dispatcher", "dispatched": "handler", "handling": "handler",
                "returned": "adjudicator", "suspended": "dispatcher"}.get(self.status)

    def clocks(self) -> dict[tuple[str, str | None], str]:
        """Which clocks are open, whose they are, and whether they run."""
        was = self.before if self.status == "merged" else self.status
        if self.status in OVER:
            made: dict[tuple[str, str | None], str] = {}
        else:
            made = dict.fromkeys(self._own_clocks(was or ""), "running")
            if self.has_handling_clock:
                rests = self.question or was in {"suspended", "resolved"}
                made["handle", self.lead] = "paused" if rests else "running"
            if self.to_contact:
                made["contact", self.lead] = "paused" if was == "suspended" else "running"
            for department, signed in self.helpers.items():
                state = "paused" if was in RESTING else "running"
                made["assist_handle", department] = state
                if not signed:
                    made["assist_sign", department] = state
            if self.owes:
                made["supervise", None] = "running"
        if self.status == "merged":
            made = dict.fromkeys(made, "paused")
        if self.appealed:
            made["appeal", None] = "running"
        return made

    def _own_clocks(self, status: str) -> list[tuple[str, str | None]]:
        return {"reported": [("triage", None)], "verifying": [("triage", None), ("verify", None)],
                "filed": [("dispatch", None)], "dispatched": [("sign", self.lead)], "returned": [("adjudicate", None)],
                "resolved": [("check", None)]}.get(status, [])

    # Who may do what

    def may(self, who: Person, now: datetime) -> set[str]:
        """Everything that this person may do to the case now."""
        if self.status == "merged":
            own = {"unmerge"} if who.role in {"triage_operator", "operator", "dispatcher"} else set()
        elif self.status in OPEN:
            own = self._before_dispatch(who) | self._in_the_department(who, now) | self._looking(who) | self._any_time(who, now)
        elif self.status == "closed":
            own = self._when_closed(who, now)
        else:
            own = set()
        return own | self._appeals(who)

    def _before_dispatch(self, who: Person) -> set[str]:
        made: set[str] = set()
        if self.status == "reported":
            made |= {"triage_operator": {"verify", "file"}, "operator": {"file"}, "system": {"file"}}.get(who.role, set())
            on_the_spot = who.role == "grid_worker" and who.name in self.reports.values()
            if self.category and (on_the_spot or who.role == "system"):
                made.add("self_handle")
        if self.status in {"reported", "filed"} and who.role in {"triage_operator", "operator"}:
            made.add("reject")
        if self.status == "filed" and who.role in {"dispatcher", "system"}:
            made.add("dispatch")
        if self.status == "dispatched" and who.role == "dispatcher":
            made.add("recall")
        if self.status == "returned" and who.role == "adjudicator":
            made |= {"uphold", "overrule"}
        if self.status == "suspended" and who.role in {"dispatcher", "system"}:
            made.add("resume")
        return made

    def _in_the_department(self, who: Person, now: datetime) -> set[str]:
        if self.status not in WITH_A_DEPARTMENT:
            return set()
        leads, head = who.works_in_a_department and who.department == self.lead, who.role == "department_head"
        made: set[str] = set()
        if leads:
            made |= {"assist", "contact", "hand_over"} | ({"sign"} if self.status == "dispatched" else {"resolve"})
            if self.status == "handling" and not self.applied:
                made |= {"extend", "defer"}
            if head and self._may_return(now):
                made.add("hand_back")
        if who.works_in_a_department and who.department in self.helpers:
            made |= {"assist_sign", "assisted"} | ({"decline_assist"} if head else set())
        if who.role == "dispatcher":
            made.add("assist")
        return made | (self._while_handling(who, leads=leads) if self.status == "handling" else set())

    def _while_handling(self, who: Person, *, leads: bool) -> set[str]:
        made: set[str] = set()
        somebody_reads = self.arrivals.get(self.first_report or "") != "pda"
        if leads and who.role == "handler" and not self.question and self.questions < MOST_QUESTIONS and somebody_reads:
            made.add("ask")
        if self.question:
            answers = who.role == "operator" or (who.role == "citizen" and who.report in self.reports
                                                 and who.report == self.first_report)
            made |= {"answered"} if answers else {"unanswered"} if who.role == "system" else set()
        if self.applied and (who.role == "dispatcher" or (leads and who.role == "department_head")):
            made.add("deny")
        if self.applied == "extend" and not self.endorsed and leads and who.role == "department_head":
            made.add("endorse")
        if who.role == "dispatcher" and self.applied == "extend" and self.endorsed:
            made.add("allow")
        if who.role == "dispatcher" and self.applied == "suspend":
            made.add("suspend")
        return made

    def _may_return(self, now: datetime) -> bool:
        return (self.lead not in self.ruled and self.returns < MOST_RETURNS and self.return_until is not None
                and now <= self.return_until)

    def _looking(self, who: Person) -> set[str]:
        mine = who.role == "grid_worker" and who.name == self.inspector
        made: set[str] = set()
        if self.status == "verifying" and mine and who.name not in self.reports.values():
            made |= {"confirm", "refute"}
        if self.status == "resolved" and mine and who.name not in self.handlers:
            made |= {"pass", "fail"}
        if self.status == "resolved" and who.role == "operator" and self.category.startswith("3") and not self.sampled:
            made |= {"accept", "decline"}
        if self.status in {"verifying", "resolved"} and who.role in {"dispatcher", "triage_operator", "supervisor"}:
            made.add("reassign")
        return made

    def _any_time(self, who: Person, now: datetime) -> set[str]:
        made: set[str] = set()
        desk = who.role in {"triage_operator", "operator", "dispatcher"}
        if desk:
            made |= {"correct"} | ({"unjoin", "split"} if len(self.reports) > 1 else set())
        if (desk or who.role == "system") and not self.owes:  # an order does not go to sleep in another case
            made.add("merge")
        waits = who.role == "operator" or (who.role == "citizen" and who.report in self.reports)
        if waits and (self.urged_at is None or now >= self.urged_at + timedelta(hours=24)):
            made.add("urge")
        if who.role in {"supervisor", "leader", "system"} and not self.owes:
            made.add("supervise")
        if self.owes and (who.works_in_a_department and who.department == self.lead if self.lead
                          else who.role in {"dispatcher", "triage_operator"}):
            made.add("report_back")
        if who.role == "dispatcher":
            made.add("propose_void")
        if who.role in {"dispatcher", "supervisor"} and self.void_by not in {None, who.name}:
            made.add("void")
        return made

    def _when_closed(self, who: Person, now: datetime) -> set[str]:
        made: set[str] = set()
        lately = self.closed_at is not None and now - self.closed_at <= DAYS_TO_REOPEN
        waits = who.role == "supervisor" or (who.role == "citizen" and who.report in self.reports)
        if waits and lately and not self.reopens:
            made.add("reopen")
        if who.role in {"supervisor", "leader", "system"}:
            made.add("order_rework")
        if who.role == "system" and self.sampled is False:
            made.add("sample")
        return made

    def _appeals(self, who: Person) -> set[str]:
        made: set[str] = set()
        theirs = who.role == "department_head" and who.department in {self.lead} | set(self.helpers) | self.helped
        if theirs and self.status in OPEN | {"closed"} and not self.appealed:
            made.add("appeal")
        if who.role == "adjudicator" and self.appealed:
            made |= {"grant", "dismiss"}
        return made

    # What it comes to

    def take(self, action: str, who: Person, facts: Mapping[str, Any], now: datetime) -> None:
        """This was done: what is true afterwards. Dates that clocks decide are looked up by the caller."""
        self.lines.append(action)
        getattr(self, f"_{action}", _nothing_more)(who, facts, now)

    def _goes(self, status: str, now: datetime | None = None) -> None:
        """What was asked for in one status is no longer asked for in the next; a merged case comes back as it went."""
        was, self.status = self.status, status
        if "merged" in {was, status}:
            return
        self.question, self.applied, self.applied_until, self.endorsed, self.void_by = False, None, None, False, None
        self.closed_at = now if status == "closed" else None
        if status != "suspended":
            self.suspended_until = None
        if status in OVER:
            self.owes = self.to_contact = self.has_handling_clock = False
            self.helpers = {}

    def _nobody_leads(self) -> None:
        self.worker = None
        self.lead, self.helpers, self.helped, self.return_until = None, {}, set(), None
        self.to_contact = self.has_handling_clock = False

    def _verify(self, _who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self._goes("verifying")

    def _confirm(self, _who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self._goes("reported")

    _refute = _confirm

    def _file(self, _who: Person, facts: Mapping[str, Any], _now: datetime) -> None:
        self._goes("filed")
        self.category = facts["category"]

    def _reject(self, _who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self._goes("rejected")

    def _self_handle(self, who: Person, _facts: Mapping[str, Any], now: datetime) -> None:
        self._goes("closed", now)
        self.handlers.add(who.name)
        self.sampled = False

    def _sample(self, _who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self._goes("resolved")
        self.sampled = True

    def _correct(self, _who: Person, facts: Mapping[str, Any], _now: datetime) -> None:
        self.category = facts.get("category", self.category)

    def _dispatch(self, _who: Person, facts: Mapping[str, Any], _now: datetime) -> None:
        self._goes("dispatched")
        self.lead, self.has_handling_clock, self.to_contact = facts["lead"], True, bool(self.phones & set(self.reports))
        self.extensions, self.worker = 0, None
        self.helpers = dict.fromkeys(set(facts.get("assistants", ())) - {self.lead}, False)
        self.helped = set(self.helpers)

    def _recall(self, _who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self._goes("filed")
        self._nobody_leads()

    def _sign(self, who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self._goes("handling")
        self.handlers.add(who.name)
        self.worker = self.worker or who.name

    def _hand_over(self, _who: Person, facts: Mapping[str, Any], _now: datetime) -> None:
        self.worker = facts["handler"]

    def _hand_back(self, _who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self._goes("returned")
        self.returns += 1

    def _uphold(self, who: Person, facts: Mapping[str, Any], now: datetime) -> None:
        self.released.add(self.lead or "")
        self._goes("filed")
        self._nobody_leads()
        if facts.get("lead"):
            self.take("dispatch", who, {"lead": facts["lead"]}, now)

    def _overrule(self, _who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self._goes("dispatched")
        self.ruled.add(self.lead or "")

    def _assist(self, _who: Person, facts: Mapping[str, Any], _now: datetime) -> None:
        self.helpers |= dict.fromkeys(facts["assistants"], False)
        self.helped |= set(facts["assistants"])

    def _assist_sign(self, who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self.helpers[who.department or ""] = True

    def _decline_assist(self, who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self.helpers.pop(who.department or "")
        self.helped.discard(who.department or "")

    def _assisted(self, who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self.helpers.pop(who.department or "")
        self.handlers.add(who.name)

    def _contact(self, _who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self.to_contact = False

    def _ask(self, _who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self.question, self.questions = True, self.questions + 1

    def _answered(self, _who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self.question = False

    _unanswered = _answered

    def _extend(self, who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self.applied, self.endorsed = "extend", who.role == "department_head"

    def _endorse(self, _who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self.endorsed = True

    def _allow(self, _who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self.applied, self.endorsed, self.extensions = None, False, self.extensions + 1

    def _deny(self, _who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self.applied, self.applied_until, self.endorsed = None, None, False

    def _defer(self, _who: Person, facts: Mapping[str, Any], _now: datetime) -> None:
        self.applied, self.applied_until = "suspend", facts["until"]

    def _suspend(self, _who: Person, facts: Mapping[str, Any], _now: datetime) -> None:
        until = facts.get("until") or self.applied_until
        self._goes("suspended")
        self.suspended_until = until

    def _resume(self, _who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self._goes("handling")

    def _resolve(self, who: Person, facts: Mapping[str, Any], now: datetime) -> None:
        self._goes("resolved")
        self.handlers.add(who.name)
        if self.owes:
            self.take("report_back", who, facts, now)
        self.to_contact, self.helpers, self.return_until = False, {}, None

    def _pass(self, _who: Person, _facts: Mapping[str, Any], now: datetime) -> None:
        self._goes("closed", now)

    _accept = _pass

    def _fail(self, _who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self._goes("handling" if self.lead else "filed")
        self.reworks += 1

    def _decline(self, who: Person, facts: Mapping[str, Any], now: datetime) -> None:
        self._fail(who, facts, now)
        self._was_not_satisfying(now)

    def _reopen(self, who: Person, facts: Mapping[str, Any], now: datetime) -> None:
        self._begins_again(now)
        self.reopens += 1
        self._was_not_satisfying(now)

    def _order_rework(self, _who: Person, _facts: Mapping[str, Any], now: datetime) -> None:
        self._begins_again(now)
        self.owes = True

    def _begins_again(self, _now: datetime) -> None:
        self._goes("dispatched" if self.lead else "filed")
        self.return_until, self.extensions = None, 0
        self.has_handling_clock = bool(self.lead)
        self.to_contact = bool(self.lead and self.phones & set(self.reports))

    def _was_not_satisfying(self, now: datetime) -> None:
        self.dissatisfied += 1
        if self.dissatisfied >= 2 and not self.owes:
            self.take("supervise", Person("系统", "system"), {}, now)

    def _urge(self, _who: Person, _facts: Mapping[str, Any], now: datetime) -> None:
        self.urges, self.urged_at = self.urges + 1, now

    def _supervise(self, _who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self.owes = True

    def _report_back(self, _who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self.owes = False

    def _appeal(self, _who: Person, facts: Mapping[str, Any], _now: datetime) -> None:
        self.appealed = facts["clock"]
        self.appealed_before.add(facts["clock"])

    def _grant(self, _who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self.appealed = None

    _dismiss = _grant

    def _propose_void(self, who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self.void_by = who.name

    def _void(self, _who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
        self._goes("void")

    def _merge(self, _who: Person, _facts: Mapping[str, Any], now: datetime) -> None:
        self.before, self.took_along, self.merged_at = self.status, set(self.reports), now
        self._goes("merged")

    def _unmerge(self, _who: Person, _facts: Mapping[str, Any], now: datetime) -> None:
        self._goes(self.before or "")
        if self.return_until and self.merged_at:  # meanwhile nobody could hand it back
            self.return_until += now - self.merged_at
        self.before = self.into = None


def _nothing_more(_who: Person, _facts: Mapping[str, Any], _now: datetime) -> None:
    """What changes nothing but the history."""
