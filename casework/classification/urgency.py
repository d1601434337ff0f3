"""Words of danger: to life, from gas, water, power, fire or collapse; told apart from hazards, fears and old stories."""
import re
from collections.abc import Iterable

OPENING = 100
"""Characters, the heading with them. Who is in danger says so first; further down in a long letter stands what once was."""

CLAUSE, SENTENCE = re.compile(r"[，。；！？,;!?\n：:…、（）()]"), re.compile(r"[。！？!?\n]")

DENIED = re.compile(
    r"(没有|没|未|无|不会|不是|并非|排除|防止|避免|预防|以免|防范|严防|谨防|杜绝|消除|防|别|冒着|脱离|信息|知识)"
    r"(任何|人|人员|发生|出现|发现|造成|引起|导致|有|再|再次|大)*$")
"""Right before the word: it is denied, or something is done so that it does not happen."""

FEARED = re.compile(
    r"如果|假如|假若|倘若|要是|万一|一旦|若是|难道|怕|担心|险些|差点|容易|极易|存在|具有|案例|全国各地"
    r"|(会|将|可能|能|易|再)(引起|引发|导致|造成|发生|出现|酿成|产生|使|被)?$")
"""Before the word, in its clause: it may happen one day. `随时` is stronger: what may happen at any moment is a danger now."""

LONG_AGO = re.compile(r"[12]\d{3}年|去年|前年|当年|年前|多年|几年|历年|曾|以前|之前|上次|月前|经常|时常|多次|每个?[天月年]")
"""Before the word, in its sentence: an old story, or one that comes again and again."""

HAZARD = re.compile(
    r"(的|等)?(安全|急救|应急)?(隐患|风险|保险|保护|预案|演练|防治|治理|知识|宣传|报警|案|身亡|补偿|赔偿|后|多年|已?经?[一二三四五六七八九十几]+[多年]"
    r"|性|式|场|车站|频发|可能性|怎么办|都有可能)")
"""Right after the word: it is a matter of prevention, of money or of the courts."""


def urgent_word(text: str, words: Iterable[str]) -> str | None:
    """The first of these words that the opening of the text speaks of as happening or about to happen, or None.

    A mention that is denied (没有燃气泄漏, 无人被困), prevented (防止坍塌), feared (万一起火), long past (2008年爆炸) or only a
    hazard (起火风险) does not count; another mention of the same word may.
    """
    said = text.strip()[:OPENING]
    heard = (word for word in words if word in said)
    return next((word for word in heard if any(_meant(said, found) for found in re.finditer(re.escape(word), said))), None)


def _meant(text: str, found: re.Match[str]) -> bool:
    before, after = text[:found.start()], text[found.end():]
    clause = CLAUSE.split(before)[-1]
    if DENIED.search(clause) or HAZARD.match(after):
        return False
    return "随时" in clause or not (FEARED.search(clause) or LONG_AGO.search(SENTENCE.split(before)[-1]))
