"""Keys for ODK Collect and other field apps that speak OpenRosa."""
import uuid
from typing import Any

import marshmallow as ma
from flask import request

from api.auth import caller, known
from api.blueprint import Blueprint
from api.fields import Moment, Text
from api.listing import plain
from casework.identity.people import Role
from casework.identity.sessions import field_keys
from casework.storage.database import reading, transaction

blueprint = Blueprint("field_keys", __name__, url_prefix="/api/v1/forms/keys", description="采集密钥 Keys for ODK Collect")

OWN_OR_ADMINISTRATOR = known("grid workers look after their own keys, administrators after everybody's",
                             but=frozenset(Role) - {Role.GRID_WORKER, Role.ADMINISTRATOR})


class KeyIn(ma.Schema):
    """A key for one app on one phone."""

    name = Text(80, required=True, metadata={"description": "what its holder calls it: the phone it is in"})
    user_id = ma.fields.UUID(metadata={"description": "for somebody else; administrators only"})


class KeyOut(ma.Schema):
    """A key in force."""

    id = ma.fields.UUID()
    name = ma.fields.String()
    username = ma.fields.String()
    created_at = Moment()


class NewKeyOut(KeyOut):
    """The password and the addresses are shown this once."""

    password = ma.fields.String()
    server = ma.fields.String(metadata={"description": "address for username and password"})
    url = ma.fields.String(metadata={"description": "address that needs neither; whoever has it is let in"})


class KeysOut(ma.Schema):
    """All keys of one person that are in force."""

    items = ma.fields.List(ma.fields.Nested(KeyOut()))


class OfIn(ma.Schema):
    """Whose keys."""

    user_id = ma.fields.UUID(metadata={"description": "somebody else's; administrators only"})


@blueprint.operation("POST", "", OWN_OR_ADMINISTRATOR, body=KeyIn(), answer=NewKeyOut(), status=201,
                     example={"name": "红色手机"})
def make(body: dict[str, Any]) -> dict[str, Any]:
    """A new key: username and password for Digest (or Basic over https), and an address with a token that needs neither."""
    with transaction() as db:
        made = field_keys.make(db, caller(), body["name"], body.get("user_id"))
    server = f"{request.root_url}openrosa"
    return plain(made.key, KeyOut) | {"password": made.password, "server": server, "url": f"{server}/key/{made.token}"}


@blueprint.operation("GET", "", OWN_OR_ADMINISTRATOR, query=OfIn(), answer=KeysOut())
def keys(query: dict[str, uuid.UUID]) -> dict[str, Any]:
    """The keys in force; their passwords are shown no more."""
    with reading() as db:
        return {"items": [plain(one, KeyOut) for one in field_keys.of(db, caller(), query.get("user_id"))]}


@blueprint.operation("POST", "/<uuid:key_id>/revoke", OWN_OR_ADMINISTRATOR)
def revoke(key_id: uuid.UUID) -> None:
    """The phone was lost, or is used no more: its key stops now."""
    with transaction() as db:
        field_keys.revoke(db, caller(), key_id)
