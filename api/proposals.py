"""What upheld returns and dispatchers say about the responsibility list: the rules they propose, what each would change, and
the decision."""
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import marshmallow as ma

from api.auth import caller, requires
from api.blueprint import Blueprint
from api.fields import CaseNumber, Moment, Text
from api.responsibility import RuleOut, plain_rule
from casework import dispatch
from casework.cases import search
from casework.responsibility import proposals
from casework.responsibility.decisions import Decision
from casework.responsibility.proposals import MOST_NAMED, Draft, Effect, Group
from casework.responsibility.rules import Names
from casework.storage.database import reading, transaction

blueprint = Blueprint("proposals", __name__, url_prefix="/api/v1/rules/proposals", description="权责 Responsibility")

MOST_SHOWN = 200


class ProposalOut(ma.Schema):
    """Upheld returns that say the same: cases of this category went to one department and belong to another."""

    id = ma.fields.UUID()
    category_code = ma.fields.String()
    category = ma.fields.String(allow_none=True)
    area_code = ma.fields.String(allow_none=True, metadata={
        "description": "the smallest area, at least a community, that contains all these cases; null is the whole city"})
    area = ma.fields.String(allow_none=True)
    from_department_id = ma.fields.UUID(allow_none=True, metadata={
        "description": "who was released; null where there was no rule, and a dispatcher proposes one"})
    from_department = ma.fields.String(allow_none=True)
    to_department_id = ma.fields.UUID(allow_none=True, metadata={
        "description": "who got it, else whom the released department named; null while nobody knows"})
    to_department = ma.fields.String(allow_none=True)
    answered = ma.fields.Boolean(metadata={
        "description": "the rules say so by now: decline it, unless they should say so more clearly"})
    count = ma.fields.Integer(metadata={"description": "rulings"})
    cases = ma.fields.List(ma.fields.String(), metadata={"description": f"their numbers, the latest {MOST_NAMED}"})
    why = ma.fields.String(metadata={"description": "of the latest: which rule or whose word had sent it there"})
    ground = ma.fields.String(allow_none=True, metadata={"description": "of the latest: the legal ground of the return"})
    ruling = ma.fields.String(metadata={"description": "of the latest, in the adjudicator's words"})
    ruled_at = Moment(metadata={"description": "of the latest"})


class ProposalsOut(ma.Schema):
    """What waits for a decision, that with the most rulings first; `all` says whether these are all."""

    items = ma.fields.List(ma.fields.Nested(ProposalOut()))
    all = ma.fields.Boolean()


class AnswerOut(ma.Schema):
    """Who would get a case, and why."""

    lead = ma.fields.UUID(allow_none=True)
    explanation = ma.fields.String()


class EffectOut(ma.Schema):
    """What the rules answer for this category in one area: now, and with the proposed rule."""

    area_code = ma.fields.String(allow_none=True)
    area = ma.fields.String(allow_none=True)
    count = ma.fields.Integer(metadata={"description": "rulings of cases there"})
    before = ma.fields.Nested(AnswerOut())
    after = ma.fields.Nested(AnswerOut())


class DraftOut(ma.Schema):
    """The rule as it would be made, and what it changes."""

    category_code = ma.fields.String()
    area_code = ma.fields.String(allow_none=True)
    lead = ma.fields.UUID(allow_none=True)
    ground = ma.fields.String()
    effects = ma.fields.List(ma.fields.Nested(EffectOut()))


class DraftIn(ma.Schema):
    """What is to be otherwise than proposed: narrower, wider, somebody else, another ground."""

    category = Text(12, metadata={"description": "code of the taxonomy, or a beginning of it"})
    area = Text(15, allow_none=True, metadata={"description": "area code; null is the whole city"})
    lead = ma.fields.UUID(metadata={"description": "id of the department that answers"})
    ground = Text(2000)
    replaces = ma.fields.Boolean(load_default=True, metadata={
        "description": "rules for exactly this category and area that name another department end"})


class ProposeIn(ma.Schema):
    """A case for which there is no rule, and whose it is."""

    case = CaseNumber(required=True, metadata={"description": "number of a filed case, or of one that a dispatcher has sent"})
    lead = ma.fields.UUID(required=True, metadata={"description": "id of the department that answers"})
    ground = Text(2000, required=True, metadata={"description": "the legal ground"})


class ProposedOut(ma.Schema):
    """It waits for whoever keeps the rules."""

    id = ma.fields.UUID()


class DeclineIn(ma.Schema):
    """Why the rules stay as they are."""

    reason = Text(2000, required=True)


class DeclinedOut(ma.Schema):
    """How many rulings were closed."""

    declined = ma.fields.Integer()


EXAMPLE = {"area": "440301001001", "ground": "三定方案第四条"}


@blueprint.operation("GET", "", requires("proposals.read"), answer=ProposalsOut())
def waiting() -> dict[str, Any]:
    """Rules that upheld returns propose: category, area, from which department to which, and how many rulings say so."""
    with reading() as db:
        found = proposals.groups(db)
        shown = found[:MOST_SHOWN]
        names, departments, answered = Names(db), proposals.names_of(db, shown), proposals.answered(db, shown)
        return {"items": [_shown(one, names, departments) | {"answered": one.id in answered} for one in shown],
                "all": len(shown) == len(found)}


@blueprint.operation("POST", "", requires("rules.propose"), body=ProposeIn(), answer=ProposedOut(), status=201, example={
    "case": "AJ260302-7K3F9-Q2MXA", "lead": "018f3c1e-7b5a-7c2d-9e4f-0123456789ab", "ground": "三定方案第四条"})
def propose(body: dict[str, Any]) -> dict[str, Any]:
    """Propose a rule where there is none: cases like this one are this department's. Who keeps the rules decides.

    409 when a rule decides by now, or when this was decided before.
    """
    with transaction() as db:
        found = search.find(db, caller(), body["case"], to_change=True)
        return {"id": dispatch.propose_rule(db, found, caller(), body["lead"], body["ground"]).id}


@blueprint.operation("POST", "/<uuid:proposal_id>/try", requires("proposals.read"), body=DraftIn(), answer=DraftOut(),
                     example=EXAMPLE)
def dry_run(proposal_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Dry run: the rule as it would be made, and for each area of the rulings what the rules answer before and after."""
    with reading() as db:
        found = proposals.group(db, proposal_id)
        wanted = _draft(found, body)
        names = Names(db)
        return {"category_code": wanted.category_code, "area_code": wanted.area_code, "lead": wanted.lead,
                "ground": wanted.ground, "effects": [_effect(one, names) for one in proposals.effects(db, found, wanted)]}


@blueprint.operation("POST", "/<uuid:proposal_id>/accept", requires("rules.manage"), body=DraftIn(), answer=RuleOut(),
                     status=201, example=EXAMPLE)
def accept(proposal_id: uuid.UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Make the rule, citing the rulings. Those that it answers are closed; what a narrower rule does not reach stays open.

    409 when other rules would still decide otherwise: the problem explains which.
    """
    with transaction() as db:
        found = proposals.group(db, proposal_id, to_change=True)
        return plain_rule(proposals.accept(db, found, caller(), _draft(found, body)))


@blueprint.operation("POST", "/<uuid:proposal_id>/decline", requires("rules.manage"), body=DeclineIn(), answer=DeclinedOut(),
                     example={"reason": "个案，规则不变"})
def decline(proposal_id: uuid.UUID, body: dict[str, str]) -> dict[str, int]:
    """Leave the rules as they are, and say why; all rulings of the group are closed."""
    with transaction() as db:
        found = proposals.group(db, proposal_id, to_change=True)
        proposals.decline(db, found, caller(), body["reason"])
        return {"declined": len(found.members)}


def _draft(found: Group, body: Mapping[str, Any]) -> Draft:
    """What the group proposes, with what the caller says otherwise."""
    columns = {"category": "category_code", "area": "area_code", "lead": "lead", "ground": "ground", "replaces": "replaces"}
    return replace(proposals.draft(found), **{columns[name]: value for name, value in body.items()})


def _shown(one: Group, names: Names, departments: Mapping[uuid.UUID, str]) -> dict[str, Any]:
    latest = one.members[0]
    return {"id": one.id, "category_code": one.category_code, "category": names.category(one.category_code),
            "area_code": one.area_code, "area": names.area(one.area_code), "from_department_id": one.released_id,
            "from_department": departments.get(one.released_id) if one.released_id else None, "to_department_id": one.owner_id,
            "to_department": departments.get(one.owner_id) if one.owner_id else None, "count": len(one.members),
            "cases": [member.case_number for member in one.members[:MOST_NAMED]], "why": latest.why, "ground": latest.ground,
            "ruling": latest.ruling, "ruled_at": latest.ruled_at}


def _effect(one: Effect, names: Names) -> dict[str, Any]:
    return {"area_code": one.area_code, "area": names.area(one.area_code), "count": one.cases,
            "before": _answer(one.before), "after": _answer(one.after)}


def _answer(one: Decision) -> dict[str, Any]:
    return {"lead": one.lead, "explanation": one.explanation}
