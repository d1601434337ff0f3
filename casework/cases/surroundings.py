"""What lies around a case, for its map: the outline of its area and the numbered things of the city near by."""
from typing import Any

from sqlalchemy.orm import Session

from casework.cases.case import Case
from casework.geography import outlines
from casework.geography.atlas import AreaRow
from casework.registry import entries

METRES = 100
MOST = 40

FINE_DEGREES = 1e-5
"""A metre: so near nobody takes the border of the next grid for this one's."""


def of(db: Session, case: Case, area: AreaRow | None) -> dict[str, Any]:
    """{area: {code, name, level, outline} or None, components: the nearest first within METRES, at most MOST}. WGS-84."""
    return {"area": {"code": area.code, "name": area.name, "level": area.level,
                     "outline": outlines.rings(area.outline, FINE_DEGREES)} if area else None,
            "components": entries.components_near(db, case.place, METRES, MOST) if case.place else []}
