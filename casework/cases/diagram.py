"""The workflow as a picture and in tables, written from its table: docs/workflow.md is this text, and a law keeps it current.

`python -m casework.cases.diagram > docs/workflow.md` writes it anew.
"""
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from casework.cases.workflow import OPEN, RUNS_IN, STATUS_NAMES, STEPS, TURN, Status, Step
from casework.identity.people import ROLE_NAMES, Role
from casework.identity.permissions import Grant
from casework.sla.limits import STAGE_NAMES, Stage

APART = '%%{init: {"flowchart": {"nodeSpacing": 80, "rankSpacing": 95, "curve": "monotoneY"}}}%%'
"""So far that the words of opposite arrows do not cover each other."""

COLOURS = {
    "centre": ("#e8f0fe", (Role.TRIAGE_OPERATOR, Role.DISPATCHER, Role.ADJUDICATOR, Role.OPERATOR)),
    "department": ("#e6f4ea", (Role.HANDLER, Role.DEPARTMENT_HEAD)), "field": ("#fef7e0", (Role.GRID_WORKER,))}
"""Whose turn it is, at a glance; all of them carry black text."""

OVER = "#f1f3f4"

Edge = tuple[str, str, bool]
"""From where, to where, and whether that is the way of a case without a department only."""

PAGE = """\
# 案件的一生 The life of a case

本页由流程表（`casework/cases/workflow.py` 的 `STEPS`）生成，请勿手改：`python -m casework.cases.diagram > docs/workflow.md`。
Written from the workflow table; a test says when it is no longer current.

## 流转图 How a case moves

框内依次为状态、该谁办理、正在计时的时限；虚线只用于没有主办部门的案件。
Each box names the status, whose turn it is and the clocks that run; dotted lines are for cases that no department leads.

```mermaid
{picture}
```

## 不改变状态的动作 What leaves a case where it is

{stays}

## 全部动作 Every action

“谁”一栏括号内是对人的条件，“前提”是对案件的条件，两者的含义见后两表。
In brackets behind a role stands a condition on the person; the rules are conditions on the case.

{actions}

## 对人的条件 Conditions on the person

{conditions}

## 对案件的条件 Rules on the case

{rules}
"""


def page() -> str:
    """The whole page, in Markdown."""
    grants = {grant.condition for step in STEPS.values() for grant in step.who if grant.condition}
    rules = {rule for step in STEPS.values() for rule in step.rules}
    return PAGE.format(picture="\n".join(picture()), stays=_table(_stays()), actions=_table(_actions()),
                       conditions=_table(_meanings(grants)), rules=_table(_meanings(rules)))


def picture() -> Iterator[str]:
    """The moves between statuses as a Mermaid flowchart, line by line; what several actions do is one arrow."""
    yield APART
    yield "flowchart TD"
    yield '    begin(("&nbsp;"))'
    yield '    open{{"在办的任何案件<br/>any open case"}}'
    for status in Status:
        if status in OPEN:
            yield f'    {status}["{_box(status)}"]'
    for status in Status:
        if status not in OPEN:
            yield f'    {status}(["{STATUS_NAMES[status]}<br/>{status}"])'
    for (source, target, unled), actions in _arrows().items():
        label = "<br/>".join(f"{_name(action)} {action}" for action in actions)
        yield f'    {source} {"-.->" if unled else "-->"}|"{label}"| {target}'
    for kind, (colour, roles) in COLOURS.items():
        yield f"    classDef {kind} fill:{colour},stroke:#5f6368,color:#000"
        yield f"    class {','.join(status for status in TURN if TURN[status] in roles)} {kind}"
    yield f"    classDef over fill:{OVER},stroke:#5f6368,color:#000"
    yield f"    class {','.join(status for status in Status if status not in OPEN)} over"


def _box(status: Status) -> str:
    clocks = "、".join(STAGE_NAMES[stage] for stage in RUNS_IN[status]) or "时限暂停"
    return f"{STATUS_NAMES[status]} {status}<br/>{ROLE_NAMES[TURN[status]]} · {clocks}"


def _arrows() -> dict[Edge, list[str]]:
    arrows: dict[Edge, list[str]] = defaultdict(list)
    for action, step in STEPS.items():
        target = "open" if step.back else step.target
        if target is None:
            continue
        sources = ["begin"] if not step.sources else ["open"] if step.sources == OPEN else _in_order(step.sources)
        for source in sources:
            arrows[source, target, False].append(action)
            if step.unled:
                arrows[source, step.unled, True].append(action)
    return arrows


def _stays() -> Iterator[tuple[str, ...]]:
    yield "状态 status", "动作 actions"
    groups: dict[frozenset[Status], list[str]] = defaultdict(list)
    for action, step in STEPS.items():
        if step.target is None and not step.back:
            groups[step.sources].append(f"{_name(action)} `{action}`")
    for sources, actions in groups.items():
        yield _statuses(sources), "、".join(actions)


def _actions() -> Iterator[tuple[str, ...]]:
    yield "动作 action", "从 from", "到 to", "谁 who", "前提 rules", "时限 clocks", "须附 needs", "说明 meaning"
    for action, step in STEPS.items():
        yield (f"**{_name(action)}**<br/>`{action}`", _statuses(step.sources), _target(step),
               "<br/>".join(_who(grant) for grant in step.who), "<br/>".join(f"`{rule.__name__}`" for rule in step.rules),
               _clocks(step), "、".join(f"`{need}`" for need in step.needs), step.says.partition(" ")[2])


def _target(step: Step) -> str:
    if step.back:
        return "回到原状态 where it came from"
    if step.target is None:
        return "不变 stays"
    unled = f"<br/>无主办部门 unled: {_status(step.unled)}" if step.unled else ""
    return _status(step.target) + unled


def _who(grant: Grant) -> str:
    roles = "、".join(ROLE_NAMES[role] for role in Role if role in grant.roles)
    return f"{roles}（`{grant.condition.__name__}`）" if grant.condition else roles


def _clocks(step: Step) -> str:
    said = (("启", step.starts), ("停", step.stops), ("暂停", step.pauses), ("恢复", step.resumes))
    return "<br/>".join(f"{what} {_stages(stages)}" for what, stages in said if stages)


def _stages(stages: tuple[Stage, ...]) -> str:
    but = [stage for stage in Stage if stage not in stages]
    if len(but) < 2:
        return "全部 all" + "".join(f"，{STAGE_NAMES[stage]}除外" for stage in but)
    return "、".join(STAGE_NAMES[stage] for stage in stages)


def _meanings(functions: Iterable[Callable[..., Any]]) -> Iterator[tuple[str, ...]]:
    yield "名称 name", "含义 meaning"
    for one in sorted(functions, key=lambda function: function.__name__):
        yield f"`{one.__name__}`", " ".join((one.__doc__ or "").split())


def _statuses(statuses: frozenset[Status]) -> str:
    if not statuses or statuses == frozenset(Status):
        return "任何 any" if statuses else "—"
    named = ["在办 any open"] if statuses >= OPEN else []
    return "<br/>".join(named + [_status(status) for status in _in_order(statuses - OPEN if named else statuses)])


def _status(status: Status) -> str:
    return f"{STATUS_NAMES[status]} `{status}`"


def _in_order(statuses: frozenset[Status]) -> list[Status]:
    return [status for status in Status if status in statuses]


def _name(action: str) -> str:
    return STEPS[action].says.partition(" ")[0]


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    head, *others = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *others))


if __name__ == "__main__":
    sys.stdout.write(page())
