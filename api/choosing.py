"""What a citizen may report about: categories to choose from, guesses while somebody types, and whom to call instead."""
from typing import Any

import marshmallow as ma
from flask import Response

from api.auth import requires
from api.blueprint import Blueprint
from api.fields import Text, encode
from api.wording import language_of
from casework.cases.wording import Language
from casework.intake import choices

blueprint = Blueprint("choosing", __name__, url_prefix="/api/v1/citizen", description="市民随手拍 Citizens")

KEPT_SECONDS = 600
"""A page asks for the list once; a new version of the taxonomy may take so long to be seen."""


class LanguageIn(ma.Schema):
    """In which language; without it, as Accept-Language says."""

    lang = ma.fields.Enum(Language, by_value=True)


class CallOut(ma.Schema):
    """Do not fill in a form: call."""

    kind = ma.fields.String(metadata={"description": "fire, ambulance, police, gas, power, traffic, water, heat"})
    number = ma.fields.String(metadata={"description": "to dial; the city may have its own"})
    words = ma.fields.String()


class ChoiceOut(ma.Schema):
    """A category to choose."""

    code = ma.fields.String()
    name = ma.fields.String(metadata={"description": "with those between it and the big class"})
    call = ma.fields.Nested(CallOut(), allow_none=True, metadata={"description": "it is an emergency: whom to call"})


class GroupOut(ma.Schema):
    """A big class (大类) and what is in it."""

    code = ma.fields.String()
    name = ma.fields.String()
    kind = ma.fields.String(metadata={"enum": ["component", "event", "request"]})
    items = ma.fields.List(ma.fields.Nested(ChoiceOut()))


class GroupsOut(ma.Schema):
    """All that can be chosen."""

    items = ma.fields.List(ma.fields.Nested(GroupOut()))


class TypedIn(ma.Schema):
    """What stands in the field so far."""

    text = Text(4000, required=True)


class GuessOut(ChoiceOut):
    """A category that it may be."""

    group = ma.fields.String(metadata={"description": "the big class"})
    confidence = ma.fields.Float(metadata={"description": "0 to 1"})
    sure = ma.fields.Boolean(metadata={"description": "without a choice it would be taken for this"})


class GuessesOut(ma.Schema):
    """The likeliest first, three at most; none is no fault."""

    items = ma.fields.List(ma.fields.Nested(GuessOut()))
    call = ma.fields.Nested(CallOut(), allow_none=True, metadata={"description": "the text speaks of an emergency"})


def typing() -> str:
    """A page asks when somebody pauses. Many may share an address, and without an answer a page does as well."""
    return "600 per minute"


@blueprint.operation("GET", "/categories", requires("report.create.citizen"), query=LanguageIn(), answer=GroupsOut(),
                     problems=("not-found",))
def categories(query: dict[str, Any]) -> Response:
    """What a report may be about, by big classes; with an emergency stands whom to call.

    To choose is not needed: what is left out is found from the words.
    """
    answer = encode({"items": choices.offered(choices.lately(), language_of(query))})
    answer.headers.update({"Cache-Control": f"public, max-age={KEPT_SECONDS}", "Vary": "Accept-Language"})
    return answer


@blueprint.operation("POST", "/suggestions", requires("report.create.citizen"), query=LanguageIn(), body=TypedIn(),
                     answer=GuessesOut(), limit=typing, problems=("not-found",), example={"text": "路边的井盖没了，很危险"})
def suggestions(query: dict[str, Any], body: dict[str, str]) -> dict[str, Any]:
    """While somebody types: which categories it may be, and whether to call instead. Nothing is kept of what was asked.

    `call` is there when the words, or the category that is surely meant, are an emergency. A report that is sent all the same
    is taken.
    """
    language = language_of(query)
    found = choices.guesses(body["text"], language)
    meant = next((one.code for one in found if one.sure), None)
    return {"items": [vars(one) for one in found], "call": choices.call_for(body["text"], meant, language)}
