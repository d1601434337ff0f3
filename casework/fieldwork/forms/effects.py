"""What becomes of a submission: the same report or statement as from our own page, with the files that it names."""
import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import clock
from casework.cases.report import Report
from casework.errors import CaseworkError, Conflict, Fault, Invalid, TooLarge, Unauthenticated, Unavailable, Unsupported
from casework.fieldwork.forms import answers, meaning, submissions
from casework.fieldwork.forms.answers import Filled
from casework.fieldwork.forms.library import CollectionForm
from casework.fieldwork.forms.meaning import Picture
from casework.fieldwork.forms.submissions import Arrived, Sent, State, Submission
from casework.fieldwork.forms.targets import REPORT
from casework.fieldwork.operations import Answer, Outcome
from casework.identity.people import Actor, actor_of
from casework.media import Named, Purpose, awaited
from casework.media import keep as keep_photo
from casework.media.awaited import AwaitedFile
from casework.storage import blobs

Perform = Callable[[Session, Actor, str, uuid.UUID, datetime, Mapping[str, Any], uuid.UUID | None], Answer]
"""Does one operation: who, its kind, id, time and data, and the statement that it is based on."""

ASIDE = "forms/"
"""Where files lie that are no photo of any report."""
MOST_FILES = 9
"""Of one report when it is made; more are added to it at once."""


def store(name: str, content: bytes, media_type: str, form: CollectionForm) -> Arrived:
    """Keep a file before the transaction opens; a picture for a report is looked at as every photo is.

    What is no photo is kept all the same, with the reason. Raises Unavailable when the store takes nothing.
    """
    sha256, reason = hashlib.sha256(content).hexdigest(), "is kept with the answers"
    if form.register == REPORT:
        try:
            original = keep_photo(content)
            return Arrived(name, sha256, len(content), media_type, original.key, original)
        except (Unsupported, Invalid, TooLarge) as error:
            reason = error.sentence
    return Arrived(name, sha256, len(content), media_type, _put_aside(sha256, content), reason=reason)


@dataclass(frozen=True)
class Whole:
    """A submission, the form, the answers as they were read, and files that are to go where they belong."""

    one: Submission
    form: CollectionForm
    filled: Filled
    files: Sequence[Arrived]

    @property
    def named(self) -> list[Picture]:
        """The files that the answers name."""
        return meaning.pictures(self.form.questions, self.filled)


def receive(db: Session, actor: Actor, sent: Sent, form: CollectionForm, perform: Perform) -> tuple[Submission, bool]:
    """Take a submission, or a further part of it, and do what follows; whether anything of it is new.

    Raises Conflict (see submissions.keep), and Unavailable when nothing can be made of it just now: then nothing is kept, and
    whoever sent it sends it again.
    """
    one, is_new, fresh = submissions.keep(db, actor, sent, form)
    whole = Whole(one, form, sent.filled, fresh)
    if is_new:
        one.flags = [*one.flags, *meaning.broken(form.questions, sent.filled, one.at.astimezone(clock.CITY).date())]
        _become(db, actor, whole, perform)
        _take_up_corrections(db, actor, one, perform)
    elif fresh and one.report_id is not None:
        _hand_over(db, whole)
    elif fresh:
        _put_files_aside(db, one)
    _note_missing(db, whole)
    return one, is_new or bool(fresh)


def retry(db: Session, actor: Actor, submission_id: uuid.UUID, perform: Perform) -> Submission:
    """Try once more what was refused, in the name of who sent it, with the posts of now.

    Raises NotFound, and Conflict when it was not refused, was corrected since, or who sent it has left.
    """
    one = submissions.of(db, actor, submission_id)
    if one.state is not State.REFUSED:
        raise Conflict("only what was refused is tried again", state=one.state)
    if submissions.corrected(db, one):
        raise Conflict("this was corrected since, and what was corrected is kept; tried again it would be said twice")
    try:
        author = actor_of(db, one.user_id)
    except Unauthenticated:
        raise Conflict("who sent this has left, so nothing can be stated in that name") from None
    _take_up(db, author, one, perform)
    _take_up_corrections(db, author, one, perform)
    return one


def _take_up_corrections(db: Session, actor: Actor, one: Submission, perform: Perform) -> None:
    """Those that came before what they correct, and those that correct them in turn."""
    here = [one]
    while here:
        for later in submissions.corrections_of(db, here.pop().instance_id):
            _take_up(db, actor, later, perform)
            if later.state is not State.WAITING:
                here.append(later)


def _take_up(db: Session, actor: Actor, one: Submission, perform: Perform) -> None:
    """What came earlier, with all its files."""
    form = submissions.form_of(db, one)
    files = [store(file.name, blobs.get(file.key), file.media_type, form) for file in submissions.files_of(db, [one.id])]
    whole = Whole(one, form, answers.read(one.xml.open().encode()), files)
    _become(db, actor, whole, perform)
    _note_missing(db, whole)


def _become(db: Session, actor: Actor, whole: Whole, perform: Perform) -> None:
    """Make of it what it is to be, all of it or nothing; what cannot be is refused, and kept with the reason."""
    one = whole.one
    former = submissions.former_of(db, one)
    if one.deprecated_id and former is not one and (former is None or former.state is State.WAITING):
        _put_files_aside(db, one)
        return
    try:
        with db.begin_nested():
            _check_correction(one, former)
            (_report if whole.form.register == REPORT else _statement)(db, actor, whole, former, perform)
    except Unavailable:
        raise
    except CaseworkError as error:
        faults = error.faults if isinstance(error, Invalid) else ()
        one.state, one.reason = State.REFUSED, error.sentence
        one.faults = [{"field": fault.field, "reason": fault.reason} for fault in faults]
        _put_files_aside(db, one)
    else:
        one.reason, one.faults = None, []


def _check_correction(one: Submission, former: Submission | None) -> None:
    if former is one:
        raise Invalid("this corrects itself", Fault("meta.deprecatedID", "must name a former submission"))
    if former is not None and (former.user_id != one.user_id or former.form_id != one.form_id):
        raise Invalid("this corrects another person's answers, or those to another form",
                      Fault("meta.deprecatedID", "must name a submission of yours on this form"))


def _report(db: Session, actor: Actor, whole: Whole, former: Submission | None, perform: Perform) -> None:
    """A report is never edited: who corrects one says it once more, and triage joins it to the case of the first."""
    one = whole.one
    corrects = db.get_one(Report, former.report_id).number if former and former.report_id else None
    here = {file.name: file for file in whole.files}
    listed = [_file(one, picture, here.get(picture.name)) for picture in whole.named]
    data = meaning.report(whole.filled, corrects) | {"files": _each_once(listed)[:MOST_FILES]}
    result = _done(perform(db, actor, "report", one.operation_id, one.at, data, None))
    one.report_id = db.scalars(select(Report.id).where(Report.number == result["number"])).one()
    one.state = State.DONE
    awaited.expect(db, one.report_id, one.user_id, [
        Named(file["sha256"], file["size"], file["name"], Purpose(file["purpose"])) for file in listed])
    _hand_over(db, whole)


def _statement(db: Session, actor: Actor, whole: Whole, former: Submission | None, perform: Perform) -> None:
    """A correction states what differs from the former answers, and is based on what these stated."""
    one, form = whole.one, whole.form
    one.subject_id = (former.subject_id if former else None) or one.operation_id
    base = former.statement_id if former else None
    before = answers.read(former.xml.open().encode()) if former and base else None
    said = meaning.changes(form.questions, whole.filled, before)
    if base is not None and said == {"values": {}}:
        one.statement_id, one.state = base, State.DONE  # nothing was changed
        return
    data = said | {"subject": str(one.subject_id), "register": form.register, "form": f"{form.form_id}@{form.version}"}
    answer = perform(db, actor, "entry", one.operation_id, one.at, data, base)
    if answer.outcome is not Outcome.CONFLICT:
        _done(answer)
    one.statement_id = one.operation_id
    one.state = State.CONFLICT if answer.outcome is Outcome.CONFLICT else State.DONE


def _done(answer: Answer) -> Mapping[str, Any]:
    """The result of what was done, or is kept and will be. Raises why it was not; Unavailable when it may be done later."""
    if answer.error is None and answer.outcome is not Outcome.REFUSED:
        return answer.result or {}
    if isinstance(answer.error, CaseworkError):
        raise answer.error
    raise Invalid("an error of ours, which was logged; try it again later")  # the answers are kept all the same


def _file(one: Submission, picture: Picture, arrived: Arrived | None) -> dict[str, Any]:
    """As an operation names it. One that has not come has no hash yet; until then the report awaits it by another number."""
    return {"sha256": arrived.sha256 if arrived else _stand_in(one, picture.name),
            "size": max(1, arrived.size) if arrived else 1,  # an empty file is no photo either, and no fault of the report
            "type": (arrived.media_type if arrived else "") or "application/octet-stream", "name": picture.name[:200],
            "purpose": picture.purpose}


def _stand_in(one: Submission, name: str) -> str:
    return hashlib.sha256(f"{one.instance_id}\0{name}".encode()).hexdigest()


def _each_once(listed: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({file["sha256"]: file for file in listed}.values())


def _hand_over(db: Session, whole: Whole) -> None:
    """Give the report the files that came; one whose name was awaited is awaited by its hash from now on."""
    report_id, owner_id = whole.one.report_id, whole.one.user_id
    assert report_id is not None  # noqa: S101 - callers have looked
    purposes = {picture.name: picture.purpose for picture in whole.named}
    for file in whole.files:
        if file.name not in purposes:
            continue
        stand_in = db.scalar(select(AwaitedFile).where(AwaitedFile.report_id == report_id,
                                                       AwaitedFile.sha256 == _stand_in(whole.one, file.name)))
        if stand_in is not None:
            db.delete(stand_in)
            db.flush()
        named = Named(file.sha256, file.size, file.name[:200], Purpose(purposes[file.name]))
        awaited.expect(db, report_id, owner_id, [named])
        if file.original is not None:
            awaited.give(db, owner_id, file.original)
        else:
            awaited.refuse(db, owner_id, file.sha256, file.reason or "is no photo")


def _note_missing(db: Session, whole: Whole) -> None:
    here = {file.name for file in submissions.files_of(db, [whole.one.id])}
    whole.one.missing = [picture.name for picture in whole.named if picture.name not in here]


def _put_files_aside(db: Session, one: Submission) -> None:
    """Photos of no report lie where nobody clears away what is unused."""
    for file in submissions.files_of(db, [one.id]):
        if not file.key.startswith(ASIDE):
            file.key = _put_aside(file.sha256, blobs.get(file.key))


def _put_aside(sha256: str, content: bytes) -> str:
    key = f"{ASIDE}{clock.now():%Y/%m/%d}/{sha256}"
    blobs.put(key, content)
    return key
