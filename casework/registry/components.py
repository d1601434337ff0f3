"""部件: numbered things of the city, such as lamps, manholes and hydrants."""
from collections.abc import Mapping
from typing import Any

from casework.registry.fields import Choice, Field, Kind, Register, kept

FIELDS = (
    Field(name="code", chinese="标识码", english="object code", kind=Kind.OBJECT_CODE, required=True, unique=True, found=True),
    Field(name="name", chinese="名称", english="name", required=True, longest=100),
    Field(name="state", chinese="状态", english="state", kind=Kind.CHOICE, choices=(
        Choice("good", "完好", "good"), Choice("damaged", "破损", "damaged"), Choice("missing", "缺失", "missing"))),
    Field(name="owner_department", chinese="权属单位", english="owner", longest=200),
    Field(name="maintained_by", chinese="养护单位", english="maintained by", longest=200),
    Field(name="road", chinese="所在道路", english="road", longest=200),
    Field(name="material", chinese="材质", english="material", longest=60),
    Field(name="installed_on", chinese="安装日期", english="installed on", kind=Kind.DATE),
    Field(name="note", chinese="备注", english="note", longest=2000),
)


def _label(values: Mapping[str, Any]) -> str:
    return " ".join(str(values[name]) for name in ("name", "code") if values.get(name))


COMPONENTS = kept(Register.COMPONENT, ("部件", "components"), FIELDS, _label)
