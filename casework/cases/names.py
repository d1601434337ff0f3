"""Names of places and institutions in a text, found without a list: by the characters that such names end with.

The gazetteer knows the names on the map; what people complain about is often too new or too small to stand there.
"""
import unicodedata

ENDS = frozenset("路街巷道弄苑园城府湾庭郡墅居邸寓厦村组镇校院厂桥场馆店区坪塘湖江河寨坝家际站司")
"""A name is known by its last three characters: what stands before them changes with how people begin it."""

NEVER_INSIDE = frozenset("的了在是我们和与及到这那个有不也都就对为于请将从被把给让但而或等其该本此他她你您说做着过很多来去里"
                         "附近旁边周围各某每关向由用要求望住业居临条")
"""Words of grammar and of complaining: a piece with one of these is no name."""

_GENERAL = """
人行道 停车场 幼儿园 主干道 派出所 居民区 住宅区 公共区 公共场 安置区 棚户区 旧城区 老城区 工业园 开发区 产业园 业园区
行车道 动车道 两车道 商业街 步行街 美食街 菜市场 贸市场 快速路 断头路 水泥路 入户路 区道路 行道路 防通道 行通道 下通道
下水道 水管道 气管道 烟管道 用烟道 交线路 立交桥 高架桥 行天桥 加油站 地铁站 公交站 火车站 汽车站 变电站 搅拌站 垃圾站
首末站 加工厂 搅拌厂 垃圾场 卫生院 图书馆 体育馆 博物馆 麻将馆 便利店 餐饮店 烧烤店 夜宵店 文明城 中心城 省会城 一线城
分公司 总公司 限公司 业公司 产公司 发公司 水公司 气公司 交公司 民法院 民医院 区法院 学生家 户人家 快国家 合国家 照国家
建国家 全体村 声载道 持公道 回公道 才知道 想知道 不知道 经之路 市政府 区政府 县政府 民政府 省政府 镇政府 快国际 和国际
省国家
"""
GENERAL = frozenset(_GENERAL.split())
"""Ends of words that name a kind of place and not one place, or nothing of the kind."""

LONGEST_BEFORE = 5


def plain(text: str) -> str:
    """Full width becomes half width, blanks go."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def names_in(text: str) -> frozenset[str]:
    """The last three characters of whatever looks like the name of a place or an institution in a plain() text."""
    found = set()
    for end, character in enumerate(text[2:], start=2):
        if character in ENDS:
            name = text[end - 2:end + 1]
            if name not in GENERAL and all(map(_may_stand, name)):
                found.add(name)
    return frozenset(found)


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
