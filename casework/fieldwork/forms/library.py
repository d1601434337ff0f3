"""The forms of the city: published by version, one version of each in use, former ones kept for what was filled in on them."""
import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import LargeBinary, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, load_only, mapped_column

from casework import clock
from casework.errors import Conflict, NotFound
from casework.fieldwork.forms import xlsform
from casework.fieldwork.forms.xlsform import Form, Kind
from casework.identity.people import Actor
from casework.storage.database import Base, Keyed, one_at_a_time, partial_index

DEFAULT = Path(__file__).parent / "default"


class CollectionForm(Keyed, Base):
    """One version of one form. `questions` as our page asks them, `remarks` on what only ODK Collect can do."""

    __tablename__ = "collection_forms"
    form_id: Mapped[str]
    version: Mapped[str]
    title: Mapped[str]
    register: Mapped[str]
    """What its answers become: "report", or a statement in this register."""
    kind: Mapped[Kind]
    source: Mapped[bytes] = mapped_column(LargeBinary)
    """The XLSForm as it was written."""
    xform: Mapped[str]
    md5: Mapped[str]
    """Hex, of the XForm's UTF-8 bytes."""
    questions: Mapped[list[Any]]
    remarks: Mapped[list[str]]
    active: Mapped[bool] = mapped_column(default=True)
    published_at: Mapped[datetime] = mapped_column(default=clock.now)
    published_by: Mapped[uuid.UUID | None]
    shipped: Mapped[bool] = mapped_column(default=False)
    """It came with Zhiwang, and nobody of the city published it."""

    __table_args__ = (
        UniqueConstraint("form_id", "version"),
        partial_index("uq_collection_forms_one_active", "form_id", where="active", unique=True),
    )


def issue(db: Session, actor: Actor, form: Form) -> CollectionForm:
    """This version is in use from the commit on; the same file sent again changes nothing.

    Raises Conflict when this version has other content already: who filled it in must know what was asked.
    """
    return _put_in_use(db, form, published_by=actor.id)


def withdraw(db: Session, form_id: str) -> None:
    """No version of the form is served any more; what comes in on it is still taken. Raises NotFound."""
    of(db, form_id).active = False


def current(db: Session) -> Sequence[CollectionForm]:
    """The forms in use, by id."""
    return db.scalars(select(CollectionForm).where(CollectionForm.active).order_by(CollectionForm.form_id)).all()


def all_versions(db: Session) -> Sequence[CollectionForm]:
    """Every version of the forms of which one is in use, by id, the latest last; what a list tells, and not the forms."""
    used = select(CollectionForm.form_id).where(CollectionForm.active)
    told = load_only(CollectionForm.form_id, CollectionForm.version, CollectionForm.title, CollectionForm.md5,
                     CollectionForm.active, raiseload=True)
    return db.scalars(select(CollectionForm).options(told).where(CollectionForm.form_id.in_(used))
                      .order_by(CollectionForm.form_id, CollectionForm.id)).all()


def versions(db: Session, form_id: str) -> Sequence[CollectionForm]:
    """Every version of this form, the newest first, also when none is in use: what a list tells. Raises NotFound."""
    told = load_only(CollectionForm.form_id, CollectionForm.version, CollectionForm.title, CollectionForm.register,
                     CollectionForm.kind, CollectionForm.md5, CollectionForm.published_at, CollectionForm.active,
                     raiseload=True)
    found = db.scalars(select(CollectionForm).options(told).where(CollectionForm.form_id == form_id)
                       .order_by(CollectionForm.id.desc())).all()
    if not found:
        raise NotFound(f"there is no form {form_id}")
    return found


def digest(db: Session) -> str:
    """Changes whenever a form in use does: 32 hex digits, from the versions and not from the forms themselves."""
    used = db.execute(select(CollectionForm.form_id, CollectionForm.version, CollectionForm.md5)
                      .where(CollectionForm.active).order_by(CollectionForm.form_id))
    return hashlib.sha256(repr([tuple(row) for row in used]).encode()).hexdigest()[:32]


def of(db: Session, form_id: str, version: str | None = None) -> CollectionForm:
    """The version in use, or the one named. Raises NotFound."""
    wanted = CollectionForm.active if version is None else CollectionForm.version == version
    found = db.scalar(select(CollectionForm).where(CollectionForm.form_id == form_id, wanted))
    if found is None:
        raise NotFound(f"there is no form {form_id}" + (" in use" if version is None else f" of version {version}"))
    return found


def find(db: Session, form_id: str, version: str) -> CollectionForm | None:
    """What a submission was filled in on: its own version, else the latest of the form; None for no such form."""
    named = CollectionForm.version == version
    return db.scalar(select(CollectionForm).where(CollectionForm.form_id == form_id)
                     .order_by(named.desc(), CollectionForm.active.desc(), CollectionForm.id.desc()).limit(1))


def load_default(db: Session) -> list[str]:
    """Put the forms that come with Zhiwang in use where the city has none of its own; the ids of those that are new."""
    one_at_a_time(db, "collection forms")
    own = set(db.scalars(select(CollectionForm.form_id).where(CollectionForm.shipped.is_(False))))
    have = {(row.form_id, row.version) for row in db.execute(select(CollectionForm.form_id, CollectionForm.version))}
    new = []
    for path in sorted(DEFAULT.glob("*.md")):
        form = xlsform.read(path.read_bytes(), Kind.MD, validate=False)  # the tests let ODK's engine read them
        if form.form_id not in own and (form.form_id, form.version) not in have:
            _put_in_use(db, form, shipped=True)
            new.append(form.form_id)
    return new


def _put_in_use(db: Session, form: Form, **origin: Any) -> CollectionForm:
    one_at_a_time(db, "collection forms")
    known = db.scalar(select(CollectionForm).where(CollectionForm.form_id == form.form_id,
                                                   CollectionForm.version == form.version))
    if known is not None and known.source != form.source:
        raise Conflict(f"{form.form_id} has a version {form.version} already; give what has changed a new one",
                       form_id=form.form_id, version=form.version)
    db.execute(update(CollectionForm).where(CollectionForm.form_id == form.form_id, CollectionForm.active)
               .values(active=False))
    if known is None:
        known = CollectionForm(
            form_id=form.form_id, version=form.version, title=form.title, register=form.register, kind=form.kind,
            source=form.source, xform=form.xform, md5=form.md5, questions=form.questions, remarks=form.remarks,
            **origin)
        db.add(known)
    known.active = True
    db.flush()
    return known
