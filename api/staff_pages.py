"""The pages of those who work at a desk: one release of scripts, one shell for every address of the three faces."""
from functools import cache

from flask import Blueprint, Response, render_template, send_from_directory

from api import releases
from api.auth import public
from api.pages import A_YEAR
from api.protection import with_tiles
from casework import settings
from casework.errors import NotFound

PAGE = "staff"
FACES = ("desk", "command", "cockpit")
"""A department's, the centre's, the leaders'. The scripts know the screens of each, and the API guards what they show."""

MAP_FACE = "cockpit"

blueprint = Blueprint("staff_pages", __name__)


@cache
def served() -> releases.Release:
    """The release of these pages; it cannot change while the process lives."""
    return releases.of(PAGE)


@blueprint.get(f"/<any({','.join(FACES)}):face>", strict_slashes=False)
@blueprint.get(f"/<any({','.join(FACES)}):face>/<path:screen>")
@public("the page is empty until somebody logs in on it")
def page(face: str, screen: str = "") -> Response:
    """The shell, the same for every screen; a face alone goes on to the first screen that one's posts permit.

    The leaders' map alone may have a base map, from the one host that the installation names.
    """
    shell = _shell()
    if face == MAP_FACE and (tiles := settings.current().tiles_url):
        shell.headers["Content-Security-Policy"] = with_tiles(tiles)
    return shell


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
