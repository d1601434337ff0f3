"""What is a change, and what is noise: so that nobody is asked to explain chance.

Cases arrive in bunches, so counts scatter more than a Poisson process would; the tests allow for that. Many figures are
compared in one bulletin: a change must be one that chance makes in fewer than one of two hundred.
"""
import math

Z = 2.81
"""Two-sided 0.5 per cent."""

ALONE = 1.96
"""Two-sided 5 per cent: for the one figure of the whole city, which is compared with nothing else."""

DISPERSION = 1.5
"""Variance of counts over their mean."""

SMALLEST_COUNT = 20
SMALLEST_SHARE = 0.10
SMALLEST_BASE = 30
"""Cases that a rate must rest on, in both periods."""

SMALLEST_POINTS = 0.03


def count_changed(now: float, before: float, exposure: float = 1.0, z: float = Z) -> bool:
    """Whether this many are another number than before. `exposure`: length of this period over that of the one before.

    Compares two Poisson counts by the difference of square roots (Huffman 1984), which holds for small numbers too.
    """
    if max(now, before * exposure) < SMALLEST_COUNT:
        return False
    expected = before * exposure
    if abs(now - expected) < SMALLEST_SHARE * max(expected, 1):
        return False
    found = 2 * (math.sqrt(now + 0.375) - math.sqrt((before + 0.375) * exposure)) / math.sqrt((1 + exposure) * DISPERSION)
    return abs(found) >= z


def rate_changed(now: float, base: float, before: float, base_before: float) -> bool:
    """Whether a share of so many is another than before. `now` and `before` from 0 to 1; pooled two-proportion test."""
    if min(base, base_before) < SMALLEST_BASE or abs(now - before) < SMALLEST_POINTS:
        return False
    pooled = (now * base + before * base_before) / (base + base_before)
    variance = pooled * (1 - pooled) * (1 / base + 1 / base_before) * DISPERSION
    return variance > 0 and abs(now - before) / math.sqrt(variance) >= Z
