"""Who follows what: a case, an area, a category, or a category in an area.

It stands down here because two edges need it and may not know each other: community makes and ends what is followed, and
notifications looks up who is to be told. What happened says nothing of its followers: there may be many, and they change.
"""
import hmac
import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint, delete, exists, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, settings
from casework.cases.case import Case
from casework.cases.report import FROM_WECHAT, Report
from casework.cases.wording import Language
from casework.identity.people import Citizen
from casework.identity.sealing import derived_key
from casework.storage.database import Base, Keyed, partial_index

DEEPEST = 4
"""So many mergers one after the other a follower is taken along."""

IDLE = timedelta(days=180)
"""A page's list that nobody has opened for so long is forgotten; so are those who follow nothing any more, after a month."""

EMPTY = timedelta(days=30)


class Rhythm(StrEnum):
    """How often somebody wants to hear of what he follows."""

    AT_ONCE = "at_once"  # of a case only: with each step that the public sees
    DAILY = "daily"
    WEEKLY = "weekly"    # on Mondays


class Subscriber(Keyed, Base):
    """Somebody who follows something: the holder of a proved phone, a person in WeChat, the page of a report's token, or a
    list that a browser keeps under a secret of its own. Exactly one of the four.

    Personal only by what it refers to. Forgotten with the citizen or the WeChat follower (erase the row; what is followed
    goes with it), once nothing is followed any more, and a page's list when nobody opens it (see forget_idle).
    """

    __tablename__ = "subscribers"
    citizen_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("citizens.id"), unique=True)
    follower_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("wechat_followers.id"), unique=True)
    report_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("reports.id"), unique=True)
    list_index: Mapped[str | None] = mapped_column(unique=True)
    language: Mapped[Language] = mapped_column(default=Language.ZH)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    """When it was last opened or changed."""
    digest_event: Mapped[int | None]
    """The last event whose digest was written, whether or not there was anything to say."""
    ended_at: Mapped[datetime | None]
    """When something was last unfollowed: what was written before and waits to be sent is written anew."""

    @property
    def is_told(self) -> bool:
        """Messages reach this one; a page is opened."""
        return self.citizen_id is not None or self.follower_id is not None


class Follow(Keyed, Base):
    """One thing that somebody follows. Of a case `case_id`, or `report_id` where it is the follower's own report: that
    leads to its case also before there is one. Else an area, a category, or both. `what` names it, so that it is followed
    once."""

    __tablename__ = "follows"
    subscriber_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"))
    what: Mapped[str]
    case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("cases.id"), index=True)
    report_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("reports.id"), index=True)
    area_code: Mapped[str | None]
    category_code: Mapped[str | None]
    """Of a category or of a whole branch: those whose codes begin with it."""
    rhythm: Mapped[Rhythm]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    told_until: Mapped[datetime] = mapped_column(default=clock.now)
    """The digests so far reach until then."""
    due_at: Mapped[datetime | None]
    """When it next comes into a digest; None for what is told at once, and on a page."""

    __table_args__ = (UniqueConstraint("subscriber_id", "what"),
                      partial_index("ix_follows_due", "due_at", "subscriber_id", where="due_at IS NOT NULL"))

    @property
    def is_of_case(self) -> bool:
        """One case, and not all of a kind."""
        return self.case_id is not None or self.report_id is not None


def next_digest(rhythm: Rhythm, after: datetime) -> datetime | None:
    """When the next digest of this rhythm goes out, strictly after a moment: at ZHIWANG_DIGEST_AT of the city's time."""
    if rhythm is Rhythm.AT_ONCE:
        return None
    at: time = settings.current().digest_at
    day = after.astimezone(clock.CITY).date()
    while True:
        found = datetime.combine(day, at, clock.CITY)
        if found > after and (rhythm is Rhythm.DAILY or day.isoweekday() == 1):
            return found
        day += timedelta(days=1)


def of_cases(db: Session, cases: Collection[uuid.UUID]) -> list[tuple[uuid.UUID, Follow, Subscriber]]:
    """Who is told at once of these cases, and of which: by the case itself, by one that was merged into it, or by an own
    report that counts in it. Who follows a case in several ways stands there several times."""
    into = came_from(db, cases)
    told = (select(Follow, Subscriber).join(Subscriber, Subscriber.id == Follow.subscriber_id)
            .where(Follow.rhythm == Rhythm.AT_ONCE,
                   or_(Subscriber.citizen_id.is_not(None), Subscriber.follower_id.is_not(None))))
    by_case = db.execute(told.where(Follow.case_id.in_(into)).order_by(Follow.id)).all()
    own = (told.add_columns(Report.case_id).join(Report, Report.id == Follow.report_id)
           .where(Report.case_id.in_(list(cases))).order_by(Follow.id))
    return ([(case_id, follow, subscriber) for follow, subscriber, case_id in db.execute(own) if case_id]
            + [(case_id, follow, subscriber) for follow, subscriber in by_case if follow.case_id
               for case_id in into[follow.case_id]])


def came_from(db: Session, cases: Iterable[uuid.UUID]) -> dict[uuid.UUID, set[uuid.UUID]]:
    """These cases and all that were merged into them: each → those of these of whose news its followers hear."""
    into = {one: {one} for one in cases}
    newest = set(into)
    for _ in range(DEEPEST):
        rows = db.execute(select(Case.id, Case.merged_into_id).where(Case.merged_into_id.in_(newest))).all() if newest else []
        for row in rows:
            into[row.id] = into.get(row.id, set()) | into[row.merged_into_id]
        newest = {row.id for row in rows}
    return into


def leads_to(db: Session, cases: Iterable[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Each of these cases → the one it was merged into at last, or itself."""
    ends = {one: one for one in cases}
    for _ in range(DEEPEST):
        rows = db.execute(select(Case.id, Case.merged_into_id).where(
            Case.id.in_(set(ends.values())), Case.merged_into_id.is_not(None))).all() if ends else []
        further = {row.id: row.merged_into_id for row in rows}
        ends = {one: further.get(end, end) for one, end in ends.items()}
    return ends


Person = tuple[str, object]


def people_of(db: Session, subscribers: Iterable[Subscriber]) -> Mapping[uuid.UUID, frozenset[Person]]:
    """By what each subscriber may be known in a report, by his id: a proved phone, an account, an own report."""
    subscribers = list(subscribers)
    citizens = {one.citizen_id for one in subscribers if one.citizen_id}
    phones: dict[uuid.UUID | None, str] = {row.id: row.phone_index for row in db.execute(
        select(Citizen.id, Citizen.phone_index).where(Citizen.id.in_(citizens)))}
    return {one.id: frozenset(known for known in (
        ("phone", phones.get(one.citizen_id)), ("sender", one.citizen_id or one.follower_id),
        ("report", one.report_id)) if known[1]) for one in subscribers}


def senders_of(report: Report) -> frozenset[Person]:
    """By what the sender of a report is known."""
    sender = report.reporter_id if report.channel in FROM_WECHAT else None
    known: tuple[Person, ...] = (("phone", report.reporter_phone_index), ("sender", sender), ("report", report.id))
    return frozenset(one for one in known if one[1])


def unsubscribe_token(subscriber_id: uuid.UUID) -> str:
    """What opens the page where this one ends what is followed, without a log-in; only we can make it, and it does not end."""
    return f"{subscriber_id.hex}{_signed(subscriber_id)}"


def of_token(db: Session, token: str) -> Subscriber | None:
    """Whose token this is; None for one that is not ours, and for somebody who is forgotten."""
    try:
        subscriber_id = uuid.UUID(hex=token[:32])
    except ValueError:
        return None
    genuine = hmac.compare_digest(_signed(subscriber_id).encode(), token[32:].encode(errors="replace"))
    return db.get(Subscriber, subscriber_id) if genuine else None


def _signed(subscriber_id: uuid.UUID) -> str:
    return hmac.digest(derived_key("unsubscribe"), subscriber_id.bytes, "sha256").hex()[:32]


def forget_idle(db: Session, batch: int) -> int:
    """Forget pages' lists that nobody opens any more, and whoever follows nothing; how many went."""
    now = clock.now()
    follows_nothing = ~exists().where(Follow.subscriber_id == Subscriber.id)
    page = Subscriber.citizen_id.is_(None), Subscriber.follower_id.is_(None)
    idle = (select(Subscriber.id).where(or_(
        (Subscriber.seen_at < now - IDLE) & page[0] & page[1], (Subscriber.seen_at < now - EMPTY) & follows_nothing))
        .order_by(Subscriber.seen_at).limit(batch))
    # Said again outside: whoever begins to follow at this moment holds his row, and is looked at anew once it is free.
    gone = delete(Subscriber).where(Subscriber.id.in_(idle), Subscriber.seen_at < now - EMPTY)
    return len(db.scalars(gone.returning(Subscriber.id)).all())

