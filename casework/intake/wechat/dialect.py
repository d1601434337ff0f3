"""What WeChat says in XML as plain values: a stranger's XML, read without DTD or entities and bounded in every way."""
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from casework import markup
from casework.errors import Fault, Invalid
from casework.geography.coordinates import Point, gcj02_to_wgs84
from casework.intake.wechat.envelope import cdata
from casework.markup import UnreadableXmlError

MOST_BYTES = 64 * 1024
DEEPEST, MOST_ELEMENTS = 8, 500
OPENID = re.compile(r"[A-Za-z0-9_@.-]{1,64}")


@dataclass(frozen=True)
class Incoming:
    """One message or event. `key` is the same whenever WeChat sends it again, `sent_at` is WeChat's clock."""

    openid: str
    account: str
    """ToUserName: the account's own name, that an answer comes from."""
    sent_at: datetime
    kind: str
    key: str
    fields: Mapping[str, str]

    def text(self, name: str) -> str:
        """A field as it was sent; "" for none."""
        return self.fields.get(name, "")

    @property
    def place(self) -> Point:
        """Of a location message, WGS-84: WeChat's maps are in GCJ-02. Raises Invalid."""
        lat, lon = self._degrees("Location_X", 90), self._degrees("Location_Y", 180)
        return gcj02_to_wgs84(Point(lon, lat))

    def _degrees(self, name: str, most: float) -> float:
        try:
            value = float(self.text(name))
        except ValueError:
            value = math.nan
        if not abs(value) <= most:  # NaN is not, either
            raise _unreadable(name, f"must be degrees from -{most} to {most}")
        return value


def fields_of(xml: bytes) -> dict[str, str]:
    """The children of the root by name, with their text. Raises Invalid for what is not XML of this kind."""
    if len(xml) > MOST_BYTES:
        raise _unreadable("xml", f"may have {MOST_BYTES // 1024} kilobytes")
    return {child.tag: child.text or "" for child in _parsed(xml)}


def read(fields: Mapping[str, str]) -> Incoming:
    """The message that these fields are. Raises Invalid."""
    openid, kind, created = fields.get("FromUserName", ""), fields.get("MsgType", ""), fields.get("CreateTime", "")
    if not OPENID.fullmatch(openid):
        raise _unreadable("FromUserName", "must be an openid")
    if not re.fullmatch(r"[0-9]{1,11}", created):
        raise _unreadable("CreateTime", "must be Unix seconds")
    if not re.fullmatch(r"[a-z_]{1,32}", kind):
        raise _unreadable("MsgType", "must be a kind of message")
    number = fields.get("MsgId", "")
    if kind == "event":
        key = "+".join((openid, created, fields.get("Event", ""), fields.get("EventKey", "")))
    elif re.fullmatch(r"[0-9]{1,20}", number):
        key = number
    else:
        raise _unreadable("MsgId", "must be a number")
    return Incoming(openid, fields.get("ToUserName", ""), datetime.fromtimestamp(int(created), UTC), kind, key, fields)


def reply(to: Incoming, text: str, at: datetime) -> str:
    """A text message in answer: sender and receiver change places."""
    return (f"<xml><ToUserName>{cdata(to.openid)}</ToUserName><FromUserName>{cdata(to.account)}</FromUserName>"
            f"<CreateTime>{int(at.timestamp())}</CreateTime><MsgType>{cdata('text')}</MsgType><Content>{cdata(text)}</Content></xml>")


def _parsed(xml: bytes) -> Element:
    try:
        return markup.read(xml, deepest=DEEPEST, most=MOST_ELEMENTS)
    except UnreadableXmlError as error:
        raise _unreadable("xml", str(error)) from None


def _unreadable(field: str, reason: str) -> Invalid:
    return Invalid("this is no message of WeChat's", Fault(field, reason))
