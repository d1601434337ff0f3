"""The registers as a page: docs/registers.md is this text, written from the tables of fields, and a law keeps it current.

`python -m casework.registry.page > docs/registers.md` writes it anew.
"""
import sys
from collections.abc import Iterator

from casework.registry.catalogue import REGISTERS
from casework.registry.fields import KIND_NAMES, Field, Kept
from casework.registry.headings import BESIDE, OTHER_NAMES
from casework.registry.importing import IDENTITY
from casework.registry.relations import ENDS, NAMES
from casework.registry.visits import PURPOSES

PAGE = """\
# 信息库 The registers

本页由字段表（`casework/registry/persons.py` 等）生成，请勿手改：`python -m casework.registry.page > docs/registers.md`。
Written from the tables of fields; a test says when it is no longer current.

人口、房屋、法人（机构）、部件、地址五个信息库，一次采集、多处使用。每条记录都由**数据声明**汇成：谁、何时、凭什么（基层采集
`collected`、主动申报 `declared`、业务生成 `generated`）说了什么。声明只增不改；记录可随时由全部声明重新汇出，结果相同。

Every entry is compiled from statements: who said what, when, and by what right. Statements are only added; an entry can be
compiled anew from all of them at any time, and comes out the same.

## 声明如何汇成记录 How statements make a record

一条声明写明它所依据的版本（`base`，即采集时记录的 `head`；新建时为空）。逐个字段判断：

1. 知道原值而说出新值的，取代原值。
2. 不知道对方的两个不同说法，都保留，列为**冲突**（`register_conflicts`），显示先到的一个，交网格员或数据管理员裁定。绝不覆盖。
3. 原样重发（整张表单一起提交而未改动的字段）不算新说法。
4. 对已有冲突的字段再说什么，都加入冲突；只有**裁定**（保留现值、采用新说法、另定）才能了结，裁定本身也是一条声明。
5. 位置不列冲突（定位本有误差）：互不知道的几个位置，取时间最晚的。
6. 依据尚未到达的声明先**等待**，依据一到自动并入，先后、分批、隔多久都一样。
7. 同一编号的声明再次发来，得到同样的答复，不产生第二次作用；编号相同而内容不同的被拒绝。
8. 唯一号码（证件号码、统一社会信用代码、标识码、地址编码）被两条记录同时声明的，两条都保留，列为“同号”冲突。

For each field by itself: who knew the value and says another, changes it. Two that did not know of each other and differ are
both kept as a conflict; what was there first stays shown until somebody decides. To repeat what one saw says nothing new. What
is said about a contested field joins the conflict; only a decision ends it, and it is a statement too. Of places that did not
know of each other the latest holds. A statement whose base is not here waits for it. The same statement again has one effect.
So the values that stand, and what is contested, do not depend on the order of arrival. Order decides three things only: the
numbers of versions, whether a version bears the name of its last statement or (where it holds more than that statement's
author had seen) one of its own, and which of several contested values is shown.

网格员在本人网格内声明；由一个网格移到另一个网格的，两边的网格员都可以声明。没有说明位置的新记录归入采集人唯一的网格。

## 个人信息 Personal data

标“个人”的字段加密存储，处处打码显示；查看原文须有权限并说明理由，逐次记入查看日志。标“可查”的字段可按完整内容查找
（加密索引），不能按片段查找。事件、日志、错误说明中都没有个人信息。

Fields marked 个人 are encrypted, masked everywhere, and each look at one is logged with its reason. Those marked 可查 are found
by their exact value through a keyed hash, never in part.

"""

IMPORT = """\
## 导入 Import

`POST /api/v1/registry/imports`，或 `zhiwang import register house 房屋.xlsx --dry-run`。XLSX 或 CSV（UTF-8、GBK），首行为列名。
列名按字段的中文名、英文名或代码识别，其余用映射指明（`--map 坐落=address`，`-` 为不导入）。单元格可写名称或代码；
日期写成 2026-3-2、2026/3/2、2026年3月2日、20260302 或电子表格的日期均可。
位置用经度、纬度两列（`wgs84`、`gcj02`、`bd09`），或网格编码一列。

先试运行，逐行逐列列出问题；有一行不能读，则整个文件不导入，除非指明跳过（`skip_bad`）。
已有的记录按唯一号码识别；没有号码的，按名称（{identity}）认出从前导入过的同一行，而不会去认手机上新采集的：
相同则不动，不同则列为冲突，除非指明以文件为准（`trust`）。同一文件再导入一次，什么都不变；其间有人另说了别的，文件又说回来的，
是新的冲突（已裁定的不再提起）。已有记录的位置：没有坐标的，取文件的；有坐标的，只在以文件为准时改，网格也是。

Try it first: what is wrong is told by row and column. One bad row forbids all, unless `skip_bad`. A row is known again by its
unique number, or, without one, as a row of an earlier import by what names it (what was collected by phone is not recognised
so), and is compared: the same says nothing, other values are a conflict unless `trust`. The same file again changes nothing;
where others have said something else since, and nobody has decided, a file that says it again is in conflict with them once.
A place is taken where none is known, else, like the grid, only with `trust`.
Rows about what lies outside the areas of one's posts are refused, also when it is only tried.

另外识别的列名 Other headings that are known: {headings}。
"""


def page() -> str:
    """The whole text."""
    registers = [line for kept in REGISTERS.values() for line in _register(kept)]
    return PAGE + "\n".join([*registers, *_beside()]) + _import()


def _register(kept: Kept) -> Iterator[str]:
    yield f"## {kept.chinese} `{kept.register}` {kept.english}\n"
    yield "| 字段 | 名称 | 内容 | |"
    yield "| --- | --- | --- | --- |"
    for field in kept.fields.values():
        yield f"| `{field.name}` | {field.chinese} {field.english} | {_holds(field)} | {_marks(field)} |"
    yield ""


def _holds(field: Field) -> str:
    if field.choices:
        many = " ".join(KIND_NAMES[field.kind])
        return f"{many}: " + "、".join(f"{one.chinese} `{one.code}`" for one in field.choices)
    return " ".join(KIND_NAMES[field.kind]) + (f", {field.unit}" if field.unit else "")


def _marks(field: Field) -> str:
    marks = (("必填", field.required), ("个人", field.personal), ("唯一", field.unique), ("可查", field.found))
    return "、".join(mark for mark, holds in marks if holds)


def _beside() -> Iterator[str]:
    yield "## 关系与走访 Relations and visits\n"
    yield "| 关系 | 名称 | 从 from | 到 to |"
    yield "| --- | --- | --- | --- |"
    for kind, names in NAMES.items():
        ends = [" / ".join(REGISTERS[one].chinese for one in REGISTERS if one in registers) for registers in ENDS[kind]]
        yield f"| `{kind}` | {' '.join(names)} | {ends[0]} | {ends[1]} |"
    yield ""
    yield "同一种关系在同两者之间以最近一次声明为准；说明截止日期（`until`）即结束。一端尚未到达的先收下，到达后显示。\n"
    purposes = "、".join(f"{names[0]} `{one}`" for one, names in PURPOSES.items())
    yield f"走访事由 Purposes of visits: {purposes}。走访所见加密存储，查看须说明理由。\n\n"


def _import() -> str:
    identity = "；".join(f"{REGISTERS[one].chinese}：{'、'.join(REGISTERS[one].fields[name].chinese for name in names)}"
                        for one, names in IDENTITY.items())
    return IMPORT.format(identity=identity, headings="、".join({**OTHER_NAMES, **BESIDE}))


if __name__ == "__main__":
    sys.stdout.write(page())
