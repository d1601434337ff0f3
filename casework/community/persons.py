"""Who takes part, beside reporting: known by the blind index of a phone or as a follower in WeChat, and by nothing else.

Points and adoptions hang on such a person. Erasing somebody cuts the two ties here: the lines stay for the counts, and
nobody can say any more whose they were. (Retention: the two ties are set to NULL on request, by whoever; what else there is of
such a person is forgotten by erasing.py, by the timetable.)
"""
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.cases.report import FROM_WECHAT, Channel, Report
from casework.errors import Unauthenticated
from casework.identity.followers import Follower
from casework.identity.people import Actor, Citizen
from casework.storage.database import Base, Keyed, insert_once, new_id, partial_index

CITIZENS_DOORS = frozenset({Channel.CITIZEN, Channel.WECHAT, Channel.OPEN311})
"""Where people report for themselves; at the telephone and on PDAs somebody is paid to write it down."""


class Person(Keyed, Base):
    """One person. A phone may be known before its holder has proved it: whoever proves it later finds what came before."""

    __tablename__ = "community_persons"
    phone_index: Mapped[str | None] = mapped_column(unique=True)
    follower_id: Mapped[uuid.UUID | None] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    erased_at: Mapped[datetime | None]
    """When all that was personal had gone, after the ties were cut."""

    __table_args__ = (partial_index("ix_community_persons_untied", "id",
                                    where="phone_index IS NULL AND follower_id IS NULL AND erased_at IS NULL"),)


Tie = tuple[str, str | uuid.UUID]
"""The column that somebody is known by, and its value."""


def tie_of(actor: Actor) -> Tie:
    """What this citizen has proved: a phone, or an account in WeChat (its session's id is the follower's).

    Raises Unauthenticated for everybody else: a tracking token proves no more than that somebody has seen a receipt.
    """
    if actor.kind == "citizen" and actor.phone_index:
        return "phone_index", actor.phone_index
    if actor.kind == "citizen" and actor.id is not None:
        return "follower_id", actor.id
    raise Unauthenticated("log in with your phone, or in WeChat")


def ties_of(db: Session, reports: Iterable[Report]) -> dict[uuid.UUID, Tie]:
    """Whose these reports are, by their ids, as far as they tell; those of staff and of nobody are missing."""
    mine = [one for one in reports if one.channel in CITIZENS_DOORS]
    writers, ties = _followers(db, mine), dict[uuid.UUID, Tie]()
    for one in mine:
        if one.reporter_id and one.reporter_id in writers:
            ties[one.id] = "follower_id", one.reporter_id
        elif one.reporter_phone_index:
            ties[one.id] = "phone_index", one.reporter_phone_index
    return ties


def _followers(db: Session, reports: Iterable[Report]) -> set[uuid.UUID]:
    """Those who sent any of these from WeChat, in words or by our page, which knows them by their account."""
    senders = {one.reporter_id for one in reports if one.channel in FROM_WECHAT and one.reporter_id}
    return set(db.scalars(select(Follower.id).where(Follower.id.in_(senders)))) if senders else set()


def known(db: Session, actor: Actor) -> Person | None:
    """The person that this citizen is, if there is anything of him. Raises Unauthenticated as tie_of() does."""
    column, value = tie_of(actor)
    return db.scalar(select(Person).where(getattr(Person, column) == value))


def of(db: Session, actor: Actor) -> Person:
    """The same, made if there is none yet."""
    return with_tie(db, tie_of(actor))


def with_tie(db: Session, tie: Tie) -> Person:
    """The person whom this ties to, made if there is none yet."""
    column, value = tie
    insert_once(db, Person, [{"id": new_id(), column: value, "created_at": clock.now()}], on=(column,))
    return db.scalars(select(Person).where(getattr(Person, column) == value)).one()


def with_ties(db: Session, ties: Iterable[Tie]) -> dict[Tie, uuid.UUID]:
    """Those of these that are known already, by what they are known by."""
    wanted = set(ties)
    phones = [value for column, value in wanted if column == "phone_index"]
    followers = [value for column, value in wanted if column == "follower_id"]
    rows = db.execute(select(Person.id, Person.phone_index, Person.follower_id).where(
        or_(Person.phone_index.in_(phones), Person.follower_id.in_(followers)))).all()
    by_phone: dict[Tie, uuid.UUID] = {("phone_index", row.phone_index): row.id for row in rows if row.phone_index}
    return by_phone | {("follower_id", row.follower_id): row.id for row in rows if row.follower_id}


def proved(db: Session, reports: Iterable[Report]) -> set[uuid.UUID]:
    """Those of these reports whose senders had proved who they are: only they answer for what they said. Whoever reports on
    the web may name any phone, and must not be able to cost its holder anything."""
    mine = [one for one in reports if one.channel in FROM_WECHAT and one.reporter_id]
    writers = _followers(db, mine)
    holders: dict[uuid.UUID | None, Any] = dict(db.execute(select(Citizen.id, Citizen.phone_index).where(
        Citizen.id.in_({one.reporter_id for one in mine if one.reporter_id not in writers}))).all())
    return {one.id for one in mine if one.reporter_id in writers or (
        one.reporter_phone_index is not None and holders.get(one.reporter_id) == one.reporter_phone_index)}


def addressees(db: Session, person_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Where these persons can be told something: by person, the id of the citizen whose phone was proved, or of the
    follower. Who can not be reached is missing."""
    rows = db.execute(select(Person.id, Citizen.id, Follower.id)
                      .join(Citizen, Citizen.phone_index == Person.phone_index, isouter=True)
                      .join(Follower, Follower.id == Person.follower_id, isouter=True)
                      .where(Person.id.in_(list(person_ids))))
    return {person_id: citizen_id or follower_id for person_id, citizen_id, follower_id in rows if citizen_id or follower_id}


def cut(db: Session, *, phone_index: str | None = None, follower_id: uuid.UUID | None = None) -> int:
    """Cut the ties of whoever is known by these; how many persons that were. The rest of them goes with erasing.py."""
    ties = [Person.phone_index == phone_index] if phone_index else []
    ties += [Person.follower_id == follower_id] if follower_id else []
    found = db.scalars(select(Person).where(or_(*ties)).with_for_update()).all() if ties else []
    for one in found:
        one.phone_index = one.follower_id = None
    db.flush()
    return len(found)
