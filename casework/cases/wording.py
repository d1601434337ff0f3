"""What the public reads of a case, in Chinese and English: where it stands, who has it and until when.

Closed is called closed, never put right: whether it is, the citizen says in the rating. A test reads every word of it.
"""
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import clock
from casework.cases import workflow
from casework.cases.case import Case
from casework.cases.report import Report
from casework.cases.workflow import Status
from casework.identity.people import Role
from casework.sla.limits import Stage
from casework.sla.timers import Timer, TimerState


class Language(StrEnum):
    """What we can say everything in."""

    ZH = "zh"
    EN = "en"


Said = dict[Language, str]


def _both(zh: str, en: str) -> Said:
    return {Language.ZH: zh, Language.EN: en}


STANDS: dict[Status, Said] = {
    Status.REPORTED: _both("已收到，等待受理", "received, waits at the intake desk"),
    Status.VERIFYING: _both("网格员正在核实", "a grid worker is looking at the place"),
    Status.FILED: _both("已立案，等待派遣", "filed, waits to be sent to a department"),
    Status.DISPATCHED: _both("已派遣，等待责任部门签收", "sent to the department, which has yet to sign for it"),
    Status.HANDLING: _both("责任部门正在处置", "the department is working on it"),
    Status.RETURNED: _both("责任归属裁定中", "a ruling is made on whose it is"),
    Status.SUSPENDED: _both("暂缓办理", "rests by approval"),
    Status.RESOLVED: _both("责任部门已反馈，等待核查", "the department has answered; somebody else checks it"),
    Status.CLOSED: _both("已结案", "closed"),
    Status.REJECTED: _both("不予受理", "not taken up"),
    Status.VOID: _both("已作废", "void"),
    Status.MERGED: _both("已并案", "merged into another case"),
}

DESKS: dict[Role, Said] = {
    Role.TRIAGE_OPERATOR: _both("受理中心", "the intake centre"), Role.DISPATCHER: _both("派遣中心", "the dispatch centre"),
    Role.ADJUDICATOR: _both("裁定中心", "the adjudicators"), Role.OPERATOR: _both("回访中心", "the call-back centre"),
    Role.GRID_WORKER: _both("网格核查员", "a grid worker"), Role.HANDLER: _both("责任部门", "the department"),
}
"""By whose turn it is, where no department is to be named."""

HAPPENED: dict[str, Said] = {
    "report": _both("上报", "reported"),
    "file": _both("立案", "filed"),
    "unmerge": _both("撤销并案", "a case of its own again"),
    "verify": _both("派员核实", "somebody was sent to look"),
    "dispatch": _both("派遣", "sent to the department"),
    "sign": _both("签收", "signed for"),
    "uphold": _both("责任归属已裁定", "ruled whose it is"),
    "allow": _both("批准延期", "more time was approved"),
    "suspend": _both("暂缓办理", "rests by approval"),
    "resume": _both("恢复办理", "goes on"),
    "resolve": _both("反馈", "the department answered"),
    "pass": _both("核查通过", "checked"),
    "fail": _both("核查不通过，返工", "the check failed; done again"),
    "accept": _both("回访认可", "called back: agreed"),
    "decline": _both("回访不认可，返工", "called back: not agreed; done again"),
    "sample": _both("抽查", "drawn for a check"),
    "self_handle": _both("自行处置", "handled on the spot"),
    "reject": _both("不予受理", "not taken up"),
    "reopen": _both("重开", "reopened"),
    "supervise": _both("督办", "supervised"),
    "order_rework": _both("督办重办", "done again by order"),
    "void": _both("已作废", "void"),
}
"""The lines of the history that the public sees; what happens between offices is not theirs, nor when a neighbour joined or
left."""

OURS = frozenset({Status.DISPATCHED, Status.HANDLING, Status.SUSPENDED})
"""In these the department is whom the public has to do with."""


def holder(case: Case, department: str | None, language: Language = Language.ZH) -> str | None:
    """Who has it now: the department by its name, or the desk whose turn it is; nobody when it is over."""
    if case.status in OURS:
        return department or DESKS[Role.HANDLER][language]
    role = workflow.turn(case)
    return DESKS[role][language] if role else None


def until(db: Session, case: Case) -> datetime | None:
    """Until when they have it, while it is open: the date when it goes on, when the department's time ends, or when the
    next step is due. Signing in time is no answer."""
    if not case.is_open:
        return None
    if case.status is Status.SUSPENDED:
        return case.suspended_until
    handling = select(func.min(Timer.due_at)).where(
        Timer.case_id == case.id, Timer.stage == Stage.HANDLE, Timer.state == TimerState.RUNNING)
    return db.scalar(handling) or case.question_until or case.due_at


def is_asked(case: Case, report: Report) -> bool:
    """Whether a question of the department is for this report's sender. It speaks of what the first reporter said, so it
    is for no other: not for who joined, nor for whose case was merged into this one."""
    return case.first_report is report


def moment(at: datetime, language: Language = Language.ZH) -> str:
    """A moment in the city's time, as people write it."""
    here = at.astimezone(clock.CITY)
    return f"{here:%Y年%m月%d日 %H:%M}" if language is Language.ZH else f"{here:%Y-%m-%d %H:%M}"
