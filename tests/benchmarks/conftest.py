"""Each benchmark runs tiny in the ordinary suite, so that it cannot rot, on PostgreSQL where there is one, else on SQLite; at
full size, on both, with `-m benchmark`."""
import functools
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.benchmarks import harness
from tests.benchmarks.ground import KINDS, Ground, ground
from tests.benchmarks.harness import FULL, SMOKE, Scale
from tests.conftest import POSTGRES

Folders = pytest.TempPathFactory


@pytest.fixture(scope="session", params=[
    pytest.param(SMOKE, id="smoke"), pytest.param(FULL, id="full", marks=[pytest.mark.benchmark, pytest.mark.timeout(0)])])
def scale(request: pytest.FixtureRequest) -> Scale:
    made: Scale = request.param
    return made


@functools.cache
def smoke_kind() -> str:
    """Both databases would cost a minute more of each run, and show no more: what the product does is tested on both."""
    try:
        psycopg.connect(f"{POSTGRES}/postgres", connect_timeout=3).close()
    except psycopg.OperationalError:
        return "sqlite"
    return "postgresql"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the small runs on the other database."""
    def is_left_out(item: pytest.Item) -> bool:
        chosen = getattr(item, "callspec", None)
        kind = chosen and chosen.params.get("kind")
        return bool(kind and chosen.params.get("scale") is SMOKE and kind != smoke_kind())
    left = {item for item in items if is_left_out(item)}
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


@pytest.fixture(scope="session", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def _empty_ground(kind: str, scale: Scale, tmp_path_factory: Folders, _sqlite_template: Path) -> Iterator[Ground]:
    with ground(kind, tmp_path_factory.mktemp("empty"), _sqlite_template) as made:
        yield made


@pytest.fixture(scope="session")
def _crowded_ground(kind: str, scale: Scale, tmp_path_factory: Folders, _sqlite_template: Path) -> Iterator[Ground]:
    with ground(kind, tmp_path_factory.mktemp("crowded"), _sqlite_template, scale.rows) as made:
        yield made


@pytest.fixture
def empty(_empty_ground: Ground) -> Ground:
    """A small city in which nothing has happened before."""
    _empty_ground.stand()
    return _empty_ground


@pytest.fixture
def crowded(_crowded_ground: Ground) -> Ground:
    """The same city with `scale.rows` open cases."""
    _crowded_ground.stand()
    return _crowded_ground


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table, at the very end, whatever was captured before."""
    if harness.ROWS:
        terminalreporter.section("benchmarks: ours, and the limit beside it, in one run")
        for line in harness.table():
            terminalreporter.write_line(line)
