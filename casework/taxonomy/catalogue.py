"""One version of the taxonomy in memory, and the verbs that answer from it without asking the database again."""
import threading
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ScalarSelect, select, update
from sqlalchemy.orm import Session, make_transient_to_detached

from casework import clock, settings
from casework.errors import NotFound
from casework.taxonomy.models import Category, Kind, Standard, TaxonomyVersion

KEPT_VERSIONS = 4
"""Versions held in memory: the current one and those that recent cases were filed under."""


@dataclass(frozen=True)
class Window:
    """How near in place (metres) and time (hours) two reports of neighbouring categories may be the same problem."""

    metres: float
    hours: float


class Catalogue:
    """A version, read once. Its categories and standards are shared between threads: read them, never change them."""

    def __init__(self, version: TaxonomyVersion, categories: Iterable[Category], standards: Iterable[Standard]) -> None:
        self.version = version
        self.by_code = {category.code: category for category in sorted(categories, key=lambda one: one.code)}
        children: dict[str | None, list[Category]] = defaultdict(list)
        self._by_group: dict[str, set[str]] = defaultdict(set)
        self._by_name: dict[str, list[Category]] = defaultdict(list)
        for category in self.by_code.values():
            children[category.parent_code].append(category)
            self._by_name[category.name].append(category)
            for group in category.groups:
                self._by_group[group].add(category.code)
        self.children = dict(children)
        self._standards: dict[str, list[Standard]] = defaultdict(list)
        self._standard_by_id = {}
        for standard in sorted(standards, key=lambda one: (one.category_code, one.ordinal)):
            self._standards[standard.category_code].append(standard)
            self._standard_by_id[standard.id] = standard
        self._neighbours: dict[str, frozenset[str]] = {}

    def category(self, code: str) -> Category:
        """Raises NotFound when this version has no such code."""
        found = self.by_code.get(code)
        if found is None:
            raise NotFound(f"taxonomy {self.version.number} has no category {code}", code=code)
        return found

    def path(self, code: str) -> tuple[Category, ...]:
        """From the big class down to the category itself."""
        node: Category | None = self.category(code)
        path: list[Category] = []
        while node is not None:
            path.append(node)
            node = self.by_code[node.parent_code] if node.parent_code else None
        return tuple(reversed(path))

    def leaves(self, kind: Kind | None = None) -> list[Category]:
        """Categories without children, in the order of their codes: those that a report is best filed under."""
        return [one for one in self.by_code.values() if one.code not in self.children and kind in {None, one.kind}]

    def named(self, name: str, kind: Kind | None = None) -> list[Category]:
        """Categories of exactly this name, big classes first; empty when there is none."""
        found = [one for one in self._by_name.get(name, ()) if kind in {None, one.kind}]
        return sorted(found, key=lambda one: (one.level, one.code))

    def standards(self, code: str) -> list[Standard]:
        """Those of the category, else of its nearest ancestor that has any (requests inherit); may be empty."""
        for category in reversed(self.path(code)):
            if category.code in self._standards:
                return list(self._standards[category.code])
        return []

    def all_standards(self) -> list[Standard]:
        """Every standard, by category and ordinal."""
        return list(self._standard_by_id.values())

    def standard(self, standard_id: uuid.UUID) -> Standard:
        """Raises NotFound when the standard is not of this version."""
        found = self._standard_by_id.get(standard_id)
        if found is None:
            raise NotFound(f"taxonomy {self.version.number} has no such standard", id=str(standard_id))
        return found

    def default_standard(self, code: str) -> Standard:
        """Raises NotFound for a category nothing can be filed under (a big class of components or events)."""
        for standard in self.standards(code):
            if standard.is_default:
                return standard
        raise NotFound(f"category {code} has no standard: choose a narrower one", code=code)

    def neighbours(self, code: str) -> frozenset[str]:
        """Codes under which the same problem may have been reported, with the code itself; symmetric.

        Categories that share a group word are neighbours. One without any has its siblings without any. Whoever chose
        a wider or a narrower class of the same branch meant the same, so ancestors and descendants belong too.
        """
        if code not in self._neighbours:
            category = self.category(code)
            near = {code}.union(*(self._by_group[group] for group in category.groups))
            if not category.groups and category.parent_code:
                near.update(one.code for one in self.children[category.parent_code] if not one.groups)
            near.update(one.code for one in self.path(code))
            near.update(other for other in self.by_code if other.startswith(code))
            self._neighbours[code] = frozenset(near)
        return self._neighbours[code]

    def window(self, code: str | None) -> Window:
        """The category's own, else its nearest ancestor's, else the settings'; metres and hours each for itself."""
        metres, hours = settings.current().duplicate_metres, settings.current().duplicate_hours
        for category in self.path(code) if code else ():
            metres = metres if category.duplicate_metres is None else category.duplicate_metres
            hours = hours if category.duplicate_hours is None else category.duplicate_hours
        return Window(metres, hours)


_kept: dict[uuid.UUID, Catalogue] = {}
_lock = threading.Lock()


def catalogue(db: Session, version_id: uuid.UUID | None = None) -> Catalogue:
    """The current version, or the one asked for. Which one is current is asked once a transaction, so a batch sees one.

    Raises NotFound when no version is active, or none has this id.
    """
    if version_id is None:
        version_id = _current_id(db)
    found = _kept.get(version_id) or _load(db, version_id)
    with _lock:
        _kept.pop(version_id, None)
        _kept[version_id] = found  # the last one used is the last one to go
        while len(_kept) > KEPT_VERSIONS:
            del _kept[next(iter(_kept))]
    return found


def current_beside() -> ScalarSelect[uuid.UUID]:
    """The id of the current version, as one more column of a statement that is sent anyway; stands() takes it."""
    return select(TaxonomyVersion.id).where(TaxonomyVersion.active).limit(1).scalar_subquery()


def catalogue_told(db: Session, version_id: uuid.UUID | None) -> Catalogue:
    """The current version, of which a statement of this transaction told the id. Raises NotFound when no version is active."""
    stands(db, version_id)
    return catalogue(db)


def stands(db: Session, version_id: uuid.UUID | None) -> None:
    """This is the current version in this transaction: who has read it beside something else says so, and need not load it."""
    db.info["taxonomy"] = (db.get_transaction(), version_id)


def _current_id(db: Session) -> uuid.UUID:
    transaction, seen = db.info.get("taxonomy", (None, None))
    if isinstance(seen, uuid.UUID) and transaction is db.get_transaction():
        return seen
    version_id = db.scalar(select(TaxonomyVersion.id).where(TaxonomyVersion.active))
    if version_id is None:
        raise NotFound("no taxonomy is active; load the default one or import your own")
    db.info["taxonomy"] = (db.get_transaction(), version_id)
    return version_id


def _load(db: Session, version_id: uuid.UUID) -> Catalogue:
    version = db.get(TaxonomyVersion, version_id)
    if version is None:
        raise NotFound("there is no such taxonomy version", id=str(version_id))
    return Catalogue(_detached(db, TaxonomyVersion, TaxonomyVersion.id == version_id)[0],
                     _detached(db, Category, Category.version_id == version_id),
                     _detached(db, Standard, Standard.version_id == version_id))


def _detached(db: Session, model: type[Any], condition: Any) -> list[Any]:
    """Objects of no session: what is kept for the process must not expire or be flushed with somebody's transaction."""
    made = []
    for row in db.execute(select(*model.__table__.columns).where(condition)):
        one = model(**row._mapping)  # noqa: SLF001 - the public mapping of a Row, in spite of its name
        make_transient_to_detached(one)
        made.append(one)
    return made


def versions(db: Session) -> Sequence[TaxonomyVersion]:
    """Every version, the newest first."""
    return db.scalars(select(TaxonomyVersion).order_by(TaxonomyVersion.number.desc())).all()


def activate(db: Session, version_id: uuid.UUID) -> TaxonomyVersion:
    """From the commit on, new cases are filed under this version; cases that exist keep theirs. Raises NotFound."""
    # Locked in one order first, so that two who activate at once wait for each other instead of colliding.
    rows = db.scalars(select(TaxonomyVersion).order_by(TaxonomyVersion.number).with_for_update())
    known = {version.id: version for version in rows}
    if version_id not in known:
        raise NotFound("there is no such taxonomy version", id=str(version_id))
    db.execute(update(TaxonomyVersion).where(TaxonomyVersion.active).values(active=False))
    db.execute(update(TaxonomyVersion).where(TaxonomyVersion.id == version_id)
               .values(active=True, activated_at=clock.now()))
    db.info.pop("taxonomy", None)
    return known[version_id]


def current_version(db: Session) -> TaxonomyVersion:
    """The active version. Raises NotFound when there is none."""
    return catalogue(db).version


def category(db: Session, code: str, version_id: uuid.UUID | None = None) -> Category:
    """One category of the current (or the given) version. Raises NotFound."""
    return catalogue(db, version_id).category(code)


def standards(db: Session, code: str, version_id: uuid.UUID | None = None) -> list[Standard]:
    """Standards a case of this category can be filed under, inherited ones included, by ordinal. Raises NotFound."""
    return catalogue(db, version_id).standards(code)


def default_standard(db: Session, code: str, version_id: uuid.UUID | None = None) -> Standard:
    """The standard to file under when nobody has chosen a condition. Raises NotFound when there is none."""
    return catalogue(db, version_id).default_standard(code)


def neighbours(db: Session, code: str) -> frozenset[str]:
    """Codes to search for the same problem, the code itself included. Raises NotFound."""
    return catalogue(db).neighbours(code)


def duplicate_window(db: Session, code: str) -> Window:
    """How near (metres) and how recent (hours) the same problem would be. Raises NotFound."""
    return catalogue(db).window(code)
