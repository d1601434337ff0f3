"""What a device looks things up in: who carries it, the areas he works in, and the forms; told again when they change."""
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.fieldwork.changes.sections import Batch, Item, Position, Section, Worker, digest, fits_turn, turn
from casework.fieldwork.forms import library
from casework.fieldwork.forms.library import CollectionForm
from casework.geography.areas import Area, AreasVersion
from casework.geography.outlines import rings
from casework.identity.sessions import Device

ROUGH_DEGREES = 2e-5
"""Outlines are drawn on a phone: two metres are less than a line is wide."""


def profile(db: Session, worker: Worker, position: Position, limit: int) -> Batch:
    """Who carries the device, and what it is called."""
    actor = worker.actor
    device = db.scalar(select(Device.name).where(Device.id == actor.device_id)) if actor.device_id else None
    item: Item = {"kind": "profile", "id": worker.user_id, "name": actor.name, "areas": list(worker.own),
                  "device": {"id": actor.device_id, "name": device}}
    told, position, more = turn(digest(repr(item)), ["."], position, limit)
    return Batch([item] if told else [], position, more)


def areas(db: Session, worker: Worker, position: Position, limit: int) -> Batch:
    """The areas of the worker's posts and what lies inside, each with its outline as a list of rings in WGS-84."""
    version = db.scalar(select(AreasVersion.version))  # before what it is the version of: what is newer is told once more
    told, position, more = turn(version.hex[-12:] if version else "", worker.inside, position, limit)
    wanted = select(Area.code, Area.name, Area.level, Area.parent_code, Area.outline).where(Area.code.in_(told))
    items = [{"kind": "area", "id": code, "code": code, "name": name, "level": level, "parent": parent,
              "outline": rings(outline, ROUGH_DEGREES)}
             for code, name, level, parent, outline in (db.execute(wanted.order_by(Area.code)) if told else ())]
    return Batch(items, position, more)


def forms(db: Session, worker: Worker, position: Position, limit: int) -> Batch:
    """The forms in use; those that were withdrawn are deleted."""
    version = library.digest(db)[:12]  # as with areas
    states = dict(db.execute(select(CollectionForm.form_id, CollectionForm.active).order_by(CollectionForm.active)).all())
    told, position, more = turn(version, sorted(states), position, limit)
    form = CollectionForm
    wanted = select(form.form_id, form.version, form.title, form.register, form.questions).where(
        form.active, form.form_id.in_(told))
    used = {row.form_id: {"kind": "form", "id": row.form_id, **row._mapping}  # noqa: SLF001 - the public way
            for row in (db.execute(wanted) if told else ())}
    return Batch([used.get(form_id, {"kind": "form", "id": form_id, "deleted": True}) for form_id in told], position, more)


PROFILE, AREAS, FORMS = (Section(read, fits_turn) for read in (profile, areas, forms))
