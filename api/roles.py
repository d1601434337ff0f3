"""Who may do what: the table of permissions and the steps of a case as they hold in this release, for people to look up."""
from typing import Any

import marshmallow as ma

from api.auth import requires
from api.blueprint import Blueprint
from casework.cases.workflow import STEPS
from casework.identity.people import OUTSIDE, ROLE_NAMES, Role
from casework.identity.permissions import PERMISSIONS, Grant

blueprint = Blueprint("roles", __name__, url_prefix="/api/v1/admin/roles", description="角色与权限 Roles")


class RoleOut(ma.Schema):
    """What a post lets its holder do."""

    role = ma.fields.String()
    name = ma.fields.String(metadata={"description": "in Chinese"})
    held = ma.fields.Boolean(metadata={"description": "posts give it; the others are citizens, systems and our own jobs"})


class PowerOut(ma.Schema):
    """One thing that may be done, and by whom."""

    action = ma.fields.String(metadata={"description": "a permission, or `case.` and a step of a case"})
    roles = ma.fields.List(ma.fields.String())
    says = ma.fields.String(metadata={"description": "of a step: Chinese, a space, English"})
    conditions = ma.fields.List(ma.fields.String(), metadata={
        "description": "what has to be true of the subject as well, such as own_department"})


class RolesOut(ma.Schema):
    """The whole table; it changes with a release, and not otherwise."""

    roles = ma.fields.List(ma.fields.Nested(RoleOut()))
    permissions = ma.fields.List(ma.fields.Nested(PowerOut()))
    steps = ma.fields.List(ma.fields.Nested(PowerOut()))


@blueprint.operation("GET", "", requires("roles.read"), answer=RolesOut())
def roles() -> dict[str, Any]:
    """Every role, every permission, and every step of a case, with who may do it."""
    return {"roles": [{"role": one.value, "name": ROLE_NAMES[one], "held": one not in OUTSIDE} for one in Role],
            "permissions": [_power(name, (grant,)) for name, grant in PERMISSIONS.items()],
            "steps": [_power(f"case.{action}", step.who, step.says) for action, step in STEPS.items()]}


def _power(action: str, grants: tuple[Grant, ...], says: str = "") -> dict[str, Any]:
    named = {role for grant in grants for role in grant.roles}
    conditions = {grant.condition.__name__ for grant in grants if grant.condition}
    return {"action": action, "says": says, "roles": [one.value for one in Role if one in named],
            "conditions": sorted(conditions)}
