"""Words of an address become a place: the longest and most specific names win, and doubt is said."""
import pytest

from casework.geography.codes import Level
from casework.geography.coordinates import Point
from casework.geography.gazetteer import Gazetteer, Name, area_names

AREAS = [
    ("9901", "示范市", Level.CITY, []), ("990101", "云湖区", Level.DISTRICT, []), ("990102", "青麓区", Level.DISTRICT, []),
    ("990101001", "翠竹街道", Level.STREET, []), ("990101002", "松桥街道", Level.STREET, ["松桥镇"]),
    ("990102001", "鹤塘街道", Level.STREET, []),
    ("990101001001", "翠竹社区", Level.COMMUNITY, []), ("990101001002", "柳溪社区", Level.COMMUNITY, []),
    ("990101002001", "梅园社区", Level.COMMUNITY, []), ("990102001001", "梅湖社区", Level.COMMUNITY, []),
    ("99010100100201", "第1网格", Level.GRID, []), ("99010100100202", "第2网格", Level.GRID, []),
    ("99010100200101", "第1网格", Level.GRID, []), ("99010100200102", "第2网格", Level.GRID, []),
    ("99010200100101", "第1网格", Level.GRID, []),
]
GARDEN, ROAD_WEST, ROAD_EAST, FAR_ROAD = Point(114.01, 22.5), Point(114.02, 22.5), Point(114.03, 22.5), Point(114.2, 22.6)
PLACES = [
    Name("阳光花园", "99010100100201", GARDEN),
    Name("人民路", "99010100100201", ROAD_WEST, (1, 50)), Name("人民路", "99010100100202", ROAD_EAST, (51, 99)),
    Name("新人民路", "99010200100101", FAR_ROAD), Name("和平小学", "99010200100101", FAR_ROAD),
    Name("中心市场", "99010100200101", None), Name("中心市场", "99010200100101", None),
]


@pytest.fixture(scope="module")
def known() -> Gazetteer:
    names = [name for code, text, level, aliases in AREAS for name in area_names(code, text, level, aliases)]
    return Gazetteer(names + PLACES, {code: text for code, text, _, _ in AREAS})


@pytest.mark.parametrize(("text", "code", "name", "point"), [
    ("阳光花园3栋楼下有人乱倒垃圾", "99010100100201", "阳光花园", GARDEN),
    ("柳溪社区路灯不亮", "990101001002", "柳溪社区", None),
    ("松桥镇的井盖坏了", "990101002", "松桥镇", None),
    ("人民路12号门口", "99010100100201", "人民路12号", ROAD_WEST),
    ("人民路 66 号门口", "99010100100202", "人民路 66 号", ROAD_EAST),
    ("人民路６６号门口", "99010100100202", "人民路66号", ROAD_EAST),
    ("新人民路12号", "99010200100101", "新人民路", FAR_ROAD),
    ("示范市云湖区翠竹街道柳溪社区第2网格", "99010100100202", "第2网格", None),
    ("梅园社区第1网格", "99010100200101", "第1网格", None),
    ("翠竹街道翠竹社区", "990101001001", "翠竹社区", None),
    ("松桥街道中心市场占道经营", "99010100200101", "中心市场", None),
    ("阳光花园旁边的人民路", "99010100100201", "阳光花园", GARDEN),
])
def test_a_text_means_one_place(known: Gazetteer, text: str, code: str, name: str, point: Point | None) -> None:
    found = known.locate(text)
    assert found is not None
    assert (found.area_code, found.name, found.point) == (code, name, point)
    assert found.confidence >= 0.8


@pytest.mark.parametrize(("text", "code", "name"), [
    ("人民路有积水", "990101001002", "柳溪社区"),
    ("人民路500号", "990101001002", "柳溪社区"),
    ("从柳溪社区到翠竹社区的路", "990101001", "翠竹街道"),
    ("翠竹这边很吵", "990101001", "翠竹街道"),
])
def test_what_may_be_several_is_the_area_above_without_a_point(known: Gazetteer, text: str, code: str, name: str) -> None:
    found = known.locate(text)
    assert found is not None
    assert (found.area_code, found.name, found.point) == (code, name, None)


@pytest.mark.parametrize("text", [
    "", "路", "没有地名的一句话", "中心市场很脏", "第1网格", "梅园社区和梅湖社区", "\ud800", "号" * 5000,
])
def test_what_says_no_more_than_the_city_says_nothing(known: Gazetteer, text: str) -> None:
    assert known.locate(text) is None


def test_the_city_by_its_own_name_is_the_city(known: Gazetteer) -> None:
    found = known.locate("示范市的公交")
    assert found is not None
    assert found.area_code == "9901"


@pytest.mark.parametrize("text", ["梅园路有坑", "梅园东路有坑", "梅园小学门口", "梅园大道"])
def test_a_bare_name_inside_another_name_says_nothing(known: Gazetteer, text: str) -> None:
    assert known.locate(text) is None


def test_confidence_grows_with_agreement_and_falls_with_contradiction(known: Gazetteer) -> None:
    def confidence(text: str) -> float:
        found = known.locate(text)
        assert found is not None
        assert 0 < found.confidence <= 1
        return found.confidence
    bare, full, both = confidence("梅园那边"), confidence("梅园社区"), confidence("松桥街道梅园社区")
    assert bare < full < both
    assert bare == 0.5
    against = known.locate("松桥街道梅园社区和鹤塘街道")
    assert against is not None
    assert against.area_code == "990101002001"
    assert against.confidence < full
    assert confidence("梅园社区梅园社区梅园社区") == full, "saying it three times proves nothing"


def test_suffixes_are_dropped_by_level() -> None:
    def spoken(name: str, level: Level) -> list[str]:
        return [one.text for one in area_names("1", name, level, [])]
    assert spoken("大沙新区", Level.DISTRICT) == ["大沙新区", "大沙"]
    assert spoken("东区", Level.DISTRICT) == ["东区"], "one character is no name"
    assert spoken("松桥镇", Level.STREET) == ["松桥镇", "松桥"]
    assert spoken("第1网格", Level.GRID) == ["第1网格"]
