"""What cells of hotlines' exports mean: times as spreadsheets have them, phones, yes and no, places. All in the city's time."""
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from casework import clock
from casework.geography.coordinates import Point

NOTHING = frozenset({"", "无", "暂无", "匿名", "未提供", "未知", "不详", "空", "-", "--", "—", "/", "null", "none", "n/a"})
"""How exports say that a caller left no name or phone."""

CUT_OFF = re.compile(r"[0-9.]+[eE]\+[0-9]+")
LOST = "has lost digits in the spreadsheet; format the column as text and enter it anew"
"""What Excel makes of a long number in a column of numbers, and what to do about it."""

DAY_NUMBER = re.compile(r"[1-9][0-9]{4}(?:\.[0-9]+)?")
DAY_ZERO = datetime(1899, 12, 30, tzinfo=clock.CITY)
"""Excel counts days from here (for days after February 1900)."""

WRITTEN = re.compile(
    r"(?P<year>[12]\d{3})[年/.\-](?P<month>\d{1,2})[月/.\-](?P<day>\d{1,2})[日号]?"
    r"(?:[T\s]*(?:星期|周)[一二三四五六日天])?"
    r"(?:[T\s]*(?P<half>上午|下午|晚上|凌晨|早上|中午)?\s*(?P<hour>\d{1,2})[:时点](?:(?P<minute>\d{1,2})"
    r"(?:[:分](?:(?P<second>\d{1,2})(?:\.\d+)?秒?)?)?)?\s*(?P<meridiem>AM|PM|am|pm)?)?", re.ASCII)
DIGITS = re.compile(r"(?P<year>[12]\d{3})(?P<month>\d\d)(?P<day>\d\d)"
                    r"(?:[T\s]?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?)?", re.ASCII)
AFTERNOON = frozenset({"下午", "晚上", "PM", "pm"})
MORNING = frozenset({"上午", "凌晨", "早上", "AM", "am"})
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)

YES = frozenset({"是", "有", "y", "yes", "true", "1", "√"})
NO = frozenset({"否", "无", "n", "no", "false", "0", "×", "-"})
URGENT = YES | {"紧急", "特急", "加急", "急", "急件", "特提", "突发", "urgent"}
NOT_URGENT = NO | {"一般", "普通", "常规", "不急", "非紧急", "平件", "normal"}
CONFIDENTIAL = YES | {"保密", "需保密", "要求保密", "隐私", "confidential"}
NOT_CONFIDENTIAL = NO | {"公开", "不保密", "非保密", "无需保密", "不需要", "public"}


def half_width(text: str) -> str:
    """Digits, letters and signs as keyboards outside of China write them."""
    return unicodedata.normalize("NFKC", text).strip()


def moment(text: str) -> datetime:
    """A time of the city, or one that says its zone, in UTC. Raises ValueError with the end of a sentence.

    2026年3月2日 8:05, 2026/3/2 8:05:00, 2026-03-02T08:05:00+08:00, 下午3时5分, 20260302080500, Excel's number of days.
    """
    plain = half_width(text)
    at = _day_number(plain) if DAY_NUMBER.fullmatch(plain) else _written(plain)
    if not EARLIEST <= at <= clock.now() + timedelta(days=1):
        raise ValueError("must be a time since 2000 that is not in the future")
    return at.astimezone(UTC)


def _day_number(text: str) -> datetime:
    return DAY_ZERO + timedelta(seconds=round(float(text) * 86_400))


def _written(text: str) -> datetime:
    wrong = "is not a time such as 2026年3月2日 8:05 or 2026-03-02 08:05:00"
    found = WRITTEN.fullmatch(text) or DIGITS.fullmatch(text)
    if found is None:
        try:
            zoned = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(wrong) from None
        if zoned.tzinfo is None:
            raise ValueError(wrong)
        return zoned
    parts = found.groupdict()
    hour = int(parts["hour"] or 0)
    half = {parts.get("half"), parts.get("meridiem")}
    if half & AFTERNOON and hour < 12:
        hour += 12
    elif half & MORNING and hour == 12:
        hour = 0
    try:
        return datetime(int(parts["year"]), int(parts["month"]), int(parts["day"]), hour, int(parts["minute"] or 0),
                        int(parts["second"] or 0), tzinfo=clock.CITY)
    except ValueError:
        raise ValueError("is a day or an hour that does not exist") from None


def words(longest: int) -> Callable[[str], str]:
    """Text of people. Raises ValueError."""
    def read(text: str) -> str:
        if "\0" in text:
            raise ValueError("must not contain NUL characters")
        if len(text) > longest:
            raise ValueError(f"has more than {longest} characters")
        return text
    return read


def number(text: str) -> str:
    """A ticket's number, as the hotline writes it. Raises ValueError where a spreadsheet has cut it."""
    if CUT_OFF.fullmatch(text):
        raise ValueError(LOST)
    return words(64)(text)


def name(text: str) -> str | None:
    """A caller's name; None where the cell says that there is none."""
    return None if text.casefold() in NOTHING else words(80)(text)


def phone(text: str) -> str | None:
    """A caller's phone; None where the cell says that there is none. Raises ValueError."""
    plain = half_width(text)
    if plain.casefold() in NOTHING:
        return None
    if CUT_OFF.fullmatch(plain):
        raise ValueError(LOST)
    if len(re.findall(r"\d", plain)) < 3:
        raise ValueError("has no phone number in it")
    return words(32)(plain.removesuffix(".0"))


def either(yes: frozenset[str], no: frozenset[str]) -> Callable[[str], bool]:
    """Reads whether something is so. Raises ValueError for a word that is in neither set."""
    def read(text: str) -> bool:
        plain = half_width(text).casefold()
        if plain not in yes | no:
            raise ValueError("is neither yes nor no; say in `words` of the mapping what it means")
        return plain in yes
    return read


def degrees(most: float) -> Callable[[str], float | None]:
    """Reads a longitude or latitude; None for the nought that systems write where they know none."""
    def read(text: str) -> float | None:
        try:
            value = float(half_width(text))
        except ValueError:
            raise ValueError("must be degrees") from None
        if not -most <= value <= most:
            raise ValueError("must be degrees")
        return value or None
    return read


def pair(text: str) -> Point | None:
    """Longitude and latitude in one cell: "114.05,22.54". Raises ValueError."""
    parts = [part for part in re.split(r"[,;，；\s]+", half_width(text).strip("()[]")) if part]
    if len(parts) != 2:
        raise ValueError("must be a longitude and a latitude, such as 114.05,22.54")
    lon, lat = degrees(180)(parts[0]), degrees(90)(parts[1])
    return Point(lon, lat) if lon is not None and lat is not None else None
