"""What one person said once through one channel: never edited, never lost, and the same however often it is sent."""
import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint, and_, event, inspect, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, Mapper, Session, mapped_column

from casework import clock
from casework.errors import Conflict
from casework.geography.coordinates import Point
from casework.identity.people import Actor
from casework.identity.privacy import Sealed, SealedText, blind_index, phone_index, seal
from casework.storage import outbox
from casework.storage.database import Base, Keyed, insert_once, new_id, partial_index

HEADING_LENGTH = 60


class Channel(StrEnum):
    """The door a report came in by."""

    PDA = "pda"
    HOTLINE = "hotline"
    CITIZEN = "citizen"
    OPEN311 = "open311"
    WECHAT = "wechat"


FROM_WECHAT = frozenset({Channel.WECHAT, Channel.CITIZEN})
"""Doors by which somebody reports whom WeChat knows: a message, or our page in its browser. `reporter_id` is then his."""


class Outcome(StrEnum):
    """What triage made of a report."""

    JOINED = "joined"                # one more voice on a case that is already open
    FILED = "filed"                  # a case of its own, filed by rule
    LEFT = "left"                    # a case of its own, on a person's desk, with the reason
    SELF_HANDLED = "self_handled"    # put right on the spot by the grid worker who saw it


class Report(Keyed, Base):
    """One report. The columns above the line are what was said; below it, what became of it."""

    __tablename__ = "reports"
    number: Mapped[str] = mapped_column(unique=True)
    channel: Mapped[Channel]
    source: Mapped[str]
    key: Mapped[str]
    digest: Mapped[str]
    received_at: Mapped[datetime]
    happened_at: Mapped[datetime | None]
    device_at: Mapped[datetime | None]
    text: Mapped[str]
    title: Mapped[str | None]
    claimed_category: Mapped[str | None]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    accuracy: Mapped[float | None]
    address: Mapped[str | None]
    handled_on_the_spot: Mapped[bool] = mapped_column(default=False)
    urgent: Mapped[bool] = mapped_column(default=False)
    reporter_id: Mapped[uuid.UUID | None]
    reporter_name: Mapped[SealedText | None] = mapped_column(Sealed("reports.reporter_name"))
    reporter_phone: Mapped[SealedText | None] = mapped_column(Sealed("reports.reporter_phone"))
    reporter_phone_index: Mapped[str | None] = mapped_column(index=True)
    external_number: Mapped[str | None]
    taken_by_id: Mapped[uuid.UUID | None]
    """The operator who wrote down what was said at the telephone."""
    # ---
    confidential: Mapped[bool] = mapped_column(default=False)
    """保密: who said it is shown to nobody but the operator who took it and supervisors. May be asked for later, too."""
    case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("cases.id"), index=True)
    triaged_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None]
    outcome_reason: Mapped[str | None]
    held_because: Mapped[str | None]
    """Why a person has to look at it before anything follows: who sent it is on the abuse list."""
    suggestion: Mapped[dict[str, Any] | None]
    rating: Mapped[int | None]
    rating_comment: Mapped[str | None]
    rated_at: Mapped[datetime | None]
    anonymised_at: Mapped[datetime | None]
    """Nobody knows any more who said it, see anonymity.py: the one time that words of a report change."""

    __table_args__ = (
        UniqueConstraint("channel", "source", "key"),
        partial_index("ix_reports_waiting", "received_at", "id", where="triaged_at IS NULL"),
        partial_index("ix_reports_named", "received_at", "id", where="anonymised_at IS NULL"),
        Index(None, "received_at", "channel"),
        Index(None, "reporter_id", "received_at"),
        partial_index("ix_reports_confidential", "case_id", where="confidential"),
    )

    @property
    def heading(self) -> str:
        """What the lists show: the reporter's own title, or the first words said."""
        words = " ".join((self.title or self.text).split())
        return words if len(words) <= HEADING_LENGTH else words[:HEADING_LENGTH - 1] + "…"

    def is_by(self, actor: Actor) -> bool:
        """This actor sent it: by account, by tracking token, or by a proven phone number."""
        return (self.id == actor.report_id
                or (actor.id is not None and self.reporter_id == actor.id)
                or (actor.phone_index is not None and self.reporter_phone_index == actor.phone_index))

    @property
    def can_be_called(self) -> bool:
        """A department may ring whoever sent it: there is a number, and nobody who asked not to be known."""
        return self.reporter_phone is not None and not self.confidential

    @property
    def place(self) -> Point | None:
        """Where it is, WGS-84, as far as the reporter could say."""
        return None if self.lon is None or self.lat is None else Point(self.lon, self.lat)


def written_by(follower_id: uuid.UUID) -> ColumnElement[bool]:
    """Of a report: this person of WeChat sent it, by a message or by our page."""
    return and_(Report.reporter_id == follower_id, Report.channel.in_(sorted(FROM_WECHAT)))


WHAT_WAS_SAID = frozenset({"number", "channel", "source", "key", "digest", "received_at", "happened_at", "device_at", "text",
                           "title", "claimed_category", "lon", "lat", "accuracy", "address", "handled_on_the_spot", "urgent",
                           "reporter_id", "external_number", "taken_by_id"})


@event.listens_for(Report, "before_update")
def _refuse_edits(_mapper: Mapper[Report], _connection: Connection, report: Report) -> None:
    state = inspect(report)
    for name in WHAT_WAS_SAID & state.committed_state.keys():  # to ask each for its history costs a fifth of triage
        if state.attrs[name].history.has_changes():
            raise Conflict(f"a report is never edited; {name} was about to change")


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a channel understood, in the words of the domain. `source` names who sends, `key` is the sender's own.

    A device whose clock is wrong says `device_at`, and `happened_at` is that corrected. `files` are the hashes of those that
    come later; they are kept elsewhere, and count here for telling one report from another. `proved_phone` is the one by
    which the sender is signed in, and stands where no `reporter_phone` was said.
    """

    channel: Channel
    source: str
    key: str
    text: str
    title: str | None = None
    happened_at: datetime | None = None
    device_at: datetime | None = None
    claimed_category: str | None = None
    place: Point | None = None
    accuracy: float | None = None
    address: str | None = None
    handled_on_the_spot: bool = False
    urgent: bool = False
    reporter_id: uuid.UUID | None = None
    reporter_name: str | None = None
    reporter_phone: str | None = None
    proved_phone: str | None = None
    external_number: str | None = None
    confidential: bool = False
    taken_by_id: uuid.UUID | None = None
    files: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """Tells a resend from another report that took the same key by mistake. How a clock was corrected is not said by
        the sender, so the device's own time stands in for it. Nor is who he is by a log-in: a citizen's may begin or end
        before an answer has reached him."""
        unsaid = {"channel", "source", "key", "device_at", "taken_by_id", "proved_phone"}
        unsaid |= {name for name in ("files", "confidential") if not getattr(self, name)}  # before they were, none was said
        instead = {"happened_at": self.device_at or self.happened_at}
        if self.channel is Channel.CITIZEN:
            instead["reporter_id"] = None
        said = [instead.get(one.name, getattr(self, one.name)) for one in fields(self) if one.name not in unsaid]
        return blind_index("said", repr(said))  # keyed: a phone number is soon guessed from a plain hash


@dataclass(frozen=True)
class Receipt:
    """The answer to a sender: the same for every resend. `is_new` is for the sender's log, not for its decisions."""

    id: uuid.UUID
    number: str
    received_at: datetime
    is_new: bool


def receive(db: Session, said: Sequence[Said]) -> list[Receipt | Conflict]:
    """Keep these reports, each once, and say that they came in; one statement however many.

    An item whose key was used before for another report comes back as a Conflict and changes nothing.
    """
    at = clock.now()
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for one in said:
        rows.setdefault((one.channel, one.source, one.key), _row(one, at))
    # In the order of their keys: two batches that overlap must not wait for each other.
    inserted = insert_once(db, Report, [rows[key] for key in sorted(rows)], on=("channel", "source", "key"))
    new = {rows[key]["id"] for key in rows if rows[key]["id"] in inserted}
    known = _known(db, [one for one in said if rows[one.channel, one.source, one.key]["id"] not in new])
    announce(db, [row["id"] for row in rows.values() if row["id"] in new])
    answers: list[Receipt | Conflict] = []
    for one in said:
        row = rows[one.channel, one.source, one.key]
        if row["id"] in new:
            found = Receipt(row["id"], row["number"], row["received_at"], is_new=True)
            digest = row["digest"]
        else:
            earlier = known[one.channel, one.source, one.key]
            found = Receipt(earlier.id, earlier.number, earlier.received_at, is_new=False)
            digest = earlier.digest
        answers.append(found if digest == one.digest else
                       Conflict("this key was used before for another report", key=one.key, number=found.number))
    return answers


def announce(db: Session, report_ids: Iterable[uuid.UUID]) -> None:
    """Say that these reports came in and want triage."""
    outbox.publish_many(db, "report.received", report_ids)


def receive_one(db: Session, said: Said) -> Receipt:
    """Keep one report. Raises Conflict when its key was used before for another one."""
    (answer,) = receive(db, [said])
    if isinstance(answer, Conflict):
        raise answer
    return answer


def _row(one: Said, at: datetime) -> dict[str, Any]:
    phone = one.reporter_phone or one.proved_phone
    return {
        "id": new_id(), "number": public_number("ZW", at), "channel": one.channel, "source": one.source, "key": one.key,
        "digest": one.digest, "received_at": at, "happened_at": one.happened_at,
        "device_at": one.device_at, "text": one.text, "title": one.title,
        "claimed_category": one.claimed_category, "lon": one.place.lon if one.place else None,
        "lat": one.place.lat if one.place else None, "accuracy": one.accuracy, "address": one.address,
        "handled_on_the_spot": one.handled_on_the_spot, "urgent": one.urgent, "reporter_id": one.reporter_id,
        "reporter_name": seal(one.reporter_name) if one.reporter_name else None,
        "reporter_phone": seal(phone) if phone else None,
        "reporter_phone_index": phone_index(phone),
        "external_number": one.external_number, "confidential": one.confidential, "taken_by_id": one.taken_by_id,
    }


def _known(db: Session, said: Sequence[Said]) -> dict[tuple[str, str, str], Report]:
    found: dict[tuple[str, str, str], Report] = {}
    senders = {(one.channel, one.source) for one in said}
    for channel, source in senders:
        keys = [one.key for one in said if (one.channel, one.source) == (channel, source)]
        rows = db.scalars(select(Report).where(Report.channel == channel, Report.source == source, Report.key.in_(keys)))
        found.update({(channel, source, row.key): row for row in rows})
    return found


ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no I, L, O, U, so a number survives being read out on the phone."""


def public_number(prefix: str, at: datetime) -> str:
    """A number people can say and nobody can guess: prefix, city date, 50 random bits, e.g. ZW261122-7K3F9-Q2MXA."""
    bits = secrets.randbits(50)  # asked for once: ten times costs a batch of tickets more than its validation
    letters = "".join(ALPHABET[bits >> shift & 31] for shift in range(0, 50, 5))
    return f"{prefix}{at.astimezone(clock.CITY):%y%m%d}-{letters[:5]}-{letters[5:]}"
