"""A page that works without the network, as one release: all its files under one address that is made of their content.

A browser has either the whole of a release or nothing of it, so the parts of two releases never meet.
"""
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from xstatic.pkg import leaflet

FOLDER = Path(__file__).with_name("pages") / "pda"
MAP = Path(leaflet.BASE_DIR)
TEMPLATES = ("index.html", "sw.js")
"""Made for the release they belong to; they count in its name and are served by their own routes."""

TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".png": "image/png"}


@dataclass(frozen=True)
class Release:
    """Its name, and each file by the path under which the page asks for it."""

    name: str
    files: dict[str, Path]

    @property
    def address(self) -> str:
        """Where its files are served; whatever is there never changes."""
        return f"/pda/{self.name}"


def _leaflet() -> dict[str, Path]:
    wanted = [MAP / "leaflet-src.esm.js", MAP / "leaflet.css", *sorted((MAP / "images").glob("*.png"))]
    return {f"leaflet/{path.relative_to(MAP).as_posix()}": path for path in wanted}


def pda() -> Release:
    """The page as it lies on the disk now: scripts, styles, words, pictures, and Leaflet from its package."""
    own = {path.relative_to(FOLDER).as_posix(): path for path in sorted(FOLDER.rglob("*")) if path.suffix in TYPES}
    served = {name: path for name, path in own.items() if name not in TEMPLATES} | _leaflet()
    seen = sha256()
    for name, path in sorted((served | {name: FOLDER / name for name in TEMPLATES}).items()):
        seen.update(f"{name}\0{sha256(path.read_bytes()).hexdigest()}\n".encode())
    return Release(seen.hexdigest()[:16], served)
