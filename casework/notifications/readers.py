"""Who is meant by an audience: reporters, the desks of departments, and persons, as they were when it happened."""
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from casework.cases import wording
from casework.cases.report import Channel, Outcome, Report
from casework.cases.workflow import TURN, Status
from casework.identity.people import DEPARTMENTAL, Actor, Post, Role, User
from casework.notifications.happenings import SENDS_TO_LOOK, Happening
from casework.notifications.preferences import Preference
from casework.notifications.rules import Audience
from casework.storage.outbox import Event

CENTRE = frozenset({Role.TRIAGE_OPERATOR, Role.DISPATCHER, Role.ADJUDICATOR})
"""The desks of the centre that have a case while no department has it."""


class Reader(NamedTuple):
    """One who is told. `key` names reporter, person or desk for ever, so that nobody is told the same twice; `about` is the
    report of which somebody is told who does not read it on the tracking page."""

    key: str
    report: Report | None = None
    user_id: uuid.UUID | None = None
    department_id: uuid.UUID | None = None
    head_only: bool = False
    role: Role | None = None
    about: Report | None = None


def reporter(report: Report) -> Reader:
    """Who sent this report."""
    return Reader(f"report:{report.id.hex}", report=report)


def person(user_id: uuid.UUID, about: Report | None = None) -> Reader:
    """Somebody who works here."""
    return Reader(f"user:{user_id.hex}", user_id=user_id, about=about)


def desk(department_id: uuid.UUID, *, head_only: bool = False) -> Reader:
    """Everybody who handles cases for a department, or only its head."""
    return Reader(f"{'head' if head_only else 'department'}:{department_id.hex}", department_id=department_id,
                  head_only=head_only)


def named(key: str) -> Reader:
    """The person or the desk that this key names, as an event carries it."""
    kind, _, text = key.partition(":")
    if kind == "role":
        return centre(Role(text))
    return person(uuid.UUID(text)) if kind == "user" else desk(uuid.UUID(text), head_only=kind == "head")


def centre(role: Role) -> Reader:
    """Everybody who sits at this desk of the centre, for the whole city."""
    return Reader(f"role:{role}", role=role)


def keys_of(actor: Actor) -> list[str]:
    """Whose messages this person reads in the inbox: his own, and those to the desks at which he sits."""
    keys = [] if actor.id is None else [person(actor.id).key]
    for post in actor.each():
        if not post.roles.isdisjoint(DEPARTMENTAL):
            keys += [desk(one).key for one in post.department_ids]
        if Role.DEPARTMENT_HEAD in post.roles:
            keys += [desk(one, head_only=True).key for one in post.department_ids]
        if not post.area_codes:  # whoever answers for one area must not read of others
            keys += [centre(role).key for role in post.roles & CENTRE]
    return sorted(set(keys))


def of(happening: Happening, audience: Audience) -> Iterator[Reader]:
    """Those who are meant. Several audiences of one event may name the same one; he is told by the first."""
    match audience:
        case Audience.REPORTERS | Audience.REPORTER | Audience.FIRST | Audience.MOVED | Audience.ADDRESSED:
            for one in _reporters(happening, audience):
                if one.channel is not Channel.PDA:
                    yield reporter(one)
                elif one.reporter_id:  # a grid worker has an inbox, and no tracking page
                    yield person(one.reporter_id, about=one)
        case Audience.FOLLOWERS:
            return  # they are many, hear other words, and only while the case is public: see followers.py
        case Audience.DESK:
            role = _desk(happening)
            yield from [centre(role)] if role else []
        case Audience.INSPECTOR | Audience.ORDERER | Audience.HANDLER:
            found = ONE[audience](happening)
            yield from [person(found)] if found else []
        case Audience.WORKERS:
            yield from (person(one) for one in dict.fromkeys(
                report.reporter_id for report in happening.reports if report.channel is Channel.PDA) if one)
        case _:
            head = audience in {Audience.LEADS_HEAD, Audience.APPELLANT}
            yield from (desk(one, head_only=head) for one in _departments(happening, audience))


def _reporters(happening: Happening, audience: Audience) -> Sequence[Report]:
    case, event = happening.case, happening.event
    if audience is Audience.MOVED:
        return happening.moved
    if audience is Audience.REPORTER:
        return [one for one in happening.reports if str(one.id) == event.detail.get("report")]
    told = [one for one in happening.reports if one.channel is not Channel.PDA and not _came_later(one, happening)]
    if event.name == "case.file" and happening.last("parted") and happening.line and happening.line.actor_kind == "system":
        return []  # that they are a case of their own now, filed at once, they were told when they were taken from the other
    if audience is Audience.FIRST:
        return [one for one in told if wording.is_asked(case, one)]
    answered = happening.comment.report_id if happening.comment and audience is Audience.ADDRESSED else None
    return [one for one in told if one.id == answered] if answered else told


def _came_later(report: Report, happening: Happening) -> bool:
    """Who joined, or came with a case that was merged in, after something had happened was told then how the case stands."""
    joined_at = report.triaged_at if report.outcome is Outcome.JOINED else None
    return (joined_at is not None and joined_at > happening.event.happened_at) or str(report.id) in happening.came_later


LISTENS = (
    Report.channel != Channel.PDA,
    or_(Report.outcome.is_(None), Report.outcome != Outcome.JOINED, Report.triaged_at <= Event.happened_at),
)
"""Of who joined the same in SQL, for who is told of what concerns everybody in the case."""


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


def _desk(happening: Happening) -> Role | None:
    """Whose turn it was at the centre, when no department had it and nobody was on the way to look."""
    if happening.lead_id or happening.line is None:
        return None
    role = TURN.get(Status(happening.line.target))
    if role is Role.GRID_WORKER and happening.case.inspector_id is None:
        role = Role.DISPATCHER
    return role if role in CENTRE else None


def _inspector(happening: Happening) -> uuid.UUID | None:
    """Who is sent by this step, unless somebody else was meanwhile, or nobody has to look any more."""
    waits = happening.case.status in {Status.VERIFYING, Status.RESOLVED}
    return happening.case.inspector_id if waits and not any(line.action in SENDS_TO_LOOK for line in happening.later) else None


def _orderer(happening: Happening) -> uuid.UUID | None:
    line = happening.last("supervise", "order_rework")
    return line.actor_id if line and line.actor_kind == "user" else None


def _handler(happening: Happening) -> uuid.UUID | None:
    """Who was given the case by this step, unless it went on to somebody else before the news were written."""
    named = happening.line.facts.get("handler") if happening.line else None
    return happening.case.handler_id if named == str(happening.case.handler_id) else None


ONE = {Audience.INSPECTOR: _inspector, Audience.ORDERER: _orderer, Audience.HANDLER: _handler}
"""Audiences of one person, or nobody."""


def with_mail(db: Session, readers: Iterable[Reader]) -> dict[str, list[Preference]]:
    """Whoever reads for these persons and desks and has left an address, by the reader's key."""
    people = {one.user_id for one in readers if one.user_id}
    departments = {one.department_id for one in readers if one.department_id}
    roles = {one.role for one in readers if one.role}
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
    sitting = (select(Post.role, Preference).join(User, User.id == Post.holder_id)
               .join(Preference, Preference.user_id == User.id)
               .where(*reached, Post.role.in_(roles), Post.area_code.is_(None)))
    for role, one in db.execute(sitting):
        found.setdefault(centre(role).key, []).append(one)
    return found
