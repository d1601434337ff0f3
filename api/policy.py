"""The city's policy: limits of the stages, numbers and ladders; read by the desk, written as whole versions."""
from typing import Any

import marshmallow as ma

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.fields import Moment, Text
from casework.identity import people
from casework.sla import policies
from casework.sla.limits import STAGE_NAMES, Rule, Stage, Unit
from casework.sla.numbers import KNOWN
from casework.sla.policies import Numbers, Policy, SlaPolicy
from casework.storage.database import one_at_a_time, reading, transaction

blueprint = Blueprint("policy", __name__, url_prefix="/api/v1/admin", description="时限规定 The policy of limits and numbers")


class RuleIn(ma.Schema):
    """One line of the table of limits; the most specific line that fits a case holds, and what is urgent goes first."""

    stage = ma.fields.String(required=True, validate=ma.validate.OneOf(list(Stage)))
    urgent = ma.fields.Boolean(allow_none=True, load_default=None, metadata={"description": "null: both"})
    channel = Text(20, allow_none=True, load_default=None, metadata={"description": "null: every channel"})
    category = Text(12, blank=True, load_default="", metadata={"description": "beginning of category codes; empty: all"})
    value = ma.fields.Float(required=True)
    unit = ma.fields.String(required=True, validate=ma.validate.OneOf(list(Unit)))
    over_standard = ma.fields.Boolean(load_default=False, metadata={
        "description": "of handling: holds also where the case's standard has a limit, unless that is in urgent hours"})


class RuleLineOut(RuleIn):
    """A line of the table, with the same in words."""

    words = ma.fields.String()


class PolicyIn(ma.Schema):
    """A whole version: what it does not say is as in the default."""

    version = Text(40, required=True, metadata={"description": "never used before: it stands on every clock"})
    instead_of = Text(40, metadata={"description": "the version that was changed; 409 when another has followed it meanwhile"})
    rules = ma.fields.List(ma.fields.Nested(RuleIn(unknown=ma.EXCLUDE)), required=True, validate=ma.validate.Length(max=500))
    numbers = ma.fields.Dict(keys=ma.fields.String(), load_default=dict,
                             metadata={"description": 'by the beginning of category codes, "" for all: numbers by name'})
    ladders = ma.fields.Dict(keys=ma.fields.String(), load_default=dict,
                             metadata={"description": 'by department code, "" for all: rungs [share, role], rising'})


class NumberOut(ma.Schema):
    """A number that a city may set, and what holds for all categories."""

    name = ma.fields.String()
    says = ma.fields.String()
    unit = ma.fields.String()
    low = ma.fields.Float()
    high = ma.fields.Float()
    value = ma.fields.Raw()


class PolicyOut(ma.Schema):
    """A version; `rules`, `numbers` and `ladders` can be changed and sent back under a new version."""

    version = ma.fields.String()
    active = ma.fields.Boolean()
    created_at = Moment(allow_none=True, metadata={"description": "null for the default that comes with the system"})
    rules = ma.fields.List(ma.fields.Nested(RuleLineOut()))
    numbers = ma.fields.Dict()
    ladders = ma.fields.Dict()
    known_numbers = ma.fields.List(ma.fields.Nested(NumberOut()))


class PolicyVersionOut(ma.Schema):
    """One version that was written."""

    version = ma.fields.String()
    active = ma.fields.Boolean()
    created_at = Moment()
    by = ma.fields.String(allow_none=True, metadata={"description": "who wrote it"})


class PolicyVersionsOut(ma.Schema):
    """The latest hundred versions, the newest first."""

    items = ma.fields.List(ma.fields.Nested(PolicyVersionOut()))


@blueprint.operation("GET", "/policy", requires("policy.read"), answer=PolicyOut())
def policy() -> dict[str, Any]:
    """The policy that holds now, with its limits in words and what each number means."""
    with reading() as db:
        now = policies.current(db)
        return _shown(now, policies.written(db, now.version), active=True)


@blueprint.operation("GET", "/policy/versions", requires("policy.read"), answer=PolicyVersionsOut())
def versions() -> dict[str, Any]:
    """Every version that was written: what stands on a clock can be looked up."""
    with reading() as db:
        found = policies.versions(db, 100)
        names = people.names_of(db, (one.created_by_id for one in found))
        return {"items": [{"version": one.version, "active": one.active, "created_at": one.created_at,
                           "by": names.get(one.created_by_id)} for one in found]}


@blueprint.operation("GET", "/policy/versions/<version>", requires("policy.read"), answer=PolicyOut())
def one_version(version: str) -> dict[str, Any]:
    """One version as it was written."""
    with reading() as db:
        one, now = policies.of_version(db, version), policies.current(db)
        return _shown(one, policies.written(db, version), active=one.version == now.version)


@blueprint.operation("POST", "/policy", requires("policy.manage"), body=PolicyIn(), answer=PolicyOut(), status=201, example={
    "version": "2026.2", "rules": [
        {"stage": "sign", "category": "3", "value": 2, "unit": "work_hour"},
        {"stage": "sign", "urgent": True, "value": 0.5, "unit": "urgent_hour"},
        {"stage": "handle", "urgent": True, "value": 24, "unit": "urgent_hour", "over_standard": True}],
    "numbers": {"": {"appeal_days": 15}, "3": {"reopen_days": 30}},
    "ladders": {"": [[80, "department_head"], [100, "supervisor"], [150, "leader"]]}})
def adopt(body: dict[str, Any]) -> dict[str, Any]:
    """Write a whole new version, which holds at once. Open clocks are recounted: what they used is carried over.

    409 when the version is taken; 422 names each fault by its path.
    """
    made = Policy.read(body["version"], body["rules"], body["numbers"], body["ladders"])
    with transaction() as db:
        one_at_a_time(db, "policy")
        return _shown(made, policies.adopt(db, caller(), made, body.get("instead_of")), active=True)


def _shown(one: Policy, row: SlaPolicy | None, *, active: bool) -> dict[str, Any]:
    numbers = one.numbers_of(None)
    return {"version": one.version, "active": active, "created_at": row.created_at if row else None,
            **policies.as_plain(one), "rules": [{**policies.plain(rule), "words": _words(rule)} for rule in one.rules],
            "known_numbers": [_number(name, numbers) for name in KNOWN]}


def _number(name: str, numbers: Numbers) -> dict[str, Any]:
    about = KNOWN[name].metadata
    return {"name": name, "says": about["says"], "unit": about["unit"], "low": about["low"], "high": about["high"],
            "value": getattr(numbers, name)}


def _words(rule: Rule) -> str:
    urgent = {None: "", True: "紧急", False: "一般"}[rule.urgent]
    where = "、".join(filter(None, (f"类别 {rule.category}" if rule.category else "",
                                  f"渠道 {rule.channel}" if rule.channel else "", urgent)))
    first = "，先于立案标准" if rule.over_standard else ""
    return f"{STAGE_NAMES[rule.stage]}{f'（{where}）' if where else ''}：{rule.limit}{first}"
