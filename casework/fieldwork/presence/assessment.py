"""What is odd about a fix, in words for people. Pure: no database, no clock."""
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from casework.geography.coordinates import Point, metres_between

POOR_METRES = 100
"""A phone under open sky is within ten metres, among high houses within fifty; worse is a guess by radio masts."""

FASTEST_KMH = 120
"""The limit of the expressways: nobody gets between two places of a city faster."""

JUMP_METRES = 300
"""A receiver that wakes up may jump so far by itself, beyond the accuracy that it tells."""

PHOTO_METRES = 300
"""A camera keeps the position of when it was switched on, a few streets back."""

PHOTO_AGE = timedelta(hours=6)
"""A photo from before this shift does not show how it is now."""


@dataclass(frozen=True)
class Fix:
    """Where and when a device says it was: WGS-84, accuracy in metres, and whether the device marks it as mocked."""

    place: Point
    at: datetime
    accuracy: float | None = None
    mock: bool = False


@dataclass(frozen=True)
class Shot:
    """Where and when a camera says it took a photo, as far as it says."""

    at: datetime | None = None
    place: Point | None = None


def assess(fix: Fix, others: Iterable[Fix] = (), photos: Iterable[Shot] = (), *, strayed: bool = False,
           what: str = "现场") -> list[str]:
    """What is odd about a fix; empty where nothing is.

    `others` are fixes of the same person before or after it, `photos` what was sent along, `strayed`: outside of the own
    grid, `what` names in Chinese what the fix belongs to.
    """
    flags = []
    if fix.mock:
        flags.append(f"{what}位置被设备标记为模拟定位")
    if fix.accuracy is not None and fix.accuracy > POOR_METRES:
        flags.append(f"{what}定位精度差，误差约{fix.accuracy:.0f}米")
    if strayed:
        flags.append(f"{what}位置不在本人网格内")
    return flags + _jump(fix, others, what) + of_photos(fix, photos, what=what)


def of_photos(fix: Fix, photos: Iterable[Shot], *, what: str = "现场") -> list[str]:
    """What the photos say against a fix: taken far from there, or long before. Only the worst of each is told."""
    shots = list(photos)
    metres = max((metres_between(fix.place, one.place) - (fix.accuracy or 0) for one in shots if one.place), default=0.0)
    age = max((fix.at - one.at for one in shots if one.at), default=timedelta())
    flags = []
    if metres > PHOTO_METRES:
        flags.append(f"照片拍摄位置距{what}位置约{metres:.0f}米")
    if age > PHOTO_AGE:
        flags.append(f"照片拍摄于{what}前{_span(age.total_seconds())}")
    return flags


def _jump(fix: Fix, others: Iterable[Fix], what: str) -> list[str]:
    worst, said = float(FASTEST_KMH), ""
    for other in others:
        metres = metres_between(fix.place, other.place) - (fix.accuracy or 0) - (other.accuracy or 0)
        seconds = max(abs((fix.at - other.at).total_seconds()), 1.0)
        if metres > JUMP_METRES and metres / seconds * 3.6 > worst:
            worst, side = metres / seconds * 3.6, "前" if other.at <= fix.at else "后"
            said = f"{what}位置与{side}一次定位相距{metres / 1000:.1f}公里，仅隔{_span(seconds)}"
    return [said] if said else []


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f}秒"
    if seconds < 3600:
        return f"{seconds / 60:.0f}分钟"
    return f"{seconds / 3600:.0f}小时" if seconds < 2 * 86_400 else f"{seconds / 86_400:.0f}天"
