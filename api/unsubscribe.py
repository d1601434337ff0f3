"""Where the link in a message leads: what is followed, with a button for each and one for all. No log-in is asked for.

Opening it ends nothing: mail scanners and chats open links by themselves.
"""
import uuid

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import pages
from api.auth import requires
from casework.cases.wording import Language
from casework.community import subscriptions
from casework.community.subscriptions import following
from casework.errors import NotFound
from casework.storage.database import reading, transaction

blueprint = Blueprint("unsubscribe", __name__)

ALL = "all"
MOST_SHOWN = 1000


@blueprint.get("/unsubscribe/<token>")
@requires("subscriptions.manage")
def shown(token: str) -> Response:
    """What the holder of this link follows."""
    with reading() as db:
        found, _ = subscriptions.listed(db, subscriptions.of_link(db, token), limit=MOST_SHOWN)
        said = following.described(db, found, Language(pages.language()))
    page = make_response(render_template("unsubscribe.html", followed=said))
    page.headers["Cache-Control"] = "private, no-store"
    page.headers["X-Robots-Tag"] = "noindex"
    return page


@blueprint.post("/unsubscribe/<token>")
@requires("subscriptions.manage")
def end(token: str) -> ResponseReturnValue:
    """End one, or all; then the page again. Sent twice, it is the same."""
    with transaction() as db:
        subscriber = subscriptions.of_link(db, token)
        subscriptions.end(db, subscriber, _meant(request.form.get("what", "")))
    return redirect(url_for("unsubscribe.shown", token=token, lang=pages.language()), 303)


def _meant(what: str) -> uuid.UUID | None:
    """The one that is to end, None for all. Raises NotFound for what is neither."""
    if what == ALL:
        return None
    try:
        return uuid.UUID(what)
    except ValueError:
        raise NotFound("nothing of this kind is followed") from None
