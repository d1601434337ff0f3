"""What lies around a case, for its map: the outline of its area and the numbered things of the city near by."""
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.cases.case import Case
from casework.geography import outlines
from casework.geography.areas import Area
from casework.registry import entries

METRES = 100
MOST = 40

FINE_DEGREES = 1e-5
"""A metre: so near nobody takes the border of the next grid for this one's."""


def of(db: Session, case: Case) -> dict[str, Any]:
    """{area: {code, name, level, outline} or None, components: the nearest first within METRES, at most MOST}. WGS-84."""
    area = db.execute(select(Area.code, Area.name, Area.level, Area.outline).where(Area.code == case.area_code)).first()
    return {"area": {"code": area.code, "name": area.name, "level": area.level,
                     "outline": outlines.rings(area.outline, FINE_DEGREES)} if area else None,
            "components": entries.components_near(db, case.place, METRES, MOST) if case.place else []}
