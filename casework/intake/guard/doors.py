"""What each door asks of the guard: may this sender send this now, and what is to be kept of it."""
import uuid

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from casework import clock
from casework.cases.report import Report
from casework.errors import Refused
from casework.geography.coordinates import Point
from casework.identity.privacy import blind_index
from casework.intake.guard import book, traces
from casework.intake.guard.book import Effect, Entry
from casework.intake.guard.sender import Kind, Sender
from casework.intake.guard.traces import Key

HELD = "发送人的上报须先由人工查看"
"""What the triage desk reads of a report that is held, before the reason."""


HELD_BECAUSE = select(Report.held_because).where(Report.id == bindparam("report_id"))


def admit(db: Session, report_id: uuid.UUID, sender: Sender, place: Point | None, *, known: bool = False) -> None:
    """Let a report in that was stored a moment ago, in the same transaction: whatever is raised here takes it back.

    `known`: it is said to be one more voice for a case that there is. Raises Refused, TooMany.
    """
    entry = _let(db, sender, place, known=known)
    _keep(db, report_id, sender, place, entry)


def check(db: Session, sender: Sender, place: Point | None = None) -> None:
    """May this sender send a report about this place now? Raises Refused for whoever is on the list, TooMany."""
    _let(db, sender, place, known=False)


def turn_away(db: Session, sender: Sender) -> None:
    """Raises Refused for whoever is on the list as to be refused; says how to object."""
    _not_refused(db, sender)


def note(db: Session, report_id: uuid.UUID, sender: Sender, place: Point | None) -> bool:
    """Keep that this sender sent this report, and hold it if the list says so; whether it is held."""
    return _keep(db, report_id, sender, place, book.against(db, sender.listed_as()))


def upload(db: Session, sender: Sender) -> None:
    """One more photo that is sent ahead of its report. Raises Refused, TooMany."""
    turn_away(db, sender)
    keys = sender.keys
    who = keys.get(Kind.DEVICE) or keys.get(Kind.ADDRESS)
    key = [("upload", blind_index("upload", who))] if who else []
    traces.check(db, key)
    traces.note(db, key)


def known_as(db: Session, sender: Sender, report_id: uuid.UUID | None) -> set[str]:
    """All that the list may hold against whoever calls, or against whoever sent the report whose token he shows."""
    known = sender.listed_as()
    if report_id is not None:
        phone = db.scalar(select(Report.reporter_phone_index).where(Report.id == report_id))
        known |= {*traces.of_report(db, report_id), *([phone] if phone else [])}
    return known


def held(db: Session, report_id: uuid.UUID) -> bool:
    """Whether a report waits for a person because of who sent it."""
    return db.scalar(HELD_BECAUSE, {"report_id": report_id}) is not None


def _let(db: Session, sender: Sender, place: Point | None, *, known: bool) -> Entry | None:
    entry = _not_refused(db, sender)
    traces.check(db, _keys(sender, place), known=known)
    return entry


def _not_refused(db: Session, sender: Sender) -> Entry | None:
    """What the list holds against the sender, if it is no more than to be held."""
    entry = book.against(db, sender.listed_as())
    if entry is not None and entry.effect is Effect.REFUSE:
        raise Refused(_sentence(entry), entry=str(entry.id), until=entry.until)
    return entry


def _keep(db: Session, report_id: uuid.UUID, sender: Sender, place: Point | None, entry: Entry | None) -> bool:
    traces.note(db, _keys(sender, place), report_id)
    if entry is not None:
        db.execute(update(Report).where(Report.id == report_id).values(held_because=f"{HELD}：{entry.reason}"))
    return entry is not None


def _keys(sender: Sender, place: Point | None) -> list[Key]:
    return [*((kind.value, value) for kind, value in sender.keys.items()), *(sender.at(place) if place else ())]


def _sentence(entry: Entry) -> str:
    until = f"至 {entry.until.astimezone(clock.CITY):%Y-%m-%d}" if entry.until else ""
    return (f"因“{entry.reason}”，您的上报{until}不予受理；如有异议可申诉，由督办人员复核。紧急情况请拨打 110、119、120。 "
            "Your reports are not taken just now; you may object, and a supervisor decides. In danger call 110, 119 or 120.")
