"""Which column of somebody's table is which field: by what is said, else by the label in Chinese or English."""
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from casework.registry.fields import Kept

LON, LAT, AREA, LEFT_OUT = "lon", "lat", "area", "-"
"""What a column can be beside a field."""

BESIDE: dict[str, str] = {
    "经度": LON, "lng": LON, "longitude": LON, "x": LON, "纬度": LAT, "latitude": LAT, "y": LAT, "网格": AREA,
    "网格编码": AREA, "网格编号": AREA, "网格代码": AREA, "区域编码": AREA, "grid": AREA, "area code": AREA}
OTHER_NAMES: dict[str, str] = {
    "身份证": "id_number", "身份证号": "id_number", "身份证号码": "id_number", "公民身份号码": "id_number",
    "证件号": "id_number",
    "手机": "phone", "手机号": "phone", "手机号码": "phone", "电话": "phone", "联系方式": "phone", "电话号码": "phone",
    "户籍地": "registered_address", "企业名称": "name", "单位名称": "name", "机构名称": "name", "信用代码": "credit_code",
    "社会信用代码": "credit_code", "法人代表": "legal_representative", "法人": "legal_representative",
    "经营地址": "address",
    "注册地址": "address", "房屋地址": "address", "详细地址": "address", "面积": "floor_area", "部件编码": "code",
    "部件名称": "name"}
"""Headings found in departments' own tables; each counts where the register has such a field."""


@dataclass(frozen=True)
class Headings:
    """By place of the column the field (or LON, LAT, AREA), None where it is left out; `faults` by heading."""

    names: Sequence[str]
    targets: Sequence[str | None]
    faults: Mapping[str, str]

    def of(self, field: str) -> str:
        """The heading of a field, for whoever is told of a fault; the field's own name where there is none."""
        return next((name for name, target in zip(self.names, self.targets, strict=True) if target == field), field)


def read(kept: Kept, headings: Sequence[str], mapping: Mapping[str, str]) -> Headings:
    """What each column is. A heading in the mapping that is not there, a field named twice or missing is a fault."""
    names = [" ".join(heading.split()) for heading in headings]
    known = _known(kept)
    targets = [mapping[name] if name in mapping else known.get(name.casefold()) for name in names]
    targets = [None if target == LEFT_OUT else target for target in targets]
    faults = {name: "is not a column of the file" for name in mapping if name not in names}
    faults |= {name: f"{target} is not a field of {kept.chinese} {kept.english}" for name, target in mapping.items()
               if target not in {LON, LAT, AREA, LEFT_OUT, *kept.fields}}
    for place, target in enumerate(targets):
        if target is not None and target in targets[:place]:
            faults[names[place]] = f"is {target}, as another column is; map one of them to {LEFT_OUT}"
    for field in kept.fields.values():
        if field.required and field.name not in targets:
            faults[field.chinese] = "is missing: no column has this heading, and the mapping names none"
    if (LON in targets) != (LAT in targets):
        faults["经度" if LAT in targets else "纬度"] = "is missing: a place has both"
    return Headings(names, targets, faults)


def _known(kept: Kept) -> dict[str, str]:
    fields = {name.casefold(): field.name for field in kept.fields.values()
              for name in (field.name, field.chinese, field.english)}
    others = {name: field for name, field in OTHER_NAMES.items() if field in kept.fields}
    return others | BESIDE | {LON: LON, LAT: LAT, AREA: AREA} | fields
