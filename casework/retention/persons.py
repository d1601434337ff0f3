"""One person, as far as we know of one: a proved phone, or reports whose tracking tokens were shown; and what is theirs."""
import secrets
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import orjson
from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from casework.cases import anonymity
from casework.cases.report import Report
from casework.identity.followers import Follower
from casework.identity.people import Citizen
from casework.identity.scrubbing import Known, scrub_all
from casework.identity.sealing import blind_index, seal
from casework.retention import contacts, walking
from casework.retention.holdings import Kind

BATCH = 200
"""Reports of one person that one transaction takes."""


@dataclass(frozen=True)
class Person:
    """By the ids under which the tables know this person."""

    phone: str | None
    citizen_ids: tuple[uuid.UUID, ...]
    follower_ids: tuple[uuid.UUID, ...]
    report_ids: tuple[uuid.UUID, ...]
    known: Known
    openids: tuple[str, ...] = ()
    """Blind indexes."""

    @property
    def actors(self) -> tuple[uuid.UUID, ...]:
        """The ids under which this person acted."""
        return self.citizen_ids + self.follower_ids

    @property
    def subjects(self) -> Mapping[Kind, Collection[uuid.UUID] | Collection[str]]:
        """For walking.forget(): what belongs to the person, and to none of the reports."""
        phones = [blind_index("phone", self.phone)] if self.phone else []
        return {"phone": phones, "citizen": self.citizen_ids, "follower": self.follower_ids, "sender": [*phones, *self.openids]}

    def remembered(self) -> str:
        """What is known now, and found no more once a part is forgotten: for find(), when whoever forgets dies half way."""
        return orjson.dumps({"followers": list(map(str, self.follower_ids)), "names": sorted(self.known.names),
                             "phones": sorted(self.known.phones), "others": sorted(self.known.others)}).decode()


def find(db: Session, phone: str | None, report_ids: Iterable[uuid.UUID] = (), follower_id: uuid.UUID | None = None,
         remembered: str | None = None) -> Person:
    """Who holds this phone, has sent these reports, and is this WeChat user, with all that he sent there in words or by a page.

    A report leads to nobody: its tracking token may have been passed on. `remembered` is what remembered() said of
    this person before some of it was forgotten.
    """
    former = orjson.loads(remembered) if remembered else {"followers": [], "names": [], "phones": [], "others": []}
    senders = {*([follower_id] if follower_id else []), *(uuid.UUID(one) for one in former.pop("followers"))}
    found = db.execute(select(Follower.id, Follower.openid, Follower.openid_index).where(Follower.id.in_(senders))).all()
    followers = tuple(one.id for one in found)
    citizens: tuple[uuid.UUID, ...] = ()
    mine: list[ColumnElement[bool]] = [Report.id.in_(list(report_ids))]
    if phone is not None:
        index = blind_index("phone", phone)
        citizens = tuple(db.scalars(select(Citizen.id).where(Citizen.phone_index == index)))
        mine.append(Report.reporter_phone_index == index)
    if actors := citizens + followers:
        mine.append(Report.reporter_id.in_(actors))
    reports = db.scalars(select(Report).where(or_(*mine)).order_by(Report.id)).all()
    known = (anonymity.known_of(db, reports) | Known(**{name: frozenset(said) for name, said in former.items()})
             | Known(phones=frozenset([phone] if phone else []), others=frozenset(one.openid.open() for one in found)))
    return Person(phone, citizens, followers, tuple(one.id for one in reports), known,
                  tuple(one.openid_index for one in found))


def erase_some(db: Session, person: Person) -> list[uuid.UUID]:
    """Forget this person in some more of his reports, of a case in all; which. Call again in a new transaction until there is
    none."""
    named = Report.id.in_(person.report_ids), Report.anonymised_at.is_(None)
    some = db.execute(select(Report.id, Report.case_id).where(*named).order_by(Report.case_id, Report.id).limit(BATCH)).all()
    whole = or_(Report.id.in_([one.id for one in some]), Report.case_id.in_({one.case_id for one in some if one.case_id}))
    return contacts.anonymise_of(db, db.scalars(select(Report.id).where(*named, whole)).all(), person.known, person.actors)


def erase_rest(db: Session, person: Person) -> None:
    """Forget what hangs on no report: account, log-ins, wishes, subscriptions, WeChat. The last thing, and harmless again."""
    walking.forget(db, person.subjects, partial(scrub_all, known=person.known))
    forget_citizens(db, person.citizen_ids)
    forget_followers(db, person.follower_ids)


def forget_citizens(db: Session, ids: Collection[uuid.UUID]) -> None:
    """Nobody logs in as these any more, and no phone leads to them. The empty row stays: what counts points, or is a line of a
    history, may name it."""
    for one in ids:
        db.execute(update(Citizen).where(Citizen.id == one).values(
            phone=seal(""), phone_index=f"gone:{secrets.token_hex(12)}", active=False))


def forget_followers(db: Session, ids: Collection[uuid.UUID]) -> None:
    """WeChat's name of these is gone; their talks and pictures went before, see the table."""
    db.execute(delete(Follower).where(Follower.id.in_(ids)))
