"""Where something is that was reported: by its point, else by the words of its address."""
from sqlalchemy.orm import Session

from casework.geography import addresses, areas
from casework.geography.coordinates import Point

SURE_OF_PLACE = 0.8
"""Address words that name one place fully reach it; a bare name that could be several does not."""


def whereabouts(db: Session, place: Point | None, *words: str | None) -> tuple[Point | None, str | None]:
    """The point (WGS-84) and the code of the area, each as far as it can be told for sure."""
    if place:
        grid = areas.area_at(db, place)
        return place, grid.code if grid else None
    found = addresses.locate(db, " ".join(filter(None, words)))
    return (found.point, found.area_code) if found and found.confidence >= SURE_OF_PLACE else (None, None)
