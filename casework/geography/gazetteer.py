"""Finds known names in free text and says which area they mean together. Pure: names in, a place out."""
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from casework.geography.codes import Level, ancestors, is_within, level_of
from casework.geography.coordinates import Point

CERTAINTY = {"number": 0.95, "name": 0.9, "bare": 0.5}
"""How far one name alone can be trusted: with its house number, written out, or without its 街道 or 社区."""

SUFFIXES = {Level.CITY: ("市",), Level.DISTRICT: ("新区", "区", "县"), Level.STREET: ("街道", "镇", "乡"),
            Level.COMMUNITY: ("社区", "村", "居委会")}

HOUSE_NUMBER = re.compile(r"\s*(\d{1,5})\s*(?:号|弄)")
OTHER_THING = re.compile("[东南西北中上下新老一二三四五六七八九十]?"
                         "(?:路|街|巷|道|大道|里|村|桥|河|山|湖|站|广场|公园|小区|花园|小学|中学)")
"""What follows a bare name that belongs to something else: 翠竹路 says nothing of 翠竹社区."""


@dataclass(frozen=True)
class Name:
    """One thing that a name can mean: an area, or a place (with its point) in an area."""

    text: str
    area_code: str
    point: Point | None = None
    numbers: tuple[int | None, int | None] = (None, None)
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text is about; `confidence` 0 to 1, `point` (WGS-84) only when the text names one place that has it."""

    area_code: str
    name: str
    point: Point | None
    confidence: float


class _Hit:
    """A name that stands in the text, with what it can mean."""

    def __init__(self, text: str, names: Sequence[Name], numbered: bool = False) -> None:
        self.text, self.names = text, names
        self.weights: dict[str, float] = {}
        for name in names:
            weight = CERTAINTY["number" if numbered else "bare" if name.bare else "name"]
            self.weights[name.area_code] = max(weight, self.weights.get(name.area_code, 0.0))
        # A name such as 第3网格 means hundreds of areas, all on one level: only codes of that length need comparing.
        self._lengths = {len(code) for code in self.weights}

    def weight(self, code: str) -> float:
        """How strongly this name speaks for an area: a name speaks for what it means and for all that lies in it."""
        return max([self.weights.get(code[:length], 0.0) for length in self._lengths if length <= len(code)], default=0.0)


class Gazetteer:
    """All known names of one city; unchanging, safe to share between threads."""

    def __init__(self, names: Iterable[Name], area_names: dict[str, str]) -> None:
        self._area_names = area_names
        self._names: dict[str, list[Name]] = defaultdict(list)
        for name in names:
            text = _plain(name.text)
            if len(text) >= 2:
                self._names[text].append(name)
        lengths: dict[str, set[int]] = defaultdict(set)
        for text in self._names:
            lengths[text[:2]].add(len(text))
        self._lengths = {start: sorted(known, reverse=True) for start, known in lengths.items()}

    def locate(self, text: str) -> Place | None:
        """The deepest area that the names in this text speak for most; what is ambiguous becomes the area above it.

        None when no name is known, or when nothing but the whole city is common to what they may mean.
        """
        hits = self._hits(_plain(text))
        if not hits:
            return None
        score: dict[str, float] = {}
        for hit in hits:
            for code in hit.weights.keys() - score.keys():
                score[code] = sum(one.weight(code) for one in hits)
        best = max(score.values())
        leaders = [code for code, value in score.items() if value > best - 1e-9]
        return self._place(leaders, hits)

    def _hits(self, text: str) -> list[_Hit]:
        found: dict[str, _Hit] = {}
        at, last, lengths = 0, len(text) - 1, self._lengths
        while at < last:
            step = 1
            for length in lengths.get(text[at:at + 2], ()):
                if hit := self._hit(text, at, length):
                    found.setdefault(hit.text, hit)
                    step = length
                    break
            at += step
        return list(found.values())

    def _hit(self, text: str, start: int, length: int) -> _Hit | None:
        end = start + length
        names: Sequence[Name] = self._names.get(text[start:end], ())
        if names and OTHER_THING.match(text, end):
            names = [name for name in names if not name.bare]
        if not names:
            return None
        number = HOUSE_NUMBER.match(text, end)
        if number and (numbered := [name for name in names if _has_number(name, int(number[1]))]):
            return _Hit(text[start:number.end()], numbered, numbered=True)
        return _Hit(text[start:end], names)

    def _place(self, leaders: list[str], hits: list[_Hit]) -> Place | None:
        weights = [(max(hit.weight(code) for code in leaders), hit) for hit in hits]
        doubt = 1.0
        for weight, _ in weights:
            doubt *= 1 - weight
        # Names that point elsewhere take from the confidence as much as they would have given.
        against = sum(max(hit.weights.values()) for weight, hit in weights if weight == 0)
        agreeing = sum(weight for weight, _ in weights)
        confidence = round((1 - doubt) * agreeing / (agreeing + against), 3)
        code = leaders[0] if len(leaders) == 1 else self._common(leaders)
        if code is None:
            return None
        if len(leaders) > 1:
            return Place(code, self._area_names[code], None, confidence)
        name, point = _spoken(code, hits)
        return Place(code, name, point, confidence)

    def _common(self, codes: list[str]) -> str | None:
        first, last = min(codes), max(codes)  # what the first and the last begin with, all between begin with
        shared = [code for code in (*ancestors(first), first) if is_within(last, code)]
        known = [code for code in shared if code in self._area_names and level_of(code) is not Level.CITY]
        return known[-1] if known else None


def area_names(code: str, name: str, level: Level, aliases: Iterable[str]) -> list[Name]:
    """The ways people write an area: its name, its aliases, and the name without 街道, 社区 and the like."""
    names = [Name(name, code), *(Name(alias, code) for alias in aliases)]
    bare = next((name.removesuffix(suffix) for suffix in SUFFIXES.get(level, ()) if name.endswith(suffix)), "")
    return [*names, Name(bare, code, bare=True)] if len(bare) >= 2 else names


def _has_number(name: Name, number: int) -> bool:
    first, last = name.numbers
    return first is not None and last is not None and first <= number <= last


def _spoken(code: str, hits: list[_Hit]) -> tuple[str, Point | None]:
    """The name that led here, and its point if it means one place: a house number first, then a point, then length."""
    best: tuple[float, bool, int, str] = (0.0, False, 0, "")
    best_point = None
    for hit in hits:
        points = [name.point for name in hit.names if name.area_code == code and name.point]
        point = points[0] if len(points) == 1 else None
        rank = (hit.weights.get(code, 0.0), point is not None, len(hit.text), hit.text)
        if rank > best:
            best, best_point = rank, point
    return best[3], best_point


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()
