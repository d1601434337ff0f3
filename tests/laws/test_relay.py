"""Law 3: every event that is published anywhere has a line in the relay or an explicit none, and every line leads somewhere."""
import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import casework
from casework.cases.workflow import STEPS
from casework.storage import outbox
from workers import queues, relay

ROOT = Path(casework.__file__).parent
KNOWN = set(relay.JOBS) | set(relay.NOTHING)
PUBLISH = {outbox.publish.__name__, outbox.publish_many.__name__}
NO_EVENT = {"scorecards.publish"}
"""Calls of that name that freeze something; what they tell, they publish themselves."""


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    return {target.id: node.value for node in tree.body if isinstance(node, ast.Assign)
            for target in node.targets if isinstance(target, ast.Name)}


def _names(expression: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    """Every event name an expression may mean; the {} of an f-string becomes a star."""
    if isinstance(expression, ast.Name) and expression.id in constants:
        yield from _names(constants[expression.id], constants)
    elif isinstance(expression, ast.Constant):
        yield str(expression.value)
    elif isinstance(expression, ast.IfExp):
        yield from _names(expression.body, constants)
        yield from _names(expression.orelse, constants)
    elif isinstance(expression, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in expression.values)
    else:
        yield f"? {ast.unparse(expression)}"


def _published(source: Path) -> Iterator[str]:
    text = source.read_text()
    inserts = "outbox.Event" in text
    if not inserts and not any(name in text for name in PUBLISH):
        return  # most files: to take all apart costs seconds in each process of the run
    tree = ast.parse(text)
    constants = _constants(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in PUBLISH \
                and ast.unparse(node.func) not in NO_EVENT:
            yield from _names(node.args[1], constants)
        elif inserts and isinstance(node, ast.FunctionDef) and "insert(outbox.Event)" in ast.unparse(node):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Dict):
                    yield from (name for key, value in zip(inner.keys, inner.values, strict=True)
                                if isinstance(key, ast.Constant) and key.value == "name"
                                for name in _names(value, constants))


PUBLISHED = sorted({(str(source.relative_to(ROOT)), name) for source in ROOT.rglob("*.py")
                    if source.name != "outbox.py" for name in _published(source)})


def test_the_search_finds_what_is_known_to_be_published() -> None:
    names = {name for _, name in PUBLISHED}
    assert {"report.received", "photo.received", "timer.warned", "timer.overdue", "case.*"} <= names


@pytest.mark.parametrize(("source", "name"), PUBLISHED)
def test_every_event_has_a_line_or_an_explicit_none(source: str, name: str) -> None:
    meant = {f"case.{action}" for action in STEPS} if name == "case.*" else {name}
    assert meant <= KNOWN, f"{source} publishes it; add a line to workers/relay.py for {sorted(meant - KNOWN)}"


def test_no_event_stands_in_both_lists_and_none_is_invented() -> None:
    assert not set(relay.JOBS) & set(relay.NOTHING)
    patterns = [re.escape(name).replace(r"\*", "[a-z_]+") for _, name in PUBLISHED]
    assert [name for name in KNOWN if not any(re.fullmatch(pattern, name) for pattern in patterns)] == []
    assert all(reason.strip() for reason in relay.NOTHING.values())


@pytest.mark.parametrize("line", list(dict.fromkeys(line for lines in relay.JOBS.values() for line in lines)),
                         ids=lambda line: f"{line.queue} {line.job.__name__} {line.batch}")
def test_every_line_leads_to_a_job_that_a_worker_finds(line: relay.Line) -> None:
    assert line.queue in queues.QUEUES
    found = inspect.getmodule(line.job)
    assert found is not None
    assert found.__name__.startswith("workers.")
    assert getattr(found, line.job.__name__) is line.job
    assert line.job.__doc__, "a job says how it bears repetition"
    assert hasattr(line.job, "__wrapped__"), "a job is made by @job"
    assert 0 < line.batch <= 1000


def test_every_queue_is_worked_by_a_line_of_the_procfile() -> None:
    lines = (ROOT.parent / "Procfile").read_text().splitlines()
    worked = {name for line in lines if "workers.run" in line for name in line.partition("workers.run")[2].split()}
    assert worked == set(queues.QUEUES)
