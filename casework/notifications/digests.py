"""Digests: once a day, or a week, what is new of all that somebody follows, in one message.

due() announces them by events that carry how far each reaches; write() makes of such an event what is public by then, so it
bears repetition. Left out is what its reader hears anyway: cases that he reported, or follows at once.
"""
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from casework import clock
from casework.cases import publication, subscribers, wording
from casework.cases.case import Case
from casework.cases.publication import Publication
from casework.cases.report import Report
from casework.cases.subscribers import Follow, Person, Rhythm, Subscriber
from casework.cases.wording import Language
from casework.geography.codes import lies_in
from casework.notifications import followers, messages
from casework.notifications.followers import Reached
from casework.notifications.messages import Message
from casework.notifications.rules import Kind
from casework.storage import outbox
from casework.storage.database import insert_once
from casework.storage.outbox import Event

DUE = "followed.digest"

MOST, LONGEST = 8, 480
"""Cases named in one message, and its characters; the rest is counted."""

MOST_COUNTED = 100

HEAD = {Language.ZH: "您关注的内容有{count}件新动态：", Language.EN: "{count} of the cases you follow are new or have moved: "}
MORE = {Language.ZH: "……", Language.EN: " … "}
END = {Language.ZH: "。", Language.EN: "."}
BETWEEN = {Language.ZH: "；", Language.EN: "; "}
NEW = {Language.ZH: "新增", Language.EN: "new"}


def due(db: Session, limit: int) -> int:
    """Announce the digests that are due, each with all that is due of its subscriber, until at least `limit` follows are in
    them; how many follows are, fewer than `limit` when no more are due."""
    now = clock.now()
    waits = (select(Follow.subscriber_id).where(Follow.due_at.is_not(None), Follow.due_at <= now)
             .order_by(Follow.due_at, Follow.subscriber_id).limit(limit))
    locked = db.scalars(select(Subscriber.id).where(Subscriber.id.in_(waits)).order_by(Subscriber.id)
                        .with_for_update(skip_locked=True)).all()
    ready: dict[uuid.UUID, list[Follow]] = {}
    for one in db.scalars(select(Follow).where(Follow.subscriber_id.in_(locked), Follow.due_at <= now)):
        ready.setdefault(one.subscriber_id, []).append(one)
    for subscriber_id, follows in ready.items():
        outbox.publish(db, "followed.digest", subscriber_id, until=now.isoformat(),
                       follows={one.id.hex: one.told_until.isoformat() for one in follows})
        for one in follows:
            one.told_until, one.due_at = now, subscribers.next_digest(one.rhythm, now)
    return sum(map(len, ready.values()))


Found = tuple[Case, bool]
"""A case, and whether it is new to the public."""


@dataclass(frozen=True)
class Piece:
    """One thing followed, and the span that the digest covers of it."""

    follow: Follow
    since: datetime
    until: datetime


@dataclass
class Digest:
    """What one event asks for, with what was found."""

    event: Event
    reached: Reached
    pieces: Sequence[Piece]
    cases: list[Found]
    """Each with whether it is new to the public in that span."""
    own: set[uuid.UUID]
    """Those of the reader's own reports: of these he may hear whether or not they are public."""

    @property
    def strange(self) -> list[str]:
        """The cases that must still be public when this is sent."""
        return [str(case.id) for case, _ in self.cases if case.id not in self.own]


def write(db: Session, event_ids: Sequence[int]) -> int:
    """Write the digests of these events, each once; how many messages are new."""
    events = db.scalars(select(Event).where(Event.id.in_(event_ids), Event.name == DUE).order_by(Event.id)).all()
    rows = [messages.row(one.event.id, one.reached.key, one.cases[0][0], one.reached.via, Kind.FOLLOWED, words(db, one),
                         subscriber_id=one.reached.subscriber.id, about=one.strange) for one in gathered(db, events)]
    for event in events:
        older = func.coalesce(Subscriber.digest_event, 0) < event.id
        db.execute(update(Subscriber).where(Subscriber.id == event.subject, older).values(digest_event=event.id)
                   .execution_options(synchronize_session=False))
    return len(insert_once(db, Message, rows, on=("event_id", "reader", "via")))


def unwritten(db: Session, since: datetime, until: datetime, limit: int) -> list[int]:
    """Ids of events that were handed over in this span and whose digests nobody wrote."""
    lost = (select(Event.id).join(Subscriber, Subscriber.id == Event.subject)
            .where(Event.name == DUE, Event.happened_at >= since, Event.relayed_at < until,
                   func.coalesce(Subscriber.digest_event, 0) < Event.id).order_by(Event.happened_at, Event.id).limit(limit))
    return list(db.scalars(lost))


def gathered(db: Session, events: Iterable[Event]) -> list[Digest]:
    """The digests of these events, without those that have nothing to say or reach nobody."""
    events = [one for one in events if one.name == DUE]
    found = db.scalars(select(Subscriber).where(Subscriber.id.in_({one.subject for one in events}))).all()
    ways = {one.subscriber.id: one for one in followers.reached(db, found)}
    follows = {one.id: one for one in db.scalars(select(Follow).where(Follow.subscriber_id.in_(ways)))}
    made = [Digest(one, ways[one.subject], _pieces(one, follows), [], set()) for one in events if one.subject in ways]
    looked: dict[tuple[Any, ...], Sequence[Found]] = {}
    for digest in made:
        cases: dict[uuid.UUID, Found] = {}
        for piece in digest.pieces:
            for case, is_new in _looked(db, piece, looked):
                cases[case.id] = case, is_new or cases.get(case.id, (case, False))[1]
                digest.own |= {case.id} if piece.follow.report_id else set()
        digest.cases = list(cases.values())
    _leave_out(db, made, follows.values())
    return [one for one in made if one.cases]


def words(db: Session, digest: Digest) -> str:
    """What the message says, the latest first: as many cases as have room, so that the link at its end is not cut off."""
    subscriber, count = digest.reached.subscriber, len(digest.cases)
    language, goodbye = subscriber.language, followers.farewell(subscriber)
    said = HEAD[language].format(count=f"{MOST_COUNTED}+" if count > MOST_COUNTED else count)
    latest, named = sorted(digest.cases, key=lambda one: (one[0].moved_at, one[0].id), reverse=True), 0
    for case, is_new in latest[:MOST]:
        line = (f"{BETWEEN[language] if named else ''}{case.number} {followers.kind_of(db, case, language, short=True)} "
                f"{NEW[language] if is_new else wording.STANDS[case.status][language]}")
        if named and len(said) + len(line) + len(goodbye) > LONGEST:
            break
        said, named = said + line, named + 1
    return said + (MORE if named < count else END)[language] + goodbye


def _pieces(event: Event, follows: Mapping[uuid.UUID, Follow]) -> list[Piece]:
    until = datetime.fromisoformat(event.detail["until"])
    known = ((follows.get(uuid.UUID(hex=one)), since) for one, since in event.detail["follows"].items())
    return [Piece(follow, datetime.fromisoformat(since), until) for follow, since in known if follow]


def _looked(db: Session, piece: Piece, looked: dict[tuple[Any, ...], Sequence[Found]]) -> Sequence[Found]:
    """The cases of one piece; what many follow over the same span is looked up once for all of them."""
    one = piece.follow
    key = (one.case_id, one.report_id, one.area_code, one.category_code, piece.since, piece.until)
    if key not in looked:
        looked[key] = _case(db, piece) if one.is_of_case else _new(db, piece)
    return looked[key]


def _new(db: Session, piece: Piece) -> list[Found]:
    """What became public in the span, of an area or category."""
    one = piece.follow
    wanted = (select(Case).join(Publication, Publication.case_id == Case.id)
              .where(publication.HOLDS, publication.STANDS,
                     Publication.stirred_at > piece.since,  # asked by its index; what is newly public has stirred since
                     Publication.published_at > piece.since, Publication.published_at <= piece.until)
              .order_by(Publication.stirred_at.desc(), Publication.case_id.desc()).limit(MOST_COUNTED + 1))
    if one.area_code:
        wanted = wanted.where(lies_in(Publication.community_code, one.area_code))
    if one.category_code:
        wanted = wanted.where(lies_in(Publication.category_code, one.category_code))
    return [(case, case.reopens == 0) for case in db.scalars(wanted)]


def _case(db: Session, piece: Piece) -> list[Found]:
    """The case that is followed, where it counts now, if it moved in the span and may be told."""
    report = db.get(Report, piece.follow.report_id) if piece.follow.report_id else None
    start = report.case_id if report else piece.follow.case_id
    case = db.get(Case, subscribers.leads_to(db, [start])[start]) if start else None
    if case is None or not piece.since < case.moved_at <= piece.until:
        return []
    return [(case, False)] if report or followers.shown(db, [case.id]) else []


def _leave_out(db: Session, digests: Sequence[Digest], follows: Iterable[Follow]) -> None:
    """What its reader hears anyway."""
    ids = {case.id for one in digests for case, _ in one.cases}
    known = subscribers.people_of(db, (one.reached.subscriber for one in digests))
    reported = _reported(db, ids, {person for people in known.values() for person in people})
    at_once: dict[uuid.UUID, set[uuid.UUID]] = {}
    for follow in follows:
        if follow.rhythm is Rhythm.AT_ONCE and follow.case_id:
            at_once.setdefault(follow.subscriber_id, set()).add(follow.case_id)
    ends = subscribers.leads_to(db, {case_id for cases in at_once.values() for case_id in cases})
    for one in digests:
        who = one.reached.subscriber.id
        heard = {ends[case_id] for case_id in at_once.get(who, ())}
        one.cases = [(case, is_new) for case, is_new in one.cases
                     if case.id not in heard and not known[who] & reported.get(case.id, frozenset())]


def _reported(db: Session, cases: Collection[uuid.UUID], people: Collection[Person]) -> dict[uuid.UUID, frozenset[Person]]:
    """Which of these people reported these cases."""
    phones, senders = ([value for kind, value in people if kind == wanted] for wanted in ("phone", "sender"))
    found: dict[uuid.UUID, frozenset[Person]] = {}
    for column, values in ((Report.reporter_phone_index, phones), (Report.reporter_id, senders)):
        for report in db.scalars(select(Report).where(Report.case_id.in_(cases), column.in_(values))) if values else ():
            if report.case_id:
                found[report.case_id] = found.get(report.case_id, frozenset()) | subscribers.senders_of(report)
    return found
