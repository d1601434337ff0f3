"""Bulletins as they appeared: made once for each period, and never changed afterwards."""
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import NotFound
from casework.identity.people import Actor, Role
from casework.performance import figures, freezing
from casework.performance.bulletins import content, html, pdf, periods
from casework.performance.bulletins.content import Read
from casework.performance.bulletins.periods import Kind, Period
from casework.performance.bulletins.tables import Language
from casework.storage import blobs, outbox
from casework.storage.database import Base, Keyed, insert_once, new_id

EDITOR = Actor("system", None, "简报", frozenset({Role.LEADER}), unbounded=True)
"""Reads the figures of the whole city."""

FOLDER = "bulletins"
LANGUAGES: tuple[Language, ...] = ("zh", "en")


class Bulletin(Keyed, Base):
    """`content` is as content.compose() made it."""

    __tablename__ = "bulletins"
    kind: Mapped[Kind]
    since: Mapped[date]
    until: Mapped[date]
    content: Mapped[dict[str, Any]]
    made_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (UniqueConstraint("kind", "since"), Index(None, "until", "id"))

    @property
    def lead(self) -> Mapping[str, str]:
        """Its first sentence."""
        sentence: Mapping[str, str] = self.content["sections"][0]["sentences"][0]
        return sentence

    def key(self, language: Language) -> str:
        """Where its PDF lies."""
        return f"{FOLDER}/{self.id}/{language}.pdf"


def reader(db: Session) -> Read:
    """Figures of the whole city, as compose() asks for them."""
    def read(by: str, since: date, until: date) -> Mapping[str, Any]:
        return figures.page(db, EDITOR, figures.Wanted(by=figures.By(by), since=since, until=until))
    return read


def due(db: Session, today: date) -> list[Period]:
    """The periods that are over on this day of the city and have no bulletin: the last week and the last month."""
    wanted = [periods.last(kind, today) for kind in Kind]
    return [one for one in wanted if _of(db, one) is None]


def make(db: Session, period: Period, read: Callable[[Session], Read] = reader) -> uuid.UUID | None:
    """Make the bulletin of this period, once, and announce it; its id.

    None when another made it meanwhile, when nothing was counted in it nor in the one before, as in a city that has just
    begun, and while something that happened in it waits to be counted: what appears is never put right afterwards.
    """
    if not freezing.all_counted(db, period.since, period.until):
        return None
    before = _of(db, period.before)
    made = content.compose(period, read(db), before.content if before else None)
    if not content.tells(made):
        return None
    row = {"id": new_id(), "kind": period.kind, "since": period.since, "until": period.until, "made_at": clock.now(),
           "content": made}
    made_id = next(iter(insert_once(db, Bulletin, [row], on=("kind", "since"))), None)
    if made_id is not None:
        outbox.publish(db, "bulletin.made", made_id)
    return made_id


def page(db: Session, kind: Kind | None, after: tuple[date, uuid.UUID] | None, limit: int) -> Sequence[Bulletin]:
    """The latest first."""
    wanted = select(Bulletin)
    if kind:
        wanted = wanted.where(Bulletin.kind == kind)
    if after:
        wanted = wanted.where(tuple_(Bulletin.until, Bulletin.id) < after)
    return db.scalars(wanted.order_by(Bulletin.until.desc(), Bulletin.id.desc()).limit(limit)).all()


def find(db: Session, bulletin_id: uuid.UUID) -> Bulletin:
    """Raises NotFound."""
    found = db.get(Bulletin, bulletin_id)
    if found is None:
        raise NotFound("there is no such bulletin")
    return found


def section(made: Bulletin, code: str) -> Mapping[str, Any]:
    """Raises NotFound."""
    found: Mapping[str, Any] | None = next((one for one in made.content["sections"] if one["code"] == code), None)
    if found is None:
        raise NotFound("this bulletin has no such section")
    return found


def on_paper(made: Bulletin, language: Language) -> bytes:
    """Its PDF, made the first time that it is asked for."""
    try:
        return blobs.get(made.key(language))
    except NotFound:
        drawn = pdf.pdf_of(made.content, made.made_at, language)
        blobs.put(made.key(language), drawn)
        return drawn


def as_page(made: Bulletin, language: Language) -> str:
    """It as one HTML page that opens anywhere."""
    return html.html_of(made.content, made.made_at, language)


def _of(db: Session, period: Period) -> Bulletin | None:
    return db.scalar(select(Bulletin).where(Bulletin.kind == period.kind, Bulletin.since == period.since))
