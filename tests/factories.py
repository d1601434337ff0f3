"""A very small city: four square grids, a dozen categories, three departments, and reports as the channels send them."""
import io
import uuid
from typing import Any

from PIL import Image
from sqlalchemy.orm import Session

from casework import clock
from casework.cases.case import Case
from casework.cases.report import Channel, Receipt, Report, Said, receive_one
from casework.geography.areas import import_areas
from casework.geography.coordinates import Point
from casework.identity.people import Department
from casework.responsibility import Rule
from casework.storage.database import new_id
from casework.taxonomy.models import Category, Kind, LimitUnit, Standard, TaxonomyVersion

WEST, SOUTH, SIDE = 114.000, 22.600, 0.010
GRIDS = ("44030100100101", "44030100100102", "44030100100201", "44030100100202")
"""South-west, south-east (one community), north-west, north-east (another): a kilometre a side."""


def at_grid(number: int, east_metres: float = 0, north_metres: float = 0) -> Point:
    """The middle of a grid, or so many metres from it."""
    return Point(WEST + SIDE * (number % 2 + 0.5) + east_metres / 102_700,
                 SOUTH + SIDE * (number // 2 + 0.5) + north_metres / 110_700)


def _square(code: str, name: str, level: str, box: tuple[float, float, float, float]) -> dict[str, Any]:
    west, south, wide, high = box
    ring = [[west, south], [west + wide, south], [west + wide, south + high], [west, south + high], [west, south]]
    return {"type": "Feature", "properties": {"code": code, "name": name, "level": level},
            "geometry": {"type": "Polygon", "coordinates": [ring]}}


def small_map() -> dict[str, Any]:
    """City, district, street, two communities with two grids each, as GeoJSON in WGS-84."""
    whole = (WEST, SOUTH, 2 * SIDE, 2 * SIDE)
    features = [_square("4403", "小城市", "city", whole), _square("440301", "东山区", "district", whole),
                _square("440301001", "河口街道", "street", whole),
                _square("440301001001", "南塘社区", "community", (WEST, SOUTH, 2 * SIDE, SIDE)),
                _square("440301001002", "北坡社区", "community", (WEST, SOUTH + SIDE, 2 * SIDE, SIDE))]
    for number, code in enumerate(GRIDS):
        west, south = WEST + SIDE * (number % 2), SOUTH + SIDE * (number // 2)
        features.append(_square(code, f"网格{number + 1}", "grid", (west, south, SIDE, SIDE)))
    return {"type": "FeatureCollection", "features": features}


CATEGORIES = (
    ("101", Kind.COMPONENT, "公用设施", None), ("10101", Kind.COMPONENT, "上水井盖", "101"),
    ("10102", Kind.COMPONENT, "污水井盖", "101"), ("10105", Kind.COMPONENT, "路灯", "101"),
    ("201", Kind.EVENT, "市容环境", None), ("20101", Kind.EVENT, "暴露垃圾", "201"),
    ("301", Kind.REQUEST, "城乡建设", None), ("302", Kind.REQUEST, "环境保护", None),
)
STANDARDS = (
    ("10101", "井盖缺失", 2, LimitUnit.URGENT_HOUR, ["after_photo"]),
    ("10102", "井盖破损", 4, LimitUnit.WORK_HOUR, ["after_photo"]),
    ("10105", "灯不亮", 2, LimitUnit.WORK_DAY, ["after_photo"]),
    ("20101", "垃圾成堆", 4, LimitUnit.WORK_HOUR, ["after_photo"]),
    ("301", "群众诉求", 7, LimitUnit.NATURAL_DAY, ["reply"]), ("302", "群众诉求", 7, LimitUnit.NATURAL_DAY, ["reply"]),
)


def small_taxonomy(db: Session) -> TaxonomyVersion:
    """Manholes (neighbours by a shared group), a lamp, rubbish, and two classes of requests; active."""
    version = TaxonomyVersion(number=1, name="小城", active=True, activated_at=clock.now())
    db.add(version)
    db.flush()
    db.add_all(Category(version_id=version.id, code=code, kind=kind, name=name, parent_code=parent, level=2 if parent else 1,
                        groups=["井盖"] if "井盖" in name else []) for code, kind, name, parent in CATEGORIES)
    db.flush()
    db.add_all(Standard(version_id=version.id, category_code=code, ordinal=1, condition=condition, closing="恢复原状",
                        limit_value=value, limit_unit=unit, evidence=evidence, is_default=True)
               for code, condition, value, unit, evidence in STANDARDS)
    db.flush()
    return version


def departments(db: Session) -> dict[str, Department]:
    """Water, roads, and the office that answers requests; water answers for manholes, roads for lamps, nobody for rubbish."""
    made = {code: Department(id=new_id(), code=code, name=name)
            for code, name in (("water", "水务局"), ("roads", "道路养护中心"), ("office", "区政府办"))}
    db.add_all(made.values())
    db.flush()
    db.add_all(Rule(name=name, category_code=code, lead_department_id=made[lead].id) for name, code, lead in (
        ("供水井盖", "10101", "water"), ("污水井盖", "10102", "water"), ("路灯", "10105", "roads"), ("诉求", "3", "office")))
    db.flush()
    return made


def small_city(db: Session) -> dict[str, Department]:
    """The map, the taxonomy and the departments with their rules."""
    import_areas(db, small_map(), "wgs84")
    small_taxonomy(db)
    return departments(db)


def said(**facts: Any) -> Said:
    """A grid worker's report of a missing manhole cover in the first grid, unless told otherwise."""
    return Said(**{"channel": Channel.PDA, "source": "worker", "key": str(uuid.uuid4()), "text": "井盖不见了",
                   "claimed_category": "10101", "place": at_grid(0)} | facts)


def a_report(db: Session, **facts: Any) -> Receipt:
    """A report that was received."""
    return receive_one(db, said(**facts))


def case_of(db: Session, receipt: Receipt) -> Case:
    """The case where the report counts."""
    report = db.get_one(Report, receipt.id)
    return db.get_one(Case, report.case_id)


def a_photo(colour: str = "grey", size: tuple[int, int] = (64, 48)) -> bytes:
    """A small JPEG, another one for every colour and size."""
    kept = io.BytesIO()
    Image.new("RGB", size, colour).save(kept, "JPEG")
    return kept.getvalue()
