"""Who may do what: ONE table for everything that is not a step of a case (those stand in cases/workflow.py)."""
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from casework.errors import Refused
from casework.identity.people import CITY_WIDE, DEPARTMENTAL, Actor, Role

Condition = Callable[[Actor, object | None], bool]
"""A named test of actor and subject; a subject that lacks the fact asked for fails it."""


@dataclass(frozen=True)
class Grant:
    """Any of the roles may, if the condition holds. Our own jobs have no department: SYSTEM passes without it."""

    roles: frozenset[Role]
    condition: Condition | None = None


@dataclass(frozen=True)
class Reach:
    """What an actor may look at, for lists: everything, or what lies in these departments or areas."""

    everything: bool
    department_ids: frozenset[uuid.UUID]
    area_codes: frozenset[str]


def reach(actor: Actor) -> Reach:
    """A city-wide post sees the city, or its area if it names one; others their departments, or their grids."""
    return _together([_reach_of_one(post) for post in actor.each()])


def reach_by(actor: Actor, permission: str) -> Reach:
    """The same of those posts alone that have this permission: what another post looks after lends nothing."""
    return _together([_reach_of_one(post) for post in actor.each() if allowed(post, permission)])


def _together(posts: Sequence[Reach]) -> Reach:
    return Reach(everything=any(one.everything for one in posts),
                 department_ids=frozenset().union(*(one.department_ids for one in posts)),
                 area_codes=frozenset().union(*(one.area_codes for one in posts)))


def _reach_of_one(actor: Actor) -> Reach:
    city_wide = bool(actor.roles & CITY_WIDE)
    local = city_wide or Role.GRID_WORKER in actor.roles
    return Reach(
        everything=actor.unbounded or (city_wide and not actor.area_codes),
        department_ids=actor.department_ids if actor.roles & DEPARTMENTAL else frozenset(),
        area_codes=actor.area_codes if local else frozenset())


def areas_of(actor: Actor, permission: str) -> tuple[str, ...] | None:
    """The codes of the areas over which a post of the actor has this permission, none inside another; None for everywhere.

    What another post of his looks after lends nothing.
    """
    scopes = [reach(post) for post in actor.each() if opens(post, permission)]
    if any(one.everything for one in scopes):
        return None
    kept: list[str] = []
    for code in sorted(code for one in scopes for code in one.area_codes):
        if not kept or not code.startswith(kept[-1]):
            kept.append(code)
    return tuple(kept)


def own_department(actor: Actor, subject: object | None) -> bool:
    """The department that leads the case is one of the actor's."""
    return getattr(subject, "lead_department_id", None) in actor.department_ids


def own_area(actor: Actor, subject: object | None) -> bool:
    """The subject lies in an area of the actor's posts: codes extend the code of what is around them."""
    return _lies_in(subject, actor.area_codes)


def own_report(actor: Actor, subject: object | None) -> bool:
    """The report that the tracking token opens, or one sent by the citizen himself, or from the phone he has proved to hold."""
    return (_same(getattr(subject, "id", None), actor.report_id)
            or (actor.kind == "citizen" and _same(getattr(subject, "reporter_id", None), actor.id))
            or _same(getattr(subject, "reporter_phone_index", None), actor.phone_index))


def within_reach(actor: Actor, subject: object | None) -> bool:
    """What a list would show the actor (see reach), and what the actor sent in (`reporter_id`; a system: `source`).

    Assisting departments (`involved_department_ids`) see what the lead sees; they are asked for only where it matters, for
    that may be a query.
    """
    scope = reach(actor)
    return (scope.everything
            or getattr(subject, "lead_department_id", None) in scope.department_ids
            or _lies_in(subject, scope.area_codes)
            or _takes_part(subject, scope.department_ids)
            or (actor.kind == "citizen" and own_report(actor, subject))
            or _same(getattr(subject, "reporter_id", None), actor.id)
            or (actor.kind == "client" and getattr(subject, "source", None) == f"client:{actor.id}"))


def _takes_part(subject: object | None, department_ids: frozenset[uuid.UUID]) -> bool:
    return bool(department_ids) and not department_ids.isdisjoint(getattr(subject, "involved_department_ids", ()))


def _lies_in(subject: object | None, area_codes: frozenset[str]) -> bool:
    code: str | None = getattr(subject, "area_code", None)
    return code is not None and any(code.startswith(around) for around in area_codes)


def _same(one: object | None, other: object | None) -> bool:
    """Two unknowns are not the same: an anonymous report has no phone, and neither has an anonymous citizen."""
    return one is not None and one == other


def _grant(*roles: Role | frozenset[Role], condition: Condition | None = None) -> Grant:
    named = frozenset(role for role in roles if isinstance(role, Role))
    return Grant(named.union(*(group for group in roles if isinstance(group, frozenset))), condition)


EVERYBODY = frozenset(Role)
DESK = frozenset({
    Role.OPERATOR, Role.TRIAGE_OPERATOR, Role.DISPATCHER, Role.HANDLER, Role.DEPARTMENT_HEAD, Role.ADJUDICATOR,
    Role.SUPERVISOR, Role.LEADER, Role.DATA_STEWARD, Role.ADMINISTRATOR})
STAFF = DESK | {Role.GRID_WORKER}
COMMAND = frozenset({Role.OPERATOR, Role.TRIAGE_OPERATOR, Role.DISPATCHER, Role.ADJUDICATOR, Role.SUPERVISOR})
REFERENCE = frozenset({Role.DATA_STEWARD, Role.ADMINISTRATOR})

PERMISSIONS: dict[str, Grant] = {
    # reports and what citizens do with them
    "report.create.pda": _grant(Role.GRID_WORKER),
    "report.create.hotline": _grant(Role.OPERATOR, Role.PLATFORM),
    "callers.read": _grant(Role.OPERATOR, Role.SUPERVISOR),
    "tickets.import": _grant(Role.OPERATOR, Role.PLATFORM),
    "mappings.manage": _grant(Role.OPERATOR),
    "exchange.read": _grant(Role.PLATFORM, Role.ADMINISTRATOR),
    "exchange.manage": _grant(Role.ADMINISTRATOR),
    "report.create.citizen": _grant(Role.CITIZEN),
    "report.list": _grant(STAFF, Role.CITIZEN),
    "tracking.read": _grant(Role.CITIZEN, condition=own_report),
    "rating.create": _grant(Role.CITIZEN, condition=own_report),
    "comment.create.citizen": _grant(Role.CITIZEN, condition=own_report),
    "abuse.mark": _grant(Role.TRIAGE_OPERATOR, Role.OPERATOR, Role.SUPERVISOR),
    "abuse.manage": _grant(Role.SUPERVISOR, Role.ADMINISTRATOR),
    "preferences.manage": _grant(Role.CITIZEN),
    # points and adoption
    "adoption.take_part": _grant(Role.CITIZEN),
    "adoption.manage": _grant(REFERENCE),
    "weather.notice": _grant(Role.ADMINISTRATOR, Role.PLATFORM),
    "points.own": _grant(Role.CITIZEN),
    "points.manage": _grant(Role.ADMINISTRATOR),
    "points.correct": _grant(Role.SUPERVISOR, Role.ADMINISTRATOR),
    "rewards.hand_out": _grant(Role.OPERATOR, Role.TRIAGE_OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR),
    "subscriptions.manage": _grant(Role.CITIZEN),
    # cases; every step has its own row in the workflow
    "case.list": _grant(STAFF),
    "alarm.list": _grant(STAFF),
    "desk.use": _grant(DEPARTMENTAL),
    "case.search": _grant(DESK),
    "case.search.phone": _grant(COMMAND, DEPARTMENTAL),  # finds what they may see anyhow; each search is logged
    "case.read": _grant(STAFF, Role.SYSTEM, condition=within_reach),
    "pda.inspections": _grant(Role.GRID_WORKER),
    "comment.create": _grant(STAFF),
    "duplicates.decide": _grant(Role.TRIAGE_OPERATOR, Role.OPERATOR, Role.DISPATCHER),
    # the desks of the centre
    "holds.take": _grant(COMMAND, condition=within_reach),
    "holds.take_over": _grant(Role.SUPERVISOR, condition=within_reach),
    "live.read": _grant(DESK),
    "triage.read": _grant(Role.TRIAGE_OPERATOR, Role.OPERATOR),
    "rules.propose": _grant(Role.DISPATCHER),
    "rulings.read": _grant(Role.ADJUDICATOR, condition=within_reach),
    "orders.read": _grant(Role.SUPERVISOR, Role.LEADER),
    "comment.publish": _grant(COMMAND, DEPARTMENTAL, condition=within_reach),
    "moderation.decide": _grant(Role.OPERATOR, Role.TRIAGE_OPERATOR, Role.SUPERVISOR, condition=within_reach),
    # messages
    "inbox.read": _grant(STAFF),
    "messages.manage": _grant(Role.ADMINISTRATOR),
    "queues.manage": _grant(Role.ADMINISTRATOR),
    "templates.read": _grant(STAFF),
    "templates.manage": _grant(REFERENCE),
    # photos and sound
    "media.upload": _grant(STAFF, Role.PLATFORM),
    # in the field
    "pda.sync": _grant(Role.GRID_WORKER),
    "tasks.read": _grant(STAFF),
    "tasks.manage": _grant(COMMAND, REFERENCE, condition=within_reach),
    "rounds.walk": _grant(Role.GRID_WORKER),
    "tracks.read": _grant(Role.SUPERVISOR, Role.ADMINISTRATOR, condition=within_reach),
    "coverage.read": _grant(Role.GRID_WORKER, Role.DISPATCHER, Role.SUPERVISOR, Role.LEADER, REFERENCE,
                            condition=within_reach),
    "forms.read": _grant(STAFF),
    "forms.manage": _grant(REFERENCE),
    "openrosa.use": _grant(Role.GRID_WORKER),
    # the registers of persons, houses, legal entities, components and addresses
    "registry.read": _grant(Role.GRID_WORKER, REFERENCE, condition=within_reach),
    "registry.write": _grant(Role.GRID_WORKER, Role.DATA_STEWARD, condition=within_reach),
    "registry.decide": _grant(Role.GRID_WORKER, Role.DATA_STEWARD, condition=within_reach),
    "registry.reveal": _grant(Role.GRID_WORKER, Role.DATA_STEWARD, condition=within_reach),
    "registry.import": _grant(Role.DATA_STEWARD),
    # reference
    "areas.read": _grant(EVERYBODY),
    "areas.import": _grant(REFERENCE),
    "taxonomy.read": _grant(EVERYBODY),
    "taxonomy.import": _grant(REFERENCE),
    "taxonomy.export": _grant(STAFF, Role.PLATFORM),
    "rules.read": _grant(DESK),
    "rules.explain": _grant(DESK),
    "rules.import": _grant(REFERENCE),
    "rules.manage": _grant(REFERENCE),
    "proposals.read": _grant(Role.DISPATCHER, Role.ADJUDICATOR, Role.SUPERVISOR, REFERENCE),
    "calendar.read": _grant(DESK),
    "calendar.import": _grant(REFERENCE),
    "policy.read": _grant(DESK),
    "policy.manage": _grant(REFERENCE),
    # people and keys
    "account.read": _grant(STAFF),
    "password.change": _grant(STAFF),
    "departments.read": _grant(STAFF),
    "departments.manage": _grant(Role.ADMINISTRATOR),
    "users.read": _grant(Role.DEPARTMENT_HEAD, Role.SUPERVISOR, Role.ADMINISTRATOR),
    "users.manage": _grant(Role.ADMINISTRATOR),
    "roles.read": _grant(STAFF),
    "posts.manage": _grant(Role.ADMINISTRATOR),
    "duties.read": _grant(Role.DEPARTMENT_HEAD, Role.SUPERVISOR, Role.ADMINISTRATOR),
    "duties.manage": _grant(Role.DEPARTMENT_HEAD, Role.ADMINISTRATOR),  # a head writes the own department's
    "devices.manage": _grant(Role.ADMINISTRATOR),
    "clients.manage": _grant(Role.ADMINISTRATOR),
    # other people's names and phones
    "privacy.reveal": _grant(COMMAND, DEPARTMENTAL, Role.SYSTEM, condition=within_reach),
    "data.own": _grant(Role.CITIZEN),
    "data_requests.manage": _grant(Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR),
    "data_requests.decide": _grant(Role.SUPERVISOR, Role.ADMINISTRATOR),
    "retention.read": _grant(Role.SUPERVISOR, Role.ADMINISTRATOR),
    "access_log.read": _grant(Role.SUPERVISOR, Role.ADMINISTRATOR),
    # figures
    "performance.read": _grant(
        Role.DISPATCHER, Role.DEPARTMENT_HEAD, Role.SUPERVISOR, Role.LEADER, Role.ADMINISTRATOR),
    "cockpit.read": _grant(Role.DISPATCHER, Role.SUPERVISOR, Role.LEADER, Role.ADMINISTRATOR),
    "warnings.read": _grant(Role.DISPATCHER, Role.SUPERVISOR, Role.LEADER, Role.ADMINISTRATOR, condition=within_reach),
    "warnings.decide": _grant(Role.DISPATCHER, Role.SUPERVISOR, Role.LEADER, condition=within_reach),
    "bulletins.read": _grant(
        Role.DISPATCHER, Role.DEPARTMENT_HEAD, Role.SUPERVISOR, Role.LEADER, Role.ADMINISTRATOR),
    "bulletins.remark": _grant(Role.SUPERVISOR, Role.LEADER),
    "remarks.answer": _grant(STAFF),
    "exports.make": _grant(DESK),
    "exports.plain": _grant(Role.OPERATOR, Role.SUPERVISOR),
    "scorecards.read": _grant(Role.GRID_WORKER, Role.DISPATCHER, Role.DEPARTMENT_HEAD, Role.ADJUDICATOR, Role.SUPERVISOR,
                              Role.LEADER, Role.ADMINISTRATOR),  # others than those of the city see the own
    "scorecards.publish": _grant(Role.SUPERVISOR, Role.ADMINISTRATOR),
    "scorecards.appeal": _grant(Role.DEPARTMENT_HEAD, Role.GRID_WORKER),
    "scorecards.decide": _grant(Role.ADJUDICATOR, Role.SUPERVISOR, Role.LEADER),
    "metrics.read": _grant(Role.ADMINISTRATOR, Role.PLATFORM, Role.SYSTEM),
}


def allowed(actor: Actor, what: Grant | str, subject: object | None = None) -> bool:
    """May this actor do this (to this)? A name that the table does not know is refused to everybody."""
    grant = PERMISSIONS.get(what) if isinstance(what, str) else what
    return grant is not None and any(_holds(grant, post, subject) for post in actor.each())


def opens(actor: Actor, permission: str) -> bool:
    """Whether a list or a door is the actor's at all: he has a role that the permission names. What he finds behind it is
    judged thing by thing."""
    return not PERMISSIONS[permission].roles.isdisjoint(actor.roles)


def role_in(actor: Actor, grant: Grant, subject: object | None = None) -> Role | None:
    """In which role the actor holds this grant, by the post that it is judged for; None if in none."""
    return min((role for post in actor.each() if _holds(grant, post, subject) for role in grant.roles & post.roles),
               default=None)


def _holds(grant: Grant, actor: Actor, subject: object | None) -> bool:
    if grant.roles.isdisjoint(actor.roles):
        return False
    if grant.condition is None or (Role.SYSTEM in grant.roles and Role.SYSTEM in actor.roles):
        return True
    return grant.condition(actor, subject)


def check(actor: Actor, what: Grant | str, subject: object | None = None) -> None:
    """Raises Refused unless allowed(). Who may not even know of the subject gets NotFound from the verb instead."""
    if not allowed(actor, what, subject):
        action = what if isinstance(what, str) else "this step"
        raise Refused(f"{actor.name} may not do {action} here", action=action)
