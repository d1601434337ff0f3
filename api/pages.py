"""What browsers open: the live board, the API's document to read, and pages of problems."""
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from flask import Blueprint, Response, current_app, make_response, render_template, request, send_from_directory
from markupsafe import Markup

from api import board as figures
from api import docs
from api.auth import public
from api.errors import PROBLEMS
from casework.clock import CITY
from casework.errors import NotFound

FOLDER = Path(__file__).with_name("pages")
WORDS: dict[str, list[str]] = orjson.loads((FOLDER / "words.json").read_bytes())
LANGUAGES = ("zh", "en")
A_YEAR = 365 * 24 * 3600

blueprint = Blueprint("pages", __name__)


def language() -> str:
    """Chinese, unless the reader switched: `?lang=en` now, the cookie afterwards."""
    for wish in (request.args.get("lang"), request.cookies.get("lang")):
        if wish in LANGUAGES:
            return wish
    return LANGUAGES[0]


@cache
def _version(name: str) -> str:
    return sha256((FOLDER / "static" / name).read_bytes()).hexdigest()[:12]


@blueprint.app_context_processor
def _for_templates() -> dict[str, Any]:
    spoken = LANGUAGES.index(language())

    def say(key: str) -> str:
        return WORDS[key][spoken]

    def asset(name: str) -> str:
        return f"/static/{name}?v={_version(name)}"

    def data(value: Any) -> Markup:
        """For a script element of JSON: nothing in it can end the element."""
        return Markup(orjson.dumps(value).decode().replace("<", "\\u003c"))  # noqa: S704 - no "<" is left
    return {"say": say, "asset": asset, "data": data, "lang": LANGUAGES[spoken], "other": LANGUAGES[1 - spoken]}


def _page(template: str, **values: Any) -> Response:
    return _sent(render_template(template, **values))


def _sent(page: str) -> Response:
    response = make_response(page)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Cookie"
    if request.args.get("lang") in LANGUAGES:
        response.set_cookie("lang", language(), max_age=A_YEAR, samesite="Lax", httponly=True)
    return response


@blueprint.get("/")
@public("the board counts, and names no person")
def board() -> Response:
    """The live board."""
    spoken = LANGUAGES.index(language())
    words = {key: both[spoken] for key, both in WORDS.items() if key.startswith(("status.", "board."))}
    return _page("board.html", board=figures.figures(), words=words, city=CITY)


@blueprint.get("/docs")
@public("callers read what they may call before they have a credential")
def reference() -> Response:
    """The OpenAPI document for people: search, shapes, examples, and trying it out."""
    written: dict[str, str] = current_app.extensions.setdefault("zhiwang-docs", {})
    if language() not in written:  # it cannot change while the process lives, and takes a while to write
        document = current_app.extensions["zhiwang-document"].spec.to_dict()
        written[language()] = render_template("docs.html", info=document["info"], groups=docs.groups(document),
                                              schemes=document["components"]["securitySchemes"])
    return _sent(written[language()])


@blueprint.get("/problems/")
@public("error documents point here")
def problems() -> Response:
    """Every kind of problem."""
    return _page("problems.html", problems=list(PROBLEMS.values()))


@blueprint.get("/problems/<name>")
@public("error documents point here")
def problem(name: str) -> Response:
    """What a kind of problem means and what to do about it."""
    if name not in PROBLEMS:
        raise NotFound("there is no such kind of problem")
    return _page("problems.html", problems=[PROBLEMS[name]])


@blueprint.get("/static/<path:name>")
@public("style and scripts of the pages")
def static(name: str) -> Response:
    """A file of the pages; for ever with its version in the address, else checked each time."""
    response = send_from_directory(FOLDER / "static", name)
    response.headers["Cache-Control"] = (
        f"public, max-age={A_YEAR}, immutable" if request.args.get("v") else "no-cache")
    return response
