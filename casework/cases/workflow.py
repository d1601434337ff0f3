"""The life of a case on one page: which action, from where, to where, by whom, on which clocks, with what evidence.

An action's name is also its permission, its URL segment, its line in the history, its event (`case.<action>`) and its button.
"""
import uuid
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from casework import clock, settings
from casework.errors import Conflict, Fault, Invalid, Refused
from casework.geography.coordinates import Point
from casework.identity.people import Actor, Role
from casework.identity.permissions import Condition, Grant, allowed, own_department
from casework.sla.limits import Stage


class Status(StrEnum):
    """Where a case stands. Only Case.move() assigns one."""

    REPORTED = "reported"      # 待受理
    VERIFYING = "verifying"    # 核实中
    FILED = "filed"            # 待派遣
    DISPATCHED = "dispatched"  # 待签收
    HANDLING = "handling"      # 处置中
    RETURNED = "returned"      # 退单待裁
    SUSPENDED = "suspended"    # 挂账
    RESOLVED = "resolved"      # 待核查
    CLOSED = "closed"          # 已结案
    REJECTED = "rejected"      # 不予受理
    VOID = "void"              # 作废
    MERGED = "merged"          # 已并案


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


class Subject(Protocol):
    """What the conditions below look at; a Case is one."""

    status: Status
    lead_department_id: uuid.UUID | None
    standard_id: uuid.UUID | None
    inspector_id: uuid.UUID | None
    void_proposed_by_id: uuid.UUID | None
    area_code: str | None
    category_code: str | None
    returns: int
    reopens: int
    return_is_final: bool
    extension_asked: bool
    closed_at: datetime | None

    @property
    def assisting_department_ids(self) -> set[uuid.UUID]: ...
    @property
    def handled_by(self) -> set[uuid.UUID]: ...
    @property
    def reported_by(self) -> set[uuid.UUID]: ...
    def was_said_by(self, actor: Actor) -> bool: ...


# Conditions on the actor: may this person do it to this case?

def assists(actor: Actor, case: Any) -> bool:
    """The actor's department was asked to assist (协办)."""
    return bool(case.assisting_department_ids & actor.department_ids)


def inspects(actor: Actor, case: Any) -> bool:
    """The look before closing is this grid worker's task, and he never is who handled it."""
    return actor.id == case.inspector_id and actor.id not in case.handled_by


def verifies(actor: Actor, case: Any) -> bool:
    """The look before filing is this grid worker's task, and he never is who reported it."""
    return actor.id == case.inspector_id and actor.id not in case.reported_by


def did_not_handle(actor: Actor, case: Any) -> bool:
    """Whoever signed or answered does not judge the answer."""
    return actor.id not in case.handled_by


def reported(actor: Actor, case: Any) -> bool:
    """One of the case's reports is the actor's own."""
    return bool(case.was_said_by(actor))


def second_person(actor: Actor, case: Any) -> bool:
    """Somebody else proposed it: no one voids a case alone."""
    return case.void_proposed_by_id is not None and actor.id != case.void_proposed_by_id


# Rules on the case: is it in a state for this at all? Each answers with the reason why not, or None.

def may_return(case: Subject) -> str | None:
    """A department ruled responsible keeps the case, and after the last allowed return a ruling is final (终审)."""
    if case.return_is_final:
        return "an adjudicator has ruled that this department is responsible; the ruling is final"
    if case.returns >= settings.current().max_returns:
        return f"this case was handed back {case.returns} times already; the last ruling is final"
    return None


def in_reopen_window(case: Subject) -> str | None:
    """Once, and within the window after closing."""
    if case.reopens:
        return "this case was reopened once already"
    days = settings.current().reopen_days
    if case.closed_at is None or (clock.now() - case.closed_at).total_seconds() > days * 86_400:
        return f"a case can be reopened within {days} days after closing"
    return None


def has_standard(case: Subject) -> str | None:
    """No filing, and no closing, without a standard."""
    return None if case.standard_id else "it stands under no category's standard yet; name the category"


def is_request(case: Subject) -> str | None:
    """What a citizen asked for is checked by calling back (回访); a thing on the street by looking at it."""
    return None if (case.category_code or "").startswith("3") else "this is checked on the spot, not on the phone"


def no_extension_open(case: Subject) -> str | None:
    """One application at a time."""
    return "an extension is already applied for" if case.extension_asked else None


def extension_open(case: Subject) -> str | None:
    """There must be an application to decide."""
    return None if case.extension_asked else "no extension is applied for"


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
    its clocks go on; `unled`: where it goes instead when no department leads it, with the clocks of that status."""

    sources: frozenset[Status]
    target: Status | None
    who: tuple[Grant, ...]
    rule: Callable[[Subject], str | None] | None = None
    starts: tuple[Stage, ...] = ()
    stops: tuple[Stage, ...] = ()
    pauses: tuple[Stage, ...] = ()
    resumes: tuple[Stage, ...] = ()
    needs: tuple[str, ...] = ()
    back: bool = False
    unled: Status | None = None
    says: str = ""


ALL = tuple(Stage)
LEADS_AND_ASSISTS = (Stage.SIGN, Stage.HANDLE, Stage.ASSIST_SIGN, Stage.ASSIST_HANDLE)


def by(*roles: Role, when: Condition | None = None) -> Grant:
    return Grant(frozenset(roles), when)


def _step(*sources: Status | frozenset[Status], to: Status | None = None, who: tuple[Grant, ...], **rest: Any) -> Step:
    flat = frozenset(one for source in sources for one in (source if isinstance(source, frozenset) else {source}))
    return Step(flat, to, who, **rest)


LOOKED = ("position", "photos", "finding")
"""What somebody brings back who was at the place."""

R, S = Role, Status
STEPS: dict[str, Step] = {
    "report": _step(to=S.REPORTED, who=(by(R.SYSTEM, R.TRIAGE_OPERATOR, R.OPERATOR),), starts=(Stage.TRIAGE,),
                    says="上报 open a case from a report"),
    "verify": _step(S.REPORTED, to=S.VERIFYING, who=(by(R.TRIAGE_OPERATOR),), starts=(Stage.VERIFY,),
                    says="核实 send a grid worker to look before filing"),
    "confirm": _step(S.VERIFYING, to=S.REPORTED, who=(by(R.GRID_WORKER, when=verifies),), stops=(Stage.VERIFY,),
                     needs=LOOKED, says="属实 it is as reported"),
    "refute": _step(S.VERIFYING, to=S.REPORTED, who=(by(R.GRID_WORKER, when=verifies),), stops=(Stage.VERIFY,),
                    needs=LOOKED, says="不属实 it is not as reported"),
    "file": _step(S.REPORTED, to=S.FILED, who=(by(R.SYSTEM, R.TRIAGE_OPERATOR, R.OPERATOR),), stops=(Stage.TRIAGE,),
                  starts=(Stage.DISPATCH,), needs=("category",), says="立案 file under a category's standard"),
    "reject": _step(S.REPORTED, S.FILED, to=S.REJECTED, who=(by(R.TRIAGE_OPERATOR, R.OPERATOR),), stops=ALL,
                    needs=("reason",), says="不予受理 refuse, with a reason the citizen can read"),
    "merge": _step(OPEN, to=S.MERGED, who=(by(R.SYSTEM, R.TRIAGE_OPERATOR, R.OPERATOR, R.DISPATCHER),), pauses=ALL,
                   needs=("into", "reason"), says="并案 this is the same problem as another case"),
    "unmerge": _step(S.MERGED, back=True, who=(by(R.TRIAGE_OPERATOR, R.OPERATOR, R.DISPATCHER),),
                     needs=("reason",), says="撤销并案 it was another problem after all"),
    "dispatch": _step(S.FILED, to=S.DISPATCHED, who=(by(R.SYSTEM, R.DISPATCHER),), stops=(Stage.DISPATCH,),
                      starts=(Stage.SIGN, Stage.HANDLE, Stage.ASSIST_HANDLE), needs=("lead",),
                      says="派遣 give it to the department that answers"),
    "recall": _step(S.DISPATCHED, to=S.FILED, who=(by(R.DISPATCHER),), stops=LEADS_AND_ASSISTS, starts=(Stage.DISPATCH,),
                    needs=("reason",), says="收回 nobody there answers; it is dispatched anew"),
    "sign": _step(S.DISPATCHED, to=S.HANDLING, who=(by(R.HANDLER, R.DEPARTMENT_HEAD, when=own_department),),
                  stops=(Stage.SIGN,), says="签收 we have it"),
    "hand_back": _step(S.DISPATCHED, S.HANDLING, to=S.RETURNED, who=(by(R.DEPARTMENT_HEAD, when=own_department),),
                       rule=may_return, stops=(Stage.SIGN,), starts=(Stage.ADJUDICATE,), needs=("ground",),
                       says="退单 not ours, with the legal ground"),
    "uphold": _step(S.RETURNED, to=S.FILED, who=(by(R.ADJUDICATOR),), stops=(Stage.ADJUDICATE, *LEADS_AND_ASSISTS),
                    starts=(Stage.DISPATCH,), needs=("reason",), says="准予退单 rightly returned; the time is given back"),
    "overrule": _step(S.RETURNED, to=S.DISPATCHED, who=(by(R.ADJUDICATOR),), stops=(Stage.ADJUDICATE,),
                      starts=(Stage.SIGN,), needs=("reason",), says="驳回退单 it stays yours, finally"),
    "assist": _step(S.DISPATCHED, S.HANDLING, who=(by(R.HANDLER, R.DEPARTMENT_HEAD, when=own_department), by(R.DISPATCHER)),
                    starts=(Stage.ASSIST_HANDLE,), needs=("assistants", "reason"), says="协办 ask other departments to help"),
    "assisted": _step(S.DISPATCHED, S.HANDLING, who=(by(R.HANDLER, R.DEPARTMENT_HEAD, when=assists),), needs=("reply",),
                      says="协办完成 our part is done"),
    "extend": _step(S.HANDLING, who=(by(R.HANDLER, R.DEPARTMENT_HEAD, when=own_department),), rule=no_extension_open,
                    needs=("reason",), says="申请延期 ask for more time"),
    "allow": _step(S.HANDLING, who=(by(R.DISPATCHER),), rule=extension_open, says="同意延期 grant one more original limit"),
    "deny": _step(S.HANDLING, who=(by(R.DEPARTMENT_HEAD, when=own_department), by(R.DISPATCHER)), rule=extension_open,
                  needs=("reason",), says="不同意延期 refuse more time"),
    "suspend": _step(S.HANDLING, to=S.SUSPENDED, who=(by(R.DISPATCHER),), pauses=(Stage.HANDLE,),
                     needs=("reason", "until"), says="挂账 stop the clock lawfully until a date"),
    "resume": _step(S.SUSPENDED, to=S.HANDLING, who=(by(R.DISPATCHER, R.SYSTEM),), resumes=(Stage.HANDLE,),
                    says="恢复 the clock goes on"),
    "ask": _step(S.HANDLING, who=(by(R.HANDLER, when=own_department),), needs=("question",), says="补充 ask the citizen"),
    "answered": _step(S.HANDLING, who=(by(R.CITIZEN, when=reported), by(R.OPERATOR)), needs=("reply",),
                      says="已补充 the citizen has answered"),
    "resolve": _step(S.HANDLING, to=S.RESOLVED, who=(by(R.HANDLER, R.DEPARTMENT_HEAD, when=own_department),),
                     pauses=(Stage.HANDLE,), starts=(Stage.CHECK,), needs=("reply",), says="反馈 done, with evidence"),
    "self_handle": _step(S.REPORTED, to=S.CLOSED, who=(by(R.SYSTEM), by(R.GRID_WORKER, when=reported)),
                         rule=has_standard, stops=ALL,
                         needs=("photos", "position"), says="自行处置 put right on the spot"),
    "pass": _step(S.RESOLVED, to=S.CLOSED, who=(by(R.GRID_WORKER, when=inspects),), stops=ALL,
                  needs=LOOKED, says="核查通过 looked at: it is put right"),
    "fail": _step(S.RESOLVED, to=S.HANDLING, who=(by(R.GRID_WORKER, when=inspects),), stops=(Stage.CHECK,),
                  resumes=(Stage.HANDLE,), needs=LOOKED, says="核查不通过 rework by the same department"),
    "accept": _step(S.RESOLVED, to=S.CLOSED, who=(by(R.OPERATOR, when=did_not_handle),), rule=is_request, stops=ALL,
                    needs=("finding",),
                    says="回访认可 called back: the caller agrees that it is answered"),
    "decline": _step(S.RESOLVED, to=S.HANDLING, who=(by(R.OPERATOR, when=did_not_handle),), rule=is_request,
                     stops=(Stage.CHECK,), resumes=(Stage.HANDLE,), needs=("finding",),
                     says="回访不认可 the caller does not agree"),
    "reassign": _step(S.VERIFYING, S.RESOLVED, who=(by(R.DISPATCHER, R.TRIAGE_OPERATOR, R.SUPERVISOR),),
                      needs=("inspector",), says="改派核查员 another grid worker looks"),
    "reopen": _step(S.CLOSED, to=S.DISPATCHED, unled=S.FILED, who=(by(R.CITIZEN, when=reported), by(R.SUPERVISOR)),
                    rule=in_reopen_window, starts=(Stage.SIGN, Stage.HANDLE), needs=("reason",),
                    says="重开 it is not put right"),
    "urge": _step(OPEN, who=(by(R.CITIZEN, when=reported), by(R.OPERATOR)), needs=("reason",), says="催办 remind"),
    "supervise": _step(OPEN, who=(by(R.SUPERVISOR, R.LEADER),), starts=(Stage.SUPERVISE,), needs=("reason",),
                       says="督办 an order from above, with its own clock"),
    "correct": _step(OPEN, who=(by(R.TRIAGE_OPERATOR, R.OPERATOR, R.DISPATCHER),), needs=("reason",),
                     says="更正 category, place or priority were wrong"),
    "propose_void": _step(OPEN, who=(by(R.DISPATCHER),), needs=("reason",), says="申请作废 propose to void"),
    "void": _step(OPEN, to=S.VOID, who=(by(R.DISPATCHER, R.SUPERVISOR, when=second_person),), stops=ALL,
                  needs=("reason",), says="作废 void, as a second person"),
}


MAIN_LINE = frozenset(stage for stages in RUNS_IN.values() for stage in stages)


def goes_on_in(status: Status) -> tuple[Stage, ...]:
    """The clocks that go on when a case is back in this status: its own of the main line, and all beside that line."""
    return tuple(stage for stage in Stage if stage in RUNS_IN[status] or stage not in MAIN_LINE)


def turn(case: Subject) -> Role | None:
    """Whose turn it is: exactly one party for every open case (law 4), nobody's once it is over."""
    if case.status is Status.RESOLVED and is_request(case) is None:
        return Role.OPERATOR
    if case.status in {Status.VERIFYING, Status.RESOLVED} and case.inspector_id is None:
        return Role.DISPATCHER  # nobody could be found to look: it is for the dispatcher to name one
    return TURN.get(case.status)


def take(action: str, case: Subject, actor: Actor, facts: Facts) -> tuple[Step, Role]:
    """The row for this action, and the role in which the actor takes it, if it may be taken now.

    Raises Refused (not this person), Conflict (not in this state), Invalid (something it asks for is missing).
    """
    step = STEPS[action]
    grant = next((one for one in step.who if allowed(actor, one, case)), None)
    if grant is None:
        raise Refused(f"you may not {action} this case", action=action)
    if reason := _why_not(step, case):
        raise Conflict(f"cannot {action}: {reason}", action=action, status=case.status)
    missing = [need for need in step.needs if getattr(facts, need) in (None, ())]
    if missing:
        raise Invalid(f"{action} asks for more", *(Fault(need, f"{action} cannot do without it") for need in missing))
    return step, min(grant.roles & actor.roles)


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
    return step.rule(case) if step.rule else None
