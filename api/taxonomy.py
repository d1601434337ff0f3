"""The taxonomy: its versions, its tree with the standards, import and export."""
import uuid
from typing import Any

import marshmallow as ma
from flask import Response
from werkzeug.datastructures import FileStorage

from api.auth import requires
from api.blueprint import Blueprint
from api.bodies import Uploads
from api.fields import Moment, Text
from casework import taxonomy
from casework.errors import Fault, Invalid, NotFound
from casework.storage.database import reading, transaction
from casework.taxonomy import Category, Standard, TaxonomyVersion, sheets

blueprint = Blueprint("taxonomy", __name__, url_prefix="/api/v1/taxonomy", description="分类与标准 Categories and standards")

TABLES = ("categories.csv", "standards.csv")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class VersionOut(ma.Schema):
    """One state of the whole taxonomy."""

    id = ma.fields.UUID()
    number = ma.fields.Integer()
    name = ma.fields.String()
    active = ma.fields.Boolean()
    created_at = Moment()
    activated_at = Moment(allow_none=True)


class VersionsOut(ma.Schema):
    """All versions, the newest first."""

    items = ma.fields.List(ma.fields.Nested(VersionOut()))


class StandardOut(ma.Schema):
    """When a case is filed, when it may be closed, how long that may take, and what has to be shown."""

    id = ma.fields.UUID()
    ordinal = ma.fields.Integer()
    condition = ma.fields.String()
    closing = ma.fields.String()
    limit_value = ma.fields.Integer()
    limit_unit = ma.fields.String()
    evidence = ma.fields.List(ma.fields.String())
    lenient = ma.fields.Boolean(metadata={"description": "missing evidence is flagged, and does not hold up the closing"})
    is_default = ma.fields.Boolean()


class CategoryOut(ma.Schema):
    """A category with the standards that a case of it can be filed under."""

    code = ma.fields.String()
    kind = ma.fields.String(metadata={"enum": ["component", "event", "request"]})
    name = ma.fields.String()
    parent_code = ma.fields.String(allow_none=True)
    level = ma.fields.Integer()
    urgent = ma.fields.Boolean()
    standards = ma.fields.List(ma.fields.Nested(StandardOut()))


class CategoriesOut(ma.Schema):
    """Categories by code."""

    version = ma.fields.Integer()
    items = ma.fields.List(ma.fields.Nested(CategoryOut()))


class WithinIn(ma.Schema):
    """Which part of the tree."""

    within = Text(12, metadata={"description": "code whose branch is wanted; 1 components, 2 events, 3 requests"})


class NameIn(ma.Schema):
    """What to call the new version, and whether it is to be used at once."""

    name = Text(120, required=True)
    activate = ma.fields.Boolean(load_default=False)


@blueprint.operation("GET", "/categories", requires("taxonomy.read"), query=WithinIn(), answer=CategoriesOut())
def categories(query: dict[str, str]) -> dict[str, Any]:
    """The current taxonomy, or a branch of it, with the standards."""
    with reading() as db:
        found = taxonomy.catalogue(db)
    within = query.get("within", "")
    return {"version": found.version.number,
            "items": [_category(one, found.standards(code)) for code, one in found.by_code.items() if code.startswith(within)]}


@blueprint.operation("GET", "/versions", requires("taxonomy.read"), answer=VersionsOut())
def versions() -> dict[str, Any]:
    """All versions, the newest first."""
    with reading() as db:
        return {"items": [_version(one) for one in taxonomy.versions(db)]}


@blueprint.operation("POST", "/versions", requires("taxonomy.import"), body=NameIn(), answer=VersionOut(), status=201,
                     uploads=Uploads(field="files", most=2, megabytes=20), example={"name": "2026年修订", "activate": False})
def import_version(body: dict[str, Any], files: list[FileStorage]) -> dict[str, Any]:
    """Import a new version: one workbook, or categories.csv and standards.csv; all or nothing.

    The problem lists each fault by sheet, row and column.
    """
    named = {(file.filename or "").rpartition("/")[2].lower(): file.read() for file in files}
    with transaction() as db:
        if set(named) == set(TABLES):
            made = sheets.import_csv(db, body["name"], *(named[table] for table in TABLES))
        elif len(named) == 1 and next(iter(named)).endswith(".xlsx"):
            made = sheets.import_xlsx(db, body["name"], next(iter(named.values())))
        else:
            raise Invalid("no table to import", Fault("files", "send one .xlsx, or categories.csv and standards.csv"))
        if body["activate"]:
            made = taxonomy.activate(db, made.id)
        db.flush()
        return _version(made)


@blueprint.operation("POST", "/versions/<uuid:version_id>/activate", requires("taxonomy.import"), answer=VersionOut())
def activate(version_id: uuid.UUID) -> dict[str, Any]:
    """File new cases under this version from now on; cases that exist keep theirs."""
    with transaction() as db:
        return _version(taxonomy.activate(db, version_id))


@blueprint.operation("GET", "/export.xlsx", requires("taxonomy.export"), media_type=XLSX)
def export() -> Response:
    """The current version as a workbook, which can be imported again."""
    with reading() as db:
        content = sheets.export_xlsx(db)
    return Response(content, mimetype=XLSX, headers={"Content-Disposition": 'attachment; filename="taxonomy.xlsx"'})


@blueprint.operation("GET", "/export/<table>", requires("taxonomy.export"), media_type="text/csv")
def export_csv(table: str) -> Response:
    """`categories.csv` or `standards.csv` of the current version; the two can be imported again together."""
    if table not in TABLES:
        raise NotFound(f"there is no table {table}; take {' or '.join(TABLES)}")
    with reading() as db:
        both = dict(zip(TABLES, sheets.export_csv(db), strict=True))
    return Response(both[table], mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{table}"'})


def _version(one: TaxonomyVersion) -> dict[str, Any]:
    return {name: getattr(one, name) for name in VersionOut().fields}


def _category(one: Category, standards: list[Standard]) -> dict[str, Any]:
    plain = {name: getattr(one, name) for name in CategoryOut().fields if name != "standards"}
    return plain | {"standards": [{name: getattr(standard, name) for name in StandardOut().fields} for standard in standards]}
