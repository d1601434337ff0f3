"""How likely two reports are about one problem: place, time, category, words and photos weighed, each with its reason.

Pure. The weights were fitted by hand on judged pairs of real messages; tests/benchmarks/test_duplicates.py holds them to it.
"""
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from math import exp, log2

import numpy as np
import numpy.typing as npt

from casework.cases.names import after_all, names_in, plain
from casework.classification import ngrams
from casework.geography.coordinates import Point, metres_between
from casework.taxonomy import Catalogue, Window

LENGTHS = (2, 3)
"""Pairs and triples of characters: the shortest Chinese words and names."""

HEAD, HEADING = 80, 30
"""Characters at the beginning of a text in which people say where it is, and those that stand for a missing title."""

SAME_PHOTO_BITS = 6
"""Of the 64 bits of a perceptual hash: two renditions of one photo differ in fewer, two photos of one street in more."""

PHOTO = 5.5
"""One photo sent twice is enough to be proposed, whatever was written beside it; to join it needs words or a place as well."""

FADING, MEMORY = timedelta(days=90), timedelta(days=180)
"""Words lose weight for so long, and how far back they lead without a person: cases stand open that long at most."""

TELLING = 600.0
"""What two texts share (nats) from which on they tell by themselves that one was copied, though they share no name."""

MOST_NAMES = 16
ORDERS = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F], dtype=np.int64)
"""Odd factors, each of which puts the buckets into another order."""

SMOOTHING = 100
"""Texts that a city is taken to have had before its first: so few cannot tell what is rare."""


class Grams:
    """The n-grams of one text with their weights, ready to be compared."""

    def __init__(self, buckets: npt.NDArray[np.int64], weights: npt.NDArray[np.float64]) -> None:
        self.buckets, self.weights = buckets, weights
        self.length = float(np.sqrt((weights ** 2).sum()))

    def shared(self, other: "Grams") -> tuple[float, float]:
        """Cosine with another text (0..1), and what both share (nats)."""
        short, long = (self, other) if len(self.buckets) <= len(other.buckets) else (other, self)
        if not len(short.buckets):
            return 0.0, 0.0
        # Both are in order and without repetition: a look for each of the shorter text is all it takes.
        at = np.minimum(np.searchsorted(long.buckets, short.buckets), len(long.buckets) - 1)
        weights = short.weights[long.buckets[at] == short.buckets]
        return float((weights ** 2).sum()) / (self.length * other.length), float(weights.sum())


@dataclass(frozen=True)
class Words:
    """What is compared of one text: all of it, its head, and the names of places and institutions in both and in the title."""

    text: str
    whole: Grams
    head: Grams
    names: frozenset[str]
    leading: frozenset[str]
    titular: frozenset[str]


class Rarity:
    """How rare each n-gram is among the texts of a city. Where there are none yet, all are alike."""

    def __init__(self, texts: Sequence[str] = ()) -> None:
        counted = ngrams.count(ngrams.fold(texts), LENGTHS)
        common = np.bincount(counted.bucket, minlength=1 << ngrams.BITS)
        self.weights: npt.NDArray[np.float64] = np.log((len(texts) + SMOOTHING) / (common + 1.0))

    def read(self, texts: Sequence[tuple[str | None, str]]) -> list[Words]:
        """The words of these (title, text) pairs, in their order."""
        whole = [plain("\n".join(filter(None, pair)))[:ngrams.LONGEST] for pair in texts]
        titles = [plain(title) if title else text[:HEADING] for (title, _), text in zip(texts, whole, strict=True)]
        heads = [text[:len(title) + HEAD] for text, title in zip(whole, titles, strict=True)]
        parts = zip(whole, self._grams(whole), heads, self._grams(heads), titles, strict=True)
        return [Words(text, grams, leading, names_in(text), names_in(head), names_in(title))
                for text, grams, head, leading, title in parts]

    def _grams(self, texts: Sequence[str]) -> list[Grams]:
        counted = ngrams.count(ngrams.fold(texts), LENGTHS)
        ends = np.searchsorted(counted.owner, np.arange(len(texts) + 1))
        return [Grams(buckets, self.weights[buckets])
                for buckets in (counted.bucket[ends[at]:ends[at + 1]] for at in range(len(texts)))]


def keys(words: Words) -> list[int]:
    """Numbers under which a text is found by one that may speak of the same: a few for the names it begins with, and a few
    that two nearly identical texts share nearly surely (the least of their n-grams in so many orders)."""
    named = sorted(zlib.crc32(name.encode()) for name in words.leading)[:MOST_NAMES]
    if len(words.whole.buckets) == 0:
        return named
    mixed = (words.whole.buckets[None, :] * ORDERS[:, None]) & 0xFFFFFFFF
    return named + [(order + 1) << 32 | int(least) for order, least in enumerate(mixed.min(axis=1))]


@dataclass(frozen=True)
class Evidence:
    """What is known of one report, or of the report that a case began with."""

    at: datetime
    words: Words
    category: str | None = None
    place: Point | None = None
    area_code: str | None = None
    photos: frozenset[str] = frozenset()
    """Perceptual hashes, as Photo.phash keeps them."""


@dataclass(frozen=True)
class Score:
    """`total` 0..1; `sure` unless something speaks against joining without a person; `reasons` in Chinese, for people."""

    total: float
    sure: bool
    reasons: tuple[str, ...]

    @property
    def why(self) -> str:
        return "，".join(self.reasons)


class Balance:
    """Reasons for and against, summed up in log odds."""

    def __init__(self) -> None:
        self.weight, self.sure, self.reasons = 0.0, True, list[str]()

    def add(self, weight: float, reason: str | None = None, *, against: bool = False) -> None:
        self.weight += weight
        self.sure = self.sure and not against
        if reason:
            self.reasons.append(reason)

    def score(self) -> Score:
        return Score(1 / (1 + exp(-self.weight)), self.sure, tuple(self.reasons))


class Comparison:
    """Two texts side by side: each figure is worked out when it is first asked for."""

    def __init__(self, one: Words, other: Words) -> None:
        self.one, self.other = one, other

    @cached_property
    def whole(self) -> tuple[float, float]:
        return self.one.whole.shared(self.other.whole)

    @cached_property
    def likeness(self) -> float:
        """0..1: the whole texts and their heads, half each."""
        return (self.whole[0] + self.one.head.shared(self.other.head)[0]) / 2

    @cached_property
    def names(self) -> frozenset[str]:
        """Names that stand at the beginning of one and anywhere in the other."""
        return (self.one.leading & self.other.names) | (self.other.leading & self.one.names)

    @cached_property
    def titled(self) -> frozenset[str]:
        """Names in the title of one that stand at the beginning of the other."""
        return (self.one.titular & self.other.leading) | (self.other.titular & self.one.leading)

    @property
    def of_other_places(self) -> bool:
        """Each title names places, and none of them is spoken of in the other text."""
        one, other = self.one, self.other
        return bool(one.titular and other.titular) and not (one.titular & other.names or other.titular & one.names)

    @property
    def telling(self) -> bool:
        """They share a name, or so much that one was copied from the other."""
        return bool(self.names) or (self.whole[0] >= 0.5 and self.whole[1] >= TELLING)


def score(one: Evidence, other: Evidence, catalogue: Catalogue, *, chosen: bool = False) -> Score:
    """Are these one problem? By their coordinates where both have them, else by what was said.

    `chosen`: the first one's reporter was shown the other and says that it is the same.
    """
    texts, balance = Comparison(one.words, other.words), Balance()
    if one.place and other.place:
        _by_place(balance, one, other, texts, catalogue.window(one.category or other.category))
    else:
        _by_words(balance, one, other, texts, chosen=chosen)
    _by_category(balance, one, other, catalogue, placed=bool(one.place and other.place), chosen=chosen)
    if same_photo(one.photos, other.photos):
        balance.add(PHOTO, "照片几乎相同")
    if chosen:
        balance.add(3, "上报人认为是同一问题")
    return balance.score()


def same_photo(some: frozenset[str], others: frozenset[str]) -> bool:
    """One of the photos is the same as one of the others, by perceptual hashes of equal length."""
    return any(len(one) == len(other) and (int(one, 16) ^ int(other, 16)).bit_count() <= SAME_PHOTO_BITS
               for one in some for other in others)


def _by_place(balance: Balance, one: Evidence, other: Evidence, texts: Comparison, window: Window) -> None:
    metres = metres_between(one.place, other.place) if one.place and other.place else 0.0
    hours = abs(one.at - other.at) / timedelta(hours=1)
    far, long = metres / max(window.metres, 1), hours / max(window.hours, 1)
    balance.add(3 - 1.2 * far if far <= 1 else 1.8 - 4 * (far - 1), f"相距{metres:.0f}米", against=metres > window.metres)
    balance.add(0 if long <= 1 else -1 - 0.5 * log2(long), f"相隔{_span(hours)}", against=hours > window.hours)
    balance.add(2 * texts.likeness, _likeness(texts))
    if texts.titled:
        balance.add(1, _named(texts))


def _by_words(balance: Balance, one: Evidence, other: Evidence, texts: Comparison, *, chosen: bool) -> None:
    days = abs(one.at - other.at) / timedelta(days=1)
    balance.add(20 * texts.likeness - 4.7, _likeness(texts) or "文字不相似", against=not (texts.telling or chosen))
    if texts.titled:
        balance.add(4)
    if texts.names:
        balance.add(0, _named(texts))
    balance.add(-3 * min(days / FADING.days, 1), f"相隔{_span(24 * days)}", against=days > MEMORY.days)
    if texts.of_other_places:
        balance.add(-2, "标题所说地点不同", against=True)
    if one.area_code and other.area_code and not (
            one.area_code.startswith(other.area_code) or other.area_code.startswith(one.area_code)):
        balance.add(-3, "所在区域不同", against=True)


def _by_category(balance: Balance, one: Evidence, other: Evidence, catalogue: Catalogue, *, placed: bool, chosen: bool) -> None:
    if one.category is None or other.category is None:
        if placed and not chosen:  # a place alone does not tell a lamp from a manhole
            balance.add(-0.7, "类别未定", against=True)
    elif one.category == other.category:
        balance.add(0.3 if placed else 0, "同类")
    elif other.category in catalogue.neighbours(one.category):
        balance.add(0, "类别相近")
    else:
        # Many things lie near each other on a street: of other kinds they are proposed only if words or a photo say so.
        balance.add(-4.5 if placed else -3, "类别不同", against=True)


def _likeness(texts: Comparison) -> str | None:
    return f"文字相似{texts.likeness:.0%}" if texts.likeness >= 0.1 else None


def _named(texts: Comparison) -> str:
    found = {after_all(name, texts.one.text, texts.other.text) for name in texts.titled or texts.names}
    longest = sorted(found, key=lambda name: (-len(name), name))
    whole = [name for at, name in enumerate(longest) if not any(name in before for before in longest[:at])]
    return "都提到" + "".join(f"“{name}”" for name in whole[:3])


def _span(hours: float) -> str:
    return f"{hours:.1f}小时" if hours < 48 else f"{hours / 24:.0f}天"
