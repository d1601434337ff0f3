"""PDAs: enrolled by an administrator or by the worker himself, named, seen, revoked, wiped at their next contact."""
import uuid
from typing import Any

import marshmallow as ma
from flask import Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import limits
from api.auth import caller, requires
from api.blueprint import Blueprint
from api.bodies import named_in
from api.fields import Cursor, Moment, PageIn, Text, page_of
from api.listing import Rows, listed, plain
from api.sessions import LOGGING_IN, LogInIn
from casework.identity import people, sessions
from casework.identity.sessions import Device
from casework.storage.database import reading, transaction

blueprint = Blueprint("devices", __name__, url_prefix="/api/v1", description="终端 PDAs")


class NameIn(ma.Schema):
    """What people call it."""

    name = Text(80, required=True)


class DeviceIn(NameIn):
    """A PDA for a person."""

    user_id = ma.fields.UUID(required=True)


class LogInDeviceIn(LogInIn, NameIn):
    """The worker's log-in, and what to call the PDA in his hands."""


class DevicesIn(PageIn):
    """Whose PDAs."""

    cursor = Cursor(uuid.UUID, metadata={"description": "`next` of the page before"})
    user_id = ma.fields.UUID(metadata={"description": "only PDAs of this person"})


class DeviceOut(DeviceIn):
    """A PDA in the hands of a person."""

    id = ma.fields.UUID()
    enrolled_at = Moment()
    last_seen_at = Moment(allow_none=True)
    revoked_at = Moment(allow_none=True)
    wipe_ordered_at = Moment(allow_none=True)
    wiped_at = Moment(allow_none=True, metadata={"description": "when it called and was told to erase itself"})
    skew_seconds = ma.fields.Float(allow_none=True, metadata={"description": "so far its clock is behind ours"})


class CarriedOut(DeviceOut):
    """A PDA, and what the person is called."""

    user_name = ma.fields.String()


class MyDevicesOut(ma.Schema):
    """My PDAs, in the order they were enrolled."""

    items = ma.fields.List(ma.fields.Nested(DeviceOut()))


class EnrolledOut(ma.Schema):
    """The token is shown this once."""

    id = ma.fields.UUID()
    token = ma.fields.String()


class LoggedInOut(ma.Schema):
    """What the PDA sends with every request; the token is shown this once."""

    device_id = ma.fields.UUID()
    token = ma.fields.String()
    name = ma.fields.String(metadata={"description": "of the worker"})


@blueprint.operation("POST", "/sessions/device", LOGGING_IN, body=LogInDeviceIn(), answer=LoggedInOut(), status=201,
                     limit=limits.logins, problems=("unauthenticated", "refused"),
                     example={"login": "grid17", "password": "correct horse battery", "name": "PDA 17"})
def log_in(body: dict[str, str]) -> dict[str, Any]:
    """Enrol the PDA in my hands. Its token lasts until the PDA is revoked; who walks no grid gets 403."""
    with transaction() as db:
        device, token = sessions.log_in_device(db, body["login"], body["password"], body["name"], request.remote_addr or "")
        return {"device_id": device.id, "token": token, "name": sessions.carrier(db, device).name}


@blueprint.operation("GET", "/sessions/devices", requires("pda.sync"), answer=MyDevicesOut())
def mine() -> dict[str, Any]:
    """The PDAs that were enrolled for me, also revoked ones."""
    with reading() as db:
        found = db.scalars(select(Device).where(Device.user_id == caller().id).order_by(Device.id))
        return {"items": [plain(one, DeviceOut) for one in found]}


@blueprint.operation("POST", "/sessions/devices/<uuid:device_id>/name", requires("pda.sync"), body=NameIn(),
                     answer=DeviceOut(), example={"name": "红色手机"})
def rename_mine(device_id: uuid.UUID, body: dict[str, str]) -> dict[str, Any]:
    """Call one of my PDAs something else."""
    with transaction() as db:
        sessions.own_device(db, caller().id, device_id)
        return plain(sessions.rename_device(db, device_id, body["name"]), DeviceOut)


@blueprint.operation("POST", "/sessions/devices/<uuid:device_id>/end", requires("pda.sync"))
def end_mine(device_id: uuid.UUID) -> None:
    """Log one of my PDAs out: its token stops now. What it has not sent stays on it."""
    with transaction() as db:
        sessions.own_device(db, caller().id, device_id)
        sessions.revoke_device(db, device_id)


@blueprint.operation("GET", "/admin/devices", requires("devices.manage"), query=DevicesIn(), answer=page_of(CarriedOut()))
def devices(query: dict[str, Any]) -> Response:
    """PDAs, of one person or all, in the order they were enrolled."""
    wanted = select(Device)
    if "user_id" in query:
        wanted = wanted.where(Device.user_id == query["user_id"])
    return listed(wanted, Device.id, query, DeviceOut, _name_carriers)


@blueprint.operation("POST", "/admin/devices", requires("devices.manage"), body=DeviceIn(), answer=EnrolledOut(), status=201,
                     example={"user_id": "018f3c1e-7b5a-7c2d-9e4f-0123456789ab", "name": "PDA 17"})
def enrol(body: dict[str, Any]) -> dict[str, Any]:
    """Enrol a PDA for a person; its token is shown this once."""
    with transaction() as db:
        with named_in("user_id"):
            device, token = sessions.enrol_device(db, body["user_id"], body["name"])
        return {"id": device.id, "token": token}


@blueprint.operation("POST", "/admin/devices/<uuid:device_id>/name", requires("devices.manage"), body=NameIn(),
                     answer=DeviceOut(), example={"name": "PDA 17"})
def rename(device_id: uuid.UUID, body: dict[str, str]) -> dict[str, Any]:
    """Call a PDA something else."""
    with transaction() as db:
        return plain(sessions.rename_device(db, device_id, body["name"]), DeviceOut)


@blueprint.operation("POST", "/admin/devices/<uuid:device_id>/revoke", requires("devices.manage"))
def revoke(device_id: uuid.UUID) -> None:
    """A PDA changes hands: its token stops now. What it has not sent stays on it."""
    with transaction() as db:
        sessions.revoke_device(db, device_id)


@blueprint.operation("POST", "/admin/devices/<uuid:device_id>/wipe", requires("devices.manage"))
def wipe(device_id: uuid.UUID) -> None:
    """A PDA was lost: its token stops now, and at its next contact it is told to erase all it keeps, sent or not."""
    with transaction() as db:
        sessions.wipe_device(db, device_id)


def _name_carriers(db: Session, shown: Rows) -> None:
    names = people.names_of(db, (one["user_id"] for one in shown))
    for one in shown:
        one["user_name"] = names[one["user_id"]]
