"""Characters to numbers: hashed n-grams of a batch of texts, counted by array arithmetic, with no vocabulary to keep."""
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

BITS = 20
"""2**20 buckets: few of the about 600,000 n-grams of 6,000 messages share one."""

LONGEST = 1200
"""Characters of a text that are looked at. What a message is about stands at its beginning; the rest only costs time."""

_DROPPED = 0
_OTHER = 1


def _folding() -> npt.NDArray[np.uint32]:
    """A plain character for each of the first 65,536: full width becomes half width, capitals small, blanks go."""
    table = np.full(0x10000, _OTHER, dtype=np.uint32)
    for code in range(0x10000):
        folded = unicodedata.normalize("NFKC", chr(code)).lower()
        if not folded.strip() or unicodedata.category(folded[0]) in {"Cc", "Cf"}:
            table[code] = _DROPPED
        elif ord(folded[0]) < 0x10000:
            table[code] = ord(folded[0])
    return table


_FOLDING = _folding()


class Characters(NamedTuple):
    """The folded characters of a batch of texts in one row, and the number of the text that each belongs to."""

    codes: npt.NDArray[np.uint32]
    owner: Ints
    texts: int


class Counts(NamedTuple):
    """Which text has which n-gram how often: three arrays of one length, ordered by text and bucket."""

    owner: Ints
    bucket: Ints
    times: Ints
    texts: int


def fold(texts: Sequence[str]) -> Characters:
    """Texts as characters that compare alike when people take them for alike."""
    cut = [text[:LONGEST] for text in texts]
    # surrogatepass: half a character that came in through JSON counts as a rare one instead of stopping the batch.
    raw = np.frombuffer("".join(cut).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    owner = np.repeat(np.arange(len(cut)), [len(text) for text in cut])
    codes = np.where(raw < 0x10000, _FOLDING[np.minimum(raw, 0xFFFF)], np.uint32(_OTHER))
    kept = codes != _DROPPED
    return Characters(codes[kept], owner[kept], len(cut))


def count(characters: Characters, lengths: Sequence[int]) -> Counts:
    """Count n-grams of these lengths. Python's own hash is salted in each process; this one is the same everywhere."""
    codes, owner, texts = characters
    keys = [np.empty(0, dtype=np.int64)]
    for length in lengths:
        starts = max(len(codes) - length + 1, 0)
        hashed = np.full(starts, length * 0x9E3779B9 & 0xFFFFFFFF, dtype=np.uint32)
        for place in range(length):
            hashed = (hashed ^ codes[place:place + starts]) * np.uint32(0x85EBCA6B)
            hashed ^= hashed >> np.uint32(15)
        bucket = (hashed * np.uint32(0xC2B2AE35) >> np.uint32(32 - BITS)).astype(np.int64)
        first = owner[:starts]
        whole = first == owner[length - 1:length - 1 + starts]
        keys.append((first << BITS | bucket)[whole])
    found, counts = np.unique(np.concatenate(keys), return_counts=True)
    return Counts(found >> BITS, found & ((1 << BITS) - 1), counts, texts)
