"""From bytes to plain values: JSON, query and multipart bodies, refused at the edge when they are not clean text."""
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

import marshmallow as ma
import orjson
from flask import request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import BadRequest

from casework.errors import Fault, Invalid, NotFound, TooLarge, Unsupported
from casework.settings import current

DEEPEST = 32
"""Levels of nesting in JSON; GeoJSON needs eight."""

HOLDS = str, dict, list
"""What may hold NUL, or more levels: a track has thousands of numbers, which hold neither."""

TAKEN = "Some fields cannot be taken."
NO_NUL = "must not contain NUL characters"


@dataclass(frozen=True)
class Uploads:
    """Files of one multipart field; the view gets them as `files`, a list that may be empty."""

    field: str = "photos"
    most: int = 9
    megabytes: int | None = None
    """Of one file; None for photos, whose limit the settings give."""

    @property
    def max_bytes(self) -> int:
        """What all of them may weigh together, by the settings of now."""
        return self.most * (self.megabytes or current().photo_megabytes) * 1024 * 1024


@contextmanager
def named_in(field: str) -> Iterator[None]:
    """What this field of the body names is looked for within: not there, it is a fault of the field, not of the address."""
    try:
        yield
    except NotFound as error:
        raise Invalid(TAKEN, Fault(field, error.sentence)) from None


def read_json(raw: bytes, *, nul_is_judged_later: bool = False) -> Any:
    """JSON bytes as plain values. Raises BadRequest for malformed JSON, bad UTF-8 or half surrogates, Invalid for NUL.

    orjson is strict about all but NUL, which is legal JSON and which PostgreSQL cannot keep. A batch whose items are
    judged one by one finds it there: one bad item must not refuse the others.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The body is not JSON in UTF-8: {error}.") from None
    if raw.count(b"{") + raw.count(b"[") > DEEPEST:
        _refuse_deep(value)
    if b"\\u0000" in raw:
        faults = nul_in(value)
        if faults and not nul_is_judged_later:
            raise Invalid(TAKEN, *faults)
    return value


def _refuse_deep(value: Any) -> None:
    """Raises BadRequest for what is nested too deep. Level by level, without a word about places: a track has thousands."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(DEEPEST - 1):
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)
                 if isinstance(inner, (dict, list))]
    if any(level):
        raise BadRequest(f"The body is nested deeper than {DEEPEST} levels.")


def nul_in(value: Any) -> list[Fault]:
    """Where there is NUL. Raises BadRequest for what is nested too deep."""
    faults: list[Fault] = []
    waiting = [(value, "", 1)]
    while waiting:
        here, path, depth = waiting.pop()
        if depth > DEEPEST:
            raise BadRequest(f"The body is nested deeper than {DEEPEST} levels.")
        if isinstance(here, str) and "\0" in here:
            faults.append(Fault(path, NO_NUL))
        elif isinstance(here, dict):
            if any("\0" in key for key in here):
                faults.append(Fault(path, "has a name with NUL characters"))
            waiting += [(inner, f"{path}.{key}".lstrip("."), depth + 1) for key, inner in here.items()
                        if isinstance(inner, HOLDS)]
        elif isinstance(here, list):
            waiting += [(inner, f"{path}.{place}".lstrip("."), depth + 1) for place, inner in enumerate(here)
                        if isinstance(inner, HOLDS)]
    return faults


def json_body(schema: ma.Schema, kilobytes: int) -> Any:
    """The request's JSON, perhaps packed by gzip, as the schema loads it.

    Raises Unsupported, TooLarge, and what read_json and the schema raise.
    """
    if not (request.mimetype == "application/json" or request.mimetype.endswith("+json")):
        raise Unsupported(f"send application/json here, not {request.mimetype or 'a body without a content type'}")
    raw = _unpacked(request.get_data(cache=True), kilobytes)
    if len(raw) > kilobytes * 1024:
        raise TooLarge(f"a body may have {kilobytes} kilobytes here")
    return schema.load(read_json(raw, nul_is_judged_later=getattr(schema, "judges_each", False)))


def _unpacked(raw: bytes, kilobytes: int) -> bytes:
    """A body as it was before `Content-Encoding: gzip`; of one that unpacks to more than may come, a byte more than that.

    Raises BadRequest for what is no gzip or cut off, Unsupported for another encoding.
    """
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding == "identity":
        return raw
    if coding not in {"gzip", "x-gzip"}:
        raise Unsupported(f"send the body as it is or with Content-Encoding: gzip, not {coding[:40]}")
    packed = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        whole = packed.decompress(raw, kilobytes * 1024 + 1)
    except zlib.error:
        raise BadRequest("The body is not gzip, as Content-Encoding says.") from None
    if not packed.eof and len(whole) <= kilobytes * 1024:
        raise BadRequest("The gzip body was cut off.")
    return whole


def query(schema: ma.Schema) -> Any:
    """The query string as the schema loads it; a list field is a name repeated. Unknown names are faults."""
    if b"%" in request.query_string:
        try:
            unquote_to_bytes(request.query_string).decode()
        except UnicodeDecodeError:
            raise BadRequest("The query is not text in UTF-8.") from None
    lists = {field.data_key or name for name, field in schema.fields.items() if isinstance(field, ma.fields.List)}
    sent = {name: request.args.getlist(name) if name in lists else text for name, text in request.args.items()}
    faults = [Fault(name.replace("\0", ""), NO_NUL) for name in sent
              if "\0" in name or any("\0" in text for text in request.args.getlist(name))]
    if faults:
        raise Invalid(TAKEN, *faults)
    return schema.load(sent)


def multipart(schema: ma.Schema | None, uploads: Uploads, kilobytes: int) -> tuple[Any, list[FileStorage]]:
    """What the schema loads and the files; JSON without files is taken as well where there is a schema."""
    if schema is not None and request.mimetype == "application/json":
        return json_body(schema, kilobytes), []
    if request.mimetype != "multipart/form-data":
        raise Unsupported("send multipart/form-data here" + (", or application/json without files" if schema else ""))
    if not request.form and not request.files:  # werkzeug's parser is silent about what it cannot parse
        raise BadRequest("The upload was cut off, or is not multipart/form-data.")
    if unknown := set(request.files) - {uploads.field}:
        raise Invalid(TAKEN, *(Fault(name, "no file is expected here") for name in sorted(unknown)))
    files = request.files.getlist(uploads.field)
    if len(files) > uploads.most:
        raise TooLarge(f"at most {uploads.most} files may come in {uploads.field}, and {len(files)} came")
    return (schema.load(_form(schema)) if schema is not None else None), files


def _form(schema: ma.Schema) -> dict[str, Any]:
    """Text parts as their schema wants them: lists by repetition, objects (and lists of objects) as JSON text."""
    by_name: Mapping[str, ma.fields.Field[Any]] = {
        field.data_key or name: field for name, field in schema.fields.items()}
    sent: dict[str, Any] = {}
    for name, text in request.form.items():
        field = by_name.get(name)
        if "\ufffd" in text:  # werkzeug puts it where bytes were not UTF-8, and no keyboard has it
            raise Invalid(TAKEN, Fault(name, "is not text in UTF-8"))
        if "\0" in text or "\0" in name:
            raise Invalid(TAKEN, Fault(name.replace("\0", ""), NO_NUL))
        if text[:1] in {"{", "["} and field is not None and not isinstance(field, ma.fields.String):
            sent[name] = read_json(text.encode())
        else:
            sent[name] = request.form.getlist(name) if isinstance(field, ma.fields.List) else text
    return sent
