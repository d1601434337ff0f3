"""What is counted of a case, and how it is kept: a few numbers out of many possible ones, so packed sparsely.

A tally is a byte string of (place, number) pairs. Counters have the first places; then each stage has a row of buckets, a
histogram of how many minutes it took. Buckets grow by `GROWTH`, so a percentile read from them is off by at most 4 per cent
(and half a minute, for what took less than one). Tallies of any number of cases are added by place: exact, in any order.
"""
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

COUNTERS = (
    "received", "voices", "merged", "rejected", "voided", "filed", "dispatched", "due", "closed", "closed_on_time", "overdue",
    "deferred", "extended", "reworked", "reopened", "supervised", "urged", "self_handled", "call_owed", "called", "judged",
    "solved", "rated", "satisfied", "given", "handed_back", "returned")
"""In the order of their places; a new one goes to the end of the list, for what is stored knows them by place."""

STAGES = ("triage", "dispatch", "sign", "handle", "check", "total")
FIRST_BUCKET = 64
GROWTH = 1.08
BUCKETS = 182
"""The last holds all that took more than two years."""

WIDTH = FIRST_BUCKET + len(STAGES) * BUCKETS
PAIR = np.dtype([("at", "<u2"), ("n", "<i4")])
NOTHING = b""
PLACE = {name: place for place, name in enumerate(COUNTERS)}
FIRST = {stage: FIRST_BUCKET + place * BUCKETS for place, stage in enumerate(STAGES)}
assert len(COUNTERS) <= FIRST_BUCKET  # noqa: S101 - at import: a counter too many would count as a bucket

Numbers = NDArray[np.int64]


def bucket(minutes: float) -> int:
    """The bucket of a duration; 0 for less than a minute."""
    return 0 if minutes < 1 else min(BUCKETS - 1, 1 + int(math.log(minutes) / math.log(GROWTH)))


MIDDLES = np.array([0.5, *(GROWTH ** (number + 0.5) for number in range(BUCKETS - 1))])
"""Minutes that stand for each bucket."""


def packed(counts: Mapping[str, int], minutes: Mapping[str, float]) -> bytes:
    """A tally of these counters, and of one duration for each of these stages, in minutes."""
    pairs = [(PLACE[name], number) for name, number in counts.items() if number]
    pairs += [(FIRST[stage] + bucket(took), 1) for stage, took in minutes.items()]
    return np.array(sorted(pairs), dtype=PAIR).tobytes()


def added(more: Iterable[bytes], less: Iterable[bytes] = ()) -> bytes:
    """The sum of some tallies without that of others; NOTHING when it comes to naught. One alone is its own sum."""
    more, less = [one for one in more if one], [one for one in less if one]
    if len(more) == 1 and not less:
        return more[0]
    numbers = summed(more) - summed(less)
    places = np.flatnonzero(numbers)
    pairs = np.empty(len(places), dtype=PAIR)
    pairs["at"], pairs["n"] = places, numbers[places]
    return pairs.tobytes()


def summed(tallies: Iterable[bytes]) -> Numbers:
    """One number for each place."""
    numbers: Numbers = table([b"".join(tallies)])[0]
    return numbers


def table(groups: Sequence[bytes]) -> Numbers:
    """For each group, whose tallies stand one behind the other, a row with a number for each place."""
    pairs = np.frombuffer(b"".join(groups), dtype=PAIR)
    sizes = [len(group) // PAIR.itemsize for group in groups]
    rows = np.repeat(np.arange(len(groups), dtype=np.int64), sizes)
    counted = np.bincount(rows * WIDTH + pairs["at"], weights=pairs["n"], minlength=len(groups) * WIDTH)
    return np.rint(counted).astype(np.int64).reshape(len(groups), WIDTH)


def percentile(numbers: Numbers, stage: str, share: float) -> NDArray[np.float64]:
    """For each row of a table the minutes within which this share (0 to 1) of the stage's durations lie; NaN where there
    are none."""
    buckets = numbers[:, FIRST[stage]:FIRST[stage] + BUCKETS].cumsum(axis=1)
    everything = buckets[:, -1:]
    found = MIDDLES[(buckets >= np.ceil(everything * share)).argmax(axis=1)]
    return np.where(everything[:, 0] > 0, found, np.nan)
