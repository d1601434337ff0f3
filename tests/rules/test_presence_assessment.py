"""What is odd about a fix is said in words, and what is not odd is not: each rule at both sides of its limit."""
from datetime import UTC, datetime, timedelta

import pytest

from casework.fieldwork.presence.assessment import Fix, Shot, assess
from casework.geography.coordinates import Point
from tests.factories import at_grid

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
HERE = at_grid(0)


def fix(metres: float = 0, minutes: float = 0, **facts: object) -> Fix:
    return Fix(at_grid(0, metres), NOW + timedelta(minutes=minutes), **facts)  # type: ignore[arg-type]


def test_a_plain_fix_is_not_odd() -> None:
    near = Shot(NOW - timedelta(minutes=5), at_grid(0, 40))
    assert assess(fix(accuracy=8.5), [fix(900, -10), fix(900, 10)], [near, Shot()]) == []


def test_poor_accuracy() -> None:
    assert assess(fix(accuracy=100)) == []
    assert assess(fix(accuracy=250.4), what="上报") == ["上报定位精度差，误差约250米"]


def test_a_mocked_position() -> None:
    assert assess(fix(mock=True), what="签到") == ["签到位置被设备标记为模拟定位"]


def test_outside_of_the_own_grid() -> None:
    assert assess(fix(), strayed=True, what="上报") == ["上报位置不在本人网格内"]


@pytest.mark.parametrize(("metres", "minutes", "said"), [
    (10_000, -5.1, []), (10_000, -4.9, ["现场位置与前一次定位相距10.0公里，仅隔5分钟"]),
    (10_000, 4.9, ["现场位置与后一次定位相距10.0公里，仅隔5分钟"]),
    (290, -0.01, []),  # a receiver that wakes up jumps by itself
    (900, -0.01, ["现场位置与前一次定位相距0.9公里，仅隔1秒"]), (900, 0, ["现场位置与前一次定位相距0.9公里，仅隔1秒"])])
def test_nobody_goes_faster_than_the_expressway(metres: float, minutes: float, said: list[str]) -> None:
    assert assess(fix(), [fix(metres, minutes)]) == said


def test_what_both_receivers_may_err_is_taken_off_the_way() -> None:
    assert assess(fix(accuracy=90), [fix(600, -0.2, accuracy=300)]) == []
    assert assess(fix(accuracy=90), [fix(900, -0.2, accuracy=300)]) == ["现场位置与前一次定位相距0.5公里，仅隔12秒"]


def test_of_two_jumps_the_worse_is_told() -> None:
    assert assess(fix(), [fix(5_000, -1), fix(20_000, 1)]) == ["现场位置与后一次定位相距20.0公里，仅隔1分钟"]


def test_a_photo_from_far_away_or_long_before() -> None:
    assert assess(fix(), photos=[Shot(place=at_grid(0, 290)), Shot(at=NOW - timedelta(hours=6))]) == []
    far, old = Shot(NOW, at_grid(0, 820)), Shot(NOW - timedelta(hours=50), HERE)
    assert assess(fix(), photos=[far, Shot(NOW, at_grid(0, 400)), old], what="上报") == [
        "照片拍摄位置距上报位置约820米", "照片拍摄于上报前2天"]


def test_a_photo_taken_afterwards_is_not_old() -> None:
    assert assess(fix(), photos=[Shot(NOW + timedelta(days=3), HERE)]) == []


def test_everything_odd_is_told_at_once() -> None:
    flags = assess(Fix(Point(0.0, 0.0), NOW, 5_000, mock=True), [fix(minutes=-1)], [Shot(NOW, HERE)], strayed=True)
    assert len(flags) == 5
