"""A report in pieces: photo, place and words come in any order within a settable time; what is missing is said, and a case
near by that may be the same is offered before the report is made."""
import re
import unicodedata
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock, settings
from casework.cases import sameness
from casework.cases.report import Channel, Receipt, Said, receive_one
from casework.cases.sameness import Asked
from casework.errors import NotFound, Refused, TooMany
from casework.geography.coordinates import Point
from casework.identity.followers import Follower
from casework.identity.people import ANONYMOUS
from casework.intake import guard
from casework.intake.guard import Sender, book
from casework.intake.wechat import answers, pictures, progress
from casework.intake.wechat.dialect import Incoming
from casework.storage.database import Base, new_id, partial_index

LONGEST, LONGEST_ADDRESS = 4000, 300

OBJECTS = re.compile(r"(?:申诉|objection)[\s:：]+(\S.*)", re.DOTALL | re.IGNORECASE)
ASKS = re.compile(r"(?:进度|progress)[\s:]*((?=[a-z-]*[0-9])[0-9a-z-]{4,32})")


class Talk(Base):
    """What one person has said so far towards a report, and the last one made of it. The report's key is `draft_id`; None
    while nothing is under way."""

    __tablename__ = "wechat_talks"
    follower_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_followers.id"), primary_key=True)
    draft_id: Mapped[uuid.UUID | None]
    words: Mapped[list[str]] = mapped_column(default=list)
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    address: Mapped[str | None]
    offer: Mapped[str | None]
    """The token of a case that may be the same (see sameness.py), while the answer is awaited."""
    changed_at: Mapped[datetime]
    last_draft_id: Mapped[uuid.UUID | None]
    last_report_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("reports.id"))
    last_number: Mapped[str | None]

    __table_args__ = (partial_index("ix_wechat_talks_open", "changed_at", where="draft_id IS NOT NULL"),)

    @property
    def place(self) -> Point | None:
        """Where it is, WGS-84."""
        return None if self.lon is None or self.lat is None else Point(self.lon, self.lat)

    def clear(self) -> None:
        """Nothing is under way any more."""
        self.draft_id = self.lon = self.lat = self.address = self.offer = None
        self.words = []


def answer(db: Session, follower: Follower, message: Incoming) -> str:
    """Take one message of this person into the conversation; what is answered, "" for nothing. `follower` is locked."""
    now = clock.now()
    if message.kind == "event":
        return _event(db, follower, message)
    follower.heard()
    talk = db.get(Talk, follower.id)
    if talk is None:
        talk = Talk(follower_id=follower.id, words=[], changed_at=now)
        db.add(talk)
    late = _lapse(db, follower, talk) if talk.changed_at < now - _span() else ""
    try:
        return late + _said(db, follower, talk, message)
    except (Refused, TooMany) as error:  # the guard asks before anything is made, so all that was said before stands
        if isinstance(error, TooMany):
            talk.changed_at = now + timedelta(seconds=error.retry_after)  # and waits for him from then on
        return late + answers.turned_away(error.sentence, listed=isinstance(error, Refused))


def _said(db: Session, follower: Follower, talk: Talk, message: Incoming) -> str:
    match message.kind:
        case "text":
            return _text(db, follower, talk, message.text("Content"))
        case "voice":
            spoken = message.text("Recognition")
            return _words(db, follower, talk, spoken) if spoken.strip() else answers.UNTOLD
        case "image":
            return _photo(db, follower, talk, message.text("MediaId"))
        case "location":
            return _place(db, follower, talk, message.place, message.text("Label"))
    return answers.UNTAKEN


def lapse_old(db: Session, batch: int) -> Sequence[Talk]:
    """What nobody went on with: a report of which all was said is made, pieces are dropped."""
    old = (select(Follower, Talk).join(Talk, Talk.follower_id == Follower.id)
           .where(Talk.draft_id.is_not(None), Talk.changed_at < clock.now() - _span())
           .order_by(Talk.changed_at).limit(batch).with_for_update(skip_locked=True, of=Follower))
    lapsed = []
    for follower, talk in db.execute(old).all():
        _lapse(db, follower, talk)
        lapsed.append(talk)
    return lapsed


def _span() -> timedelta:
    return timedelta(minutes=settings.current().wechat_minutes)


def _lapse(db: Session, follower: Follower, talk: Talk) -> str:
    """Whoever was offered a case, or put off because he had sent too much, had said all that makes a report: that was
    acknowledged, so it is kept."""
    whole = talk.offer or (talk.draft_id and not _wanted(db, talk.draft_id, talk))
    made = f"{_made(db, follower, talk)}\n" if whole else ""
    talk.clear()
    talk.last_draft_id = talk.last_report_id = talk.last_number = None
    return made


def _text(db: Session, follower: Follower, talk: Talk, content: str) -> str:
    plain = unicodedata.normalize("NFKC", content).strip().casefold()
    if objection := OBJECTS.fullmatch(content.strip()):
        return _object(db, follower, objection[1])
    if asked := ASKS.fullmatch(plain):
        return progress.of(db, follower, asked[1])
    if obey := COMMANDS.get(plain):
        return obey(db, follower, talk)
    return _words(db, follower, talk, content) if plain else answers.HELP


def _object(db: Session, follower: Follower, words: str) -> str:
    """Whoever is on the abuse list may say here, too, why he should not be."""
    entry = book.against(db, _sender(follower).listed_as())
    if entry is None:
        return answers.NOTHING
    if entry.objected_at is None:
        book.object_to(db, ANONYMOUS, entry.id, words[:book.LONGEST_OBJECTION])
    return answers.OBJECTED


def _sender(follower: Follower) -> Sender:
    return Sender(openid=follower.openid_index)


def _words(db: Session, follower: Follower, talk: Talk, words: str) -> str:
    _may_begin(db, follower, talk)
    made = _settled(db, follower, talk)
    if sum(len(one) + 1 for one in talk.words) + len(words) > LONGEST:
        return made + answers.TOO_LONG
    _go_on(talk)
    talk.words = [*talk.words, words]
    return made + _next(db, follower, talk)


def _place(db: Session, follower: Follower, talk: Talk, place: Point, label: str) -> str:
    _may_begin(db, follower, talk)
    made = _settled(db, follower, talk)
    _go_on(talk)
    talk.lon, talk.lat, talk.address = place.lon, place.lat, label[:LONGEST_ADDRESS].strip() or None
    return made + _next(db, follower, talk)


def _photo(db: Session, follower: Follower, talk: Talk, media_id: str) -> str:
    if not re.fullmatch(r"[\w-]{1,256}", media_id, re.ASCII):
        return answers.UNTAKEN
    _may_begin(db, follower, talk)
    made = _settled(db, follower, talk)
    if talk.draft_id is None and talk.last_draft_id and talk.last_number:  # one more of what was just reported
        if pictures.count(db, talk.last_draft_id) >= pictures.MOST:
            return made + answers.FULL
        pictures.announced(db, follower, talk.last_draft_id, media_id, talk.last_report_id)
        return made + answers.added(talk.last_number)
    draft_id = _go_on(talk)
    if pictures.count(db, draft_id) >= pictures.MOST:
        return answers.FULL
    pictures.announced(db, follower, draft_id, media_id)
    return _next(db, follower, talk)


def _event(db: Session, follower: Follower, message: Incoming) -> str:
    """Where a phone is while somebody opens the account (LOCATION) is not kept: a report says its own place."""
    match message.text("Event").casefold():
        case "subscribe":
            follower.heard()
            return answers.WELCOME
        case "unsubscribe":
            follower.follows = False
        case "scan":
            follower.heard()
            return answers.HELP
        case "click":
            follower.heard()
            return progress.of_latest(db, follower) if message.text("EventKey").casefold() == "progress" else answers.HELP
    return ""


def _settled(db: Session, follower: Follower, talk: Talk) -> str:
    """Who was asked whether it is a known case, and speaks of other things, has said no: the report is made, and told."""
    return f"{_made(db, follower, talk)}\n" if talk.offer else ""


def _may_begin(db: Session, follower: Follower, talk: Talk) -> None:
    """What is under way goes on; for anything new, the list is asked. Raises Refused."""
    if talk.draft_id is None or talk.offer:
        guard.turn_away(db, _sender(follower))


def _go_on(talk: Talk) -> uuid.UUID:
    """The report that is under way, or a new one."""
    if talk.draft_id is None:
        talk.draft_id = new_id()
    talk.changed_at = clock.now()
    return talk.draft_id


def _next(db: Session, follower: Follower, talk: Talk, *, without_photo: bool = False) -> str:
    """Say what is missing, offer a known case, or make the report."""
    assert talk.draft_id is not None  # noqa: S101 - whoever calls has something under way
    db.flush()
    if wanted := _wanted(db, talk.draft_id, talk, without_photo=without_photo):
        return answers.missing(wanted)
    guard.check(db, _sender(follower), talk.place)
    known = _known(db, talk)
    if known is None:
        return _made(db, follower, talk)
    talk.offer = known.same_as
    return answers.offer(known.category or "同类问题", known.area or "附近", known.report_count)


def _wanted(db: Session, draft_id: uuid.UUID, talk: Talk, *, without_photo: bool = False) -> list[str]:
    """What is missing of a report."""
    has = {"photo": without_photo or pictures.count(db, draft_id) > 0, "place": talk.place, "words": talk.words}
    return [name for name, given in has.items() if not given]


def _known(db: Session, talk: Talk) -> sameness.Public | None:
    """The likeliest open case; none where no taxonomy is in force, which must keep nobody from reporting."""
    try:
        found = sameness.ask(db, Asked(text="\n".join(talk.words), place=talk.place, address=talk.address))
    except NotFound:
        return None
    return next(iter(found), None)


def _made(db: Session, follower: Follower, talk: Talk, *, plus_one: bool = False) -> str:
    receipt, held = _make(db, follower, talk, plus_one=plus_one)
    return answers.received(receipt.number, plus_one=plus_one, held=held)


def _make(db: Session, follower: Follower, talk: Talk, *, plus_one: bool = False) -> tuple[Receipt, bool]:
    """The receipt, and whether the report is held."""
    assert talk.draft_id is not None  # noqa: S101 - as in _next
    receipt = receive_one(db, Said(
        channel=Channel.WECHAT, source=str(follower.id), key=str(talk.draft_id), text="\n".join(talk.words), place=talk.place,
        address=talk.address, reporter_id=follower.id))
    held = receipt.is_new and guard.note(db, receipt.id, _sender(follower), talk.place)
    if plus_one and talk.offer:
        sameness.claim(db, receipt.id, talk.offer)
    pictures.give(db, talk.draft_id, receipt.id)
    talk.last_draft_id, talk.last_report_id, talk.last_number = talk.draft_id, receipt.id, receipt.number
    talk.clear()
    talk.changed_at = clock.now()
    return receipt, held


def _help(_db: Session, _follower: Follower, _talk: Talk) -> str:
    return answers.HELP


def _where(db: Session, follower: Follower, _talk: Talk) -> str:
    return progress.of_latest(db, follower)


def _cancel(_db: Session, _follower: Follower, talk: Talk) -> str:
    was = talk.draft_id
    talk.clear()
    return answers.DROPPED if was else answers.NOTHING


def _choose(db: Session, follower: Follower, talk: Talk, *, plus_one: bool) -> str:
    """Said once more, it hears the same number again."""
    if talk.offer:
        return _made(db, follower, talk, plus_one=plus_one)
    if talk.draft_id:  # the number of an older report would be taken for this one's
        return _next(db, follower, talk)
    return answers.received(talk.last_number) if talk.last_number else answers.NOTHING


def _submit(db: Session, follower: Follower, talk: Talk) -> str:
    return _next(db, follower, talk, without_photo=True) if talk.draft_id else answers.NOTHING


_SAME, _OTHER = partial(_choose, plus_one=True), partial(_choose, plus_one=False)

COMMANDS: dict[str, Callable[[Session, Follower, Talk], str]] = {
    "帮助": _help, "help": _help, "?": _help, "取消": _cancel, "cancel": _cancel, "提交": _submit, "submit": _submit,
    "1": _SAME, "+1": _SAME, "2": _OTHER, "进度": _where, "progress": _where}
"""What people write, in half-width and small letters → what is done."""
