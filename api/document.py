"""The OpenAPI 3.1 document: flask-smorest collects the operations, this says what all of them share."""
from typing import Any

import flask_smorest
import marshmallow as ma
import orjson
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response

from api.auth import SCHEMES, public
from api.errors import MIMETYPE, PROBLEMS, ProblemOut

CONFIG = {
    "API_TITLE": "织网 Zhiwang", "API_VERSION": "v1", "OPENAPI_VERSION": "3.1.0", "OPENAPI_JSON_PATH": "openapi.json",
}
DESCRIPTION = """\
基层社会治理网格化平台的接口：网格员、热线与市民的上报在这里成为案件，派遣、计时、核查、办结并答复。

Reports from grid workers, the hotline and citizens become cases here: dispatched, timed, checked and answered.
Every error is an RFC 9457 problem document. Times are ISO 8601 in UTC; positions are WGS-84 unless said otherwise.
Lists are keyset pages: follow `next` until it is null. Requests that create take a key of the caller's, so that
sending again after a lost answer does nothing new."""


class Document(flask_smorest.Api):  # type: ignore[misc]  # flask-smorest carries no types
    """flask-smorest's Api with our problem documents, security schemes and descriptions of our own fields."""

    ERROR_SCHEMA = ProblemOut
    DEFAULT_ERROR_RESPONSE_NAME = None  # each operation names its problems

    def __init__(self, app: Flask) -> None:
        super().__init__(app, spec_kwargs={
            "info": {"description": DESCRIPTION}, "marshmallow_plugin": MarshmallowPlugin(schema_name)})
        self.ma_plugin.converter.add_attribute_function(documented)
        for name, scheme in SCHEMES.items():
            self.spec.components.security_scheme(name, scheme)
        app.extensions["zhiwang-document"] = self
        written: list[bytes] = []

        @app.get("/openapi.json", endpoint="openapi")
        @public("callers read what they may call before they have a credential")
        def openapi() -> Response:
            if not written:  # it cannot change while the process lives, and takes a while to write
                written.append(orjson.dumps(self.spec.to_dict(), option=orjson.OPT_INDENT_2))
            return Response(written[0], mimetype="application/json")

    def _register_doc_blueprint(self) -> None:
        """The document is served above, with its access declared."""

    def _register_pagination_header(self) -> None:
        """Our pages carry their cursor in the body."""

    def _register_etag_headers(self) -> None:
        """An operation that is tagged says so itself."""

    def _register_responses(self) -> None:
        for problem in PROBLEMS.values():
            example = {"type": f"/problems/{problem.name}", "title": problem.chinese, "status": problem.status,
                       "detail": problem.english, "instance": "5f0c3d1e8a4b4c6f9d2e7a1b3c5d7e9f"}
            headers = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds to wait"}}
            self.spec.components.response(problem.name, {
                "description": f"{problem.english}. {problem.advice}",
                "content": {MIMETYPE: {"schema": ProblemOut, "example": example}},
                **({"headers": headers} if problem.status in {429, 503} else {})}, lazy=True)


def schema_name(schema: ma.Schema | type[ma.Schema]) -> str:
    """PdaReceipt for ReceiptOut of api/pda.py: two files may use the same short name."""
    kind = schema if isinstance(schema, type) else type(schema)
    group = kind.__module__.rpartition(".")[2].title().replace("_", "")
    name = kind.__name__.removesuffix("Out")
    return name if kind is ProblemOut or name.startswith(group) else group + name


def documented(_converter: Any, field: ma.fields.Field[Any], **_kwargs: Any) -> dict[str, Any]:
    """apispec asks this for each field: fields of ours say themselves what they take."""
    said = dict(getattr(field, "documented", {}))
    if field.allow_none and isinstance(said.get("type"), str):
        said["type"] = [said["type"], "null"]
    return said
