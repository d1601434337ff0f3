"""How an endpoint is declared: one decorator says address, access, shapes and example, and the document says the same.

flask-smorest writes the OpenAPI document. The request is parsed and the answer encoded here: passing both through
webargs and a marshmallow dump costs about as much again as all the rest of a request.
"""
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import flask_smorest
import marshmallow as ma
from flask import Response, current_app
from flask_smorest.utils import load_info_from_docstring

from api import bodies
from api.auth import Access
from api.bodies import Uploads
from api.errors import PROBLEMS
from api.examples import example_of
from api.fields import encode
from api.limits import limiter

IF_MATCH = {"in": "header", "name": "If-Match", "schema": {"type": "string"}, "description":
            "ETag of what I saw, or `\"VERSION\"`: nothing is done, and 409 says what has changed, if it was changed since"}
IF_NONE_MATCH = {"in": "header", "name": "If-None-Match", "schema": {"type": "string"}, "description":
                 "ETag of what I have: 304 without a body if it is still so"}

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What an endpoint declares; `Blueprint.operation` says what each part means."""

    method: str
    path: str
    access: Access
    body: ma.Schema | None
    query: ma.Schema | None
    uploads: Uploads | None
    answer: ma.Schema | None
    status: int
    example: Mapping[str, Any] | None
    kilobytes: int
    media_type: str
    problems: tuple[str, ...]
    tagged: bool
    takes: str | None

    @property
    def max_bytes(self) -> int:
        """What a request may weigh with all its files; a byte more, or a chunked body would be cut to fit unnoticed."""
        return self.kilobytes * 1024 + (self.uploads.max_bytes if self.uploads else 0) + 1

    def read(self) -> dict[str, Any]:
        """What the request brings, as the view wants it."""
        parts: dict[str, Any] = {}
        if self.query is not None:
            parts["query"] = bodies.query(self.query)
        if self.uploads is not None:
            body, parts["files"] = bodies.multipart(self.body, self.uploads, self.kilobytes)
            if self.body is not None:
                parts["body"] = body
        elif self.body is not None:
            parts["body"] = bodies.json_body(self.body, self.kilobytes)
        return parts

    def write(self, value: Any) -> Response:
        """What the view returned, as the caller gets it."""
        if isinstance(value, Response):
            return value
        if value is None and self.answer is None:
            return Response(status=self.success)
        plain = value if isinstance(value, (dict, list)) or self.answer is None else self.answer.dump(value)
        if current_app.testing and self.answer is not None and isinstance(plain, dict):
            undocumented = set(plain) - {field.data_key or name for name, field in self.answer.fields.items()}
            if undocumented:  # in tests the document is held to the truth
                raise AssertionError(f"{self.method} {self.path} does not document {sorted(undocumented)}")
        return encode(plain, self.status)

    @property
    def success(self) -> int:
        """The status when all went well: 204 for an operation that answers nothing."""
        nothing = self.answer is None and self.media_type == "application/json" and self.status == 200
        return 204 if nothing else self.status

    def must_fit(self, view: Callable[..., Any]) -> None:
        """A slip between declaration and signature stops the start, not the first caller. Raises TypeError."""
        named = {piece.split(">")[0].split(":")[-1] for piece in self.path.split("<")[1:]}
        spoken = {"body": self.body, "query": self.query, "files": self.uploads}
        wanted = named | {name for name, what in spoken.items() if what is not None}
        taken = set(inspect.signature(view).parameters)
        if wanted != taken:
            raise TypeError(f"{view.__name__} takes {sorted(taken)}, and is declared with {sorted(wanted)}")
        if self.body is not None and self.example is None:
            raise TypeError(f"{view.__name__}: a body needs an example")

    def document(self, group: str, view: Callable[..., Any]) -> dict[str, Any]:
        """The operation as the OpenAPI document shows it; flask-smorest adds tags and the path's parts."""
        said = load_info_from_docstring(view.__doc__)
        success: dict[str, Any] = {"description": said.get("summary", "")}
        if self.answer is not None:
            success["content"] = {self.media_type: {"schema": self.answer, "example": example_of(self.answer)}}
        elif self.media_type != "application/json":
            success["content"] = {self.media_type: {"schema": {"type": "string"}}}
        made: dict[str, Any] = {
            **said, "operationId": f"{group}_{view.__name__}", "security": self.access.security(),
            "x-permission": self.access.permission or self.access.why,
            "responses": {str(self.success): success,
                          **{str(PROBLEMS[name].status): name for name in self._problems()}}}
        if self.query is not None:
            made["parameters"] = [{"in": "query", "schema": self.query}]
        if self.body is not None or self.uploads is not None or self.takes:
            made["requestBody"] = {"required": True, "content": self._content()}
        if self.tagged:
            success["headers"] = {"ETag": {"schema": {"type": "string"}, "description": "what If-Match and If-None-Match take"}}
            made.setdefault("parameters", []).append(IF_NONE_MATCH if self.method == "GET" else IF_MATCH)
            if self.method == "GET":
                made["responses"]["304"] = {"description": "It is still as If-None-Match says."}
        return made

    def _problems(self) -> list[str]:
        names = {"internal", "unavailable", "too-many", *self.problems}
        if self.access.security():
            names |= {"unauthenticated", "refused"}
        if "<" in self.path:
            names |= {"not-found"}
        if self.method != "GET" and self.access.identifies:  # who has no credential yet changes nothing of ours
            names |= {"conflict"}
        if self.query is not None:
            names |= {"bad-request", "invalid"}
        if self.body is not None or self.uploads is not None or self.takes:
            names |= {"bad-request", "invalid", "too-large", "unsupported"}
        return sorted(names, key=lambda name: PROBLEMS[name].status)

    def _content(self) -> dict[str, Any]:
        binary = {"type": "string", "format": "binary"}
        if self.takes == "multipart/form-data":
            return {self.takes: {"schema": {"type": "object", "properties": {"parts": {"type": "array", "items": binary}}}}}
        if self.takes:
            return {self.takes: {"schema": binary}}
        example = dict(self.example or {})
        as_json = {"application/json": {"schema": self.body, "example": example}} if self.body is not None else {}
        if self.uploads is None:
            return as_json
        size = f"{self.uploads.megabytes} MB each" if self.uploads.megabytes else "ZHIWANG_PHOTO_MEGABYTES each (20 unless set)"
        file = {"type": "array", "maxItems": self.uploads.most, "items": binary,
                "description": f"at most {self.uploads.most} files of at most {size}"}
        files = {"type": "object", "properties": {self.uploads.field: file}}
        form = {"allOf": [self.body, files]} if self.body is not None else files
        return {**as_json, "multipart/form-data": {"schema": form} | ({"example": example} if example else {})}


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]  # flask-smorest carries no types
    """A group of operations that one kind of caller uses."""

    def operation(self, method: str, path: str, access: Access, *, body: ma.Schema | None = None,
                  query: ma.Schema | None = None, uploads: Uploads | None = None, answer: ma.Schema | None = None,
                  status: int = 200, example: Mapping[str, Any] | None = None, kilobytes: int = 256,
                  media_type: str = "application/json", problems: tuple[str, ...] = (), tagged: bool = False,
                  takes: str | None = None, limit: Callable[[], str] | None = None) -> Callable[[View], View]:
        """Declare an operation of the API.

        The view is called by keyword: the path's parts, `body` and `query` as their schema loaded them, `files` (a list
        of FileStorage) with uploads. It returns what `answer` describes: a dict or list of plain values goes to the
        encoder as it is, an object is dumped by the schema, a Response is sent untouched. Its docstring is the summary
        and, after an empty line, the description. With uploads the body comes as multipart/form-data (objects in it as
        JSON text) or, without files, as JSON. `kilobytes` limits the body without files; `example` is required with a
        body; `limit` says how often one caller may (see limits.py). `problems` names what may go wrong beyond what follows
        from the rest, such as "not-found" for what a query asks for. `tagged`: the answer carries an ETag, and the request
        may say If-Match, or If-None-Match when it reads; the view sees to both. `takes`: the media type of a body that the view
        reads from the request itself. Pass schema instances, not classes.
        """
        made = Operation(method=method.upper(), path=path, access=access, body=body, query=query, uploads=uploads,
                         answer=answer, status=status, example=example, kilobytes=kilobytes, media_type=media_type,
                         problems=problems, tagged=tagged, takes=takes)

        def declare(view: View) -> View:
            made.must_fit(view)

            @wraps(view)
            def serve(**parts: Any) -> Response:
                return made.write(view(**parts, **made.read()))

            served: Any = limiter.limit(limit)(serve) if limit else serve
            served.operation = made
            setattr(served, "_apidoc", {"manual_doc": made.document(self.name, view)})  # noqa: B010 - its name for it
            self.add_url_rule(path, view_func=access(served), methods=[made.method])
            return view
        return declare
