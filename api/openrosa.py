"""OpenRosa 1.0, so that ODK Collect works unchanged: the forms in use, and what was filled in on them.

Every answer under /openrosa speaks OpenRosa, also what was refused. With the token of a field key in the address
(/openrosa/key/TOKEN) no log-in is asked for; else Digest, or Basic over https.
"""
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import marshmallow as ma
import orjson
import structlog
from flask import Response, g, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest
from werkzeug.http import http_date

from api import limits
from api.auth import Access, caller
from api.blueprint import Blueprint
from api.errors import MIMETYPE, faults_of
from api.operations import perform_one
from casework import clock
from casework.errors import CaseworkError, Fault, Invalid, NotFound, Unauthenticated, Unsupported
from casework.fieldwork.forms import answers, effects, library
from casework.fieldwork.forms.library import CollectionForm
from casework.fieldwork.forms.submissions import Arrived, Sent, State, Submission
from casework.fieldwork.operations import Answer
from casework.identity.people import Actor
from casework.identity.sessions import field_keys
from casework.storage.database import reading, transaction

log = structlog.get_logger("api.openrosa")

XML = "text/xml; charset=utf-8"
ROOT = "/openrosa"
MOST_BYTES = 100_000_000
"""Of one POST; Collect then sends the rest in the next."""
MOST_PARTS = 250
"""Of one POST: Collect puts up to a hundred files beside the answers."""
ANSWERS = "xml_submission_file"

blueprint = Blueprint("openrosa", __name__, url_prefix=ROOT, description="ODK Collect, by OpenRosa")
keyed = Blueprint("openrosa_key", __name__, url_prefix=f"{ROOT}/key/<token>",
                  description="ODK Collect, by OpenRosa, with a token in the address")


def holder() -> Actor:
    """Who holds the field key that this request shows. Raises Unauthenticated."""
    token, shown = g.pop("field_token", None), request.authorization
    with reading() as db:
        if token is not None:
            return field_keys.actor_of_token(db, token)
        if shown is not None and shown.type == "digest" and _asked(str(shown.parameters.get("uri"))):
            return _of_digest(db, shown.parameters)
        if shown is not None and shown.type == "basic" and request.is_secure:
            return field_keys.actor_of_basic(db, shown.username or "", shown.password or "")
    raise Unauthenticated("show a field key: by Digest or, over https, by Basic")


def _of_digest(db: Session, sent: Mapping[str, str | None]) -> Actor:
    try:
        return field_keys.actor_of_digest(db, sent, request.method)
    except field_keys.StaleError:
        g.stale = True  # the app makes its response anew, and asks nobody for a password
        raise


ACCESS = Access("openrosa.use", "", identifies=True, anonymous=False, scheme="fieldKey", identify=holder)


@keyed.url_value_preprocessor
def _take_token(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    g.field_token = (values or {}).pop("token", "")


def forms() -> Response:
    """The forms in use. `formID` picks one, `verbose` adds what it is about, `listAllVersions` former versions too."""
    wanted, verbose = request.args.get("formID"), "verbose" in request.args
    with reading() as db:
        found = [one for one in library.all_versions(db) if wanted in {None, one.form_id}
                 and (one.active or request.args.get("listAllVersions") == "true")]
    base = request.base_url.removesuffix("/formList")
    rows = "".join(_row(one, base, verbose=verbose) for one in found)
    return Response(f'<?xml version="1.0" encoding="utf-8"?>\n<xforms xmlns="http://openrosa.org/xforms/xformsList">{rows}</xforms>',
                    content_type=XML)


def form(form_id: str, version: str) -> Response:
    """A form as an XForm: the bytes whose MD5 the list tells."""
    with reading() as db:
        found = library.of(db, form_id, version)
    response = Response(found.xform.encode(), content_type=XML)
    response.set_etag(found.md5)
    response.make_conditional(request)
    return response


def manifest(form_id: str, version: str) -> Response:
    """The files beside a form: none, they are not published here."""
    with reading() as db:
        library.of(db, form_id, version)
    return Response('<?xml version="1.0" encoding="utf-8"?>\n<manifest xmlns="http://openrosa.org/xforms/xformsManifest"/>',
                    content_type=XML)


def may_submit() -> None:
    """Asked before a large body is sent: yes, and this is how large it may be."""


def submit() -> Response:
    """Take what was filled in, with its files, all at once or in parts that repeat the answers.

    201: stored for good. 202: nothing new, it came before. 409: this instance came before with other answers. What the
    register or the desk cannot take is kept all the same, and shown with its reason to those who look after the data.
    """
    xml = _answers()
    filled = answers.read(xml)
    with reading() as db:
        found = library.find(db, filled.form_id, filled.version)
    if found is None:
        raise NotFound("there is no such form")
    sent = Sent(_text(xml), filled, (request.args.get("deviceID") or "").replace("\0", "")[:100] or None, list(_files(found)))
    with transaction() as db:
        one, is_new = effects.receive(db, caller(), sent, found, perform)
    return _told("submit_success", _words(one), 201 if is_new else 202)


def perform(  # noqa: PLR0917 - in the order of an operation
        db: Session, actor: Actor, kind: str, operation_id: uuid.UUID, at: datetime, data: Mapping[str, Any],
        base: uuid.UUID | None) -> Answer:
    """Do one operation as if the PDA page had sent it; what is wrong with its shape is told in the words of the domain."""
    answer = perform_one(db, actor, kind, operation_id, at, data, base)
    if isinstance(answer.error, ma.ValidationError):
        return replace(answer, error=Invalid("Some fields cannot be taken.", *faults_of(answer.error.messages)))
    if answer.error is not None and not isinstance(answer.error, CaseworkError):
        log.error("unexpected error", exc_info=answer.error)
    return answer


for group in (blueprint, keyed):
    group.operation("GET", "/formList", ACCESS, media_type="text/xml")(forms)
    group.operation("GET", "/forms/<form_id>/<version>.xml", ACCESS, media_type="text/xml")(form)
    group.operation("GET", "/forms/<form_id>/<version>.manifest", ACCESS, media_type="text/xml")(manifest)
    group.operation("HEAD", "/submission", ACCESS)(may_submit)
    group.operation("POST", "/submission", ACCESS, media_type="text/xml", status=201, takes="multipart/form-data",
                    kilobytes=MOST_BYTES // 1000, limit=limits.reports)(submit)


@blueprint.after_app_request
def in_openrosa(response: Response) -> Response:
    """Whatever leaves from under /openrosa, also where nothing answers, has the headers and the words of OpenRosa."""
    if request.path != ROOT and not request.path.startswith(f"{ROOT}/"):
        return response
    if response.mimetype == MIMETYPE:
        problem = orjson.loads(response.data)
        said = [problem["detail"], *(f"{fault['field']}: {fault['reason']}" for fault in problem.get("errors", ()))]
        response.data = _told("submit_failure", " ".join(said)).data
        response.content_type = XML
        if response.status_code == 422:
            response.status_code = 400  # Collect knows no other way to say it
    if response.status_code == 401:
        del response.headers["WWW-Authenticate"]
        for way in _ways():
            response.headers.add("WWW-Authenticate", way)
    response.headers["X-OpenRosa-Version"] = "1.0"
    response.headers["X-OpenRosa-Accept-Content-Length"] = str(MOST_BYTES)
    response.headers["Date"] = http_date(clock.now())
    return response


def _ways() -> Iterable[str]:
    yield field_keys.challenge(stale=g.get("stale", False))
    if request.is_secure:
        yield f'Basic realm="{field_keys.REALM}", charset="UTF-8"'


def _asked(uri: str) -> bool:
    """Is this the address of this request? It may be written in other ways; what is signed is as the client wrote it."""
    try:
        named = urlsplit(uri)
    except ValueError:  # "http://["
        return False
    return unquote(named.path) == request.root_path + request.path and named.query == request.query_string.decode("latin-1")


def _row(one: CollectionForm, base: str, *, verbose: bool) -> str:
    address = f"{base}/forms/{one.form_id}/{quote(one.version, safe='')}"
    about = f"<descriptionText>{escape(one.title)}</descriptionText>" if verbose else ""
    return (f"<xform><formID>{escape(one.form_id)}</formID><name>{escape(one.title)}</name>"
            f"<version>{escape(one.version)}</version><hash>md5:{one.md5}</hash>{about}<downloadUrl>{escape(address)}.xml</downloadUrl>"
            f"<manifestUrl>{escape(address)}.manifest</manifestUrl></xform>")


def _answers() -> bytes:
    """The one part with the answers; Collect sends it as a file."""
    if request.mimetype != "multipart/form-data":
        raise Unsupported("send multipart/form-data here")
    request.max_form_parts = MOST_PARTS
    if not request.form and not request.files:  # werkzeug's parser is silent about what it cannot parse
        raise BadRequest("The upload was cut off, or is not multipart/form-data.")
    found: list[bytes] = [file.read() for file in request.files.getlist(ANSWERS)]
    found += [text.encode() for text in request.form.getlist(ANSWERS)]
    if len(found) != 1:
        raise Invalid("the answers are wanted once", Fault(ANSWERS, f"must be there once, and came {len(found)} times"))
    return found[0]


def _text(xml: bytes) -> str:
    try:
        return xml.decode()
    except UnicodeDecodeError:
        raise Invalid("the answers cannot be kept", Fault(ANSWERS, "must be in UTF-8")) from None


def _files(found: CollectionForm) -> Iterable[Arrived]:
    """The files, by the name that the answers give them; in the store already."""
    for part, file in request.files.items(multi=True):
        name = (file.filename or part).replace("\\", "/").rpartition("/")[2].replace("\0", "")[:200]
        if part != ANSWERS and name:
            yield effects.store(name, file.read(), file.mimetype[:100], found)


def _words(one: Submission) -> str:
    if one.missing:
        return f"已收到，还缺{len(one.missing)}个文件。Received; {len(one.missing)} files are missing."
    if one.state is State.REFUSED:
        return "已收到，但内容有误，将由数据管理员处理。Received; something in it is wrong, and a data steward will look at it."
    return "已收到。Received."


def _told(nature: str, words: str, status: int = 200) -> Response:
    return Response(f'<?xml version="1.0" encoding="utf-8"?>\n<OpenRosaResponse xmlns="http://openrosa.org/http/response">'
                    f'<message nature="{nature}">{escape(words)}</message></OpenRosaResponse>', status, content_type=XML)
