"""Time is real: only the demonstration's past is made at another, and what does that is left as it was found."""
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

import casework
from casework import clock
from tests.conftest import SetClock

ROOT = Path(casework.__file__).parents[1]
BEFORE, LATER = datetime(2026, 1, 5, 9, tzinfo=clock.CITY), datetime(2026, 1, 6, 9, tzinfo=clock.CITY)


def test_a_moment_holds_inside_its_block_only(time: SetClock) -> None:
    with clock.at(BEFORE):
        assert clock.now() == BEFORE
        assert clock.now().tzinfo is UTC
        with pytest.raises(KeyError), clock.at(LATER):
            assert clock.now() == LATER
            raise KeyError
        assert clock.now() == BEFORE
    assert clock.now() == time.moment


def test_a_moment_without_a_zone_is_none() -> None:
    with pytest.raises(ValueError, match="time zone"), clock.at(datetime(2026, 1, 5, 9)):  # noqa: DTZ001 - that is the point
        pass


def test_nothing_but_the_demonstration_works_at_another_time() -> None:
    files = [file for folder in ("api", "casework", "workers") for file in (ROOT / folder).rglob("*.py")]
    set_back = {file.relative_to(ROOT).as_posix() for file in files if re.search(r"\bclock\.at\(", file.read_text("utf-8"))}
    assert set_back == {"casework/cli/demo/past.py"}
