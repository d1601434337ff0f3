"""Characters to numbers: hashed n-grams of a batch of texts, counted by array arithmetic, without a vocabulary to keep or to leak."""
import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

BITS = 20
"""2**20 buckets: 5,833 messages have about 600,000 different n-grams, so few share one."""

LONGEST = 1200
"""Characters of a text that are looked at. What a message is about stands at its beginning; the rest only costs time."""

_DROPPED = 0
_RARE = 1


def _folding() -> npt.NDArray[np.uint32]:
    """One plain character for each of the first 65,536: full width is half width, capitals are small, blanks are dropped."""
    table = np.empty(0x10000, dtype=np.uint32)
    for code in range(0x10000):
        folded = unicodedata.normalize("NFKC", chr(code)).lower() if not 0xD800 <= code < 0xE000 else ""
        dropped = not folded.strip() or unicodedata.category(folded[0])[0] == "C"
        table[code] = _DROPPED if dropped else ord(folded[0]) if ord(folded[0]) < 0x10000 else _RARE
    return table


_FOLDING = _folding()


def _characters(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint32], Ints]:
    """Folded characters of all texts in one row, and which text each belongs to."""
    cut = [text[:LONGEST] for text in texts]
    raw = np.frombuffer("".join(cut).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    owner = np.repeat(np.arange(len(cut)), [len(text) for text in cut])
    folded = np.where(raw < 0x10000, _FOLDING[np.minimum(raw, 0xFFFF)], _RARE).astype(np.uint32)
    kept = folded != _DROPPED
    return folded[kept], owner[kept]


def count(texts: Sequence[str], lengths: Sequence[int] = (1, 2, 3)) -> tuple[Ints, Ints, Ints]:
    """Which text has which n-gram how often.

    Returns three arrays of one length, ordered by text and bucket: text number, bucket below 2**BITS, count.
    Python's own hash is salted for each process, so the hash is computed here and is the same on every machine.
    """
    characters, owner = _characters(texts)
    keys = [np.empty(0, dtype=np.int64)]
    for length in lengths:
        starts = max(len(characters) - length + 1, 0)
        hashed = np.full(starts, length * 0x9E3779B9 & 0xFFFFFFFF, dtype=np.uint32)
        for place in range(length):
            hashed = (hashed ^ characters[place:place + starts]) * np.uint32(0x85EBCA6B)
            hashed ^= hashed >> np.uint32(15)
        hashed *= np.uint32(0xC2B2AE35)
        bucket = (hashed >> np.uint32(32 - BITS)).astype(np.int64)
        first = owner[:starts]
        whole = first == owner[length - 1:length - 1 + starts]
        keys.append((first << BITS | bucket)[whole])
    found, counts = np.unique(np.concatenate(keys), return_counts=True)
    return found >> BITS, found & ((1 << BITS) - 1), counts
