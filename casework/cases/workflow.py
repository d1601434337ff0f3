"""The life of a case on one page: which action, from where, to where, by whom, on which clocks, with what evidence.

An action's name is also its permission, its URL segment, its line in the history, its event (`case.<action>`) and its button.
"""
import uuid
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from casework.cases import conditions as c
from casework.cases.conditions import Rule, Subject
from casework.errors import Conflict, Fault, Invalid, Refused
from casework.geography.coordinates import Point
from casework.identity.people import Actor, Role
from casework.identity.permissions import Condition, Grant, allowed, own_department, role_in
from casework.sla.limits import Stage


class Status(StrEnum):
    """Where a case stands. Only Case.move() assigns one."""

    REPORTED = "reported"
    VERIFYING = "verifying"
    FILED = "filed"
    DISPATCHED = "dispatched"
    HANDLING = "handling"
    RETURNED = "returned"
    SUSPENDED = "suspended"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REJECTED = "rejected"
    VOID = "void"
    MERGED = "merged"


STATUS_NAMES = {
    Status.REPORTED: "待受理", Status.VERIFYING: "核实中", Status.FILED: "待派遣", Status.DISPATCHED: "待签收",
    Status.HANDLING: "处置中", Status.RETURNED: "退单待裁", Status.SUSPENDED: "挂账", Status.RESOLVED: "待核查",
    Status.CLOSED: "已结案", Status.REJECTED: "不予受理", Status.VOID: "作废", Status.MERGED: "已并案",
}

OPEN = frozenset({Status.REPORTED, Status.VERIFYING, Status.FILED, Status.DISPATCHED, Status.HANDLING, Status.RETURNED,
                  Status.SUSPENDED, Status.RESOLVED})

TURN = {
    Status.REPORTED: Role.TRIAGE_OPERATOR, Status.VERIFYING: Role.GRID_WORKER, Status.FILED: Role.DISPATCHER,
    Status.DISPATCHED: Role.HANDLER, Status.HANDLING: Role.HANDLER, Status.RETURNED: Role.ADJUDICATOR,
    Status.SUSPENDED: Role.DISPATCHER, Status.RESOLVED: Role.GRID_WORKER,
}
"""Whose turn it is in each open status: exactly one party (law 4). The handler's is the lead department's."""

RUNS_IN = {
    Status.REPORTED: (Stage.TRIAGE,), Status.VERIFYING: (Stage.TRIAGE, Stage.VERIFY), Status.FILED: (Stage.DISPATCH,),
    Status.DISPATCHED: (Stage.SIGN, Stage.HANDLE), Status.HANDLING: (Stage.HANDLE,),
    Status.RETURNED: (Stage.ADJUDICATE, Stage.HANDLE), Status.SUSPENDED: (), Status.RESOLVED: (Stage.CHECK,),
}
"""The clocks of the main line that run in each open status; a suspended case's are lawfully paused (law 4)."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What comes with an action. STEPS says which of these an action cannot do without."""

    reason: str | None = None
    category: str | None = None
    standard: uuid.UUID | None = None
    priority: str | None = None
    place: Point | None = None
    address: str | None = None
    into: str | None = None
    lead: uuid.UUID | None = None
    assistants: tuple[uuid.UUID, ...] = ()
    rule: str | None = None
    ground: str | None = None
    proposed: uuid.UUID | None = None
    photos: tuple[uuid.UUID, ...] = ()
    position: Point | None = None
    finding: str | None = None
    reply: str | None = None
    question: str | None = None
    until: datetime | None = None
    inspector: uuid.UUID | None = None
    reports: tuple[str, ...] = ()
    clock: uuid.UUID | None = None
    handler: uuid.UUID | None = None

    def given(self) -> dict[str, Any]:
        """What was given, ready for JSON: it becomes the history line's facts."""
        return {one.name: _plain(value) for one in fields(self) if (value := getattr(self, one.name)) not in (None, ())}


def _plain(value: Any) -> Any:
    if isinstance(value, Point):
        return {"lon": value.lon, "lat": value.lat}
    if isinstance(value, tuple):
        return [str(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else str(value)


@dataclass(frozen=True)
class Step:
    """One row of the table. `target` None: the case stays where it is; `back`: it returns to the status it came from, and
    its clocks go on; `unled`: where it goes instead when no department leads it, with the clocks of that status. `also`: what
    may come with it besides what it `needs`; `proves`: and the evidence that the case's standard asks for."""

    sources: frozenset[Status]
    target: Status | None
    who: tuple[Grant, ...]
    rules: tuple[Rule, ...] = ()
    starts: tuple[Stage, ...] = ()
    stops: tuple[Stage, ...] = ()
    pauses: tuple[Stage, ...] = ()
    resumes: tuple[Stage, ...] = ()
    needs: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    proves: bool = False
    back: bool = False
    unled: Status | None = None
    says: str = ""

    @property
    def asks(self) -> bool:
        """It takes, or may take, more than its name."""
        return bool(self.needs or self.also or self.proves)


ALL = tuple(stage for stage in Stage if stage is not Stage.APPEAL)
"""Of the case itself: an appeal about a clock goes on when the case is over."""

LEADS = (Stage.SIGN, Stage.HANDLE, Stage.CONTACT)
ASSISTS = (Stage.ASSIST_SIGN, Stage.ASSIST_HANDLE)
LEADS_AND_ASSISTS = (*LEADS, *ASSISTS)
RESTS = (Stage.HANDLE, Stage.CONTACT, *ASSISTS)
"""What stands still in a suspended case."""


def by(*roles: Role, when: Condition | None = None) -> Grant:
    return Grant(frozenset(roles), when)


def _step(*sources: Status | frozenset[Status], to: Status | None = None, who: tuple[Grant, ...], **rest: Any) -> Step:
    flat = frozenset(one for source in sources for one in (source if isinstance(source, frozenset) else {source}))
    return Step(flat, to, who, **rest)


LOOKED = ("position", "photos", "finding")
"""What somebody brings back who was at the place."""

R, S = Role, Status
LEAD = by(R.HANDLER, R.DEPARTMENT_HEAD, when=own_department)
LEADS_HEAD = by(R.DEPARTMENT_HEAD, when=own_department)
ASSISTANT = by(R.HANDLER, R.DEPARTMENT_HEAD, when=c.assists)
REPORTER = by(R.CITIZEN, when=c.reported)
DESK = by(R.TRIAGE_OPERATOR, R.OPERATOR, R.DISPATCHER)

STEPS: dict[str, Step] = {
    # 受理 triage
    "report": _step(to=S.REPORTED, who=(by(R.SYSTEM, R.TRIAGE_OPERATOR, R.OPERATOR),), starts=(Stage.TRIAGE,),
                    says="上报 open a case from a report"),
    "verify": _step(S.REPORTED, to=S.VERIFYING, who=(by(R.TRIAGE_OPERATOR),), starts=(Stage.VERIFY,),
                    also=("inspector",), says="核实 send a grid worker to look before filing"),
    "confirm": _step(S.VERIFYING, to=S.REPORTED, who=(by(R.GRID_WORKER, when=c.verifies),), stops=(Stage.VERIFY,),
                     needs=LOOKED, says="属实 it is as reported"),
    "refute": _step(S.VERIFYING, to=S.REPORTED, who=(by(R.GRID_WORKER, when=c.verifies),), stops=(Stage.VERIFY,),
                    needs=LOOKED, says="不属实 it is not as reported"),
    "file": _step(S.REPORTED, to=S.FILED, who=(by(R.SYSTEM, R.TRIAGE_OPERATOR, R.OPERATOR),), stops=(Stage.TRIAGE,),
                  starts=(Stage.DISPATCH,), needs=("category",), also=("standard", "place"),
                  says="立案 file under a category's standard"),
    "reject": _step(S.REPORTED, S.FILED, to=S.REJECTED, who=(by(R.TRIAGE_OPERATOR, R.OPERATOR),), stops=ALL,
                    needs=("reason",), says="不予受理 refuse, with a reason the citizen can read"),
    "self_handle": _step(S.REPORTED, to=S.CLOSED, who=(by(R.SYSTEM), by(R.GRID_WORKER, when=c.reported)),
                         rules=(c.has_standard,), stops=ALL,
                         needs=("photos", "position"), also=("category", "standard", "finding"),
                         says="自行处置 put right on the spot"),
    "correct": _step(OPEN, who=(DESK,), needs=("reason",), also=("category", "standard", "priority", "place", "address"),
                     says="更正 category, place or priority were wrong"),
    # 并案 one problem, one case
    "merge": _step(OPEN, to=S.MERGED, who=(DESK, by(R.SYSTEM)), rules=(c.not_supervised,), pauses=ALL,
                   needs=("into", "reason"), says="并案 this is the same problem as another case"),
    "unmerge": _step(S.MERGED, back=True, who=(DESK,), needs=("reason",), says="撤销并案 it was another problem after all"),
    "unjoin": _step(OPEN, who=(DESK,), rules=(c.has_several_reports,), needs=("reports", "reason"),
                    says="撤销并入 a report that joined is another problem"),
    "split": _step(OPEN, who=(DESK,), rules=(c.has_several_reports,), needs=("reports", "reason"),
                   also=("category",), says="拆分 some of the reports are a problem of their own"),
    # 派遣与裁定 whose it is
    "dispatch": _step(S.FILED, to=S.DISPATCHED, who=(by(R.SYSTEM, R.DISPATCHER),), stops=(Stage.DISPATCH,),
                      starts=LEADS_AND_ASSISTS, needs=("lead",), also=("assistants", "reason"),
                      says="派遣 give it to the department that answers"),
    "recall": _step(S.DISPATCHED, to=S.FILED, who=(by(R.DISPATCHER),), stops=LEADS_AND_ASSISTS, starts=(Stage.DISPATCH,),
                    needs=("reason",), says="收回 nobody there answers; it is dispatched anew"),
    "sign": _step(S.DISPATCHED, to=S.HANDLING, who=(LEAD,), stops=(Stage.SIGN,), says="签收 we have it"),
    "hand_back": _step(S.DISPATCHED, S.HANDLING, to=S.RETURNED, who=(LEADS_HEAD,), rules=(c.may_return,),
                       stops=(Stage.SIGN,), pauses=ASSISTS, resumes=(Stage.HANDLE,), starts=(Stage.ADJUDICATE,),
                       needs=("ground",),
                       also=("proposed",), says="退单 not ours, with the legal ground"),
    "uphold": _step(S.RETURNED, to=S.FILED, who=(by(R.ADJUDICATOR),), stops=(Stage.ADJUDICATE, *LEADS_AND_ASSISTS),
                    starts=(Stage.DISPATCH,), needs=("reason",), also=("lead",),
                    says="准予退单 rightly returned; the time is given back"),
    "overrule": _step(S.RETURNED, to=S.DISPATCHED, who=(by(R.ADJUDICATOR),), stops=(Stage.ADJUDICATE,), resumes=ASSISTS,
                      starts=(Stage.SIGN,), needs=("reason",), says="驳回退单 it stays yours, finally"),
    "hand_over": _step(S.DISPATCHED, S.HANDLING, who=(LEAD,), needs=("handler",),
                       says="转交 a named colleague of the department has it from now on"),
    # 协办 joint handling
    "assist": _step(S.DISPATCHED, S.HANDLING, who=(LEAD, by(R.DISPATCHER)), starts=ASSISTS,
                    needs=("assistants", "reason"), says="协办 ask other departments to help"),
    "assist_sign": _step(S.DISPATCHED, S.HANDLING, who=(ASSISTANT,), says="协办签收 we help"),
    "decline_assist": _step(S.DISPATCHED, S.HANDLING, who=(by(R.DEPARTMENT_HEAD, when=c.assists),), needs=("reason",),
                            says="协办退回 this help is not ours to give"),
    "assisted": _step(S.DISPATCHED, S.HANDLING, who=(ASSISTANT,), needs=("reply",), says="协办完成 our part is done"),
    # 处置 what the department does
    "contact": _step(S.DISPATCHED, S.HANDLING, who=(LEAD,), stops=(Stage.CONTACT,), needs=("finding",),
                     says="联系诉求人 spoken to the caller"),
    "ask": _step(S.HANDLING, who=(by(R.HANDLER, when=own_department),), rules=(c.may_ask,), pauses=(Stage.HANDLE,),
                 needs=("question",), says="补充 ask the citizen"),
    "answered": _step(S.HANDLING, who=(by(R.CITIZEN, when=c.was_asked), by(R.OPERATOR)), rules=(c.question_open,),
                      resumes=(Stage.HANDLE,),
                      needs=("reply",), says="已补充 the citizen has answered"),
    "unanswered": _step(S.HANDLING, who=(by(R.SYSTEM),), rules=(c.question_open,), resumes=(Stage.HANDLE,),
                        says="逾期未补充 nobody answered in time; the clock goes on"),
    "extend": _step(S.HANDLING, who=(LEAD,), rules=(c.nothing_applied_for,), needs=("reason",),
                    says="申请延期 ask for more time"),
    "endorse": _step(S.HANDLING, who=(LEADS_HEAD,), rules=(c.awaits_endorsement,),
                     says="初审同意 the department's head agrees to the application"),
    "allow": _step(S.HANDLING, who=(by(R.DISPATCHER),), rules=(c.extension_endorsed,),
                   says="同意延期 grant one more original limit"),
    "defer": _step(S.HANDLING, who=(LEAD,), rules=(c.nothing_applied_for,), needs=("reason", "until"),
                   says="申请挂账 ask to let it rest until a date"),
    "suspend": _step(S.HANDLING, to=S.SUSPENDED, who=(by(R.DISPATCHER),), rules=(c.suspension_asked,),
                     pauses=RESTS, also=("until",), says="挂账 stop the clock lawfully until a date"),
    "deny": _step(S.HANDLING, who=(LEADS_HEAD, by(R.DISPATCHER)), rules=(c.is_applied_for,), needs=("reason",),
                  says="不同意 refuse what was applied for"),
    "resume": _step(S.SUSPENDED, to=S.HANDLING, who=(by(R.DISPATCHER, R.SYSTEM),), resumes=RESTS,
                    says="恢复 the clock goes on"),
    "resolve": _step(S.HANDLING, to=S.RESOLVED, who=(LEAD,), stops=(Stage.CONTACT,), pauses=(Stage.HANDLE,),
                     starts=(Stage.CHECK,), needs=("reply",), proves=True, says="反馈 done, with evidence"),
    # 核查与回访 before closing, by somebody else
    "pass": _step(S.RESOLVED, to=S.CLOSED, who=(by(R.GRID_WORKER, when=c.inspects),), stops=ALL,
                  needs=LOOKED, says="核查通过 looked at: it is put right"),
    "fail": _step(S.RESOLVED, to=S.HANDLING, unled=S.FILED, who=(by(R.GRID_WORKER, when=c.inspects),),
                  stops=(Stage.CHECK,), resumes=(Stage.HANDLE,), needs=LOOKED,
                  says="核查不通过 rework by the same department"),
    "accept": _step(S.RESOLVED, to=S.CLOSED, who=(by(R.OPERATOR, when=c.did_not_handle),), rules=(c.called_back,), stops=ALL,
                    needs=("finding",), says="回访认可 called back: the caller agrees that it is answered"),
    "decline": _step(S.RESOLVED, to=S.HANDLING, who=(by(R.OPERATOR, when=c.did_not_handle),), rules=(c.called_back,),
                     stops=(Stage.CHECK,), resumes=(Stage.HANDLE,), needs=("finding",),
                     says="回访不认可 the caller does not agree"),
    "reassign": _step(S.VERIFYING, S.RESOLVED, who=(by(R.DISPATCHER, R.TRIAGE_OPERATOR, R.SUPERVISOR),),
                      needs=("inspector",), says="改派核查员 another grid worker looks"),
    "sample": _step(S.CLOSED, to=S.RESOLVED, who=(by(R.SYSTEM),), rules=(c.was_put_right_on_the_spot,),
                    starts=(Stage.CHECK,), says="抽查 somebody else looks at what was put right on the spot"),
    "reopen": _step(S.CLOSED, to=S.DISPATCHED, unled=S.FILED, who=(REPORTER, by(R.SUPERVISOR)),
                    rules=(c.in_reopen_window,), starts=LEADS, needs=("reason",), says="重开 it is not put right"),
    # 催办与督办 from outside and from above
    "urge": _step(OPEN, who=(REPORTER, by(R.OPERATOR)), rules=(c.not_urged_lately,), needs=("reason",), says="催办 remind"),
    "supervise": _step(OPEN, who=(by(R.SUPERVISOR, R.LEADER, R.SYSTEM),), rules=(c.not_supervised,),
                       starts=(Stage.SUPERVISE,), needs=("reason",), says="督办 an order from above, with its own clock"),
    "report_back": _step(OPEN, who=(LEAD, by(R.DISPATCHER, R.TRIAGE_OPERATOR, when=c.nobody_leads)),
                         rules=(c.owes_feedback,), stops=(Stage.SUPERVISE,), needs=("reply",),
                         says="督办反馈 report back on the order"),
    "order_rework": _step(S.CLOSED, to=S.DISPATCHED, unled=S.FILED, who=(by(R.SUPERVISOR, R.LEADER, R.SYSTEM),),
                          starts=(*LEADS, Stage.SUPERVISE), needs=("reason",),
                          says="督办重办 rework by order from above"),
    # 申诉 about a clock, whatever became of the case
    "appeal": _step(OPEN, S.CLOSED, who=(by(R.DEPARTMENT_HEAD, when=c.takes_part),),
                    rules=(c.no_appeal_open,), starts=(Stage.APPEAL,), needs=("clock", "reason"),
                    says="申诉 we do not accept that this was late"),
    "grant": _step(frozenset(S), who=(by(R.ADJUDICATOR),), rules=(c.appeal_open,), stops=(Stage.APPEAL,),
                   needs=("reason",), says="申诉成立 it does not count as late"),
    "dismiss": _step(frozenset(S), who=(by(R.ADJUDICATOR),), rules=(c.appeal_open,), stops=(Stage.APPEAL,),
                     needs=("reason",), says="申诉不成立 it stays late"),
    # 作废 with a second person
    "propose_void": _step(OPEN, who=(by(R.DISPATCHER),), needs=("reason",), says="申请作废 propose to void"),
    "void": _step(OPEN, to=S.VOID, who=(by(R.DISPATCHER, R.SUPERVISOR, when=c.second_person),), stops=ALL,
                  needs=("reason",), says="作废 void, as a second person"),
}


STANDS_STILL = {Status.SUSPENDED: RESTS, Status.RETURNED: ASSISTS}
"""What stands still besides, while a case has this status."""

MAIN_LINE = frozenset(stage for stages in RUNS_IN.values() for stage in stages)


def goes_on_in(status: Status) -> tuple[Stage, ...]:
    """The clocks that go on when a case is back in this status: its own of the main line, and all beside that line."""
    still = STANDS_STILL.get(status, ())
    return tuple(stage for stage in Stage if (stage in RUNS_IN[status] or stage not in MAIN_LINE) and stage not in still)


def turn(case: Subject) -> Role | None:
    """Whose turn it is: exactly one party for every open case (law 4), nobody's once it is over."""
    if case.status is Status.RESOLVED and c.called_back(case) is None:
        return Role.OPERATOR
    if case.status in {Status.VERIFYING, Status.RESOLVED} and case.inspector_id is None:
        return Role.DISPATCHER  # nobody could be found to look: it is for the dispatcher to name one
    return TURN.get(case.status)


def take(action: str, case: Subject, actor: Actor, facts: Facts) -> tuple[Step, Role]:
    """The row for this action, and the role in which the actor takes it, if it may be taken now.

    Raises Refused (not this person), Conflict (not in this state), Invalid (something it asks for is missing).
    """
    step, role = STEPS[action], role_for(action, case, actor)
    if role is None:
        raise Refused(f"you may not {action} this case", action=action)
    if reason := _why_not(step, case):
        raise Conflict(f"cannot {action}: {reason}", action=action, status=case.status)
    missing = [need for need in step.needs if getattr(facts, need) in (None, ())]
    if missing:
        raise Invalid(f"{action} asks for more", *(Fault(need, f"{action} cannot do without it") for need in missing))
    return step, role


def role_for(action: str, case: Subject, actor: Actor) -> Role | None:
    """In which role the actor would take this action, whatever state the case is in; None if in none."""
    return next(filter(None, (role_in(actor, one, case) for one in STEPS[action].who)), None)


def allowed_actions(case: Subject, actor: Actor) -> list[str]:
    """The actions this actor could take on this case now, in the order of the table."""
    return [action for action, step in STEPS.items()
            if not _why_not(step, case) and any(allowed(actor, grant, case) for grant in step.who)]


def _why_not(step: Step, case: Subject) -> str | None:
    # A new case has no status yet: only the row that opens one has no sources.
    if step.sources and case.status not in step.sources:
        return f"the case is {case.status}"
    if not step.sources and case.status is not None:
        return "the case is already open"
    return next(filter(None, (rule(case) for rule in step.rules)), None)
