"""房屋: dwellings, shops and other rooms, with what is dangerous in them."""
from collections.abc import Mapping
from typing import Any

from casework.registry.fields import Choice, Field, Kind, Register, kept

HAZARDS = (
    Choice("wiring", "用电隐患", "wiring"), Choice("gas", "燃气隐患", "gas"),
    Choice("exit_blocked", "消防通道堵塞", "exit blocked"), Choice("ebike_charging", "电动车违规充电", "e-bike charged inside"),
    Choice("illegal_extension", "违章搭建", "illegal extension"), Choice("none", "无", "none"))

FIELDS = (
    Field(name="address", chinese="地址", english="address", required=True, longest=300),
    Field(name="building", chinese="楼栋", english="building", longest=60),
    Field(name="unit", chinese="单元", english="unit", longest=60),
    Field(name="room", chinese="房号", english="room", longest=60),
    Field(name="usage", chinese="用途", english="usage", kind=Kind.CHOICE, choices=(
        Choice("self_occupied", "自住", "lived in by the owner"), Choice("rented", "出租", "rented out"),
        Choice("vacant", "空置", "vacant"), Choice("shop", "商铺", "shop"), Choice("dormitory", "集体宿舍", "dormitory"),
        Choice("warehouse", "仓库", "warehouse"), Choice("other", "其他", "other"))),
    Field(name="structure", chinese="结构", english="structure", kind=Kind.CHOICE, choices=(
        Choice("frame", "框架", "frame"), Choice("brick", "砖混", "brick"), Choice("steel", "钢结构", "steel"),
        Choice("other", "其他", "other"))),
    Field(name="floor_area", chinese="建筑面积", english="floor area", kind=Kind.DECIMAL, unit="m²"),
    Field(name="rooms", chinese="间数", english="rooms", kind=Kind.INTEGER, high=10_000),
    Field(name="owner_name", chinese="产权人", english="owner", personal=True, found=True, longest=60),
    Field(name="owner_phone", chinese="产权人电话", english="owner's phone", kind=Kind.PHONE, personal=True, found=True),
    Field(name="occupants", chinese="居住人数", english="occupants", kind=Kind.INTEGER, high=100_000),
    Field(name="hazards", chinese="安全隐患", english="hazards", kind=Kind.CHOICES, choices=HAZARDS),
    Field(name="gas", chinese="燃气", english="gas supply", kind=Kind.CHOICE, choices=(
        Choice("pipe", "管道气", "by pipe"), Choice("bottle", "瓶装气", "in bottles"), Choice("none", "无", "none"))),
    Field(name="checked_on", chinese="检查日期", english="checked on", kind=Kind.DATE),
    Field(name="note", chinese="备注", english="note", personal=True, longest=2000),
)


def _label(values: Mapping[str, Any]) -> str:
    return " ".join(str(values[name]) for name in ("address", "building", "unit", "room") if values.get(name))


HOUSES = kept(Register.HOUSE, ("房屋", "houses"), FIELDS, _label)
