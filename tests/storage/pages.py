"""Walking through the pages of a list, as a reader does."""
import itertools

from casework.cases import search
from casework.cases.search import Wanted
from casework.identity.people import Actor
from casework.storage.database import reading


def listed(actor: Actor, wanted: Wanted, limit: int = 7) -> list[str]:
    """The numbers of all pages, one after the other."""
    numbers, after = [], None
    with reading() as db:
        for _ in itertools.count():
            rows, after = search.page(db, actor, wanted, after=after, limit=limit)
            numbers += [row["number"] for row in rows]
            if after is None:
                return numbers
    raise AssertionError
