"""The shapes of Open311: what its queries and forms take, and what it answers."""
import math
import re
from datetime import UTC, datetime
from typing import Any

import marshmallow as ma

from api.fields import EARLIEST, LATEST, Moment, Text, Whole
from casework import clock

MOST_ON_A_PAGE = 1000
DEGREES = re.compile(r"[-+]?[0-9]{1,3}(\.[0-9]{0,20})?([eE][-+]?[0-9]{1,2})?")


class Exact(ma.fields.String):
    """Words that are read back as they were sent, to the letter: nothing is trimmed; all blank is nothing."""

    def __init__(self, longest: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.longest = longest
        self.documented = {"maxLength": longest}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if len(text) > self.longest:
            raise ma.ValidationError(f"must have {self.longest} characters at most, and has {len(text)}")
        return text


class Degrees(ma.fields.Field[float]):
    """Degrees in WGS-84 as text, within `limit` of nought."""

    def __init__(self, limit: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.limit = limit
        self.documented = {"type": "number", "minimum": -limit, "maximum": limit}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        text = str(value).strip()
        number = float(text) if DEGREES.fullmatch(text) else math.inf
        if not -self.limit <= number <= self.limit:
            raise ma.ValidationError(f"must be a number of degrees between -{self.limit} and {self.limit}")
        return number


class When(Moment):
    """A moment as clients send it: a plus sign that became a blank is put back, and without a zone it is the city's time."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        text = re.sub(r" (\d\d:?\d\d)$", r"+\1", str(value).strip())
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise ma.ValidationError("must be a moment such as 2026-03-02T10:00:00+08:00") from None
        if not EARLIEST.year < at.year < LATEST.year:
            raise ma.ValidationError("must lie between 1970 and 2200")
        return (at if at.tzinfo else at.replace(tzinfo=clock.CITY)).astimezone(UTC)


class Commas(ma.fields.String):
    """Words separated by commas; what is empty between them is passed over."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        words = [word.strip() for word in super()._deserialize(value, attr, data, **kwargs).split(",")]
        found = list(dict.fromkeys(word for word in words if word))
        if len(found) > MOST_ON_A_PAGE:
            raise ma.ValidationError(f"names more than {MOST_ON_A_PAGE}")
        return found


class Lenient(ma.Schema):
    """Fields that nobody here knows are passed over, and an empty one is one that was not sent."""

    class Meta:
        unknown = ma.EXCLUDE

    @ma.pre_load
    def _without_blanks(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: text for name, text in data.items() if str(text).strip()}


class RequestIn(Lenient):
    """One report of an app, beside its attributes, links and files."""

    service_code = Text(64, required=True)
    lat = Degrees(90)
    long = Degrees(180)
    address_string = Exact(300)
    address_id = Text(100)
    email = Text(200)
    device_id = Text(200)
    account_id = Text(200)
    first_name = Text(40)
    last_name = Text(40)
    phone = Text(32)
    description = Exact(4000)

    @ma.validates_schema
    def _is_somewhere(self, data: dict[str, Any], **_: Any) -> None:
        if ("lat" in data) != ("long" in data):
            raise ma.ValidationError("lat and long come together, or neither", "long" if "lat" in data else "lat")
        if not data.keys() & {"lat", "address_string", "address_id"}:
            raise ma.ValidationError("say where it is: lat and long, address_string or address_id", "lat")


class KeyIn(Lenient):
    """A key may be shown when reading, too: the app then reads what it sent itself in its own words."""

    api_key = ma.fields.String()
    extensions = ma.fields.String(metadata={"description": "true: also attributes, extended_attributes and notes"})


class WantedIn(KeyIn):
    """Which requests: without any of this, those of the last 90 days."""

    service_request_id = Commas(metadata={"description": "separated by commas; overrides everything else"})
    service_code = Commas()
    status = Commas(metadata={"description": "open, closed or both, separated by a comma"})
    start_date = When(metadata={"description": "of requested_datetime; no more than 90 days before end_date"})
    end_date = When()
    updated_after = When(metadata={"description": "of updated_datetime, however long ago the request was made"})
    updated_before = When()
    page = Whole(1, 1_000_000)
    page_size = Whole(1, metadata={"description": "1000 at most, and the same without it"})
    count = Whole(1, metadata={"description": "what some clients call page_size"})

    @ma.validates("status")
    def _is_known(self, value: list[str], **_: Any) -> None:
        if not set(value) <= {"open", "closed"}:
            raise ma.ValidationError("must be open, closed, or both separated by a comma")


class ChangedIn(Lenient):
    """Between which moments; without them, the last 90 days."""

    start_date = When()
    end_date = When()


class UpdateIn(Lenient):
    """What an app says about a request that it sent."""

    service_request_id = Text(64, required=True)
    update_id = Text(200, required=True)
    status = Text(40, required=True)
    description = Exact(4000)


class ServiceOut(ma.Schema):
    """Something that can be reported."""

    service_code = ma.fields.String()
    service_name = ma.fields.String()
    description = ma.fields.String()
    metadata = ma.fields.Boolean(metadata={"description": "whether there are questions: fetch the definition"})
    type = ma.fields.String(metadata={"description": "always realtime: the number comes at once"})
    keywords = ma.fields.String(metadata={"description": "separated by commas"})
    group = ma.fields.String()


class DefinitionOut(ma.Schema):
    """What to ask about a service."""

    class AttributeOut(ma.Schema):
        """A question."""

        class ValueOut(ma.Schema):
            """One of the answers to choose from."""

            key = ma.fields.String()
            name = ma.fields.String()

        variable = ma.fields.Boolean(metadata={"description": "false: words to be shown, nothing to be answered"})
        code = ma.fields.String()
        datatype = ma.fields.String()
        required = ma.fields.Boolean()
        datatype_description = ma.fields.String(allow_none=True)
        order = ma.fields.Integer()
        description = ma.fields.String()
        values = ma.fields.List(ma.fields.Nested(ValueOut()))

    service_code = ma.fields.String()
    attributes = ma.fields.List(ma.fields.Nested(AttributeOut()))


class AcceptedOut(ma.Schema):
    """It is stored for good."""

    service_request_id = ma.fields.String()
    service_notice = ma.fields.String(metadata={"description": "for whoever reports: how to see what becomes of it"})
    account_id = ma.fields.String(allow_none=True)


class TokenOut(ma.Schema):
    """The number that a token stands for."""

    service_request_id = ma.fields.String()
    token = ma.fields.String()


class RequestOut(ma.Schema):
    """A request as everybody may know of it; to the app that sent it, in its own words."""

    class NoteOut(ma.Schema):
        """Something that happened."""

        datetime = ma.fields.String()
        description = ma.fields.String()
        type = ma.fields.String()

    service_request_id = ma.fields.String()
    status = ma.fields.String(metadata={"enum": ["open", "closed"]})
    status_notes = ma.fields.String()
    service_name = ma.fields.String()
    service_code = ma.fields.String()
    description = ma.fields.String()
    agency_responsible = ma.fields.String(allow_none=True)
    service_notice = ma.fields.String(allow_none=True)
    requested_datetime = ma.fields.String()
    updated_datetime = ma.fields.String()
    expected_datetime = ma.fields.String(allow_none=True)
    address = ma.fields.String(allow_none=True)
    address_id = ma.fields.String(allow_none=True)
    zipcode = ma.fields.String(allow_none=True)
    lat = ma.fields.Float(allow_none=True)
    long = ma.fields.Float(allow_none=True)
    media_url = ma.fields.String(allow_none=True)
    attributes = ma.fields.List(ma.fields.Dict(), metadata={"description": "with extensions=true"})
    extended_attributes = ma.fields.Dict(metadata={"description": "with extensions=true"})
    notes = ma.fields.List(ma.fields.Nested(NoteOut()), metadata={"description": "with extensions=true"})


class UpdatedOut(ma.Schema):
    """Something that happened to a request of the app's own."""

    update_id = ma.fields.String()
    service_request_id = ma.fields.String()
    status = ma.fields.String()
    updated_datetime = ma.fields.String()
    description = ma.fields.String()
    media_url = ma.fields.String(allow_none=True)
    external_status_code = ma.fields.String()


class TakenOut(ma.Schema):
    """Our id of an update that was sent."""

    update_id = ma.fields.String()


class DiscoveryOut(ma.Schema):
    """What there is and where."""

    class EndpointOut(ma.Schema):
        """One way in."""

        specification = ma.fields.String()
        url = ma.fields.String()
        changeset = ma.fields.String()
        type = ma.fields.String(metadata={"enum": ["production", "test"]})
        formats = ma.fields.List(ma.fields.String())

    changeset = ma.fields.String()
    contact = ma.fields.String()
    key_service = ma.fields.String()
    endpoints = ma.fields.List(ma.fields.Nested(EndpointOut()))
