"""What the registers take and answer over HTTP."""
from uuid import UUID

import marshmallow as ma

from api.errors import ProblemOut
from api.fields import Cursor, Moment, PageIn, Place, Text, Whole
from casework.registry.conflicts import KEEP
from casework.registry.entries import FARTHEST_METRES
from casework.registry.fields import Register
from casework.registry.records import Source, State
from casework.registry.relations import RelationKind
from casework.registry.visits import Purpose

MOST = 100
"""Items of one request."""

REGISTER = ma.validate.OneOf([one.value for one in Register])
LENGTH = ma.validate.Length(1, MOST)


class SearchIn(PageIn):
    """What is looked for; all of it holds at once. With a point what lies near it, the nearest first, in one page."""

    register = ma.fields.String(validate=REGISTER)
    q = Text(100, metadata={"description": "part of a label, or exactly a name, phone, identity number or code"})
    area = Text(15, metadata={"description": "code of an area, with all that lies in it"})
    lon = ma.fields.Float(validate=ma.validate.Range(-180, 180), metadata={"description": "WGS-84, with `lat`"})
    lat = ma.fields.Float(validate=ma.validate.Range(-90, 90))
    metres = Whole(1, FARTHEST_METRES, load_default=200)
    cursor = Cursor(UUID, metadata={"description": "`next` of the page before"})

    @ma.validates_schema
    def _both(self, data: dict[str, object], **_: object) -> None:
        if ("lon" in data) != ("lat" in data):
            raise ma.ValidationError("is needed too", "lat" if "lon" in data else "lon")


class ConflictsIn(PageIn):
    """A page of open conflicts."""

    area = Text(15, metadata={"description": "code of an area, with all that lies in it"})
    cursor = Cursor(UUID, metadata={"description": "`next` of the page before"})


class StatementIn(ma.Schema):
    """What one source says about one subject. A value is what the field's kind asks for; null: there is none."""

    id = ma.fields.UUID(required=True, metadata={"description": "made by the sender, so that a resend is harmless"})
    subject = ma.fields.UUID(required=True, metadata={"description": "the entry; a new one's id is made by the sender too"})
    register = ma.fields.String(required=True, validate=REGISTER)
    base = ma.fields.UUID(allow_none=True, load_default=None, metadata={
        "description": "`head` of the entry as the sender knew it, or the sender's own statement before; null for a new entry"})
    values = ma.fields.Dict(keys=Text(40), required=True, validate=ma.validate.Length(max=60))
    place = Place()
    accuracy = ma.fields.Float(validate=ma.validate.Range(0, 100_000), metadata={"description": "metres"})
    area = Text(15, metadata={"description": "where there is no place: code of the area that it lies in"})
    source = ma.fields.String(validate=ma.validate.OneOf([one.value for one in Source]), load_default=Source.COLLECTED.value)
    form = Text(100)
    at = Moment(metadata={"description": "when it was seen; now, unless said"})


class StatementsIn(ma.Schema):
    """Up to a hundred statements, each judged by itself."""

    items = ma.fields.List(ma.fields.Nested(StatementIn()), required=True, validate=LENGTH)


class JudgedOut(ma.Schema):
    """What became of one statement, in the order sent."""

    id = ma.fields.UUID()
    state = ma.fields.Enum(State, by_value=True)
    head = ma.fields.UUID(allow_none=True, metadata={"description": "what the next statement is to be based on"})
    version = ma.fields.Integer(allow_none=True)
    contested = ma.fields.Dict(metadata={"description": "by field: `current` is shown, `stated` differs; personal ones masked"})
    problem = ma.fields.Nested(ProblemOut(), allow_none=True)


class JudgementsOut(ma.Schema):
    """One result for each statement."""

    results = ma.fields.List(ma.fields.Nested(JudgedOut()))


class EntryRelationIn(ma.Schema):
    """How one entry stands to another. The latest of one kind between the same two holds; to end it, say `until`."""

    id = ma.fields.UUID(required=True)
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf([one.value for one in RelationKind]))
    from_ = ma.fields.UUID(required=True, data_key="from")
    to = ma.fields.UUID(required=True)
    since = ma.fields.Date()
    until = ma.fields.Date()
    at = Moment()


class RelationsIn(ma.Schema):
    """Up to a hundred relations."""

    items = ma.fields.List(ma.fields.Nested(EntryRelationIn()), required=True, validate=LENGTH)


class EntryVisitIn(ma.Schema):
    """A visit to an entry; what was found is sealed."""

    id = ma.fields.UUID(required=True)
    subject = ma.fields.UUID(required=True)
    purpose = ma.fields.String(required=True, validate=ma.validate.OneOf([one.value for one in Purpose]))
    place = Place()
    values = ma.fields.Dict(keys=Text(60), load_default=dict, validate=ma.validate.Length(max=100))
    note = Text(2000)
    at = Moment()


class VisitsIn(ma.Schema):
    """Up to a hundred visits."""

    items = ma.fields.List(ma.fields.Nested(EntryVisitIn()), required=True, validate=LENGTH)


class KeptOut(ma.Schema):
    """What became of one relation or visit."""

    id = ma.fields.UUID()
    problem = ma.fields.Nested(ProblemOut(), allow_none=True, metadata={"description": "null: it is kept"})


class KeptAllOut(ma.Schema):
    """One result for each, in the order sent."""

    results = ma.fields.List(ma.fields.Nested(KeptOut()))


class EntryRevealIn(ma.Schema):
    """What is to be seen in plain, and why."""

    field = Text(40, metadata={"description": "a personal field of the entry"})
    statement = ma.fields.UUID(metadata={"description": "the field as this statement of the entry has it; else as it is shown"})
    visit = ma.fields.UUID(metadata={"description": "or a visit to it: what was found"})
    reason = Text(500, required=True)

    @ma.validates_schema
    def _one(self, data: dict[str, object], **_: object) -> None:
        if ("field" in data) == ("visit" in data):
            raise ma.ValidationError("say either a field or a visit", "field")


class PlainOut(ma.Schema):
    """What stands behind the mask; of a visit its `values` and `note`."""

    value = ma.fields.Raw()


class DecideIn(ma.Schema):
    """How a conflict is settled."""

    keep = ma.fields.String(required=True, validate=ma.validate.OneOf([one.value for one in KEEP]))
    values = ma.fields.Dict(keys=Text(40), load_default=dict, metadata={
        "description": "with `other`: one for each field in question"})
    head = ma.fields.UUID(metadata={"description": "of the entry as I saw it: 409 if more was said since"})


class ConflictOut(ma.Schema):
    """Something that is said differently, with both values; personal ones masked."""

    id = ma.fields.UUID()
    kind = ma.fields.String(metadata={"description": "values, or same_number: another entry states the same number"})
    subject = ma.fields.UUID()
    register = ma.fields.String()
    label = ma.fields.String()
    area = ma.fields.String(allow_none=True)
    head = ma.fields.UUID()
    opened_at = Moment()
    contested = ma.fields.Dict()
    other = ma.fields.Dict(allow_none=True, metadata={
        "description": "of a number: the entry that had it, {id, label}; no id of one that lies elsewhere"})


class EntryRowOut(ma.Schema):
    """An entry as lists show it."""

    id = ma.fields.UUID()
    register = ma.fields.String()
    label = ma.fields.String()
    lon = ma.fields.Float(allow_none=True)
    lat = ma.fields.Float(allow_none=True)
    area = ma.fields.String(allow_none=True)
    head = ma.fields.UUID()
    version = ma.fields.Integer()
    values = ma.fields.Dict(metadata={"description": "by field, none of them personal"})
    masked = ma.fields.Dict(metadata={"description": "personal fields, masked"})
    conflicts = ma.fields.List(ma.fields.Dict(), metadata={"description": "open ones: {id, fields}"})
    relations = ma.fields.List(ma.fields.Dict(), metadata={"description": "{kind, other, label, outward, since, until}"})
    metres = ma.fields.Integer(metadata={"description": "from the point that was asked for"})


class EntryStatementOut(ma.Schema):
    """Who said what of an entry, when and by what right."""

    id = ma.fields.UUID()
    base = ma.fields.UUID(allow_none=True)
    source = ma.fields.String()
    origin = ma.fields.String()
    form = ma.fields.String(allow_none=True)
    by = ma.fields.String()
    at = Moment()
    device_at = Moment(allow_none=True)
    received_at = Moment()
    values = ma.fields.Dict(metadata={"description": "personal ones masked"})
    lon = ma.fields.Float(allow_none=True)
    lat = ma.fields.Float(allow_none=True)
    area = ma.fields.String(allow_none=True)
    state = ma.fields.String()
    version = ma.fields.Integer(allow_none=True)
    contested = ma.fields.List(ma.fields.String())
    reason = ma.fields.String(allow_none=True)


class EntryVisitOut(ma.Schema):
    """A visit; what was found is revealed by itself."""

    id = ma.fields.UUID()
    purpose = ma.fields.String()
    at = Moment()
    by = ma.fields.String(allow_none=True)
    lon = ma.fields.Float(allow_none=True)
    lat = ma.fields.Float(allow_none=True)
    found = ma.fields.Boolean()


class EntryOut(EntryRowOut):
    """An entry with the latest of what is behind it."""

    class Meta:
        exclude = ("metres",)

    field_versions = ma.fields.Dict(metadata={"description": "by field: the version in which its value came in"})
    created_at = Moment()
    changed_at = Moment()
    statements = ma.fields.List(ma.fields.Nested(EntryStatementOut()))
    visits = ma.fields.List(ma.fields.Nested(EntryVisitOut()))


class FieldsOut(ma.Schema):
    """What the registers hold, with labels in Chinese and English."""

    registers = ma.fields.List(ma.fields.Dict(), metadata={
        "description": "{register, zh, en, fields: [{name, zh, en, kind, required, personal, unique, found, unit, choices}]}"})
    relations = ma.fields.List(ma.fields.Dict(), metadata={"description": "{kind, zh, en, from, to}"})
    purposes = ma.fields.List(ma.fields.Dict(), metadata={"description": "of visits: {purpose, zh, en}"})


class RegisterImportIn(ma.Schema):
    """How a file is to be read."""

    register = ma.fields.String(required=True, validate=REGISTER)
    mapping = ma.fields.Dict(keys=Text(200), values=Text(40), load_default=dict, metadata={
        "description": "heading of a column → field, `lon`, `lat`, `area`, or `-` to leave it out; else found by label"})
    system = ma.fields.String(validate=ma.validate.OneOf(["wgs84", "gcj02", "bd09"]), load_default="wgs84")
    area = Text(15, metadata={"description": "of rows that name neither a place nor an area"})
    source = ma.fields.String(validate=ma.validate.OneOf([one.value for one in Source]), load_default=Source.GENERATED.value)
    dry_run = ma.fields.Boolean(load_default=False)
    skip_bad = ma.fields.Boolean(load_default=False, metadata={"description": "leave bad rows out, else they forbid all"})
    trust = ma.fields.Boolean(load_default=False, metadata={
        "description": "the file is right where it differs; else that is a conflict, to be decided"})


class BadOut(ma.Schema):
    """A cell that cannot be read."""

    row = ma.fields.Integer(metadata={"description": "in the file; 1 has the headings"})
    column = ma.fields.String()
    reason = ma.fields.String()


class RegisterImportedOut(ma.Schema):
    """What the import did, or with `dry_run` would do."""

    rows = ma.fields.Integer()
    new = ma.fields.Integer()
    changed = ma.fields.Integer()
    unchanged = ma.fields.Integer()
    conflicts = ma.fields.Integer(metadata={"description": "rows that differ from what is known, kept beside it"})
    skipped = ma.fields.Integer()
    bad = ma.fields.List(ma.fields.Nested(BadOut()))
    columns = ma.fields.Dict(metadata={"description": "how each heading was read; null: left out"})
