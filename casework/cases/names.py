"""Names of places and institutions in a text, found without a list: by the characters that such names end with.

The gazetteer knows the names on the map; what people complain about is often too new or too small to stand there.
"""
import unicodedata

ENDS = frozenset("路街巷道弄苑园城府湾庭郡墅居邸寓厦村组镇院厂桥场馆店区坪塘湖江河寨坝站")
"""Most names are known by their last three characters: what stands before them changes with how people begin."""

_KINDS = """
花园 家园 嘉园 庭园 新城 新村 新苑 新居 广场 公园 公寓 大厦 国际 学校 小学 中学 大学 学院 医院
大道 大桥 市场 商场 商城 酒店 山庄 佳苑 雅苑 名苑
"""
KINDS = frozenset(_KINDS.split())
"""Ends that thousands of names have: those are known by the two characters before as well."""

DIVISIONS = frozenset(("小区", "社区", "街道", "片区"))
"""Said after a name or left out: 阳光花园小区 is 阳光花园."""

_VAGUE = """
政府 道路 主干道 声载道 通道 轨道 频道 公道 管道 水道 车道 行道 报道 知道 渠道 公路 马路 铁路 线路 电路 思路 十字路 城区 市区
地区 辖区 园区 厂区 景区 校区 学区 新区 民区 宅区 开区 发区 行政区 集中区 密集区 公共区 公共场 安置区 垃圾场 步行街 全体村
加快国际 小组 村组 法院 农村 全村 城镇 乡镇 现场 停车场 工厂 门店 商店 饭店 药店 夜宵店 早餐店 餐饮店 国务院 检察院 卫生院
派出所 幼儿园 产业园 工业园 城市广场 公交站 火车站 地铁站 汽车站 加油站 垃圾站 搅拌站 收费站 终点站 首末站 变电站 加工厂
搅拌厂 图书馆 体育馆 博物馆 麻将馆 烧烤店 便利店 文明城 中心城 卫生城 省会城 商贸城 城中村 断头路 快速路 水泥路 入户路 经之路
立交桥 高架桥 天桥 安置小区 住宅小区 二期小区 农贸市场 批发市场 人民医院 人民路 实验小学 实验中学 实验学校 培训学校 外国语学校
技术学院 职业学院 附属医院 商业广场
"""
VAGUE = frozenset(_VAGUE.split())
"""Ends that tell a kind of place and not one place, or nothing of the kind."""

NEVER_INSIDE = frozenset("的了在是我们和与及到这那个有不也都就对为于请将从被把给让但而或等其该本此他她你您说做着过很多来去里"
                         "附近旁边周围各某每关向由用要求望住业居临条响致进入出")
"""Words of grammar and of complaining: a piece with one of these is no name."""

LONGEST_BEFORE = 5


def plain(text: str) -> str:
    """Full width becomes half width, blanks go."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def names_in(text: str) -> frozenset[str]:
    """The ends of whatever looks like the name of a place or an institution in a plain() text."""
    ends = (after for after, character in enumerate(text, start=1) if character in ENDS or text[after - 2:after] in KINDS)
    found = {_name(text, after) for after in ends if after > 2}
    return frozenset(name for name in found if all(map(_may_stand, name)) and not (name in VAGUE or name[-2:] in VAGUE))


def _name(text: str, after: int) -> str:
    """The end of the name that ends before this position."""
    if text[after - 2:after] in DIVISIONS and text[max(after - 4, 0):after - 2] in KINDS:
        after -= 2
    length = 4 if text[after - 2:after] in KINDS | DIVISIONS else 3
    return text[max(after - length, 0):after]


def after_all(name: str, one: str, other: str) -> str:
    """The name with as much before it as both texts have in common, for people to read; both contain it."""
    first, second = one.index(name), other.index(name)
    before = 0
    while (before < LONGEST_BEFORE and first > before and second > before
           and one[first - before - 1] == other[second - before - 1] and _may_begin(one[first - before - 1])):
        before += 1
    return one[first - before:first + len(name)]


def _may_begin(character: str) -> bool:
    return _may_stand(character) and character not in "区市县省"


def _may_stand(character: str) -> bool:
    return "一" <= character <= "鿿" and character not in NEVER_INSIDE
