"""Collection forms: published as data, served to the PDA page and to ODK Collect."""
from typing import Any

import marshmallow as ma
from flask import Response
from werkzeug.datastructures import FileStorage

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.bodies import Uploads
from api.fields import Moment, Text, encode
from api.wording import said
from casework.errors import Fault, Invalid
from casework.fieldwork.forms import library, xlsform
from casework.fieldwork.forms.library import CollectionForm
from casework.fieldwork.forms.xlsform import Kind
from casework.storage.database import reading, transaction

blueprint = Blueprint("forms", __name__, url_prefix="/api/v1/forms", description="采集表单 Collection forms")

MEDIA_TYPES = {Kind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
               Kind.MD: "text/markdown; charset=utf-8"}


class FormRowOut(ma.Schema):
    """A form in use."""

    form_id = ma.fields.String()
    version = ma.fields.String()
    title = ma.fields.String()
    register = ma.fields.String(metadata={"description": "what its answers become: report, or a statement in this register"})
    kind = ma.fields.Enum(Kind, by_value=True, metadata={"description": "how it was written"})
    md5 = ma.fields.String(metadata={"description": "of the XForm that ODK Collect gets"})
    published_at = Moment()


class FormsOut(ma.Schema):
    """All forms in use."""

    items = ma.fields.List(ma.fields.Nested(FormRowOut()))


class FormOut(FormRowOut):
    """A form with its questions."""

    questions = ma.fields.List(ma.fields.Dict(), metadata={"description": (
        "in order: {name, type, label: {zh, en}, hint, required, relevant, constraint, constraint_message, choices: [{name, "
        "label}], appearance, default, group, field}. `type`: text integer decimal date select_one select_multiple geopoint "
        "image note, or group and repeat, whose questions name them in `group`. `relevant` and `constraint`: a tree such as "
        '["and", [">", ["."], 0], ["selected", ["$", "care"], "none"]] or null; `required`: true, false or a tree. '
        "docs/forms.md says what trees are worth. `field`: what of the register the answer says")})
    remarks = ma.fields.List(ma.fields.String(), metadata={"description": "what only ODK Collect does of it"})


class FormVersionOut(FormRowOut):
    """A version, and whether it is in use."""

    active = ma.fields.Boolean()


class FormVersionsOut(ma.Schema):
    """All versions of a form."""

    items = ma.fields.List(ma.fields.Nested(FormVersionOut()))


class VersionIn(ma.Schema):
    """Which version."""

    version = Text(249, metadata={"description": "unless given, the one in use"})


@blueprint.operation("GET", "", requires("forms.read"), answer=FormsOut())
def forms() -> dict[str, Any]:
    """The forms in use, by id."""
    with reading() as db:
        return {"items": [_plain(one, FormRowOut()) for one in library.current(db)]}


@blueprint.operation("GET", "/<form_id>", requires("forms.read"), query=VersionIn(), answer=FormOut())
def form(form_id: str, query: dict[str, str]) -> dict[str, Any]:
    """A form as the PDA page asks it."""
    with reading() as db:
        return _plain(library.of(db, form_id, query.get("version")), FormOut())


@blueprint.operation("GET", "/<form_id>/versions", requires("forms.read"), answer=FormVersionsOut())
def versions(form_id: str) -> dict[str, Any]:
    """Every version of a form that was ever published, the newest first; also of one that is withdrawn."""
    with reading() as db:
        return {"items": [_plain(one, FormVersionOut()) for one in library.versions(db, form_id)]}


@blueprint.operation("GET", "/<form_id>/source", requires("forms.read"), query=VersionIn(),
                     media_type=MEDIA_TYPES[Kind.XLSX])
def source(form_id: str, query: dict[str, str]) -> Response:
    """The XLSForm as it was written, to be changed and published under a new version; Markdown if it came as such."""
    with reading() as db:
        found = library.of(db, form_id, query.get("version"))
    return Response(found.source, content_type=MEDIA_TYPES[found.kind], headers={
        "Content-Disposition": f'attachment; filename="{found.form_id}.{found.kind}"'})


@blueprint.operation("POST", "", requires("forms.manage"), uploads=Uploads(field="form", most=1, megabytes=2),
                     answer=FormOut(), status=201)
def publish(files: list[FileStorage]) -> Response:
    """Publish a form: an XLSForm as .xlsx or Markdown (.md). It is in use at once; the former version is kept.

    Its settings say form_id, version (another for each change), title and `register`: report, or the register that its
    answers go to. ODK's own form engine reads it first where Java is installed. A problem names sheet and row of each fault.
    """
    if len(files) != 1:
        raise Invalid("one form is wanted", Fault("form", "send one .xlsx or .md"))
    made = xlsform.read(files[0].read(), _kind(files[0].filename or ""))
    with transaction() as db:
        return encode(_plain(library.issue(db, caller(), made), FormOut()), 201)


@blueprint.operation("POST", "/<form_id>/withdraw", requires("forms.manage"))
def withdraw(form_id: str) -> None:
    """Serve this form no longer. What comes in on it is still taken; published again, it is in use again."""
    with transaction() as db:
        library.withdraw(db, form_id)


def _kind(filename: str) -> Kind:
    ending = filename.rpartition(".")[2].lower()
    if ending not in set(Kind):
        raise Invalid("this is no form", Fault("form", "the file's name must end in .xlsx or .md"))
    return Kind(ending)


def _plain(one: CollectionForm, shape: ma.Schema) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in shape.fields}
    return told | {"remarks": [said(remark) for remark in told["remarks"]]} if "remarks" in told else told
