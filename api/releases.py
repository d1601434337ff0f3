"""A page as one release: all its files under one address that is made of their content.

A browser has either the whole of a release or nothing of it, so the parts of two releases never meet.
"""
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Response, render_template, send_from_directory
from xstatic.pkg import leaflet

from casework.errors import NotFound

PAGES = Path(__file__).with_name("pages")
SHARED = "shared"
"""Scripts that every page has among its own, in a folder of this name."""

MAP = Path(leaflet.BASE_DIR)
TEMPLATES = ("index.html", "sw.js")
"""Made for the release they belong to; they count in its name and are served by their own routes."""

TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".png": "image/png"}
A_YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Release:
    """Its page, its name, and each file by the path under which the page asks for it."""

    page: str
    name: str
    files: dict[str, Path]

    @property
    def address(self) -> str:
        """Where its files are served; whatever is there never changes."""
        return f"/{self.page}/{self.name}"


def of(page: str) -> Release:
    """The page as it lies on the disk now: scripts, styles, words, pictures, what is shared, and Leaflet from its package."""
    folder = PAGES / page
    own = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.suffix in TYPES}
    shared = {f"{SHARED}/{path.name}": path for path in sorted((PAGES / SHARED).glob("*.js"))}
    served = {name: path for name, path in own.items() if name not in TEMPLATES} | shared | _leaflet()
    templates = {name: folder / name for name in TEMPLATES if (folder / name).exists()}
    seen = sha256()
    for name, path in sorted((served | templates).items()):
        seen.update(f"{name}\0{sha256(path.read_bytes()).hexdigest()}\n".encode())
    return Release(page, seen.hexdigest()[:16], served)


@cache
def current(page: str) -> Release:
    """The release that this process serves: the files cannot change while it lives."""
    return of(page)


def template(page: str, name: str, media_type: str) -> Response:
    """A file that is made for the release; whoever has it asks each time whether it is still so."""
    return Response(render_template(f"{page}/{name}", release=current(page)), mimetype=media_type,
                    headers={"Cache-Control": "no-cache"})


def file(page: str, release: str, name: str) -> Response:
    """A file of the release that is served now; another release's is not here, so that two never mix. Raises NotFound."""
    served = current(page)
    if release != served.name:
        raise NotFound("this release of the page is not served here")
    if name == "index.html":
        response = template(page, name, "text/html")
    elif name in served.files:
        path = served.files[name]
        response = send_from_directory(path.parent, path.name, mimetype=TYPES[path.suffix])
    else:
        raise NotFound("there is no such file")
    response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return response


def _leaflet() -> dict[str, Path]:
    wanted = [MAP / "leaflet-src.esm.js", MAP / "leaflet.css", *sorted((MAP / "images").glob("*.png"))]
    return {f"leaflet/{path.relative_to(MAP).as_posix()}": path for path in wanted}
