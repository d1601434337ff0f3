"""Each benchmark runs twice: tiny in the ordinary suite, so that it cannot rot; at full size with `-m benchmark`."""
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks import harness
from tests.benchmarks.ground import KINDS, Ground, ground
from tests.benchmarks.harness import FULL, SMOKE, Scale

Folders = pytest.TempPathFactory


@pytest.fixture(scope="session", params=[
    pytest.param(SMOKE, id="smoke"), pytest.param(FULL, id="full", marks=[pytest.mark.benchmark, pytest.mark.timeout(0)])])
def scale(request: pytest.FixtureRequest) -> Scale:
    made: Scale = request.param
    return made


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
