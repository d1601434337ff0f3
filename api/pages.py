"""What browsers open: the live board, the API's document to read, pages of problems, and the grid workers' page."""
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, send_from_directory
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from api import board as figures
from api import docs, releases
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


@cache
def _pda() -> releases.Release:
    return releases.pda()  # it cannot change while the process lives


@blueprint.get("/pda")
@public("the page is empty until a grid worker logs in on it")
def pda() -> Response:
    """The grid workers' page; once loaded, the browser opens it from its own copy."""
    return _of_release("index.html", "text/html")


@blueprint.get("/pda/")
@public("people type it so")
def pda_with_slash() -> ResponseReturnValue:
    """The page has one address, for its copy on the phone is found by it."""
    return redirect("/pda")


@blueprint.get("/pda/sw.js")
@public("a browser fetches it by itself, without a credential")
def pda_worker() -> Response:
    """What keeps the page on the phone. The browser compares it byte by byte: another release, another text."""
    response = _of_release("sw.js", "text/javascript")
    response.headers["Service-Worker-Allowed"] = "/pda"
    return response


@blueprint.get("/pda/app.webmanifest")
@public("a browser fetches it by itself, without a credential")
def pda_manifest() -> Response:
    """What makes the page an app on the phone's first screen."""
    icons = [{"src": f"{_pda().address}/icons/{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
             for size in (192, 512) for purpose in ("any", "maskable")]
    written = orjson.dumps({
        "id": "/pda", "name": WORDS["pda.name"][0], "short_name": WORDS["name"][0], "lang": "zh-CN", "start_url": "/pda",
        "scope": "/pda", "display": "standalone", "background_color": "#ffffff", "theme_color": "#0a4a70", "icons": icons})
    return Response(written, mimetype="application/manifest+json", headers={"Cache-Control": "no-cache"})


@blueprint.get("/pda/<release>/<path:name>")
@public("style, scripts and words of the page, which name no person")
def pda_file(release: str, name: str) -> Response:
    """A file of the release that is served now; another release's is not here, so that two never mix."""
    if release != _pda().name:
        raise NotFound("this release of the page is not served here")
    if name == "index.html":
        response = _of_release(name, "text/html")
    elif name in _pda().files:
        path = _pda().files[name]
        response = send_from_directory(path.parent, path.name, mimetype=releases.TYPES[path.suffix])
    else:
        raise NotFound("there is no such file")
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return response


def _of_release(template: str, media_type: str) -> Response:
    return Response(render_template(f"pda/{template}", release=_pda()), mimetype=media_type,
                    headers={"Cache-Control": "no-cache"})
