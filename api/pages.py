"""What browsers open before the real faces come: the live board, the API's document to read, and pages of problems."""
from flask import Blueprint, render_template

from api.auth import public
from api.errors import PROBLEMS

blueprint = Blueprint("pages", __name__)


@blueprint.get("/problems/<name>")
@public("error documents point here")
def problem(name: str) -> str:
    """What a kind of problem means."""
    return PROBLEMS[name].advice
