"""Whatever is done to the lines of a case, the first that is not as it was written is the one that is named."""
import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from casework.cases.history import GENESIS, digest, first_break, redaction
from casework.settings import Settings

CASE = uuid.UUID(int=1)
FIELDS: dict[str, Any] = {
    "action": "void", "source": "closed", "target": "merged", "actor_kind": "client", "actor_id": uuid.UUID(int=9),
    "role": "leader", "department_id": uuid.UUID(int=9), "facts": {"reason": "改"}, "previous": "e" * 64, "hash": "e" * 64,
    "at": datetime(2026, 1, 1, tzinfo=UTC)}


def chain(length: int) -> list[SimpleNamespace]:
    """So many lines as they are written; all but number and seal may well be the same."""
    made: list[SimpleNamespace] = []
    for number in range(1, length + 1):
        line = SimpleNamespace(
            case_id=CASE, number=number, action="urge", source="handling", target="handling", actor_kind="user",
            actor_id=None, role="operator", department_id=None, facts={"reason": "急"},
            at=datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=number // 2), previous=made[-1].hash if made else GENESIS,
            redacted=None)
        line.hash = digest(line)
        made.append(line)
    return made


LENGTH = 7
places = st.integers(0, LENGTH - 1)
edits = st.tuples(st.just("edit"), places, st.sampled_from(sorted(FIELDS)))
removals = st.tuples(st.sampled_from(["remove", "remove and close the gap"]), places, st.none())
swaps = st.tuples(st.sampled_from(["swap numbers", "swap all but numbers"]), places, places)
copies = st.tuples(st.just("copy over"), places, places)
tamperings = st.lists(st.one_of(edits, removals, swaps, copies), min_size=1, max_size=3)


def done(lines: list[SimpleNamespace], what: str, at: int, other: Any) -> list[SimpleNamespace]:
    """The lines after one hand's work, in the order of their numbers."""
    assume(at < len(lines) and (not isinstance(other, int) or other < len(lines)))
    line = lines[at]
    if what == "edit":
        setattr(line, other, FIELDS[other])
    elif what.startswith("remove"):
        lines = [one for one in lines if one is not line]
        for one in lines if "gap" in what else ():
            one.number -= one.number > line.number
    elif what == "swap numbers":
        line.number, lines[other].number = lines[other].number, line.number
    else:
        told = vars(lines[other]) | {"number": line.number}
        if what == "swap all but numbers":
            lines[other].__dict__.update(vars(line) | {"number": lines[other].number})
        line.__dict__.update(told)
    return sorted(lines, key=lambda one: one.number)


@given(tamperings)
@trials(max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_first_line_that_is_not_as_it_was_is_named(config: Settings, tampering: list[tuple[str, int, Any]]) -> None:
    written, lines = chain(LENGTH), chain(LENGTH)
    for one in tampering:
        lines = done(lines, *one)
    head = written[-1].hash
    differ = [at for at in range(LENGTH) if at >= len(lines) or vars(lines[at]) != vars(written[at])]
    if not differ:
        assert first_break(lines, LENGTH, head) is None
    else:
        assert str(first_break(lines, LENGTH, head)).startswith(f"line {differ[0] + 1} ")


def test_a_sound_chain_of_any_length_is_whole(config: Settings) -> None:
    for length in range(20):
        lines = chain(length)
        assert first_break(lines, length, lines[-1].hash if lines else GENESIS) is None


def test_a_chain_written_anew_without_the_key_is_found(config: Settings) -> None:
    """Who can write the table can also compute a plain hash, so a plain hash would prove nothing."""
    lines = chain(3)
    lines[1].facts = {"reason": "改"}
    lines[1].hash = lines[2].previous = "0" * 63 + "1"
    assert first_break(lines, 3, lines[2].hash) == "line 2 (urge) was edited"


def redacted(length: int, at: int) -> list[SimpleNamespace]:
    """A chain of which one line lost its words, as redaction.py does it."""
    lines = chain(length)
    facts = {"reason": "•••"}
    lines[at].redacted = redaction(lines[at], facts, None)
    lines[at].facts = facts
    return lines


def test_a_redacted_line_is_whole(config: Settings) -> None:
    lines = redacted(5, 2)
    assert first_break(lines, 5, lines[-1].hash) is None


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_what_is_edited_in_a_redacted_line_is_found(config: Settings, field: str) -> None:
    lines = redacted(5, 2)
    head = lines[-1].hash
    setattr(lines[2], field, FIELDS[field])
    assert "line 3" in (first_break(lines, 5, head) or "")


def test_nobody_redacts_without_the_key(config: Settings) -> None:
    lines = redacted(5, 2)
    lines[3].facts, lines[3].redacted = lines[2].facts, lines[2].redacted
    assert "line 4" in (first_break(lines, 5, lines[-1].hash) or "")
    lines[3].redacted = "0" * 64
    assert "line 4" in (first_break(lines, 5, lines[-1].hash) or "")
