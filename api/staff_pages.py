"""The pages of those who work at a desk: one release of scripts, one shell for every address below /command."""
from functools import cache

from flask import Blueprint, Response, render_template, send_from_directory

from api import releases
from api.auth import public
from api.pages import A_YEAR
from casework.errors import NotFound

PAGE = "staff"
SCREENS = ("calls", "imports", "moderation", "stuck")
"""Of /command; the scripts say which permissions each asks for, and the API guards what it shows."""

blueprint = Blueprint("staff_pages", __name__)


@cache
def served() -> releases.Release:
    """The release of these pages; it cannot change while the process lives."""
    return releases.of(PAGE)


@blueprint.get("/command", strict_slashes=False)
@public("the page is empty until somebody logs in on it")
def command() -> Response:
    """The page goes on to the first screen that the posts of whoever logs in permit."""
    return _shell()


@blueprint.get(f"/command/<any({','.join(SCREENS)}):screen>", strict_slashes=False)
@public("the page is empty until somebody logs in on it")
def screen(screen: str) -> Response:
    """The shell, the same for every screen."""
    return _shell()


@blueprint.get(f"/{PAGE}/<release>/<path:name>")
@public("style, scripts and words of the pages, which name no person")
def file(release: str, name: str) -> Response:
    """A file of the release that is served now; another release's is not here, so that two never mix."""
    if release != served().name or name not in served().files:
        raise NotFound("there is no such file in the release that is served here")
    path = served().files[name]
    response = send_from_directory(path.parent, path.name, mimetype=releases.TYPES[path.suffix])
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return response


def _shell() -> Response:
    return Response(render_template(f"{PAGE}/index.html", release=served()), mimetype="text/html",
                    headers={"Cache-Control": "no-cache"})
