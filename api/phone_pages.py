"""The pages that phones keep and open without the network: the grid workers' /pda and the citizens' /snap, in releases."""
from collections.abc import Callable
from functools import cache, partial, wraps
from typing import Any

import orjson
from flask import Blueprint, Response, redirect, render_template, send_from_directory
from flask.typing import ResponseReturnValue

from api import releases
from api.auth import public
from api.pages import A_YEAR, WORDS
from casework.errors import NotFound

SCREENS = ("report", "near", "mine", "following", "settings", "signin")
"""Of /snap: addresses that can be printed on a poster or put into a menu."""

blueprint = Blueprint("phone_pages", __name__)

View = Callable[..., ResponseReturnValue]


def of_each(path: str = "") -> Callable[[View], View]:
    """Serve it below the address of every page; the view is told of which."""
    def decorate(view: View) -> View:
        for name in releases.PAGES:
            one = wraps(view)(partial(view, name))  # with the access that the view declares
            blueprint.add_url_rule(f"/{name}{path}", f"{name}_{view.__name__}", one)
        return view
    return decorate


@cache
def served(page: str) -> releases.Release:
    """The release of this page; it cannot change while the process lives."""
    return releases.of(page)


@of_each()
@public("the page is empty: what it shows, its scripts ask for with the credential of whoever holds the phone")
def page(page: str) -> Response:
    """The page; once loaded, the browser opens it from its own copy."""
    return _made(page, "index.html", "text/html")


@of_each("/")
@public("people type it so")
def with_slash(page: str) -> ResponseReturnValue:
    """The page has one address, for its copy on the phone is found by it."""
    return redirect(f"/{page}")


@blueprint.get("/snap/<screen>")
@public("people open it from a poster, before they have a credential")
def screen(screen: str) -> ResponseReturnValue:
    """One screen of the citizens' page by an address of its own."""
    if screen not in SCREENS:
        raise NotFound("the page has no such screen")
    return redirect(f"/snap#/{screen}")


@of_each("/sw.js")
@public("a browser fetches it by itself, without a credential")
def worker(page: str) -> Response:
    """What keeps the page on the phone. The browser compares it byte by byte: another release, another text."""
    response = _made(page, "sw.js", "text/javascript")
    response.headers["Service-Worker-Allowed"] = f"/{page}"
    return response


@of_each("/app.webmanifest")
@public("a browser fetches it by itself, without a credential")
def manifest(page: str) -> Response:
    """What makes the page an app on the phone's first screen."""
    written = orjson.dumps({
        "id": f"/{page}", "name": WORDS[f"{page}.name"][0], "short_name": WORDS[f"{page}.short"][0], "lang": "zh-CN",
        "start_url": f"/{page}", "scope": f"/{page}", "display": "standalone", "background_color": "#ffffff",
        "theme_color": "#0a4a70", "icons": _icons(page)})
    return Response(written, mimetype="application/manifest+json", headers={"Cache-Control": "no-cache"})


def _icons(page: str) -> list[dict[str, Any]]:
    return [{"src": f"{served(page).address}/icons/{size}.png", "sizes": f"{size}x{size}", "type": "image/png",
             "purpose": purpose} for size in (192, 512) for purpose in ("any", "maskable")]


@of_each("/<release>/<path:name>")
@public("style, scripts and words of the page, which name no person")
def file(page: str, release: str, name: str) -> Response:
    """A file of the release that is served now; another release's is not here, so that two never mix."""
    if release != served(page).name:
        raise NotFound("this release of the page is not served here")
    if name == "index.html":
        response = _made(page, name, "text/html")
    elif name in served(page).files:
        path = served(page).files[name]
        response = send_from_directory(path.parent, path.name, mimetype=releases.TYPES[path.suffix])
    else:
        raise NotFound("there is no such file")
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return response


def _made(page: str, template: str, media_type: str) -> Response:
    return Response(render_template(f"{page}/{template}", release=served(page)), mimetype=media_type,
                    headers={"Cache-Control": "no-cache"})
