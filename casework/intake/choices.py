"""What a citizen may say a report is about: the categories to choose from, and a guess at them while somebody types."""
import threading
import time
from dataclasses import dataclass
from typing import Any

from casework import taxonomy
from casework.cases.wording import Language
from casework.classification import emergencies
from casework.classification.emergencies import Call
from casework.classification.suggester import REST, suggester_of
from casework.storage.database import reading
from casework.taxonomy import Catalogue, Category

LATELY_SECONDS = 10
"""So long a process goes on with the taxonomy it saw last: to guess asks no database, and a new version is seen soon."""


@dataclass(frozen=True)
class Guess:
    """A category that the text may be about. `confidence` is between 0 and 1; `sure` says that triage would take it."""

    code: str
    name: str
    group: str
    confidence: float
    sure: bool
    call: dict[str, str] | None


def offered(catalogue: Catalogue, language: Language) -> list[dict[str, Any]]:
    """Big classes with the narrowest categories in them that something can be filed under; for an emergency, whom to call."""
    made: list[dict[str, Any]] = []
    for top in catalogue.children.get(None, ()):
        inside = (leaf for leaf in catalogue.leaves(top.kind) if leaf.code.startswith(top.code))
        items = [{"code": leaf.code, "name": _path(catalogue, leaf),
                  "call": _told(emergencies.of_category(leaf.code), language)}
                 for leaf in inside if catalogue.standards(leaf.code)]
        if items:
            made.append({"code": top.code, "name": top.name, "kind": top.kind, "items": items})
    return made


def guesses(text: str, language: Language) -> list[Guess]:
    """Up to three categories of those offered, the likeliest first, as triage would suggest them. Keeps nothing.

    Raises NotFound while no taxonomy is in force.
    """
    catalogue = lately()
    (found,) = suggester_of(catalogue).suggest([text])
    made: dict[str, Guess] = {}
    for at, (code, score) in enumerate(found.alternatives):
        category = _narrowest(catalogue, code)
        if category and score > 0:
            made.setdefault(category.code, Guess(
                category.code, category.name, catalogue.path(category.code)[0].name, round(min(score, 1.0), 2),
                sure=at == 0 and not found.abstained, call=_told(emergencies.of_category(category.code), language)))
    return list(made.values())


def call_for(text: str, category: str | None, language: Language) -> dict[str, str] | None:
    """{kind, number, words} of whom to call about this, or None."""
    return _told(emergencies.of_category(category) or emergencies.of_text(text), language)


_seen: tuple[float, Catalogue] | None = None
_lock = threading.Lock()


def lately() -> Catalogue:
    """The taxonomy in force a few seconds ago at most. Raises NotFound when there is none."""
    global _seen  # noqa: PLW0603 - one a process, as the catalogue itself is
    seen, now = _seen, time.monotonic()
    if seen is None or now - seen[0] > LATELY_SECONDS:
        with _lock, reading() as db:
            seen = _seen = now, taxonomy.catalogue(db)
    return seen[1]


def _narrowest(catalogue: Catalogue, code: str) -> Category | None:
    """The category of this code if it is offered; of a wider one its 其他, which is what the suggester means by it."""
    found = catalogue.by_code.get(code)
    while found is not None and found.code in catalogue.children:
        found = next((one for one in catalogue.children[found.code] if one.name == REST), None)
    return found if found is not None and catalogue.standards(found.code) else None


def _path(catalogue: Catalogue, leaf: Category) -> str:
    """Its name with those between it and the big class, which people need to tell one 其他 from another."""
    return " / ".join(one.name for one in catalogue.path(leaf.code)[1:]) or leaf.name


def _told(call: Call | None, language: Language) -> dict[str, str] | None:
    words = call and (call.english if language is Language.EN else call.chinese)
    return {"kind": call.kind, "number": call.number, "words": words} if call and words else None
