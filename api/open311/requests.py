"""Service requests: an app sends them with its key, and everybody reads what of them is public."""
import re
from typing import Any
from urllib.parse import urlsplit

import orjson
from flask import Response, g, request

from api import media
from api.auth import caller, public, tracking_credential
from api.open311.form import Form, form
from api.open311.georeport import MOST_ON_A_PAGE, AcceptedOut, KeyIn, RequestIn, RequestOut, TokenOut, WantedIn
from api.open311.speaking import BY_KEY, asker, of_key, operation, reads
from api.open311.writing import answer
from casework.cases.report import Receipt
from casework.errors import Fault, Invalid, NotFound
from casework.exchange import open311 as exchange
from casework.exchange.open311 import Wanted
from casework.geography.coordinates import Point
from casework.intake import open311 as intake
from casework.intake.open311 import Posted
from casework.media import Original
from casework.storage.database import reading, transaction

PUBLIC = public("everybody may read what is public of service requests")
KILOBYTES = 100_000
MOST_LINKS = 9
LONGEST_KEY = 255
REQUEST = RequestIn()
BESIDE = frozenset({"api_key", "jurisdiction_id"})
"""Fields that say nothing of the report."""


@operation("POST", "/v2/requests", BY_KEY, answer=AcceptedOut(many=True), takes="multipart/form-data", kilobytes=KILOBYTES,
           limit=of_key)
def report() -> Response:
    """Send a report: a form, urlencoded or, with photos under any name, multipart.

    `service_code` and a place (`lat` and `long`, `address_string` or `address_id`) are needed. 200: stored for good, with its
    number. Sent again within an hour (a setting) to the letter, or under the same `Idempotency-Key` header, it is the same.
    `media_url` is kept as text and never fetched.
    """
    sent, key = form(), _own_key()
    said = REQUEST.load(sent.first())
    links = _links(sent.fields.get("media_url", []) + sent.fields.get("media_url[]", []))
    photos = media.kept(sent.files, "media")
    posted = Posted(
        service=said["service_code"], description=said.get("description"),
        place=Point(said["long"], said["lat"]) if "lat" in said else None, address=said.get("address_string"),
        address_code=said.get("address_id"), answers=sent.attributes(), links=links, name=_name(said),
        phone=said.get("phone"), mail=said.get("email"), account=said.get("account_id"), device=said.get("device_id"),
        sent=_all_of(sent, photos), key=key)
    with transaction() as db:
        receipt = intake.report(db, caller(), posted, photos)
    g.case_number = receipt.number  # for the log
    return answer("service_requests", [{"service_request_id": receipt.number, "service_notice": _notice(receipt),
                                        "account_id": said.get("account_id")}])


@operation("GET", "/v2/requests", PUBLIC, query=WantedIn(), answer=RequestOut(many=True), limit=reads)
def requests(query: dict[str, Any]) -> Response:
    """Service requests, the latest first: of 90 days at most, and a thousand at most on a page.

    With only a start_date the 90 days after it, with only an end_date those before it.
    """
    most = min(query.get("page_size") or query.get("count") or MOST_ON_A_PAGE, MOST_ON_A_PAGE)
    wanted = Wanted(
        numbers=[one.upper() for one in query.get("service_request_id", ())], services=query.get("service_code", ()),
        statuses=query.get("status", ()), since=query.get("start_date"), until=query.get("end_date"),
        updated_since=query.get("updated_after"), updated_until=query.get("updated_before"),
        first=(query.get("page", 1) - 1) * most, most=most)
    known = asker(query.get("api_key"))
    with reading() as db:
        return answer("service_requests", exchange.requests(db, wanted, known, extended=_extended(query)))


@operation("GET", "/v2/requests/<service_request_id>", PUBLIC, query=KeyIn(), answer=RequestOut(many=True), limit=reads)
def one_request(service_request_id: str, query: dict[str, Any]) -> Response:
    """One service request, in a list of one."""
    known = asker(query.get("api_key"))
    with reading() as db:
        return answer("service_requests", [
            exchange.request(db, _number(service_request_id), known, extended=_extended(query))])


@operation("GET", "/v2/tokens/<token>", PUBLIC, answer=TokenOut(many=True), limit=reads)
def token(token: str) -> Response:
    """The request of a token: every report has its number at once, which is its own token, for clients that always ask."""
    with reading() as db:
        number = exchange.request(db, _number(token), None)["service_request_id"]
    return answer("service_requests", [{"service_request_id": number, "token": token}])


def _own_key() -> str | None:
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY:
        raise Invalid("this key is too long", Fault("Idempotency-Key", f"must have {LONGEST_KEY} characters at most"))
    return key or None


def _links(said: list[str]) -> list[str]:
    """Addresses of pictures, as text. Raises Invalid for what is none."""
    for one in said:
        try:
            parts = urlsplit(one)
        except ValueError:  # "http://["
            parts = urlsplit("")
        if parts.scheme not in {"http", "https"} or not parts.netloc or len(one) > 2000:
            raise Invalid("this is no address of a picture", Fault("media_url", "must be an address with http or https"))
    if len(said) > MOST_LINKS:
        raise Invalid("these are too many", Fault("media_url", f"may come {MOST_LINKS} times at most"))
    return said


def _name(said: dict[str, str]) -> str | None:
    """As people here write it: the family name first, and a blank only between names that are not Chinese."""
    names = [one for one in (said.get("last_name"), said.get("first_name")) if one]
    return (" " if " ".join(names).isascii() else "").join(names) or None


def _all_of(sent: Form, photos: list[Original]) -> str:
    """All that came, in one text."""
    fields = sorted((name, said) for name, said in sent.fields.items() if name not in BESIDE)
    return orjson.dumps([fields, [one.sha256 for one in photos]]).decode()


def _notice(receipt: Receipt) -> str:
    return (f"已受理，编号 {receipt.number}，查询口令 {tracking_credential(receipt.id)}（请妥善保存）。 "
            f"Received. Keep the number and this token to see what becomes of it.")


def _extended(query: dict[str, Any]) -> bool:
    return str(query.get("extensions", "")).strip().lower() == "true"


def _number(said: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z-]{4,32}", said):
        raise NotFound("there is no such service request")
    return said
