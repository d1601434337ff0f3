"""Which column of a hotline's export is which part of a ticket: as the mapping says, else by headings found in such exports."""
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from casework.geography.coordinates import System
from casework.intake.hotline import cells
from casework.intake.hotline.tickets import OPERATORS

LEFT_OUT = "-"
REASON = "错误原因"
"""The column that an error file has more than the file; read again it is left out."""

CATEGORY, LON, LAT, PLACE = "category", "lon", "lat", "place"

FIELDS: dict[str, Callable[[str], Any]] = {
    "number": cells.number, "subject": cells.words(500), "detail": cells.words(20_000), "called_at": cells.moment,
    CATEGORY: cells.words(100), "address": cells.words(300), LON: cells.degrees(180), LAT: cells.degrees(90),
    PLACE: cells.pair, "caller_name": cells.name, "caller_phone": cells.phone,
    "urgent": cells.either(cells.URGENT, cells.NOT_URGENT),
    "confidential": cells.either(cells.CONFIDENTIAL, cells.NOT_CONFIDENTIAL)}
"""What a column can be, and how its cells are read."""

NEEDED = {"number": "工单编号", "detail": "诉求内容"}
"""Without these a row is no ticket; by what they are called where they are missing."""

NAMES: dict[str, tuple[str, ...]] = {
    "number": ("工单编号", "工单号", "工单编码", "受理编号", "受理单号", "业务编号", "来电编号", "诉求编号", "单号", "编号"),
    "subject": ("标题", "工单标题", "诉求标题", "主题", "事项标题", "诉求主题"),
    "detail": ("诉求内容", "工单内容", "反映内容", "来电内容", "诉求描述", "问题描述", "事件描述",
               "详细内容", "主要内容", "内容"),
    "called_at": ("来电时间", "受理时间", "登记时间", "诉求时间", "反映时间", "创建时间", "来件时间", "工单时间"),
    CATEGORY: ("诉求类别", "类别", "类别编码", "事项类别", "工单类别", "诉求分类", "问题分类", "分类", "小类"),
    "address": ("事发地址", "诉求地址", "问题地址", "事发地点", "地址", "详细地址", "发生地址", "地点"),
    LON: ("经度", "lng", "longitude", "x坐标"), LAT: ("纬度", "latitude", "y坐标"), PLACE: ("坐标", "经纬度", "位置坐标"),
    "caller_name": ("来电人", "来电人姓名", "诉求人", "诉求人姓名", "市民姓名", "联系人", "姓名", "反映人"),
    "caller_phone": ("来电号码", "来电电话", "联系电话", "诉求人电话", "联系方式", "手机号", "手机号码", "电话", "市民电话"),
    "urgent": ("紧急程度", "是否紧急", "加急", "缓急程度"), "confidential": ("是否保密", "保密", "信息保密", "保密要求")}
KNOWN = {REASON: LEFT_OUT} | {name: one for one, names in NAMES.items() for name in (one, *names)}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a file is to be read. `columns`: heading → field, or "-" to leave it out; `words`: field → what a cell says → what
    is meant; `system`: of coordinates; `source`: whose numbers the tickets have, see tickets.numbering_of."""

    columns: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    system: System = System.WGS84
    source: str = OPERATORS


@dataclass(frozen=True)
class Headings:
    """The headings of a file; by place of the column the field, None where it is left out; `faults` by heading."""

    names: Sequence[str]
    targets: Sequence[str | None]
    faults: Mapping[str, str]

    @property
    def read_as(self) -> dict[str, str | None]:
        """The field of each heading."""
        return dict(zip(self.names, self.targets, strict=True))

    @property
    def missing(self) -> set[str]:
        """What every ticket needs and no column is."""
        return NEEDED.keys() - set(self.targets)

    def of(self, target: str) -> str:
        """The heading of a field; the field's own name where there is none."""
        return next((name for name, one in zip(self.names, self.targets, strict=True) if one == target), target)


def read(names: Sequence[str], columns: Mapping[str, str]) -> Headings:
    """What each column is. What is said twice, or of no column, or is no field, is a fault."""
    names = [" ".join(name.split()) for name in names]
    found = [columns[name] if name in columns else KNOWN.get(name.casefold()) for name in names]
    targets = [None if one == LEFT_OUT else one for one in found]
    faults = {name: "is not a column of the file" for name in columns if name not in names}
    faults |= {name: f"{target} is not a part of a ticket; known are {', '.join(FIELDS)}"
               for name, target in columns.items() if target not in {LEFT_OUT, *FIELDS}}
    for place, target in enumerate(targets):
        if target is not None and target in targets[:place]:
            faults[names[place]] = f"is {target}, as another column is; map one of them to {LEFT_OUT}"
    if (LON in targets) != (LAT in targets):
        faults["经度" if LAT in targets else "纬度"] = "is missing: a place has both"
    made = Headings(names, targets, faults)
    faults |= {NEEDED[one]: "is missing: no column has this heading, and the mapping names none" for one in made.missing}
    return made
