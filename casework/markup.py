"""XML that comes from outside: no DTD, no entities, bounded in depth and number of elements, whatever its sender meant."""
from io import BytesIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse


class UnreadableXmlError(ValueError):
    """Its words say why, as a reason after the name of the field that it came in."""


class TooMuchXmlError(UnreadableXmlError):
    """More of it, or deeper nested, than is taken."""


def read(xml: bytes, *, deepest: int, most: int) -> Element:
    """The root, with at most `most` elements, `deepest` inside each other. Raises UnreadableXmlError."""
    depth = elements = 0
    root: Element | None = None
    try:
        for event, element in iterparse(BytesIO(xml), events=("start", "end"), forbid_dtd=True):
            depth += 1 if event == "start" else -1
            elements += event == "start"
            root = element if root is None else root
            if depth > deepest or elements > most:
                raise TooMuchXmlError(f"may have {most} elements, {deepest} inside each other")
    except DefusedXmlException:
        raise UnreadableXmlError("has a DTD or entities, which are not taken") from None
    except UnreadableXmlError:
        raise
    except (ParseError, ValueError, LookupError) as error:  # LookupError: an encoding that nobody knows
        raise UnreadableXmlError(f"is not XML: {error}"[:300]) from None
    if root is None:
        raise UnreadableXmlError("is empty")
    return root
