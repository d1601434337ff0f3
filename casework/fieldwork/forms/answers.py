"""A filled-in form as OpenRosa carries it: XML of strangers, read without DTD, entities or network, bounded in every way."""
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from xml.etree.ElementTree import Element

from casework import clock, markup
from casework.errors import Fault, Invalid, TooLarge
from casework.markup import TooMuchXmlError, UnreadableXmlError

MAX_BYTES = 2_000_000
DEEPEST = 40
MOST_ELEMENTS = 20_000
LONGEST_ID = 249
TEMPLATE = "{http://openrosa.org/javarosa}template"
"""Marks the empty pattern of a repeat in a blank form: it is no answer."""
MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)[0-9]*"
                    r"(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?")
FILLED = ("end", "start")
"""Names that XLSForms give to the times of filling in, the better one first."""


@dataclass(frozen=True)
class Filled:
    """What one person filled in once. `said` has the answers by question name, in order: a repeat has several.

    `filled_at` is the device's own time, as far as the form keeps it.
    """

    form_id: str
    version: str
    instance_id: str
    deprecated_id: str | None
    filled_at: datetime | None
    said: Mapping[str, list[str]]

    def one(self, name: str) -> str:
        """The answer to a question that is asked once; "" for none."""
        return next((text for text in self.said.get(name, ()) if text), "")


@dataclass(frozen=True)
class Position:
    """A geopoint: degrees in WGS-84, accuracy in metres."""

    lon: float
    lat: float
    accuracy: float | None


def read(xml: bytes) -> Filled:
    """Raises TooLarge, and Invalid for what is no filled-in form of ours."""
    if len(xml) > MAX_BYTES:
        raise TooLarge(f"the answers of a form may have {MAX_BYTES // 1_000_000} MB")
    root = _parsed(xml)
    said: dict[str, list[str]] = {}
    meta: dict[str, str] = {}
    for name, text, in_meta in _leaves(root):
        if in_meta:
            meta.setdefault(name, text)
        else:
            said.setdefault(name, []).append(text)
    form_id, instance_id = root.get("id", ""), meta.get("instanceID", "")
    version, deprecated_id = root.get("version", ""), meta.get("deprecatedID", "")
    asked = (("id", form_id, 1), ("meta.instanceID", instance_id, 1),
             ("version", version, 0), ("meta.deprecatedID", deprecated_id, 0))
    faults = [Fault(name, f"must have {least} to {LONGEST_ID} characters") for name, text, least in asked
              if not least <= len(text) <= LONGEST_ID]
    if faults:
        raise Invalid("this is not a filled-in form", *faults)
    times = (moment(text) for name in FILLED for text in said.get(name, ()))
    return Filled(form_id, version, instance_id, deprecated_id or None, next((time for time in times if time), None), said)


def _parsed(xml: bytes) -> Element:
    try:
        return markup.read(xml, deepest=DEEPEST, most=MOST_ELEMENTS)
    except TooMuchXmlError as error:
        raise TooLarge(f"a form {error}") from None
    except UnreadableXmlError as error:
        raise _no_form(str(error)) from None


def _no_form(reason: str) -> Invalid:
    return Invalid("the answers cannot be read", Fault("xml_submission_file", reason))


def _leaves(root: Element) -> Iterator[tuple[str, str, bool]]:
    """Each element without children: its local name, its text, and whether it stands in the `meta` of the form."""
    waiting: list[tuple[Element, bool]] = [(child, False) for child in reversed(root)]
    while waiting:
        element, in_meta = waiting.pop()
        name = _local(element)
        if TEMPLATE in element.attrib:
            continue
        if len(element):
            waiting += [(child, in_meta or name == "meta") for child in reversed(element)]
        else:
            yield name, (element.text or "").strip(), in_meta


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def moment(text: str) -> datetime | None:
    """A time as devices write it, also with a zone of hours only (2018-04-17T22:59:27.493-04); without any it is the city's.
    None for what is no time."""
    found = MOMENT.fullmatch(text)
    if found is None:
        return None
    try:
        made = datetime.fromisoformat(found[1] + (found[2] or ""))
        return (made if made.tzinfo else made.replace(tzinfo=clock.CITY)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def day(text: str) -> str:
    """A date without the time and zone that some devices add; what is no date stays as it is."""
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return text


def position(text: str) -> Position | None:
    """A geopoint "lat lon altitude accuracy", the last two perhaps missing. None for what is none."""
    try:
        lat, lon, *rest = (float(part) for part in text.split())
    except ValueError:
        return None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        return None
    accuracy = rest[1] if len(rest) > 1 else None
    return Position(lon, lat, accuracy if accuracy is not None and 0 <= accuracy <= 100_000 else None)
