"""What came in on collection forms: what nothing could be made of, why, and trying it once more."""
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import marshmallow as ma
from flask import Response

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.fields import Cursor, Moment, PageIn, Text, page_of, rows
from api.openrosa import perform
from api.wording import said, worded
from casework.fieldwork.forms import effects, submissions
from casework.fieldwork.forms.submissions import State, SubmittedFile
from casework.storage.database import reading, transaction

blueprint = Blueprint("submissions", __name__, url_prefix="/api/v1/forms/submissions",
                      description="采集提交 What came in on collection forms")


class FaultOut(ma.Schema):
    """One thing that is wrong with the answers."""

    field = ma.fields.String(metadata={"description": "of the report or register, such as values.credit_code"})
    reason = ma.fields.String()


class FileOut(ma.Schema):
    """A file that came."""

    name = ma.fields.String()
    size = ma.fields.Integer(metadata={"description": "bytes"})
    sha256 = ma.fields.String()
    reason = ma.fields.String(allow_none=True, metadata={"description": "why it is no photo"})


class SubmissionOut(ma.Schema):
    """One instance of a form; its answers are shown by `answers` only."""

    id = ma.fields.UUID()
    instance_id = ma.fields.String()
    deprecated_id = ma.fields.String(allow_none=True, metadata={"description": "the instance that it corrects"})
    form_id = ma.fields.String()
    version = ma.fields.String()
    user_id = ma.fields.UUID()
    received_at = Moment()
    filled_at = Moment(allow_none=True, metadata={"description": "the device's own time"})
    state = ma.fields.Enum(State, by_value=True)
    reason = ma.fields.String(allow_none=True)
    faults = ma.fields.List(ma.fields.Nested(FaultOut()))
    flags = ma.fields.List(ma.fields.String(), metadata={
        "description": "old_version, unknown_version, and rules of the form that are not kept, such as constraint:rooms"})
    missing = ma.fields.List(ma.fields.String(), metadata={"description": "names of files that have not come"})
    files = ma.fields.List(ma.fields.Nested(FileOut()))


class SubmissionsIn(PageIn):
    """Which submissions."""

    cursor = Cursor(datetime, uuid.UUID, metadata={"description": "`next` of the page before"})
    state = ma.fields.Enum(State, by_value=True, metadata={"description": "only those in this state"})


class LookIn(ma.Schema):
    """Why the answers are looked at."""

    reason = Text(500, required=True)


class AnswersOut(ma.Schema):
    """The answers as they were sent."""

    xml = ma.fields.String()


@blueprint.operation("GET", "", requires("forms.manage"), query=SubmissionsIn(), answer=page_of(SubmissionOut()))
def listed(query: dict[str, Any]) -> Response:
    """What came in from the areas of my posts, the latest first; `state=refused` waits for somebody to put it right."""
    with reading() as db:
        found = submissions.listed(db, caller(), state=query.get("state"), after=query.get("cursor"),
                                   limit=query["limit"] + 1)
        shown = found[:query["limit"]]
        files = submissions.files_of(db, [one.id for one in shown])
    last = shown[-1] if len(found) > len(shown) else None
    return rows([_plain(one, files) for one in shown], [last.received_at, last.id] if last else None)


@blueprint.operation("POST", "/<uuid:submission_id>/retry", requires("forms.manage"), answer=SubmissionOut())
def retry(submission_id: uuid.UUID) -> dict[str, Any]:
    """Try once more what was refused: somebody's posts, a register or the taxonomy may be right by now.

    409 when it was corrected since: then it would be said twice.
    """
    with transaction() as db:
        one = effects.retry(db, caller(), submission_id, perform)
        return _plain(one, submissions.files_of(db, [one.id]))


@blueprint.operation("POST", "/<uuid:submission_id>/answers", requires("forms.manage"), body=LookIn(), answer=AnswersOut(),
                     example={"reason": "信用代码有误，电话核对"})
def look(submission_id: uuid.UUID, body: dict[str, str]) -> dict[str, str]:
    """The answers as they were sent. They may be personal: for data stewards, and the look is logged with its reason."""
    with transaction() as db:
        return {"xml": submissions.shown(db, caller(), submission_id, body["reason"])}


def _plain(one: submissions.Submission, files: Sequence[SubmittedFile]) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in SubmissionOut().fields if name not in {"files", "reason", "faults"}}
    of_file = [{name: getattr(file, name) for name in FileOut().fields} for file in files if file.submission_id == one.id]
    return plain | {"reason": one.reason and said(one.reason), "faults": worded(one.faults), "files": worded(of_file)}
