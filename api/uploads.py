"""Files that come in pieces and go on where they broke off: tus 1.0.0, for any client that speaks it.

https://tus.io/protocols/resumable-upload: core, creation, creation-with-upload, creation-defer-length, expiration, checksum,
termination and concatenation. Whole photos become the sender's, to be named in a report or step by their hash.
"""
import base64
import binascii
import io
import re
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from flask import Response, request
from werkzeug.exceptions import BadRequest, ClientDisconnected, PreconditionFailed
from werkzeug.http import http_date

from api import limits
from api.auth import caller, requires
from api.blueprint import Blueprint
from api.patience import Patient, Stream
from casework.errors import CaseworkError, Invalid, NotFound, Refused, Unsupported
from casework.media.uploads import creating, forgetting, receiving
from casework.media.uploads.receiving import ALGORITHMS, Checksum
from casework.media.uploads.upload import Upload, elsewhere, find, largest
from casework.storage.database import reading, transaction

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,creation-defer-length,expiration,checksum,termination,concatenation"
BYTES = "application/offset+octet-stream"
MOST_METADATA = 4000
MOST_PARTS = 100
REQUEST_KILOBYTES = 128 * 1024
"""What one request brings; a larger upload comes in several. A system that signs its requests has them read whole."""

PREFIX = "/api/v1/uploads"
OVERRIDDEN = {"PATCH", "DELETE", "HEAD"}

blueprint = Blueprint("uploads", __name__, url_prefix=PREFIX, description="断点续传 Resumable uploads (tus 1.0.0)")


class MethodOverride:
    """WSGI: a POST to an upload that says X-HTTP-Method-Override is what it says; some networks let no other method pass."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        meant = environ.get("HTTP_X_HTTP_METHOD_OVERRIDE", "").upper()
        if meant in OVERRIDDEN and environ["REQUEST_METHOD"] == "POST" and environ.get("PATH_INFO", "").startswith(PREFIX):
            environ["REQUEST_METHOD"] = meant
        return self.app(environ, start_response)


@blueprint.before_request
def _same_protocol() -> None:
    """Another version, or none, is not worked on; OPTIONS asks which there are."""
    if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != VERSION:
        raise PreconditionFailed(f"This is tus {VERSION}: say so in Tus-Resumable.")


@blueprint.after_request
def _say_protocol(response: Response) -> Response:
    response.headers["Tus-Resumable"] = VERSION
    if request.method == "OPTIONS" or response.status_code == 412:
        response.headers["Tus-Version"] = VERSION
    if request.method == "OPTIONS":
        response.headers["Tus-Extension"] = EXTENSIONS
        response.headers["Tus-Max-Size"] = str(largest())
        response.headers["Tus-Checksum-Algorithm"] = ",".join(ALGORITHMS)
    if response.status_code == 409 and (offset := (response.get_json(silent=True) or {}).get("offset")) is not None:
        response.headers["Upload-Offset"] = str(offset)
    return response


@blueprint.operation("POST", "", requires("media.upload"), status=201, media_type=BYTES, kilobytes=REQUEST_KILOBYTES,
                     problems=("bad-request", "other-version", "too-large", "unsupported", "damaged", "no-room"),
                     limit=limits.reports)
def create() -> Response:
    """Begin an upload; its address is in Location.

    Say Upload-Length, or `Upload-Defer-Length: 1`; with `Upload-Concat: final;…` neither. In Upload-Metadata `sha256` (hex)
    is what a report names the file by. Bytes may come along, as application/offset+octet-stream.
    """
    described = request.headers.get("Upload-Metadata")
    sha256 = _sha256(described)
    concat = request.headers.get("Upload-Concat", "")
    if concat.startswith("final"):
        return _answer(_join(concat, described, sha256), 201)
    if concat not in {"", "partial"}:
        raise BadRequest("Upload-Concat is `partial`, or `final;` with the addresses of the parts.")
    length = _promised_length()
    brings = request.mimetype == BYTES
    if not brings and request.content_length:
        raise Unsupported(f"bytes that come with the creation are {BYTES}")
    with transaction() as db:
        upload = creating.create(db, _me(), length=length, described=described, sha256=sha256, partial=concat == "partial")
    if brings or upload.has_all:
        upload = _with_first_bytes(upload)
    return _answer(upload, 201)


@blueprint.operation("HEAD", "/<upload_id>", requires("media.upload"), media_type=BYTES, problems=("gone", "other-version"))
def state(upload_id: str) -> Response:
    """How far an upload is: Upload-Offset. When it is whole, Upload-Photo names its photo or Upload-Refused says why none."""
    return _answer(_found(upload_id), 200)


@blueprint.operation("PATCH", "/<upload_id>", requires("media.upload"), takes=BYTES, kilobytes=REQUEST_KILOBYTES, status=204,
                     problems=("gone", "other-version", "damaged", "no-room"))
def send(upload_id: str) -> Response:
    """Send the bytes from Upload-Offset on; the new offset comes back. A connection that breaks keeps what arrived.

    With Upload-Checksum (sha1, sha256 or md5, in base64) nothing is kept unless all of it fits.
    """
    upload = _found(upload_id)
    if upload.joined:
        raise Refused("a final upload is made of its parts; nothing is sent to it")
    if request.mimetype != BYTES:
        raise Unsupported(f"send {BYTES} here, not {request.mimetype or 'a body without a content type'}")
    offset = _whole_number("Upload-Offset")
    if offset is None:
        raise BadRequest("Upload-Offset says where the bytes begin.")
    if offset != upload.received:
        raise elsewhere(upload.received)
    if (length := _whole_number("Upload-Length")) is not None:
        with transaction() as db:
            upload = creating.settle_length(db, upload, length)
    return _answer(_append(upload, offset), 204)


@blueprint.operation("DELETE", "/<upload_id>", requires("media.upload"), problems=("gone", "other-version"))
def end(upload_id: str) -> None:
    """Give an upload up, with all that came. What became a photo stays one."""
    forgetting.terminate(_me(), _id(upload_id))


class _Body:
    """The request's bytes; a client that went away has sent its last ones."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream

    def read(self, size: int, /) -> bytes:
        try:
            return self.stream.read(size)
        except ClientDisconnected:
            return b""


def _append(upload: Upload, offset: int) -> Upload:
    """Take what the request brings."""
    checksum = _checksum()
    if caller().kind == "client":  # what was signed has been read, to compare the signature
        return receiving.append(upload, offset, io.BytesIO(request.get_data()), checksum)
    with Patient(request.stream) as stream:
        return receiving.append(upload, offset, _Body(stream), checksum)


def _answer(upload: Upload, status: int) -> Response:
    response = Response(status=status, content_type=None)
    headers = {
        "Location": f"{PREFIX}/{upload.id}" if status == 201 else None, "Upload-Offset": upload.received,
        "Upload-Length": upload.length, "Upload-Defer-Length": 1 if upload.length is None else None,
        "Upload-Metadata": upload.described, "Upload-Concat": upload.joined or ("partial" if upload.partial else None),
        "Upload-Expires": http_date(upload.expires_at), "Upload-Photo": upload.photo_id, "Upload-Refused": upload.reason,
        "Cache-Control": "no-store"}
    response.headers.update({name: str(value) for name, value in headers.items() if value is not None})
    return response


def _with_first_bytes(upload: Upload) -> Upload:
    """Whoever hears of a fault here has not heard the upload's address, so it is not kept."""
    try:
        return _append(upload, 0)
    except (CaseworkError, BadRequest):
        forgetting.abandon(upload)
        raise


def _join(concat: str, described: str | None, sha256: str | None) -> Upload:
    if request.headers.get("Upload-Length") is not None:
        raise BadRequest("A final upload is as long as its parts; it says no length.")
    places = concat.partition(";")[2].split()
    named = [re.fullmatch(rf"(?:https?://[^/]+)?{PREFIX}/([^/]+)", place) for place in places]
    if not 0 < len(places) <= MOST_PARTS or not all(named):
        raise BadRequest(f"Upload-Concat names 1 to {MOST_PARTS} uploads of this server.")
    try:
        return creating.concatenate(_me(), [_id(one[1]) for one in named if one], joined=concat, described=described,
                                    sha256=sha256)
    except (Invalid, NotFound) as error:
        raise BadRequest(error.sentence) from None


def _found(upload_id: str) -> Upload:
    with reading() as db:
        return find(db, _me(), _id(upload_id))


def _me() -> uuid.UUID:
    owner_id = caller().id
    assert owner_id is not None  # noqa: S101 - the permission is of people and systems, who all have one
    return owner_id


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound("there is no such upload") from None


def _whole_number(header: str) -> int | None:
    text = request.headers.get(header)
    if text is not None and not re.fullmatch(r"[0-9]{1,18}", text):
        raise BadRequest(f"{header} is a whole number of bytes.")
    return None if text is None else int(text)


def _promised_length() -> int | None:
    length, later = _whole_number("Upload-Length"), request.headers.get("Upload-Defer-Length")
    if (length is None) == (later is None) or later not in {None, "1"}:
        raise BadRequest("Say Upload-Length, or `Upload-Defer-Length: 1` when it is to be said later.")
    return length


def _sha256(described: str | None) -> str | None:
    """The hash that the metadata name, once all of them were seen to be well-formed."""
    if not described:
        return None
    if len(described) > MOST_METADATA or not described.isascii():
        raise BadRequest(f"Upload-Metadata has at most {MOST_METADATA} ASCII characters.")
    pairs: dict[str, str] = {}
    for pair in described.split(","):
        key, _, value = pair.strip().partition(" ")
        if not re.fullmatch(r"[!-+\-./0-~]+", key) or key in pairs:
            raise BadRequest("Upload-Metadata is `key base64` pairs with commas between; each key once.")
        pairs[key] = value.strip()
    try:
        values = {key: base64.b64decode(value, validate=True) for key, value in pairs.items()}
    except binascii.Error:
        raise BadRequest("Upload-Metadata has values in base64.") from None
    found = values.get("sha256", b"").decode("latin-1").lower()
    if "sha256" in values and not re.fullmatch(r"[0-9a-f]{64}", found):
        raise BadRequest("The sha256 in Upload-Metadata is 64 hex digits.")
    return found or None


def _checksum() -> Checksum | None:
    sent = request.headers.get("Upload-Checksum")
    if sent is None:
        return None
    algorithm, _, value = sent.partition(" ")
    try:
        digest = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if algorithm not in ALGORITHMS or not digest:
        raise BadRequest(f"Upload-Checksum is one of {', '.join(ALGORITHMS)} with the hash in base64.")
    return Checksum(algorithm, digest)
