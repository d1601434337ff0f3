"""What a bulletin says: rules that turn figures into sentences. The same figures always make the same sentences.

A rule says nothing rather than something that chance explains (significance.py). A rate is compared only with what was printed
last time: cases of the week before have had a week more to be closed by now, so today's figure of them is another thing.
"""
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from casework.performance.bulletins.periods import WORDS, Kind
from casework.performance.bulletins.significance import ALONE, SMALLEST_BASE, count_changed, rate_changed

Values = Mapping[str, float | None]
Sentence = dict[str, str]
"""{zh, en}."""

MOST_NAMED = 3


@dataclass(frozen=True)
class Item:
    """One department, area, category or channel, or the whole city: its figures now and before, by code of the indicator.

    `printed` are those of the bulletin before, None where there is none; `before` today's of the period before.
    """

    key: str
    name: str
    now: Values
    before: Values
    printed: Values | None = None


@dataclass(frozen=True)
class Rate:
    """An indicator that is a share, and of what count it is one: what its formula divides by, else a department that rightly
    hands back all it gets would have nothing to rest on."""

    code: str
    of: str
    zh: str
    en: str
    rises_are_good: bool = True


RATES = (Rate("on_time_rate", "due", "按期结案率", "on-time closing rate"),
         Rate("closing_rate", "due", "结案率", "closing rate"),
         Rate("overdue_rate", "due", "超期率", "overdue rate", rises_are_good=False),
         Rate("return_rate", "given", "退单率", "hand-back rate", rises_are_good=False))

WHOLE_RATES = (*RATES, Rate("satisfaction_rate", "", "满意率", "satisfaction rate"))
"""Of the city. How many have rated is no figure of the bulletin, so satisfaction is stated and never called a change."""


@dataclass(frozen=True)
class Compared:
    """Between which periods, and how much longer this one is than that before."""

    kind: Kind
    exposure: float = 1.0

    def words(self, language: str) -> tuple[str, str]:
        """What the two are called."""
        return WORDS[self.kind][language]


def whole(city: Item, compared: Compared) -> Iterator[Sentence]:
    """How much came in, and how it fared."""
    now, before = city.now.get("received") or 0, city.before.get("received") or 0
    (zh, zh_before), (en, en_before) = compared.words("zh"), compared.words("en")
    if not now and not before:
        yield {"zh": f"{zh}没有受理案件。", "en": f"{en} no case came in."}
        return
    if not before:
        yield {"zh": f"{zh}受理 {now:,} 件；{zh_before}没有受理案件，无从比较。",
               "en": f"{en} {now:,} cases came in; {en_before} had none to compare with."}
    elif count_changed(now, before, compared.exposure, ALONE):
        more, share = now > before * compared.exposure, _share(now, before * compared.exposure)
        each = compared.exposure != 1
        yield {"zh": f"{zh}受理 {now:,} 件，{'日均' if each else ''}比{zh_before}{'多' if more else '少'} {share}。",
               "en": f"{en} {now:,} cases came in, {share} {'more' if more else 'fewer'}{' a day' if each else ''} than "
                     f"{en_before}."}
    else:
        yield {"zh": f"{zh}受理 {now:,} 件，与{zh_before}（{before:,} 件）相比没有明显变化。",
               "en": f"{en} {now:,} cases came in; against {en_before} ({before:,}) that is no clear change."}
    yield from filter(None, (_rate(city, one, compared) for one in WHOLE_RATES))


def _rate(city: Item, rate: Rate, compared: Compared) -> Sentence | None:
    now, before = city.now.get(rate.code), (city.printed or {}).get(rate.code)
    if now is None:
        return None
    if before is not None and rate.of and rate_changed(now, _count(city.now, rate.of), before, _count(city.printed, rate.of)):
        return _moved(rate, now, before, compared, "", "The ")
    beside = (f"（{compared.words('zh')[1]} {_percent(before)}）", f" ({_percent(before)} {compared.words('en')[1]})") \
        if before is not None else ("", "")
    return {"zh": f"{rate.zh} {_percent(now)}{beside[0]}。", "en": f"The {rate.en} is {_percent(now)}{beside[1]}."}


def movers(items: Sequence[Item], compared: Compared) -> Iterator[Sentence]:
    """Of which there came clearly more or fewer; the largest differences first."""
    changed = [(one, _difference(one, compared)) for one in items
               if count_changed(one.now.get("received") or 0, one.before.get("received") or 0, compared.exposure)]
    for more in (True, False):
        named = sorted((one for one in changed if (one[1] > 0) is more), key=lambda one: (-abs(one[1]), one[0].key))
        if named:
            yield _named([one for one, _ in named[:MOST_NAMED]], more=more, compared=compared)
    if items and not changed:
        yield {"zh": f"与{compared.words('zh')[1]}相比，各项都没有明显变化。",
               "en": f"Against {compared.words('en')[1]} none of these has clearly changed."}


def _named(items: Iterable[Item], *, more: bool, compared: Compared) -> Sentence:
    zh, en = [], []
    for one in items:
        now, expected = one.now.get("received") or 0, (one.before.get("received") or 0) * compared.exposure
        if not expected:
            zh.append(f"{one.name} {now:,} 件（{compared.words('zh')[1]}没有）")
            en.append(f"{one.name} {now:,} (none {compared.words('en')[1]})")
            continue
        zh.append(f"{one.name} {now:,} 件（{'多' if more else '少'} {_share(now, expected)}）")
        en.append(f"{one.name} {now:,} ({'+' if more else '−'}{_share(now, expected)})")
    return {"zh": f"{'增加' if more else '减少'}最多的是：{'、'.join(zh)}。",
            "en": f"The largest {'rises' if more else 'falls'}: {', '.join(en)}."}


def performers(departments: Sequence[Item], compared: Compared) -> Iterator[Sentence]:
    """Whose rates clearly moved, those for the worse first; and who is overdue most often."""
    moved = []
    for rate in RATES:
        for one in departments:
            now, before = one.now.get(rate.code), (one.printed or {}).get(rate.code)
            if now is not None and before is not None and rate_changed(
                    now, _count(one.now, rate.of), before, _count(one.printed, rate.of)):
                worse = (now > before) is not rate.rises_are_good
                said = _moved(rate, now, before, compared, one.name, f"{one.name}: ")
                moved.append((not worse, -abs(now - before), one.key, said))
    yield from (sentence for *_, sentence in sorted(moved, key=lambda each: each[:3])[:2 * MOST_NAMED])
    late = sorted((one for one in departments if one.now.get("overdue_rate") and _count(one.now, "due") >= SMALLEST_BASE),
                  key=lambda one: (-(one.now["overdue_rate"] or 0), one.key))
    if late:
        zh = "、".join(f"{one.name} {_percent(one.now['overdue_rate'])}（应结 {_count(one.now, 'due'):,.0f} 件）"
                      for one in late[:MOST_NAMED])
        en = ", ".join(f"{one.name} {_percent(one.now['overdue_rate'])} (of {_count(one.now, 'due'):,.0f} due)"
                       for one in late[:MOST_NAMED])
        yield {"zh": f"超期率最高的是：{zh}。", "en": f"The highest overdue rates: {en}."}


def _moved(rate: Rate, now: float, before: float, compared: Compared, zh: str, en: str) -> Sentence:  # noqa: PLR0917 - as it is said
    up = now > before
    return {"zh": f"{zh}{rate.zh}由{compared.words('zh')[1]}的 {_percent(before)} {'升' if up else '降'}至 {_percent(now)}。",
            "en": f"{en}{rate.en} {'rose' if up else 'fell'} from {_percent(before)} to {_percent(now)}."}


def _difference(one: Item, compared: Compared) -> float:
    return (one.now.get("received") or 0) - (one.before.get("received") or 0) * compared.exposure


def _count(values: Values | None, code: str) -> float:
    return (values or {}).get(code) or 0


def _share(now: float, before: float) -> str:
    return f"{abs(now - before) / before:.0%}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
