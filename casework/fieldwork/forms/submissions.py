"""What was filled in on a form, kept as it came before anything is made of it, and what became of it.

An instance is taken once, however often and in however many parts it is sent. Answers that nothing can be made of are kept
with the reason, shown to who looks after the data, and tried again when it is put right.
"""
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint, select, true, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Conflict, NotFound
from casework.fieldwork.forms import library
from casework.fieldwork.forms.answers import Filled
from casework.fieldwork.forms.library import CollectionForm
from casework.fieldwork.inside import reached
from casework.identity.people import Actor, Post, Role
from casework.identity.permissions import PERMISSIONS, allowed
from casework.identity.privacy import Sealed, SealedText, reveal, seal
from casework.media import Original
from casework.storage.database import Base, Keyed, insert_once, new_id, one_at_a_time


class State(StrEnum):
    """What became of a submission."""

    DONE = "done"          # it is a report, or a statement
    CONFLICT = "conflict"  # it is a statement that others contradict: the register keeps both
    WAITING = "waiting"    # it corrects a submission that has not come yet
    REFUSED = "refused"    # nothing can be made of it; `reason` and `faults` say why


class Submission(Keyed, Base):
    """One instance of a form. The XML holds what people said, so it is sealed."""

    __tablename__ = "form_submissions"
    instance_id: Mapped[str] = mapped_column(unique=True)
    deprecated_id: Mapped[str | None] = mapped_column(index=True)
    """The instance that this one corrects."""
    form_id: Mapped[str]
    version: Mapped[str]
    """As it was sent; flags tell when it is not the one in use."""
    xml: Mapped[SealedText] = mapped_column(Sealed("form_submissions.xml"))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    device: Mapped[str | None]
    """What the device calls itself."""
    received_at: Mapped[datetime] = mapped_column(default=clock.now)
    filled_at: Mapped[datetime | None]
    state: Mapped[State] = mapped_column(default=State.WAITING)
    reason: Mapped[str | None]
    faults: Mapped[list[Any]] = mapped_column(default=list)
    flags: Mapped[list[str]] = mapped_column(default=list)
    """old_version, unknown_version, and the rules of the form that the answers do not keep."""
    missing: Mapped[list[str]] = mapped_column(default=list)
    """Names of files that the answers name and that have not come."""
    operation_id: Mapped[uuid.UUID]
    """What it becomes has this id: the key of the report, the id of the statement."""
    subject_id: Mapped[uuid.UUID | None]
    """Of the entry that it is about."""
    statement_id: Mapped[uuid.UUID | None]
    """Of the statement that says what it says: its own, or the former one's when it changed nothing."""
    report_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("reports.id"))

    __table_args__ = (Index(None, "state", "received_at", "id"), Index(None, "received_at"))

    @property
    def at(self) -> datetime:
        """When it was filled in, never later than it came: clocks of devices are wrong."""
        return min(self.filled_at or self.received_at, self.received_at)


class SubmittedFile(Keyed, Base):
    """A file that came with a submission. `key` is where it lies in the store; the same name may come with other content."""

    __tablename__ = "form_submission_files"
    submission_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("form_submissions.id"))
    name: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
    media_type: Mapped[str]
    key: Mapped[str]
    reason: Mapped[str | None]
    """Why it is no photo; None for one that is."""
    received_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (UniqueConstraint("submission_id", "name", "sha256"), Index(None, "key"))


@dataclass(frozen=True)
class Arrived:
    """A file that came, in the store already; `original` where it is a photo."""

    name: str
    sha256: str
    size: int
    media_type: str
    key: str
    original: Original | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Sent:
    """One request: the answers, as bytes and as read, and the files that came along."""

    xml: str
    filled: Filled
    device: str | None = None
    files: Sequence[Arrived] = ()


def keep(db: Session, actor: Actor, sent: Sent, form: CollectionForm) -> tuple[Submission, bool, list[Arrived]]:
    """The submission with what came now, whether it is new, and which of the files are.

    Raises Conflict when the instance was sent before with other answers, or by somebody else.
    """
    one_at_a_time(db, f"submissions of {actor.id}")  # also so that a correction and what it corrects see each other
    filled = sent.filled
    is_former = "old_version" if form.version == filled.version else "unknown_version"
    row = {"id": new_id(), "instance_id": filled.instance_id, "deprecated_id": filled.deprecated_id, "form_id": form.form_id,
           "version": filled.version, "xml": seal(sent.xml), "user_id": actor.id, "device": sent.device,
           "received_at": clock.now(), "filled_at": filled.filled_at, "state": State.WAITING, "faults": [], "missing": [],
           "flags": [] if form.active and form.version == filled.version else [is_former],
           "operation_id": operation_id(filled.instance_id)}
    is_new = bool(insert_once(db, Submission, [row], on=("instance_id",)))
    kept = db.scalars(select(Submission).where(Submission.instance_id == filled.instance_id).with_for_update()).one()
    if kept.user_id != actor.id or kept.xml.open() != sent.xml:
        raise Conflict("this instance was sent before with other answers; an edit needs an instanceID of its own and names "
                       "the former one as deprecatedID")
    return kept, is_new, _keep_files(db, kept, sent.files)


def _keep_files(db: Session, kept: Submission, files: Sequence[Arrived]) -> list[Arrived]:
    once = {(one.name, one.sha256): one for one in files}
    rows = {new_id(): one for one in once.values()}
    inserted = insert_once(db, SubmittedFile, [{
        "id": row_id, "submission_id": kept.id, "name": one.name, "sha256": one.sha256, "size": one.size,
        "media_type": one.media_type, "key": one.key, "reason": one.reason, "received_at": clock.now()}
        for row_id, one in rows.items()], on=("submission_id", "name", "sha256"))
    return [one for row_id, one in rows.items() if row_id in inserted]


def operation_id(instance_id: str) -> uuid.UUID:
    """The UUID in "uuid:…"; one made of the text where there is none, the same each time."""
    try:
        return uuid.UUID(instance_id.removeprefix("uuid:"))
    except ValueError:
        return uuid.uuid5(uuid.NAMESPACE_OID, instance_id)


def of_instance(db: Session, instance_id: str) -> Submission | None:
    """The submission of this instance, if it has come."""
    return db.scalar(select(Submission).where(Submission.instance_id == instance_id))


def former_of(db: Session, one: Submission) -> Submission | None:
    """What this one corrects, if it has come. Of what was refused nothing came, so who corrects that corrects what it was to
    correct: the nearest before it, of the same person on the same form, that was not refused; the named one where none is."""
    named = of_instance(db, one.deprecated_id) if one.deprecated_id else None
    earlier, seen = named, {one.instance_id}
    while earlier is not None and (earlier.user_id, earlier.form_id) == (one.user_id, one.form_id):
        if earlier.state is not State.REFUSED:
            return earlier
        seen.add(earlier.instance_id)
        before = earlier.deprecated_id
        earlier = of_instance(db, before) if before and before not in seen else None
    return named


def corrections_of(db: Session, instance_id: str) -> Sequence[Submission]:
    """Those that wait to correct this instance."""
    return db.scalars(select(Submission).where(Submission.deprecated_id == instance_id, Submission.state == State.WAITING)
                      .order_by(Submission.id)).all()


def files_of(db: Session, submission_ids: Sequence[uuid.UUID]) -> Sequence[SubmittedFile]:
    """What came with these, in the order it came."""
    return db.scalars(select(SubmittedFile).where(SubmittedFile.submission_id.in_(submission_ids))
                      .order_by(SubmittedFile.id)).all()


def form_of(db: Session, submission: Submission) -> CollectionForm:
    """What it was filled in on: its own version or, where that was never published here, the latest."""
    found = library.find(db, submission.form_id, submission.version)
    assert found is not None  # noqa: S101 - a submission was taken because there is such a form, and forms are never deleted
    return found


def listed(db: Session, actor: Actor, *, state: State | None = None, after: tuple[datetime, uuid.UUID] | None = None,
           limit: int = 50) -> Sequence[Submission]:
    """Those that the actor looks after, the latest first; `after` is received_at and id of the last of the page before."""
    wanted = (select(Submission).where(_looked_after(actor))
              .order_by(Submission.received_at.desc(), Submission.id.desc()).limit(limit))
    if state is not None:
        wanted = wanted.where(Submission.state == state)
    return db.scalars(wanted.where(tuple_(Submission.received_at, Submission.id) < after) if after else wanted).all()


def _looked_after(actor: Actor) -> ColumnElement[bool]:
    """All for whom no post names an area, also of workers who have left; else those of who works there now."""
    if any(post.unbounded for post in actor.each() if not post.roles.isdisjoint(PERMISSIONS["forms.manage"].roles)):
        return true()
    there = Post.role == Role.GRID_WORKER, reached(Post.area_code, actor, "forms.manage")
    return Submission.user_id.in_(select(Post.holder_id).where(*there))


def corrected(db: Session, one: Submission) -> bool:
    """Whether a later submission that corrects this one is a report or statement already, itself or by one that corrects it."""
    seen: set[str] = set()
    later = {one.instance_id}
    while later:
        found = db.scalars(select(Submission).where(Submission.deprecated_id.in_(later))).all()
        if any(row.state in {State.DONE, State.CONFLICT} for row in found):
            return True
        seen |= later
        later = {row.instance_id for row in found} - seen
    return False


def of(db: Session, actor: Actor, submission_id: uuid.UUID) -> Submission:
    """The submission, which nobody else changes meanwhile. Raises NotFound, also for one that the actor does not look after."""
    found = db.scalar(select(Submission).where(Submission.id == submission_id, _looked_after(actor)))
    if found is None:
        raise NotFound("there is no such submission")
    one_at_a_time(db, f"submissions of {found.user_id}")
    db.refresh(found)
    return found


def shown(db: Session, actor: Actor, submission_id: uuid.UUID, reason: str) -> str:
    """The answers as they were sent, and a line in the log of looks. They hold what entries hold, so whoever may reveal
    nothing there may not here. Raises NotFound, Refused, Invalid."""
    one = of(db, actor, submission_id)
    sender = db.scalars(select(Post).where(Post.holder_id == one.user_id, Post.role == Role.GRID_WORKER)).all()
    subject = next((post for post in sender if allowed(actor, "registry.reveal", post)), None)
    return reveal(db, actor, "submission", one.id, "xml", one.xml, subject=subject, reason=reason, permission="registry.reveal")
