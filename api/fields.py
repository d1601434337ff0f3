"""Shared atoms of the API's shapes: text, moments, places, numbers of cases, and pages of rows with their cursors."""
import base64
import binascii
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, ClassVar

import marshmallow as ma
import orjson
from flask import Response, request

from casework import clock
from casework.geography import coordinates

ENCODING = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS
LARGEST_INTEGER = 2**63 - 1
EARLIEST, LATEST = clock.EARLIEST, clock.LATEST
TO_WGS84: dict[str, Callable[[coordinates.Point], coordinates.Point]] = {
    "wgs84": lambda point: point, "gcj02": coordinates.gcj02_to_wgs84, "bd09": coordinates.bd09_to_wgs84}


class Text(ma.fields.String):
    """Text of people: trimmed, 1 to `longest` characters (0 with blank=True), no NUL, which PostgreSQL cannot keep."""

    def __init__(self, longest: int = 200, *, blank: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.longest, self.shortest = longest, 0 if blank else 1
        self.documented: dict[str, Any] = {"maxLength": longest, "minLength": self.shortest}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs).strip()
        if "\0" in text:
            raise ma.ValidationError("must not contain NUL characters")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ma.ValidationError("contains half of a surrogate pair, which is not text") from None
        if not self.shortest <= len(text) <= self.longest:
            raise ma.ValidationError(f"must have {self.shortest} to {self.longest} characters, and has {len(text)}")
        return text


class CaseNumber(Text):
    """The public number of a case or report: capital letters, digits and dashes. Small letters are raised."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(32, **kwargs)
        self.documented = {"pattern": "^[0-9A-Z-]{4,32}$"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        number = super()._deserialize(value, attr, data, **kwargs).upper()
        if not re.fullmatch(r"[0-9A-Z-]{4,32}", number):
            raise ma.ValidationError("is not a case number")
        return number


class Whole(ma.fields.Integer):
    """A whole number from `low` to `high`, so that none reaches a database column too narrow for it.

    Digits are taken as well: queries and forms have nothing but text.
    """

    def __init__(self, low: int = 0, high: int = 2**31 - 1, **kwargs: Any) -> None:
        super().__init__(validate=ma.validate.Range(low, high), **kwargs)

    def _validated(self, value: Any) -> int:
        if isinstance(value, bool) or not re.fullmatch(r"-?[0-9]{1,19}", str(value)):
            raise ma.ValidationError("must be a whole number")
        return int(value)


class Moment(ma.fields.Field[datetime]):
    """A moment in ISO 8601 with its zone; kept and answered in UTC. A time without a zone is refused."""

    documented: ClassVar[dict[str, Any]] = {"type": "string", "format": "date-time"}

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return value  # orjson writes it

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise ma.ValidationError("must be a moment such as 2026-03-02T10:00:00+08:00") from None
        if moment.tzinfo is None:
            raise ma.ValidationError("must say its zone, such as +08:00 or Z")
        if not EARLIEST <= moment <= LATEST:
            raise ma.ValidationError("must lie between 1970 and 2200")
        return moment.astimezone(UTC)


class Place(ma.fields.Field[coordinates.Point]):
    """A point {lon, lat, system}: degrees in wgs84 (default), gcj02 or bd09; what comes out is WGS-84."""

    documented: ClassVar[dict[str, Any]] = {
        "type": "object", "required": ["lon", "lat"],
        "properties": {
            "lon": {"type": "number", "minimum": -180, "maximum": 180},
            "lat": {"type": "number", "minimum": -90, "maximum": 90},
            "system": {"type": "string", "enum": list(TO_WGS84), "default": "wgs84"}},
        "example": {"lon": 114.0579, "lat": 22.5431}}

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else {"lon": value.lon, "lat": value.lat}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> coordinates.Point:
        if not isinstance(value, Mapping):
            raise ma.ValidationError("must be an object with lon and lat")
        if unknown := set(value) - {"lon", "lat", "system"}:
            raise ma.ValidationError({name: ["Unknown field."] for name in sorted(unknown)})
        lon, lat = (self._degrees(value, name, limit) for name, limit in (("lon", 180), ("lat", 90)))
        system = value.get("system", "wgs84")
        if not isinstance(system, str) or system not in TO_WGS84:
            raise ma.ValidationError({"system": [f"must be one of {', '.join(TO_WGS84)}"]})
        return TO_WGS84[system](coordinates.Point(lon, lat))

    @staticmethod
    def _degrees(value: Mapping[str, Any], name: str, limit: int) -> float:
        number = value.get(name)
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not -limit <= number <= limit:
            raise ma.ValidationError({name: [f"must be a number of degrees between -{limit} and {limit}"]})
        return float(number)


class Cursor(ma.fields.Field[tuple[Any, ...]]):
    """Where a keyset page goes on: the sort keys of the last row, opaque to callers. `Cursor(datetime, UUID)`.

    What comes in is checked key by key, so a made-up cursor is a fault and never reaches the database.
    """

    documented: ClassVar[dict[str, Any]] = {"type": "string"}
    READERS: ClassVar[dict[type, Callable[[Any], Any]]] = {
        datetime: datetime.fromisoformat, date: date.fromisoformat, uuid.UUID: uuid.UUID, int: int, str: str, float: float}

    def __init__(self, *kinds: type, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kinds = kinds

    @staticmethod
    def write(keys: Sequence[Any]) -> str:
        """The cursor of a row with these sort keys."""
        return base64.urlsafe_b64encode(orjson.dumps(list(keys), option=ENCODING)).decode().rstrip("=")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[Any, ...]:
        try:
            keys = orjson.loads(base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True))
            read = tuple(self._key(kind, key) for kind, key in zip(self.kinds, keys, strict=True))
        except (TypeError, ValueError, binascii.Error):
            raise ma.ValidationError("is not a cursor of this list; take `next` from the page before") from None
        return read

    def _key(self, kind: type, key: Any) -> Any:
        if kind in {datetime, date, uuid.UUID, str} and not isinstance(key, str):
            raise ValueError(key)
        if kind in {int, float} and (isinstance(key, bool) or not isinstance(key, (int, float))):
            raise ValueError(key)
        made = self.READERS[kind](key)
        if isinstance(made, datetime) and (made.tzinfo is None or not EARLIEST <= made <= LATEST):
            raise ValueError(key)
        if (isinstance(made, int) and abs(made) > LARGEST_INTEGER) or (isinstance(made, str) and "\0" in made):
            raise ValueError(key)
        return made


class PageIn(ma.Schema):
    """What every list takes in its query; a list adds its filters and `cursor = Cursor(…)` with its own sort keys."""

    limit = Whole(1, 100, load_default=50, metadata={"description": "rows a page"})


def page_of(item: ma.Schema) -> ma.Schema:
    """The documented shape of a page of such items; `rows()` answers it."""
    return _page_class(type(item))()


@cache
def _page_class(item: type[ma.Schema]) -> type[ma.Schema]:
    made = ma.Schema.from_dict({
        "items": ma.fields.List(ma.fields.Nested(item()), required=True),
        "next": ma.fields.String(allow_none=True, metadata={"description": "cursor of the next page; null at the end"}),
    }, name=item.__name__.removesuffix("Out") + "Page")
    made.__module__ = item.__module__
    return made


def encode(value: Any, status: int = 200) -> Response:
    """Plain values (dicts, lists, UUIDs, moments, enums) as JSON. Anything else is a bug and refused, never str()ed."""
    return Response(orjson.dumps(value, option=ENCODING), status, mimetype="application/json")


def kept(response: Response, control: str) -> Response:
    """The answer with an ETag, kept as `control` says (Cache-Control): whoever asks again hears whether it is still so."""
    response.headers["Cache-Control"] = control
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]  # werkzeug gives back what it was given


def rows(items: Iterable[Mapping[str, Any]], keys: Sequence[Any] | None = None) -> Response:
    """A page of rows straight to the encoder. `keys`: the sort keys of the last row when more follow, else None."""
    return encode(paged(items, keys))


def paged(items: Iterable[Mapping[str, Any]], keys: Sequence[Any] | None = None) -> dict[str, Any]:
    """The same as plain values, for an answer that has several pages in it."""
    plain = [item if isinstance(item, dict) else dict(item) for item in items]
    return {"items": plain, "next": Cursor.write(keys) if keys is not None else None}
