"""How an endpoint is declared: one decorator says address, access, shapes and example, and the document says the same.

flask-smorest writes the OpenAPI document; the request itself is parsed here, once, because its own decorators parse
and dump through marshmallow twice as slowly (shared/speed.md has the figures).
"""
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

import flask_smorest
import marshmallow as ma
import orjson
from flask import Response, current_app, request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import BadRequest

from api.auth import Access
from api.errors import PROBLEMS
from api.fields import encode
from casework.errors import Fault, Invalid, TooLarge, Unsupported

View = TypeVar("View", bound=Callable[..., Any])

DEEPEST = 32
"""Levels of nesting in JSON; GeoJSON needs eight."""


@dataclass(frozen=True)
class Uploads:
    """Files of one multipart field; the view gets them as `files`, a list that may be empty."""

    field: str = "photos"
    most: int = 9
    megabytes: int = 20


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # flask-smorest carries no types
    """A group of operations that one kind of caller uses."""

    def operation(self, method: str, path: str, access: Access, *, body: ma.Schema | None = None,
                  query: ma.Schema | None = None, uploads: Uploads | None = None, answer: ma.Schema | None = None,
                  status: int = 200, example: Mapping[str, Any] | None = None, kilobytes: int = 256,
                  media_type: str = "application/json") -> Callable[[View], View]:
        """Declare an operation of the API.

        The view is called by keyword: the path's parts, `body` and `query` as their schema loaded them, `files` (a list
        of FileStorage) with uploads. It returns what `answer` describes: a dict or list of plain values goes to the
        encoder as it is, an object is dumped by the schema, a Response is sent untouched. Its docstring is the summary
        and, after an empty line, the description. With uploads the body comes as multipart/form-data (objects in it as
        JSON text) or, without files, as JSON. `kilobytes` limits the body without files; `example` is required with a
        body. Pass schema instances: a class would be built anew for each request.
        """
        spoken = {"body": body, "query": query, "files": uploads}
        reads = {name: what for name, what in spoken.items() if what is not None}
        limit = kilobytes * 1024 + (uploads.most * uploads.megabytes * 1024 * 1024 if uploads else 0)

        def declare(view: View) -> View:
            _must_take(view, set(reads), path)
            if body is not None and example is None:
                raise TypeError(f"{view.__name__}: a body needs an example")

            @wraps(view)
            def serve(**parts: Any) -> Response:
                if query is not None:
                    parts["query"] = _query(query)
                if uploads is not None:
                    parts["body"], parts["files"] = _multipart(body, uploads, kilobytes)
                    if body is None:
                        del parts["body"]
                elif body is not None:
                    parts["body"] = body.load(_json(kilobytes))
                return _answer(view(**parts), answer, status)

            serve.max_bytes = limit  # type: ignore[attr-defined]
            access(serve)
            serve._apidoc = {"manual_doc": _document(self.name, view, access, path, body, query, uploads, answer,
                                                     status, example, media_type)}
            self.add_url_rule(path, view_func=serve, methods=[method.upper()])
            return view
        return declare


def _must_take(view: Callable[..., Any], reads: set[str], path: str) -> None:
    """A slip between declaration and signature stops the start, not the first caller."""
    named = {part.split(":")[-1] for part in (piece.split(">")[0] for piece in path.split("<")[1:])}
    wanted, taken = reads | named, set(inspect.signature(view).parameters)
    if wanted != taken:
        raise TypeError(f"{view.__name__} takes {sorted(taken)}, and is declared with {sorted(wanted)}")


def read_json(raw: bytes) -> Any:
    """JSON bytes as plain values. Raises BadRequest for malformed JSON, bad UTF-8 or half surrogates, Invalid for NUL.

    orjson is strict about all but NUL, which is legal JSON and which PostgreSQL cannot keep.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The body is not JSON in UTF-8: {error}.") from None
    if raw.count(b"{") + raw.count(b"[") > DEEPEST or b"\\u0000" in raw:
        _walk(value)
    return value


def _walk(value: Any) -> None:
    faults, waiting = [], [(value, "", 1)]
    while waiting:
        here, path, depth = waiting.pop()
        if depth > DEEPEST:
            raise BadRequest(f"The body is nested deeper than {DEEPEST} levels.")
        if isinstance(here, str) and "\0" in here:
            faults.append(Fault(path, "must not contain NUL characters"))
        elif isinstance(here, dict):
            if any("\0" in key for key in here):
                faults.append(Fault(path, "has a name with NUL characters"))
            waiting += [(inner, f"{path}.{key}".lstrip("."), depth + 1) for key, inner in here.items()]
        elif isinstance(here, list):
            waiting += [(inner, f"{path}.{place}".lstrip("."), depth + 1) for place, inner in enumerate(here)]
    if faults:
        raise Invalid("Text must not contain NUL characters.", *faults)


def _json(kilobytes: int) -> Any:
    if not (request.mimetype == "application/json" or request.mimetype.endswith("+json")):
        raise Unsupported(f"send application/json here, not {request.mimetype or 'a body without a content type'}")
    raw = request.get_data(cache=True)
    if len(raw) > kilobytes * 1024:
        raise TooLarge(f"a body may have {kilobytes} kilobytes here")
    return read_json(raw)


def _query(schema: ma.Schema) -> Any:
    if b"%" in request.query_string:
        _must_be_utf8(request.query_string)
    lists = {field.data_key or name for name, field in schema.fields.items() if isinstance(field, ma.fields.List)}
    sent = {name: request.args.getlist(name) if name in lists else text for name, text in request.args.items()}
    _refuse_nul(sent)
    return schema.load(sent)


def _must_be_utf8(raw: bytes) -> None:
    try:
        unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise BadRequest("The query is not text in UTF-8.") from None


def _refuse_nul(sent: Mapping[str, Any]) -> None:
    faults = [Fault(name.replace("\0", ""), "must not contain NUL characters") for name, value in sent.items()
              if "\0" in name or any("\0" in text for text in (value if isinstance(value, list) else [value]))]
    if faults:
        raise Invalid("Text must not contain NUL characters.", *faults)


def _multipart(schema: ma.Schema | None, uploads: Uploads, kilobytes: int) -> tuple[Any, list[FileStorage]]:
    if schema is not None and request.mimetype.endswith("json"):
        return schema.load(_json(kilobytes)), []
    if request.mimetype != "multipart/form-data":
        raise Unsupported("send multipart/form-data here" + (", or application/json without files" if schema else ""))
    if unknown := set(request.files) - {uploads.field}:
        raise Invalid("Some fields cannot be taken.", *(Fault(name, "no file is expected here") for name in unknown))
    files = request.files.getlist(uploads.field)
    if len(files) > uploads.most:
        raise TooLarge(f"at most {uploads.most} files may come in {uploads.field}, and {len(files)} came")
    return (schema.load(_form(schema)) if schema is not None else None), files


def _form(schema: ma.Schema) -> dict[str, Any]:
    """Text parts as their schema wants them: lists by repetition, objects (and lists of objects) as JSON text."""
    by_name = {field.data_key or name: field for name, field in schema.fields.items()}
    sent: dict[str, Any] = {}
    for name, text in request.form.items():
        field = by_name.get(name)
        if "�" in text:  # what werkzeug puts where bytes were not UTF-8; PDAs send no such character on purpose
            raise Invalid("Some fields cannot be taken.", Fault(name, "is not text in UTF-8"))
        if isinstance(field, ma.fields.List) and not text.startswith("["):
            sent[name] = request.form.getlist(name)
        elif text[:1] in {"{", "["} and not isinstance(field, (ma.fields.String, type(None))):
            sent[name] = read_json(text.encode())
        else:
            _refuse_nul({name: text})
            sent[name] = text
    return sent


def _answer(value: Any, schema: ma.Schema | None, status: int) -> Response:
    if isinstance(value, Response):
        return value
    if value is None and schema is None:
        return Response(status=204 if status == 200 else status)
    plain = value if isinstance(value, (dict, list)) or schema is None else schema.dump(value)
    if current_app.testing and schema is not None and isinstance(plain, dict):
        undocumented = set(plain) - {field.data_key or name for name, field in schema.fields.items()}
        if undocumented:  # in tests the document is held to the truth
            raise AssertionError(f"{type(schema).__name__} does not document {sorted(undocumented)}")
    return encode(plain, status)


def _document(group: str, view: Callable[..., Any], access: Access, path: str, body: ma.Schema | None,
              query: ma.Schema | None, uploads: Uploads | None, answer: ma.Schema | None, status: int,
              example: Mapping[str, Any] | None, media_type: str) -> dict[str, Any]:
    """The operation as the OpenAPI document shows it; flask-smorest adds tags and the path's parts."""
    said = flask_smorest.utils.load_info_from_docstring(view.__doc__)
    success: dict[str, Any] = {"description": said.get("summary", "done")}
    if answer is not None:
        success["content"] = {media_type: {"schema": answer}}
    if answer is None and media_type == "application/json" and status == 200:
        status = 204
    made: dict[str, Any] = {
        **said, "operationId": f"{group}_{view.__name__}", "security": access.security(),
        "x-permission": access.permission or access.why,
        "responses": {str(status): success, **{str(PROBLEMS[name].status): name
                                               for name in _problems(access, path, body, query, uploads)}}}
    if query is not None:
        made["parameters"] = [{"in": "query", "schema": query}]
    if body is not None or uploads is not None:
        made["requestBody"] = {"required": True, "content": _content(body, uploads, example)}
    return made


def _problems(access: Access, path: str, body: ma.Schema | None, query: ma.Schema | None,
              uploads: Uploads | None) -> list[str]:
    names = ["too-many", "internal", "unavailable"]
    if access.identifies:
        names += ["unauthenticated", "refused"]
    if "<" in path:
        names += ["not-found", "conflict"]
    if query is not None:
        names += ["bad-request", "invalid"]
    if body is not None or uploads is not None:
        names += ["bad-request", "invalid", "too-large", "unsupported"]
    return sorted(set(names), key=lambda name: PROBLEMS[name].status)


def _content(body: ma.Schema | None, uploads: Uploads | None, example: Mapping[str, Any] | None) -> dict[str, Any]:
    as_json = {"application/json": {"schema": body, "example": dict(example or {})}} if body is not None else {}
    if uploads is None:
        return as_json
    file = {"type": "array", "maxItems": uploads.most, "items": {"type": "string", "format": "binary"},
            "description": f"at most {uploads.most} files of at most {uploads.megabytes} MB each"}
    files = {"type": "object", "properties": {uploads.field: file}}
    form = {"allOf": [body, files]} if body is not None else files
    return {**as_json, "multipart/form-data": {"schema": form, "example": dict(example or {})}}
