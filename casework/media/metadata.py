"""When and where a photo was taken, and which way up, from its EXIF block (TIFF, Exif 2.32). Only the tags we need are
read, and little of each: a hostile block can point every entry at the same megabytes."""
import math
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from casework import clock
from casework.geography.coordinates import Point, gcj02_to_wgs84

Values = dict[int, bytes]

_ORIENTATION, _DATE_TIME, _EXIF_BLOCK, _GPS_BLOCK = 0x0112, 0x0132, 0x8769, 0x8825
_TIME_TAGS = ((0x9003, 0x9011), (0x9004, 0x9012))
"""Original, then digitised: the time and its offset from UTC."""
_LAT_REF, _LAT, _LON_REF, _LON, _GPS_TIME, _DATUM, _GPS_DATE = 1, 2, 3, 4, 7, 18, 29
_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 10: 8}
"""Bytes of one value by TIFF type. Some phones write positions as signed rationals (10) against the standard."""
_LONGEST = 64


@dataclass(frozen=True)
class Taken:
    """What EXIF says: aware UTC time, WGS-84 position, orientation 1-8. None where it says nothing that can be true."""

    at: datetime | None = None
    place: Point | None = None
    orientation: int = 1


def read(exif: bytes) -> Taken:
    """Read a TIFF block; what is missing, broken or impossible is left out, never an error.

    A time without an offset is the camera's clock, read as city time. An empty GPS block or 0,0 is no position.
    """
    block = _Block.open(exif)
    if block is None:
        return Taken()
    main = block.values(block.first)
    details = block.values(block.pointer(main, _EXIF_BLOCK))
    gps = block.values(block.pointer(main, _GPS_BLOCK))
    turned = block.whole(main.get(_ORIENTATION, b"")[:2])
    return Taken(_time(block, main, details, gps), _place(block, gps), turned if 1 <= turned <= 8 else 1)


@dataclass(frozen=True)
class _Block:
    """A TIFF block: byte order and the place of its first directory."""

    content: bytes
    order: str
    first: int

    @classmethod
    def open(cls, content: bytes) -> "_Block | None":
        order = {b"II*\0": "<", b"MM\0*": ">"}.get(content[:4])
        if order is None or len(content) < 8:
            return None
        return cls(content, order, struct.unpack_from(f"{order}I", content, 4)[0])

    def values(self, at: int) -> Values:
        """The directory's values as raw bytes, at most 64 of each; entries that point outside are left out."""
        found: Values = {}
        if not 0 < at <= len(self.content) - 2:
            return found
        (count,) = struct.unpack_from(f"{self.order}H", self.content, at)
        for entry in range(at + 2, min(at + 2 + 12 * count, len(self.content) - 11), 12):
            tag, kind, number = struct.unpack_from(f"{self.order}HHI", self.content, entry)
            length = _BYTES.get(kind, 0) * number
            begin = entry + 8 if length <= 4 else struct.unpack_from(f"{self.order}I", self.content, entry + 8)[0]
            value = self.content[begin:begin + min(length, _LONGEST)]
            if value and tag not in found:
                found[tag] = value
        return found

    def pointer(self, values: Values, tag: int) -> int:
        return self.whole(values.get(tag, b"")[:4])

    def whole(self, raw: bytes) -> int:
        return int.from_bytes(raw, "little" if self.order == "<" else "big")

    def rationals(self, raw: bytes) -> list[float]:
        """NaN where the denominator is 0."""
        numbers = struct.unpack(f"{self.order}{len(raw) // 8 * 2}I", raw[:len(raw) // 8 * 8])
        return [above / below if below else math.nan for above, below in zip(numbers[::2], numbers[1::2], strict=True)]


def _text(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode("ascii", "replace").strip()


def _place(block: _Block, gps: Values) -> Point | None:
    lat = _degrees(block, gps.get(_LAT, b""), _text(gps.get(_LAT_REF, b"")), "NS", 90)
    lon = _degrees(block, gps.get(_LON, b""), _text(gps.get(_LON_REF, b"")), "EW", 180)
    if lat is None or lon is None or (lat == 0 and lon == 0):
        return None
    point = Point(lon, lat)
    # Exif positions are WGS-84; some cameras of the country write the shifted ones of its maps, and say so here.
    return gcj02_to_wgs84(point) if "GCJ" in _text(gps.get(_DATUM, b"")).upper() else point


def _degrees(block: _Block, raw: bytes, side: str, sides: str, most: float) -> float | None:
    parts = block.rationals(raw)
    if not parts or not side or side[0].upper() not in sides:
        return None
    value = sum(part / unit for part, unit in zip(parts, (1, 60, 3600), strict=False))
    if not 0 <= value <= most:  # also NaN
        return None
    return round(-value if side[0].upper() == sides[1] else value, 7)


def _time(block: _Block, main: Values, details: Values, gps: Values) -> datetime | None:
    for tag, offset_tag in _TIME_TAGS:
        if moment := _moment(_text(details.get(tag, b"")), _text(details.get(offset_tag, b""))):
            return moment
    return _gps_moment(block, gps) or _moment(_text(main.get(_DATE_TIME, b"")), _text(details.get(0x9010, b"")))


def _moment(text: str, offset: str) -> datetime | None:
    try:
        naive = datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - its zone follows
        return naive.replace(tzinfo=_zone(offset) or clock.CITY).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(offset: str) -> timezone | None:
    try:
        return timezone(timedelta(seconds=datetime.strptime(offset, "%z").utcoffset().total_seconds()))  # type: ignore[union-attr]  # %z always gives one
    except ValueError:
        return None


def _gps_moment(block: _Block, gps: Values) -> datetime | None:
    parts = block.rationals(gps.get(_GPS_TIME, b""))
    try:
        day = datetime.strptime(_text(gps.get(_GPS_DATE, b"")), "%Y:%m:%d").replace(tzinfo=UTC)
        hours, minutes, seconds = parts
        return day + timedelta(hours=hours, minutes=minutes, seconds=int(seconds))
    except (ValueError, OverflowError):
        return None
