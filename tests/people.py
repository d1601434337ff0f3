"""The cast: people with names and posts, so that a test of who may do what reads like a sentence."""
from dataclasses import dataclass

from sqlalchemy.orm import Session

from casework.identity.people import Actor, Department, Role, actor_of, create_post, create_user
from tests.factories import GRIDS


@dataclass(frozen=True)
class Cast:
    """Everybody who works in the small city. Li walks the first grid, Wang the second, Zhao the third."""

    li: Actor
    wang: Actor
    zhao: Actor
    triage: Actor
    operator: Actor
    dispatcher: Actor
    other_dispatcher: Actor
    water_handler: Actor
    water_head: Actor
    roads_handler: Actor
    roads_head: Actor
    office_handler: Actor
    adjudicator: Actor
    supervisor: Actor
    leader: Actor
    administrator: Actor
    steward: Actor

    def everybody(self) -> dict[str, Actor]:
        """By name."""
        return dict(vars(self))


POSTS: dict[str, tuple[Role, str | None, str | None]] = {
    "li": (Role.GRID_WORKER, None, GRIDS[0]), "wang": (Role.GRID_WORKER, None, GRIDS[1]),
    "zhao": (Role.GRID_WORKER, None, GRIDS[2]), "triage": (Role.TRIAGE_OPERATOR, None, None),
    "operator": (Role.OPERATOR, None, None), "dispatcher": (Role.DISPATCHER, None, None),
    "other_dispatcher": (Role.DISPATCHER, None, None), "water_handler": (Role.HANDLER, "water", None),
    "water_head": (Role.DEPARTMENT_HEAD, "water", None), "roads_handler": (Role.HANDLER, "roads", None),
    "roads_head": (Role.DEPARTMENT_HEAD, "roads", None), "office_handler": (Role.HANDLER, "office", None),
    "adjudicator": (Role.ADJUDICATOR, None, None), "supervisor": (Role.SUPERVISOR, None, None),
    "leader": (Role.LEADER, None, None), "administrator": (Role.ADMINISTRATOR, None, None),
    "steward": (Role.DATA_STEWARD, None, None),
}


def hire(db: Session, departments: dict[str, Department], password_hash: str | None = None) -> Cast:
    """Give everybody an account and a post."""
    made = {}
    for name, (role, department, area) in POSTS.items():
        user = create_user(db, name, name.title(), password_hash)
        create_post(db, role.value, role, holder_id=user.id, area_code=area,
                    department_id=departments[department].id if department else None)
        made[name] = user.id
    return Cast(**{name: actor_of(db, user_id) for name, user_id in made.items()})
