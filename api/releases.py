"""Pages that are written in the browser, each as one release: all its files under one address that is made of their content.

A browser has either the whole of a release or nothing of it, so the parts of two releases never meet. A page consists of the
files of its own folder and of those in `shared/`, which lie beside them in the same address: `./store.js` in a shared file is
the page's own.
"""
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from xstatic.pkg import leaflet

FOLDER = Path(__file__).with_name("pages")
MAP = Path(leaflet.BASE_DIR)
PAGES = ("pda", "snap")
"""Those of phones, which work without the network."""

PARTS = {"staff": ("database.js", "dom.js", "language.js", "request.js")}
"""What a page takes of `shared/`, where it is not all."""

TEMPLATES = ("index.html", "sw.js")
"""Made for the release they belong to; they count in its name and are served by their own routes."""

SYMBOLS = "symbols.html"
"""Pictures that every page's index.html includes."""

LATER = ("leaflet/", "offline.js", "wechat.js")
"""Beginnings of scripts that a page asks for when it needs them."""

TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".png": "image/png"}


@dataclass(frozen=True)
class Release:
    """Of a page: its name, and each file by the path under which the page asks for it."""

    page: str
    name: str
    files: dict[str, Path]

    @property
    def address(self) -> str:
        """Where its files are served; whatever is there never changes."""
        return f"/{self.page}/{self.name}"

    @property
    def first(self) -> list[str]:
        """Scripts that the page starts with: asked for at once, not one after the other as each names the next."""
        return [name for name in self.files if name.endswith(".js") and not name.startswith(LATER)]


def _leaflet() -> dict[str, Path]:
    wanted = [MAP / "leaflet-src.esm.js", MAP / "leaflet.css", *sorted((MAP / "images").glob("*.png"))]
    return {f"leaflet/{path.relative_to(MAP).as_posix()}": path for path in wanted}


def _shared(page: str) -> dict[str, Path]:
    found = _under(FOLDER / "shared")
    return {name: found[name] for name in PARTS.get(page, found)}


def _under(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.suffix in TYPES}


def of(page: str) -> Release:
    """A page as it lies on the disk now: scripts, styles, words, pictures, and Leaflet from its package."""
    folder = FOLDER / page
    both = _shared(page) | _under(folder)
    served = {name: path for name, path in both.items() if name not in TEMPLATES} | _leaflet()
    seen = sha256()
    made = {name: folder / name for name in TEMPLATES if (folder / name).exists()} | {SYMBOLS: FOLDER / "shared" / SYMBOLS}
    for name, path in sorted((served | made).items()):
        seen.update(f"{name}\0{sha256(path.read_bytes()).hexdigest()}\n".encode())
    return Release(page, seen.hexdigest()[:16], served)
