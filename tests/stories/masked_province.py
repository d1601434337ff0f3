"""The cities, districts and counties of the message board, whose organiser put letters and numbers for their names."""
from typing import Any

from sqlalchemy.orm import Session

from casework import taxonomy
from casework.geography.areas import import_areas
from casework.identity.people import Department
from casework.responsibility import Rule
from casework.sla import calendar
from casework.storage.database import new_id

DISTRICTS = {
    "A": "1区 2区 3区 4区 5区 6区 7县 8县 9市", "B": "4区 7县", "C": "2区 3区 3县 4市 5市", "D": "1区 7县 8县 12市",
    "E": "3区 4区 5区 5县 6县 7县 8县", "F": "5县 6县 7县 8市", "G": "1区 2区 3县 7县 8县", "H": "3县", "I": "3县 4县 5县",
    "J": "3县 4县 5县 9县 11市", "K": "1区 2区 3县 4县 5县 6县 8县 9县 10县 11县", "L": "5县 6县 7县",
    "M": "1区 2县 3县 4市 5市 7市 9县 11县 14县",
}

NAMES = frozenset({f"{letter}市" for letter in DISTRICTS} |
                  {letter + district for letter, districts in DISTRICTS.items() for district in districts.split()})


def found(db: Session) -> None:
    """The areas (cities and what is right below them), the default taxonomy, a department for each class of requests."""
    taxonomy.load_default(db)
    calendar.seed(db)
    import_areas(db, {"type": "FeatureCollection", "features": list(_features())}, "wgs84")
    for big in taxonomy.catalogue(db).by_code.values():
        if big.parent_code is None and big.code.startswith("3"):
            department = Department(id=new_id(), code=f"d{big.code}", name=f"{big.name}主管部门")
            db.add(department)
            db.flush()
            db.add(Rule(name=f"{big.name}归口办理", category_code=big.code, lead_department_id=department.id))


def _features() -> Any:
    for place, (letter, districts) in enumerate(DISTRICTS.items(), start=1):
        city = f"43{place:02}"
        yield _area(city, f"{letter}市", "city")
        for number, district in enumerate(districts.split(), start=1):
            yield _area(f"{city}{number:02}", letter + district, "district")


def _area(code: str, name: str, level: str) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"code": code, "name": name, "level": level}, "geometry": None}
