"""Characters are folded as people read them, and n-grams are counted the same on every machine."""
import subprocess
import sys

import numpy as np
import pytest

from casework.classification import ngrams


def counted(*texts: str, lengths: tuple[int, ...] = (1, 2)) -> list[dict[int, int]]:
    counts = ngrams.count(ngrams.fold(texts), lengths)
    made: list[dict[int, int]] = [{} for _ in texts]
    for owner, bucket, times in zip(counts.owner, counts.bucket, counts.times, strict=True):
        made[owner][int(bucket)] = int(times)
    return made


@pytest.mark.parametrize(("one", "other"), [
    ("ＡＢＣ１２３", "abc123"), ("路灯\n不 亮\t\u3000", "路灯不亮"), ("（急）", "(急)"), ("路\u200b灯\0", "路灯"), ("①", "1")])
def test_what_people_read_alike_counts_alike(one: str, other: str) -> None:
    assert counted(one) == counted(other)


def test_different_words_count_differently() -> None:
    assert counted("路灯") != counted("灯路")
    assert counted("𠮷")[0]  # beyond the first 65,536 characters: one of many rare ones, but not nothing


def test_ngrams_do_not_reach_from_one_text_into_the_next() -> None:
    alone, together = counted("路灯", lengths=(2, 3)), counted("路灯", "井盖", "", "x", lengths=(2, 3))
    assert together[0] == alone[0]
    assert [len(one) for one in together] == [1, 1, 0, 0]


def test_repetitions_are_counted() -> None:
    (one,) = counted("灯灯灯", lengths=(1, 2))
    assert sorted(one.values()) == [2, 3]


def test_rows_come_in_order_and_nothing_comes_of_nothing() -> None:
    counts = ngrams.count(ngrams.fold(["路灯不亮", "", "井盖丢失"]), (1, 2, 3))
    keys = counts.owner * (1 << ngrams.BITS) + counts.bucket
    assert (np.diff(keys) > 0).all()
    assert counts.bucket.max() < 1 << ngrams.BITS
    assert len(ngrams.count(ngrams.fold([]), (1, 2)).owner) == 0
    assert len(ngrams.count(ngrams.fold(["", "  "]), (1, 2)).owner) == 0


def test_half_a_surrogate_does_not_stop_the_batch() -> None:
    assert counted("路灯\ud83d")[0].keys() > counted("路灯")[0].keys()


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    beginning = "路灯不亮" * (ngrams.LONGEST // 4)
    assert counted(beginning + "井盖") == counted(beginning)


def test_the_hash_is_the_same_in_another_process() -> None:
    program = ("from casework.classification import ngrams\n"
               "print(ngrams.count(ngrams.fold(['路灯不亮，请修']), (1, 2, 3)).bucket.tolist())")
    elsewhere = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert elsewhere.strip() == str(ngrams.count(ngrams.fold(["路灯不亮，请修"]), (1, 2, 3)).bucket.tolist())
