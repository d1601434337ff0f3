"""What citizens' pages call: send a photo, report, and see what became of it, without an account."""
import uuid
from datetime import datetime
from typing import Any

import marshmallow as ma
from flask import Response, g
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from api import limits, refusals
from api.auth import caller, requires, tracking_credential
from api.blueprint import Blueprint
from api.cases import public_number
from api.choosing import CallOut, LanguageIn
from api.fields import Cursor, Moment, PageIn, Place, Text, Whole, page_of, rows
from api.media import ONE, kept, one_file
from api.senders import offering, sender
from api.wording import language_of
from casework import resolution
from casework.cases import comments, search
from casework.cases.case import Case
from casework.cases.report import Channel, Report
from casework.cases.wording import Language
from casework.cases.workflow import Facts
from casework.community import ratings, tracking
from casework.errors import Conflict
from casework.intake import choices, citizen, guard
from casework.intake.guard import marks
from casework.media import check_in, upload_token
from casework.notifications import messages, preferences
from casework.notifications.preferences import Preference
from casework.notifications.rules import Kind
from casework.storage.database import reading, transaction

blueprint = Blueprint("citizen", __name__, url_prefix="/api/v1/citizen", description="市民随手拍 Citizens")
blueprint.after_request(refusals.counted(Channel.CITIZEN, report="", photo="photo-"))


class UploadedOut(ma.Schema):
    """A photo that waits for its report, for a day."""

    id = ma.fields.UUID()
    token = ma.fields.String(metadata={"description": "shown with the id when the report claims the photo"})


class UploadedIn(ma.Schema):
    """A photo that was sent before."""

    id = ma.fields.UUID(required=True)
    token = Text(64, required=True)


class ReportIn(ma.Schema):
    """What a citizen reports. A contact may be left out; a place or an address is needed."""

    key = ma.fields.UUID(required=True, metadata={"description": "made in the browser, so that a resend is harmless"})
    text = Text(4000, required=True)
    place = Place()
    address = Text(300)
    name = Text(80, metadata={"description": "kept encrypted"})
    phone = Text(32, metadata={"description": "kept encrypted; news come by SMS"})
    photos = ma.fields.List(ma.fields.Nested(UploadedIn()), load_default=[], validate=ma.validate.Length(max=9))
    category = Text(12, validate=ma.validate.Regexp("^[0-9]+$"), metadata={"description": "code from /citizen/categories"})
    component = Text(36, metadata={"description": "id or 16-digit code of the component that it is about; says where it is"})
    same_as = Text(200, metadata={"description": "from /citizen/similar: it is about this case, which is known already"})


class ReceiptOut(ma.Schema):
    """Keep both: the number to talk about it, the token to see it."""

    number = ma.fields.String()
    received_at = ma.fields.AwareDateTime()
    token = ma.fields.String(metadata={"description": "send it as X-Tracking-Token"})
    held = ma.fields.Boolean(metadata={"description": "I am on the abuse list: a person looks before anything follows"})
    call = ma.fields.Nested(CallOut(), allow_none=True, metadata={"description": "whom to call besides: it is an emergency"})


class PictureOut(ma.Schema):
    """A photo: my own as I sent it, of others what everybody may see."""

    purpose = ma.fields.String(metadata={"enum": ["report", "before", "after", "inspection"]})
    link = ma.fields.String(metadata={"description": "works for a while, without log-in"})


class StepOut(ma.Schema):
    """One thing that happened."""

    at = Moment()
    words = ma.fields.String()


class CommentOut(ma.Schema):
    """What was said to me, or by me."""

    at = Moment()
    by = ma.fields.String(metadata={"description": "a department or a desk; never a person's name"})
    words = ma.fields.String()


class ProgressOut(ma.Schema):
    """Where the report stands, who has it and until when."""

    number = ma.fields.String()
    received_at = Moment()
    text = ma.fields.String()
    status = ma.fields.String(allow_none=True)
    words = ma.fields.String(metadata={"description": "the status in words"})
    case = ma.fields.String(allow_none=True)
    department = ma.fields.String(allow_none=True)
    holder = ma.fields.String(allow_none=True, metadata={"description": "the department or desk that has it now"})
    due_at = Moment(allow_none=True, metadata={"description": "until when they have it; while it rests, until it goes on"})
    closed_at = Moment(allow_none=True)
    question = ma.fields.String(allow_none=True, metadata={"description": "what the department asks; wants an answer"})
    reply = ma.fields.String(allow_none=True)
    reason = ma.fields.String(allow_none=True)
    steps = ma.fields.List(ma.fields.Nested(StepOut()))
    comments = ma.fields.List(ma.fields.Nested(CommentOut()))
    photos = ma.fields.List(ma.fields.Nested(PictureOut()))
    rated = ma.fields.Integer(allow_none=True)
    may = ma.fields.List(ma.fields.String(), metadata={"description": "what the citizen can do now"})
    news = ma.fields.List(ma.fields.Nested(StepOut()), metadata={"description": "what the citizen was told"})
    notice = ma.fields.String(allow_none=True, metadata={"description": "it was judged to be abuse, and how to object"})


class RatedOut(ProgressOut):
    """What came of a rating, and how things stand now."""

    outcome = ma.fields.Enum(ratings.Outcome, by_value=True, metadata={"description":
        "kept: it counts; rework: the department has it again; supervised: again, under supervision"})


class RatingIn(ma.Schema):
    """How satisfied, 1 (not at all) to 5 (very)."""

    score = Whole(1, 5, required=True)
    comment = Text(1000)


class WhyIn(ma.Schema):
    """A reason in the citizen's words."""

    reason = Text(1000, required=True)


class ReplyIn(ma.Schema):
    """An answer in the citizen's words."""

    reply = Text(2000, required=True)


class CommentIn(ma.Schema):
    """What I want to add."""

    text = Text(1000, required=True)


class PreferencesIn(ma.Schema):
    """What is given is kept, the rest stays."""

    lang = ma.fields.Enum(Language, by_value=True, metadata={"description": "of messages"})
    off = ma.fields.Dict(keys=Text(16), values=ma.fields.List(Text(16)), metadata={"description":
        "which kinds not to send: under `sms` any, under `page` none that is necessary (result, question)"})


class PreferencesOut(ma.Schema):
    """How messages come."""

    lang = ma.fields.Enum(Language, by_value=True)
    off = ma.fields.Dict(metadata={"description": "way: kinds that do not come by it"})
    kinds = ma.fields.List(ma.fields.String(), metadata={"description": "the kinds that there are"})


class MineIn(PageIn, LanguageIn):
    """A page of what I sent."""

    cursor = Cursor(datetime, uuid.UUID, metadata={"description": "`next` of the page before"})


class MineOut(ma.Schema):
    """One of my reports in short."""

    number = ma.fields.String()
    received_at = Moment()
    text = ma.fields.String()
    status = ma.fields.String(allow_none=True)
    words = ma.fields.String(metadata={"description": "the status in words"})


@blueprint.operation("POST", "/photos", requires("report.create.citizen"), uploads=ONE, answer=UploadedOut(), status=201,
                     limit=limits.reports)
def photo(files: list[FileStorage]) -> dict[str, Any]:
    """Send a photo first; the report names it.

    Answers an id and a token, which the report shows together. A photo that no report claims is forgotten after a day.
    """
    who = sender()
    with reading() as db:
        guard.turn_away(db, who)  # before anything is kept
    (original,) = kept(one_file(files), ONE.field)
    with transaction() as db:
        guard.upload(db, who)
        made = check_in(db, original, channel=Channel.CITIZEN)
    return {"id": made.id, "token": upload_token(made.id)}


@blueprint.operation("POST", "/reports", requires("report.create.citizen"), body=ReportIn(), answer=ReceiptOut(), status=201,
                     limit=limits.reports, example={
                         "key": "018f3c1e-7b5a-7c2d-9e4f-0123456789ab", "text": "路灯坏了三天", "address": "北坡社区学府路12号",
                         "place": {"lon": 114.0579, "lat": 22.5431, "system": "gcj02"}, "phone": "13800000000"})
def report(body: dict[str, Any]) -> dict[str, Any]:
    """Report a problem, with or without a contact.

    When this answers 201, the report is stored for good. Sending it again with the same key changes nothing. A page sends a
    random key of its own as X-Device (16 to 100 letters, digits, - or _), so that many behind one address are told apart.
    `call` is there in an emergency: it is taken all the same.
    """
    photos = [(one["id"], one["token"]) for one in body.pop("photos")]
    with offering(body), transaction() as db:
        receipt = citizen.report(db, caller(), photos=photos, sender=sender(), **body)
        held = guard.held(db, receipt.id)
    g.case_number = receipt.number  # for the log
    call = choices.call_for(body["text"], body.get("category"), language_of({}))
    return {"number": receipt.number, "received_at": receipt.received_at, "token": tracking_credential(receipt.id),
            "held": held, "call": call}


@blueprint.operation("GET", "/reports", requires("report.list"), query=MineIn(), answer=page_of(MineOut()))
def mine(query: dict[str, Any]) -> Response:
    """The reports that I sent, the latest first: with a proved phone all from it, with a tracking token the one."""
    with reading() as db:
        return rows(*tracking.reports_of(db, caller(), after=query.get("cursor"), limit=query["limit"],
                                         language=language_of(query)))


@blueprint.operation("GET", "/reports/<number>", requires("tracking.read"), query=LanguageIn(), answer=ProgressOut())
def progress(number: str, query: dict[str, Any]) -> dict[str, Any]:
    """Where my report stands, who has it and until when, what was said, and what I was told."""
    with reading() as db:
        return _progress(db, find_report(db, number), language_of(query))


@blueprint.operation("POST", "/reports/<number>/rating", requires("rating.create"), body=RatingIn(), answer=RatedOut(),
                     status=201, example={"score": 5, "comment": "很快"})
def rate(number: str, body: dict[str, Any]) -> dict[str, Any]:
    """Say how satisfied I am, once for each closing.

    1 is not at all, 5 very. A low score sends the case back to the department; `outcome` says so. 409 before the case is
    closed, and when this report was rated already since.
    """
    with transaction() as db:
        found = find_report(db, number)
        outcome = ratings.rate(db, found, caller(), **body)
        db.flush()
        return _progress(db, found) | {"outcome": outcome}


@blueprint.operation("POST", "/reports/<number>/comments", requires("comment.create.citizen"), body=CommentIn(),
                     answer=ProgressOut(), status=201, limit=limits.reports, example={"text": "又补了一张照片，水还在流"})
def comment(number: str, body: dict[str, str]) -> dict[str, Any]:
    """Add something to my report. Whoever has it is told; nobody else who reported the same problem reads it."""
    with transaction() as db:
        guard.turn_away(db, sender())
        found, followed = _followed(db, number)
        comments.say_as_citizen(db, followed, found, caller(), body["text"])
        db.flush()
        return _progress(db, found)


@blueprint.operation("GET", "/preferences", requires("preferences.manage"), answer=PreferencesOut())
def my_preferences() -> dict[str, Any]:
    """How messages come: to the phone that I proved, or about the report whose token I show."""
    with reading() as db:
        return _wishes(preferences.of(db, caller()))


@blueprint.operation("POST", "/preferences", requires("preferences.manage"), body=PreferencesIn(), answer=PreferencesOut(),
                     example={"lang": "zh", "off": {"sms": ["progress", "comment"]}})
def choose(body: dict[str, Any]) -> dict[str, Any]:
    """Choose language and kinds of messages: a proved phone for all that comes to it, a tracking token for its report.

    Results and questions always stand on the tracking page.
    """
    with transaction() as db:
        return _wishes(preferences.choose(db, caller(), language=body.get("lang"), off=body.get("off")))


@blueprint.operation("POST", "/reports/<number>/reopen", requires("tracking.read"), body=WhyIn(), answer=ProgressOut(),
                     example={"reason": "第二天又坏了"})
def reopen(number: str, body: dict[str, Any]) -> dict[str, Any]:
    """It is not put right: the same department has it again. Once, within the window after closing."""
    return _take("reopen", number, Facts(**body))


@blueprint.operation("POST", "/reports/<number>/urge", requires("tracking.read"), body=WhyIn(), answer=ProgressOut(),
                     limit=limits.reports, example={"reason": "已经三天了"})
def urge(number: str, body: dict[str, Any]) -> dict[str, Any]:
    """Remind whoever has my case."""
    return _take("urge", number, Facts(**body))


@blueprint.operation("POST", "/reports/<number>/answered", requires("tracking.read"), body=ReplyIn(), answer=ProgressOut(),
                     limit=limits.reports, example={"reply": "在3栋楼下的路边"})
def answered(number: str, body: dict[str, Any]) -> dict[str, Any]:
    """Answer the department's question."""
    return _take("answered", number, Facts(**body))


def find_report(db: Session, number: str) -> Report:
    """The caller's own report of this number, in small letters too. Raises NotFound."""
    return search.find_report(db, caller(), public_number(number))


def _take(action: str, number: str, facts: Facts) -> dict[str, Any]:
    with transaction() as db:
        found, followed = _followed(db, number)
        resolution.VERBS[action](db, followed, caller(), facts)
        db.flush()
        return _progress(db, found)


def _followed(db: Session, number: str) -> tuple[Report, Case]:
    """The caller's report and its case, locked to be changed."""
    found = find_report(db, number)
    followed = search.followed(db, found)
    if followed is None:
        raise Conflict("this report is not a case yet")
    db.refresh(followed, with_for_update=True)
    return found, followed


def _progress(db: Session, found: Report, language: Language | None = None) -> dict[str, Any]:
    news = [{"at": one.created_at, "words": one.text} for one in messages.told(db, found)]
    language = language or language_of({})
    return tracking.progress(db, found, caller(), language) | {"news": news, "notice": marks.notice(db, found.id, language)}


def _wishes(chosen: Preference) -> dict[str, Any]:
    return {"lang": chosen.language, "off": chosen.off, "kinds": list(Kind)}
