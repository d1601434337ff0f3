"""A reminder, a warning, and only then an end; whatever was slept through in between."""
from datetime import UTC, date, datetime, timedelta

import pytest

from casework.community.adoption import kinds
from casework.community.adoption.kinds import DEFAULT, Kind, Weather
from casework.community.adoption.terms import Standing, Turn, due, next_look

KIND = Kind(code="10124", zh="消火栓", en="hydrant", expects_zh="清雪", expects_en="dig",
            check_in_days=30, lapse_days=90, warn_days=14)
SEEN = datetime(2026, 3, 2, tzinfo=UTC)


def after(days: float) -> datetime:
    return SEEN + timedelta(days=days)


@pytest.mark.parametrize(("days", "turn"), [(0, None), (29.9, None), (30, Turn.REMIND), (75, Turn.REMIND), (76, Turn.WARN),
                                            (500, Turn.WARN)])
def test_nothing_was_said_yet(days: float, turn: Turn | None) -> None:
    assert due(Standing(SEEN), KIND, after(days)) is turn


@pytest.mark.parametrize(("days", "turn"), [(31, None), (75.9, None), (76, Turn.WARN)])
def test_reminded_once(days: float, turn: Turn | None) -> None:
    assert due(Standing(SEEN, reminded_at=after(30)), KIND, after(days)) is turn


@pytest.mark.parametrize(("warned", "days", "turn"), [(76, 89.9, None), (76, 90, Turn.LAPSE), (300, 313.9, None),
                                                      (300, 314, Turn.LAPSE)])
def test_warned_and_given_the_whole_time_of_the_warning(warned: float, days: float, turn: Turn | None) -> None:
    assert due(Standing(SEEN, after(30), after(warned)), KIND, after(days)) is turn


@pytest.mark.parametrize("standing", [Standing(SEEN), Standing(SEEN, after(30)), Standing(SEEN, after(30), after(80)),
                                      Standing(SEEN, None, after(400))])
@pytest.mark.parametrize("kind", [KIND, *DEFAULT.values()])
def test_the_next_look_is_the_first_moment_at_which_something_is_due(standing: Standing, kind: Kind) -> None:
    at = next_look(standing, kind)
    assert due(standing, kind, at) is not None
    assert due(standing, kind, at - timedelta(seconds=1)) is None


def test_the_defaults_hold_what_the_administrator_is_held_to() -> None:
    for kind in DEFAULT.values():
        kinds._check(kind)
        assert set(kind.weather) <= set(Weather)
    assert DEFAULT["10402"].is_due_on(date(2027, 3, 12))
    assert not DEFAULT["10402"].is_due_on(date(2027, 3, 13))
