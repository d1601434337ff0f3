"""Messages as rows: one for each event, reader and way, written once however often the event is handed over."""
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, and_, exists, func, or_, select, tuple_, union_all
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, settings
from casework.cases.case import Case, Priority
from casework.cases.report import FROM_WECHAT, Report
from casework.cases.subscribers import Follow
from casework.cases.wording import Language
from casework.identity import followers as wechat
from casework.notifications import followers, happenings, lookers, preferences, readers
from casework.notifications.happenings import Happening
from casework.notifications.preferences import Preference
from casework.notifications.readers import Reader
from casework.notifications.rules import FOR_FOLLOWERS, OF_NO_CASE, RULES, Audience, Kind, Rule, Via
from casework.storage.database import Base, Keyed, insert_once, new_id, one_at_a_time, partial_index
from casework.storage.outbox import Event


class Message(Keyed, Base):
    """One thing said to one reader, in no words but ours and those of the case; phone and address are read when it is sent.

    `reader` is whom it is for (see readers.py): a report's sender, a person, or a department's desk, whose people share it.
    """

    __tablename__ = "messages"
    event_id: Mapped[int]
    reader: Mapped[str]
    report_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("reports.id"))
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    citizen_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("citizens.id"))
    follower_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("wechat_followers.id", ondelete="SET NULL"))
    """Whoever is told beside the reports, by a phone that was proved or in WeChat (see notices.py)."""
    subscriber_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("subscribers.id", ondelete="SET NULL"), index=True)
    case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("cases.id"))
    """What it is about; of a digest, the first of the cases; none of what is about no case."""
    via: Mapped[Via]
    kind: Mapped[Kind]
    text: Mapped[str]
    urgent: Mapped[bool] = mapped_column(default=False)
    """The case is: it may wake somebody."""
    about: Mapped[list[str] | None]
    """Of a follower's: the cases that must still be public when it is sent."""
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    """None once it is sent or given up."""
    failed_at: Mapped[datetime | None]
    fault: Mapped[str | None]
    """Why it was not taken, the last time; never the other side's own words."""

    __table_args__ = (
        UniqueConstraint("event_id", "reader", "via"),
        Index(None, "reader", "created_at", "id"), Index(None, "created_at"),
        partial_index("ix_messages_waiting", "next_try_at", "id", where="next_try_at IS NOT NULL"),
        partial_index("ix_messages_dead", "failed_at", "id", where="failed_at IS NOT NULL"),
    )


def _told_only(*audiences: Audience) -> tuple[str, ...]:
    """Events that tell these and nobody else, but for followers, whom any may have."""
    others = {name: {rule.audience for rule in rules} - {Audience.FOLLOWERS} for name, rules in RULES.items()}
    return tuple(name for name, told in others.items() if told <= set(audiences) and bool(told) == bool(audiences))


FOR_REPORTERS, FOR_INSPECTORS = _told_only(Audience.REPORTERS), _told_only(Audience.INSPECTOR)
ONLY_FOR_FOLLOWERS = _told_only()
"""Events that concern these only: whether there is anybody, the database is asked before anything is read."""

PAGE, MOST_PAGES = 500, 20

AT_ONCE = 200
"""Keys that one query asks for."""


def write(db: Session, event_ids: Sequence[int]) -> int:
    """Write what these events tell people; how many messages are new. Bears repetition. The last thing in its transaction:
    until that ends, no other writes messages."""
    events = db.scalars(select(Event).where(Event.id.in_(event_ids), Event.name.in_(RULES)).order_by(Event.id)).all()
    rows = [row for found in _rows(db, events).values() for row in found]
    if not rows:
        return 0
    one_at_a_time(db, "messages")  # the order of moments is that in which they can be read
    return len(insert_once(db, Message, _stamped(db, _not_told(db, rows)), on=("event_id", "reader", "via")))


def newest(db: Session, keys: Iterable[str]) -> datetime | None:
    """When the last message to any of these readers was written."""
    found, wanted = list[datetime | None](), sorted(set(keys))
    for start in range(0, len(wanted), AT_ONCE):  # of each by its own index
        each = [select(func.max(Message.created_at)).where(Message.reader == key) for key in wanted[start:start + AT_ONCE]]
        found += db.scalars(union_all(*each) if len(each) > 1 else each[0]).all()
    return max((one for one in found if one), default=None)


def _not_told(db: Session, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what reporters were told before by another way: the tracking page shows both."""
    told = {(event_id, reader) for event_id, reader in db.execute(select(Message.event_id, Message.reader).where(
        Message.event_id.in_({row["event_id"] for row in rows}), Message.report_id.is_not(None)))}
    return [row for row in rows if row["report_id"] is None or (row["event_id"], row["reader"]) not in told]


def _stamped(db: Session, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With the moment of writing, after all that the same people and desks were told before, also by a clock that goes wrong:
    whoever has read up to some moment must not miss what becomes readable after that."""
    last = newest(db, (row["reader"] for row in rows if row["via"] is Via.INBOX))
    at = max(clock.now(), last + timedelta(microseconds=1)) if last else clock.now()
    for row in rows:
        row["created_at"] = at
    return rows


def untold(db: Session, since: datetime, until: datetime, limit: int) -> list[int]:
    """Ids of events that were handed over in this span and have readers, of whom none was told. Not more than `limit`,
    the oldest first."""
    written = exists().where(Message.event_id == Event.id)
    heard = or_(Event.name.not_in(FOR_REPORTERS + FOR_INSPECTORS + ONLY_FOR_FOLLOWERS),
                and_(Event.name.in_(FOR_REPORTERS), exists().where(Report.case_id == Event.subject, *readers.LISTENS)),
                and_(Event.name.in_(FOR_FOLLOWERS), exists().where(Follow.case_id == Event.subject)),
                and_(Event.name.in_(FOR_INSPECTORS), exists().where(Case.id == Event.subject, Case.inspector_id.is_not(None))))
    silent = (select(Event).where(Event.name.in_(RULES), Event.happened_at >= since, Event.relayed_at < until, ~written, heard)
              .order_by(Event.happened_at, Event.id).limit(PAGE))
    found: list[int] = []
    events = db.scalars(silent).all()
    for _ in range(MOST_PAGES):  # some concern nobody after all: a case that no department leads, for one
        with_news = {event_id for event_id, rows in _rows(db, events).items() if rows}
        found += [event.id for event in events if event.id in with_news]
        if len(events) < PAGE or len(found) >= limit:
            break
        after = tuple_(Event.happened_at, Event.id) > (events[-1].happened_at, events[-1].id)
        events = db.scalars(silent.where(after)).all()
    return found[:limit]


def told(db: Session, report: Report) -> Sequence[Message]:
    """What the reporter was told, oldest first."""
    mine = select(Message).where(Message.reader == readers.reporter(report).key)
    return db.scalars(mine.order_by(Message.created_at, Message.id)).all()


def _rows(db: Session, events: Sequence[Event]) -> dict[int, list[dict[str, Any]]]:
    """The messages of each event, whether or not they were written before."""
    gathered = happenings.gathered(db, events)
    news = [(one, rule, reader) for one in gathered for rule in RULES[one.event.name]
            for reader in readers.of(one, rule.audience)]
    reports = [reader.report for _, _, reader in news if reader.report]
    chosen = preferences.of_many(db, [one.reporter_phone_index for one in reports if one.reporter_phone_index],
                                 [*(one.id for one in reports), *(one.user_id for _, _, one in news if one.user_id)])
    reached = _in_wechat(db, reports)
    staff = [reader for _, _, reader in news if not reader.report]
    mailed = readers.with_mail(db, staff) if staff and settings.current().smtp_url else {}
    found: dict[int, list[dict[str, Any]]] = {}
    buzzed = set[tuple[int, Any]]()
    for happening, rule, reader in news:
        ways = _to_reporter(rule, reader, chosen, reached) if reader.report else _to_staff(rule, reader, chosen, mailed)
        found.setdefault(happening.event.id, []).extend(
            _row(db, happening, rule, one, _once(happening, one, via, buzzed), language) for one, via, language in ways)
    for told in followers.of(db, gathered):
        found.setdefault(told.happening.event.id, []).append(row(
            told.happening.event.id, told.reached.key, told.happening.case, told.reached.via, Kind.FOLLOWED, told.text,
            subscriber_id=told.reached.subscriber.id, about=told.strange))
    for event in events:
        if event.name in OF_NO_CASE:
            found[event.id] = list(_of_no_case(db, event))
    return found


def _of_no_case(db: Session, event: Event) -> Iterator[dict[str, Any]]:
    told = lookers.of(db, event)
    chosen = preferences.of_many(db, (), [one.user_id for one in told if one.user_id])
    mailed = readers.with_mail(db, told) if told and settings.current().smtp_url else {}
    for rule in RULES[event.name]:
        for reader in told:
            for one, via, language in _to_staff(rule, reader, chosen, mailed):
                words = (rule.zh if language is Language.ZH else rule.en).format(news=event.detail[language.value])
                yield row(event.id, one.key, None, via, rule.kind, words, user_id=one.user_id)


def _once(happening: Happening, reader: Reader, via: Via, buzzed: set[tuple[int, Any]]) -> Via:
    """Who sent several reports of one problem hears once by phone; the pages of the others show it."""
    if reader.report is None or via not in {Via.SMS, Via.WECHAT}:
        return via
    person = happening.event.id, reader.report.reporter_phone_index if via is Via.SMS else reader.report.reporter_id
    if person in buzzed:
        return Via.PAGE
    buzzed.add(person)
    return via


Way = tuple[Reader, Via, Language]


def _in_wechat(db: Session, reports: Iterable[Report]) -> Collection[uuid.UUID]:
    """The reporters who can be told where they reported."""
    config = settings.current()
    wrote = {one.reporter_id for one in reports if one.channel in FROM_WECHAT and one.reporter_id}
    by_template = bool(config.wechat_template or config.wechat_subscription)
    return wechat.reached(db, wrote, by_template=by_template) if config.wechat and wrote else ()


def _to_reporter(rule: Rule, reader: Reader, chosen: Mapping[Any, Preference],
                 reached: Collection[uuid.UUID]) -> Iterator[Way]:
    """In WeChat who reported there; by SMS where a phone was left, which the page shows too; else, or where SMS is turned off,
    on the page alone."""
    assert reader.report is not None  # noqa: S101 - the caller looked
    phone = reader.report.reporter_phone_index if reader.report.reporter_phone else None
    wishes = [one for one in (chosen.get(reader.report.id), chosen.get(phone)) if one]
    language = wishes[0].language if wishes else Language.ZH
    if reader.report.channel in FROM_WECHAT and reader.report.reporter_id in reached:
        yield reader, Via.WECHAT, language
    elif phone and all(one.takes(Via.SMS, rule.kind) for one in wishes):
        yield reader, Via.SMS, language
    elif all(one.takes(Via.PAGE, rule.kind) for one in wishes):
        yield reader, Via.PAGE, language


def _to_staff(rule: Rule, reader: Reader, chosen: Mapping[Any, Preference],
              mailed: Mapping[str, Iterable[Preference]]) -> Iterator[Way]:
    wishes = chosen.get(reader.user_id)
    yield reader, Via.INBOX, wishes.language if wishes else Language.ZH
    for one in mailed.get(reader.key, ()):
        if one.user_id and one.takes(Via.MAIL, rule.kind):
            yield readers.person(one.user_id), Via.MAIL, one.language


def _row(db: Session, happening: Happening, rule: Rule, reader: Reader,  # noqa: PLR0917 - one message, said in this order
         via: Via, language: Language) -> dict[str, Any]:
    template = rule.zh if language is Language.ZH else rule.en
    return row(happening.event.id, reader.key, happening.case, via, rule.kind,
               template.format(**happening.words(db, language, reader.report or reader.about, via)),
               report_id=reader.report.id if reader.report else None, user_id=reader.user_id,
               urgent=happening.case.priority is Priority.URGENT)


def row(event_id: int, reader: str, case: Case | None, via: Via, kind: Kind, text: str, *,  # noqa: PLR0917 - as above
        report_id: uuid.UUID | None = None, user_id: uuid.UUID | None = None, subscriber_id: uuid.UUID | None = None,
        about: list[str] | None = None, urgent: bool = False) -> dict[str, Any]:
    """A message to be inserted: what leaves the house is due now, all else is there with that."""
    at, leaves = clock.now(), via in {Via.SMS, Via.WECHAT, Via.MAIL}
    return {"id": new_id(), "event_id": event_id, "reader": reader, "report_id": report_id, "user_id": user_id,
            "subscriber_id": subscriber_id, "case_id": case.id if case else None, "via": via, "kind": kind, "text": text,
            "urgent": urgent, "about": about, "created_at": at,
            "next_try_at": at if leaves else None, "sent_at": None if leaves else at}
