"""The registers of persons, houses, legal entities, components and addresses."""
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from flask import Response
from werkzeug.datastructures import FileStorage

from api import errors
from api.auth import caller, requires
from api.blueprint import Blueprint
from api.bodies import Uploads
from api.fields import encode, page_of, rows
from api.media import one_file
from api.registry_shapes import (
    ConflictOut,
    ConflictsIn,
    DecideIn,
    EntryOut,
    EntryRevealIn,
    EntryRowOut,
    FieldsOut,
    JudgementsOut,
    KeptAllOut,
    PlainOut,
    RegisterImportedOut,
    RegisterImportIn,
    RelationsIn,
    SearchIn,
    StatementsIn,
    VisitsIn,
)
from api.wording import worded
from casework import clock
from casework.errors import CaseworkError
from casework.geography.coordinates import Point, System
from casework.registry import conflicts, entries, relations, visits
from casework.registry.catalogue import REGISTERS
from casework.registry.entries import Wanted
from casework.registry.fields import Field, Register
from casework.registry.importing import Plan, import_file
from casework.registry.records import Source
from casework.registry.relations import Related, RelationKind
from casework.registry.statements import Judged, Stated, receive
from casework.registry.visits import Visited
from casework.storage.database import reading, transaction

blueprint = Blueprint("registry", __name__, url_prefix="/api/v1/registry", description="信息库 The registers")

ID = "018f3c1e-7b5a-7c2d-9e4f-0123456789ab"
OTHER = "018f3c1e-7b5a-7c2d-9e4f-0123456789ac"


@blueprint.operation("GET", "", requires("registry.read"), query=SearchIn(), answer=page_of(EntryRowOut()))
def search(query: dict[str, Any]) -> Response:
    """Entries in my areas: by part of a label, by exact name, phone or number, by area, or near a point."""
    near = Point(query["lon"], query["lat"]) if "lon" in query else None
    register = Register(query["register"]) if "register" in query else None
    wanted = Wanted(register=register, text=query.get("q"), area_code=query.get("area"), near=near, metres=query["metres"])
    (after,) = query.get("cursor", (None,))
    with reading() as db:
        found, following = entries.search(db, caller(), wanted, after=after, limit=query["limit"])
    return rows(found, [following] if following else None)


@blueprint.operation("GET", "/fields", requires("registry.read"), answer=FieldsOut())
def fields() -> dict[str, Any]:
    """Which registers there are and what each holds, for forms and for imports."""
    return {
        "registers": [{"register": one.register, "zh": one.chinese, "en": one.english,
                       "fields": [_field(field) for field in one.fields.values()]} for one in REGISTERS.values()],
        "relations": [{"kind": kind, "zh": zh, "en": en, "from": sorted(relations.ENDS[kind][0]),
                       "to": sorted(relations.ENDS[kind][1])} for kind, (zh, en) in relations.NAMES.items()],
        "purposes": [{"purpose": one, "zh": zh, "en": en} for one, (zh, en) in visits.PURPOSES.items()]}


@blueprint.operation("GET", "/<uuid:entry_id>", requires("registry.read"), answer=EntryOut())
def entry(entry_id: uuid.UUID) -> dict[str, Any]:
    """One entry: its statements (who, when, by what right, what), relations, visits, conflicts; personal values masked."""
    with reading() as db:
        told = entries.detail(db, entries.find(db, caller(), entry_id))
    return told | {"statements": worded(told["statements"])}


@blueprint.operation("POST", "/<uuid:entry_id>/reveal", requires("registry.reveal"), body=EntryRevealIn(), answer=PlainOut(),
                     example={"field": "phone", "reason": "联系核实居住情况"})
def reveal(entry_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """See one personal value, or what a visit found, in plain. The look is logged with its reason."""
    with transaction() as db:
        found = entries.find(db, caller(), entry_id)
        if "visit" in body:
            return {"value": visits.reveal(db, caller(), found, body["visit"], body["reason"])}
        return {"value": entries.reveal(db, caller(), found, body["field"], body["reason"], statement_id=body.get("statement"))}


@blueprint.operation("POST", "/statements", requires("registry.write"), body=StatementsIn(), answer=JudgementsOut(),
                     kilobytes=1024, example={"items": [{
                         "id": ID, "subject": OTHER, "register": "house", "place": {"lon": 114.0579, "lat": 22.5431},
                         "values": {"address": "南塘路12号", "room": "302", "usage": "rented", "hazards": ["wiring"]}}]})
def state(body: dict[str, Any]) -> dict[str, Any]:
    """State something about up to 100 subjects; each is judged by itself and kept once, however often it is sent.

    What others said meanwhile is never overwritten: what differs is a conflict, and both values stay until somebody decides.
    """
    with transaction() as db:
        judged = receive(db, caller(), [_stated(one) for one in body["items"]])
        return {"results": [_judged(one) for one in judged]}


@blueprint.operation("POST", "/relations", requires("registry.write"), body=RelationsIn(), answer=KeptAllOut(),
                     example={"items": [{"id": ID, "kind": "lives_in", "from": ID, "to": OTHER, "since": "2026-03-01"}]})
def relate(body: dict[str, Any]) -> dict[str, Any]:
    """Say how entries stand to each other: who lives where, who rents to whom, which shop is in which house."""
    told = [Related(id=one["id"], kind=RelationKind(one["kind"]), from_id=one["from_"], to_id=one["to"],
                    since=one.get("since"), until=one.get("until"), at=_at(one)) for one in body["items"]]
    with transaction() as db:
        return _each([one.id for one in told], relations.relate(db, caller(), told))


@blueprint.operation("POST", "/visits", requires("registry.write"), body=VisitsIn(), answer=KeptAllOut(),
                     example={"items": [{"id": ID, "subject": OTHER, "purpose": "care", "note": "身体状况良好"}]})
def visit(body: dict[str, Any]) -> dict[str, Any]:
    """Tell of visits."""
    told = [Visited(id=one["id"], subject_id=one["subject"], purpose=one["purpose"], at=_at(one),
                    place=one.get("place"), values=one["values"], note=one.get("note")) for one in body["items"]]
    with transaction() as db:
        return _each([one.id for one in told], visits.record(db, caller(), told))


@blueprint.operation("GET", "/conflicts", requires("registry.read"), query=ConflictsIn(), answer=page_of(ConflictOut()))
def open_conflicts(query: dict[str, Any]) -> Response:
    """What is said differently of entries in my areas and waits for a decision, the oldest first."""
    (after,) = query.get("cursor", (None,))
    with reading() as db:
        found = conflicts.page(db, caller(), area_code=query.get("area"), after=after, limit=query["limit"] + 1)
    shown = found[:query["limit"]]
    return rows(shown, [shown[-1]["id"]] if len(found) > len(shown) else None)


@blueprint.operation("POST", "/conflicts/<uuid:conflict_id>/decide", requires("registry.decide"), body=DecideIn(),
                     answer=EntryOut(), example={"keep": "other", "values": {"rooms": 4}})
def decide(conflict_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Settle a conflict: keep what is shown, what was stated against it, or something else.

    The decision becomes a statement of its own.
    """
    with transaction() as db:
        decided = conflicts.decide(db, caller(), conflict_id, body["keep"], body["values"], seen=body.get("head"))
        return entries.detail(db, decided)


@blueprint.operation("POST", "/imports", requires("registry.import"), body=RegisterImportIn(), answer=RegisterImportedOut(),
                     uploads=Uploads(field="file", most=1, megabytes=8),
                     example={"register": "house", "mapping": {"坐落": "address"}, "system": "gcj02", "dry_run": True})
def import_register(body: dict[str, Any], files: list[FileStorage]) -> Response:
    """Take in a department's table, XLSX or CSV (UTF-8 or GBK): first with `dry_run`, which says what would become of it.

    Cells may hold labels or codes. A row that is known is compared; where it differs it is a conflict, unless `trust`.
    All or nothing, unless `skip_bad`; the problem lists each fault by row and column. The same file again changes nothing.
    """
    (file,) = one_file(files, "file")
    plan = Plan(register=Register(body["register"]), mapping=body["mapping"], system=System(body["system"]),
                area_code=body.get("area"), source=Source(body["source"]), dry_run=body["dry_run"],
                skip_bad=body["skip_bad"], trust=body["trust"])
    with transaction() as db:
        told = asdict(import_file(db, caller(), file.read(), file.filename or "", plan))
    return encode(told | {"bad": worded(told["bad"])})


def _field(one: Field) -> dict[str, Any]:
    return {"name": one.name, "zh": one.chinese, "en": one.english, "kind": one.kind, "required": one.required,
            "personal": one.personal, "unique": one.unique, "found": one.found, "unit": one.unit,
            "choices": [{"code": choice.code, "zh": choice.chinese, "en": choice.english} for choice in one.choices]}


def _at(item: dict[str, Any]) -> datetime:
    """When it was; never still to come, or nothing later would ever take its place."""
    said: datetime = item.get("at") or clock.now()
    return min(said, clock.now())


def _stated(item: dict[str, Any]) -> Stated:
    return Stated(id=item["id"], register=Register(item["register"]), subject_id=item["subject"], base=item["base"],
                  values=item["values"], source=Source(item["source"]), at=_at(item),
                  place=item.get("place"), accuracy=item.get("accuracy"), form=item.get("form"), origin="api",
                  area_code=item.get("area"))


def _judged(one: Judged) -> dict[str, Any]:
    return {"id": one.statement_id, "state": one.state, "head": one.head, "version": one.version,
            "contested": one.contested, "problem": _problem(one.error)}


def _each(ids: Sequence[uuid.UUID], problems: Sequence[CaseworkError | None]) -> dict[str, Any]:
    return {"results": [{"id": one, "problem": _problem(error)} for one, error in zip(ids, problems, strict=True)]}


def _problem(error: CaseworkError | None) -> Any:
    return orjson.loads(errors.answer_to(error).data) if error else None
