"""Who is meant by an audience: reporters, the desks of departments, and persons, as they were when it happened."""
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from casework.cases import wording
from casework.cases.report import Channel, Outcome, Report
from casework.cases.workflow import Status
from casework.identity.people import DEPARTMENTAL, Actor, Post, Role, User
from casework.notifications.happenings import Happening
from casework.notifications.preferences import Preference
from casework.notifications.rules import Audience
from casework.storage.outbox import Event


class Reader(NamedTuple):
    """One who is told. `key` names reporter, person or desk for ever, so that nobody is told the same twice."""

    key: str
    report: Report | None = None
    user_id: uuid.UUID | None = None
    department_id: uuid.UUID | None = None
    head_only: bool = False


def reporter(report: Report) -> Reader:
    """Who sent this report."""
    return Reader(f"report:{report.id.hex}", report=report)


def person(user_id: uuid.UUID) -> Reader:
    """Somebody who works here."""
    return Reader(f"user:{user_id.hex}", user_id=user_id)


def desk(department_id: uuid.UUID, *, head_only: bool = False) -> Reader:
    """Everybody who handles cases for a department, or only its head."""
    return Reader(f"{'head' if head_only else 'department'}:{department_id.hex}", department_id=department_id,
                  head_only=head_only)


def keys_of(actor: Actor) -> list[str]:
    """Whose messages this person reads in the inbox: his own, and those to the desks at which he sits."""
    keys = [] if actor.id is None else [person(actor.id).key]
    for post in actor.each():
        if not post.roles.isdisjoint(DEPARTMENTAL):
            keys += [desk(one).key for one in post.department_ids]
        if Role.DEPARTMENT_HEAD in post.roles:
            keys += [desk(one, head_only=True).key for one in post.department_ids]
    return sorted(set(keys))


def of(happening: Happening, audience: Audience) -> Iterator[Reader]:
    """Those who are meant. Several audiences of one event may name the same one; he is told by the first."""
    match audience:
        case Audience.REPORTERS | Audience.REPORTER | Audience.FIRST | Audience.MOVED | Audience.ADDRESSED:
            yield from map(reporter, _reporters(happening, audience))
        case Audience.INSPECTOR | Audience.ORDERER:
            found = _inspector(happening) if audience is Audience.INSPECTOR else _orderer(happening)
            yield from [person(found)] if found else []
        case Audience.WORKERS:
            yield from (person(one) for one in dict.fromkeys(
                report.reporter_id for report in happening.case.reports if report.channel is Channel.PDA) if one)
        case _:
            head = audience in {Audience.LEADS_HEAD, Audience.APPELLANT}
            yield from (desk(one, head_only=head) for one in _departments(happening, audience))


def _reporters(happening: Happening, audience: Audience) -> Sequence[Report]:
    case, event = happening.case, happening.event
    if audience is Audience.MOVED:
        return [one for one in happening.moved if one.channel is not Channel.PDA]
    if audience is Audience.REPORTER:
        return [one for one in case.reports if str(one.id) == event.detail.get("report")]
    told = [one for one in case.reports if one.channel is not Channel.PDA and not _came_later(one, event)]
    if event.name == "case.file" and happening.last("parted") and happening.line and happening.line.actor_kind == "system":
        return []  # that they are a case of their own now, filed at once, they were told when they were taken from the other
    if audience is Audience.FIRST:
        return [one for one in told if wording.is_asked(case, one)]
    answered = happening.comment.report_id if happening.comment and audience is Audience.ADDRESSED else None
    return [one for one in told if one.id == answered] if answered else told


def _came_later(report: Report, event: Event) -> bool:
    """Who joined after something had happened was told then how the case stands."""
    return report.outcome is Outcome.JOINED and report.triaged_at is not None and report.triaged_at > event.happened_at


LISTENS = (
    Report.channel != Channel.PDA,
    or_(Report.outcome.is_(None), Report.outcome != Outcome.JOINED, Report.triaged_at <= Event.happened_at),
)
"""The same in SQL, for who is told of what concerns everybody in the case."""


def _departments(happening: Happening, audience: Audience) -> Iterable[uuid.UUID]:
    found: Iterable[uuid.UUID | None]
    match audience:
        case Audience.LEAD | Audience.LEADS_HEAD:
            found = (happening.lead_id,)
        case Audience.RELEASED:
            found = (happening.released_id,)
        case Audience.HELPERS:
            found = happening.helper_ids
        case Audience.APPELLANT:
            appeal = happening.last("appeal")
            found = (appeal.department_id if appeal else None,)
        case _:
            found = sorted(one for one in happening.case.involved_department_ids if one != happening.speaker_id)
    return dict.fromkeys(one for one in found if one)


SENDS_TO_LOOK = frozenset({"verify", "confirm", "refute", "resolve", "reassign", "sample", "pass", "fail", "accept", "decline",
                           "reopen", "order_rework", "merge", "void"})
"""After one of these it is somebody else's look, or nobody's."""


def _inspector(happening: Happening) -> uuid.UUID | None:
    """Who is sent by this step, unless somebody else was meanwhile, or nobody has to look any more."""
    later = happening.case.history[len(happening.lines):]
    waits = happening.case.status in {Status.VERIFYING, Status.RESOLVED}
    return happening.case.inspector_id if waits and not any(line.action in SENDS_TO_LOOK for line in later) else None


def _orderer(happening: Happening) -> uuid.UUID | None:
    line = happening.last("supervise", "order_rework")
    return line.actor_id if line and line.actor_kind == "user" else None


def with_mail(db: Session, readers: Iterable[Reader]) -> dict[str, list[Preference]]:
    """Whoever reads for these persons and desks and has left an address, by the reader's key."""
    people = {one.user_id for one in readers if one.user_id}
    departments = {one.department_id for one in readers if one.department_id}
    reached = Preference.mail.is_not(None), User.active
    found: dict[str, list[Preference]] = {}
    for user_id, one in db.execute(select(User.id, Preference).join(Preference, Preference.user_id == User.id)
                                   .where(*reached, User.id.in_(people))):
        found.setdefault(person(user_id).key, []).append(one)
    seats = (select(Post.department_id, Post.role, Preference).join(User, User.id == Post.holder_id)
             .join(Preference, Preference.user_id == User.id)
             .where(*reached, Post.role.in_(DEPARTMENTAL), Post.department_id.in_(departments)))
    for department_id, role, one in db.execute(seats):
        for head_only in {False, role is Role.DEPARTMENT_HEAD}:
            if department_id:
                found.setdefault(desk(department_id, head_only=head_only).key, []).append(one)
    return found
