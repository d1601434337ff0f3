"""The demonstration's 25 departments and the responsibility list that follows from the taxonomy's kinds of units. Pure."""
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

FUNCTIONAL: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("SW", "水务局", ("供水单位", "排水单位", "水务部门")),
    ("SZ", "市政设施维护中心", ("市政单位",)),
    ("RQ", "燃气供热公司", ("供热供气单位",)),
    ("YL", "园林绿化管理中心", ("园林绿化单位",)),
    ("HW", "环境卫生管理中心", ("环卫单位",)),
    ("CG", "城市管理综合执法局", ("城管执法部门", "报刊亭单位", "产权单位")),
    ("DX", "供电通信联合运维中心", ("供电单位", "通信单位")),
    ("GA", "公安分局", ("公安部门",)),
    ("JJ", "交警大队", ("交警",)),
    ("ZJ", "住房和建设局", ("住建部门", "物业单位")),
    ("YJ", "应急管理局", ("应急管理部门", "消防救援部门")),
    ("JT", "交通运输局", ("交通运输部门", "公交单位", "邮政单位")),
    ("ZR", "自然资源和农业农村局", ("自然资源部门", "农业农村部门")),
    ("ZF", "区政府办公室", ("党政综合部门", "纪检监察机关", "司法行政部门")),
    ("HB", "生态环境局", ("生态环境部门",)),
    ("FG", "发展改革和财政局", ("发展改革部门", "财政金融部门", "工信科技部门", "商务文旅部门")),
    ("MZ", "民政和人力资源局", ("民政部门", "退役军人部门", "人社部门")),
    ("SJ", "市场监督管理局", ("市场监管部门",)),
    ("JW", "教育和卫生健康局", ("教育部门", "卫健部门")),
)
"""Code, name, and the kinds of units of the taxonomy that it stands for in this district."""

STREET_OFFICES = "街道办"
"""The kind that is one department in each street: its rules name the area as well."""

OWNER_OF = {kind: code for code, _, kinds in FUNCTIONAL for kind in kinds}

GAPS = frozenset({"10123", "20137"})
"""Nobody answers for these on purpose (covers of unknown owners, dead animals), so that a dispatcher has to decide."""

OVERLAPS = {"20113": "JT", "20114": "JJ"}
"""A second department for these, by a rule just as specific: the list contradicts itself, and says so."""


@dataclass(frozen=True)
class PlannedRule:
    """One line of the responsibility list, in codes."""

    name: str
    category: str
    department: str
    area: str | None = None


def street_office(street_code: str) -> str:
    """The code of a street office's department."""
    return f"JD{street_code[-3:]}{street_code[4:6]}"


def owner(kind: str, area_code: str | None) -> str | None:
    """The department for a kind of unit, here; None for a street office when nobody knows which street."""
    if kind == STREET_OFFICES:
        return street_office(area_code[:9]) if area_code and len(area_code) >= 9 else None
    return OWNER_OF[kind]


def rules(named: Mapping[str, tuple[str, str | None]], streets: Mapping[str, str]) -> list[PlannedRule]:
    """The list for a taxonomy (code → name and kind of unit) and streets (code → name), with its gaps and overlaps.

    A category whose nearest parent has the same kind needs no line of its own: a code holds for all beneath it.
    """
    made: list[PlannedRule] = []
    names = {code: name for code, name, _ in FUNCTIONAL}
    for code, (category, kind) in sorted(named.items()):
        if kind is None or code in GAPS or kind == _kind_above(code, named):
            continue
        if kind == STREET_OFFICES:
            made += [PlannedRule(f"{category}归{street}办事处", code, street_office(area), area)
                     for area, street in sorted(streets.items())]
        else:
            made.append(PlannedRule(f"{category}归{names[OWNER_OF[kind]]}", code, OWNER_OF[kind]))
    made += [PlannedRule(f"{named[code][0]}也归{names[other]}", code, other)
             for code, other in OVERLAPS.items() if code in named]
    return made


def kind_of(code: str, named: Mapping[str, tuple[str, str | None]]) -> str | None:
    """The kind of unit for a category, inherited where it says none itself."""
    known = named.get(code, ("", None))[1]
    return known or _kind_above(code, named)


def all_departments(streets: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    """Code and name of every department."""
    return [*((code, name) for code, name, _ in FUNCTIONAL),
            *((street_office(code), f"{name}办事处") for code, name in sorted(streets.items()))]


def kinds_without_owner(kinds: Iterable[str]) -> set[str]:
    """Kinds that no department stands for; a law test says there are none."""
    return set(kinds) - OWNER_OF.keys() - {STREET_OFFICES}


def _kind_above(code: str, named: Mapping[str, tuple[str, str | None]]) -> str | None:
    above = (code[:length] for length in range(len(code) - 1, 2, -1))
    return next((named[one][1] for one in above if one in named and named[one][1]), None)
