"""地址: standard addresses, on which houses lie and components stand."""
from collections.abc import Mapping
from typing import Any

from casework.registry.fields import Choice, Field, Kind, Register, kept

FIELDS = (
    Field(name="code", chinese="地址编码", english="address code", unique=True, found=True, longest=40),
    Field(name="text", chinese="地址", english="address", required=True, longest=300),
    Field(name="kind", chinese="类型", english="kind", kind=Kind.CHOICE, choices=(
        Choice("doorplate", "门楼牌", "doorplate"), Choice("estate", "小区", "estate"),
        Choice("building", "建筑物", "building"), Choice("road", "道路", "road"), Choice("landmark", "标志物", "landmark"))),
    Field(name="doorplate", chinese="门牌号", english="doorplate", longest=60),
    Field(name="road", chinese="道路", english="road", longest=200),
    Field(name="estate", chinese="小区", english="estate", longest=200),
    Field(name="note", chinese="备注", english="note", longest=2000),
)


def _label(values: Mapping[str, Any]) -> str:
    return str(values.get("text") or "?")


ADDRESSES = kept(Register.ADDRESS, ("地址", "addresses"), FIELDS, _label)
