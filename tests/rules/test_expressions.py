"""An expression of an XLSForm is read, written and judged alike by whoever follows the rules that judging.py states."""
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.fieldwork.forms.expressions import BINDS, DEEPEST, LONGEST, MOST_JOINED, BeyondError, names, parse, written
from casework.fieldwork.forms.judging import evaluate, holds

TODAY = date(2026, 3, 2)

texts = st.text(st.characters(min_codepoint=32, max_codepoint=0x9FFF, exclude_characters="'"), max_size=12)
numbers = st.integers(0, 10**9) | st.decimals(0, 10_000, places=5, allow_nan=False).map(float)
questions = st.sampled_from(["name", "a-b", "x_1"])
leaves = texts | numbers | st.sampled_from([["."], ["today"], ["true"]]) | questions.map(lambda name: ["$", name])


def deeper(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return (st.tuples(st.sampled_from([one for level in BINDS for one in level]), inner, inner).map(list)
            | st.tuples(st.sampled_from(["not", "negative", "count-selected", "string-length"]), inner).map(list)
            | st.tuples(st.just("selected"), inner, inner).map(list)
            | st.tuples(st.just("regex"), inner, st.sampled_from(["^1[3-9][0-9]{9}$", '[^"]*'])).map(list))


trees = st.recursive(leaves, deeper, max_leaves=12)


@given(trees)
def test_what_is_written_is_read_as_it_was(tree: object) -> None:
    assert parse(written(tree)) == tree


@given(trees, st.dictionaries(questions, texts | st.just("2026-03-01") | st.just("7.5")), texts)
def test_every_tree_has_a_value_for_all_answers(tree: object, answers: dict[str, str], here: str) -> None:
    assert isinstance(evaluate(tree, answers, here, TODAY), (str, float, bool))
    assert names(tree) <= {"name", "a-b", "x_1"}


HOLDS = {
    "string-length(1 div 0) = 8": True, "string-length(0 div 0) = 3": True, "string-length(- (1 div 0)) = 9": True,
    "${usage} = 'rented'": True, "${usage} != 'rented' or ${rooms} > 2": True, "not(${usage} = 'rented')": False,
    "selected(${care}, 'disabled')": True, "selected(${care}, 'dis')": False, "count-selected(${care}) = 2": True,
    "count-selected(${nothing}) = 0": True, "count-selected(.) = 1 or not(selected(., 'none'))": True,
    ". >= 0 and . <= 150": True, ".>0": True, "string-length(.) = 2": True, "regex(., '[0-9]+')": True,
    "regex(., '[0-9]')": False, "regex(${phone}, '^1[3-9][0-9]{9}$')": True, "${born} <= today()": True,
    "${born} > today()": False, "${born} = '1980-05-06'": True, "today() - ${born} > 365 * 18": True,
    "today() = '2026-03-02'": True, "${rooms} = 3": True, "${rooms} = 3.0": True, "${rooms} = '3'": True,
    "${rooms} = '3.0'": False, "${usage} > 1": False, "not(${usage} > 1)": True, "${nothing} = ''": True,
    "${nothing} > 0": False, "${nothing} <= 0": False, "7 mod 3 = 1": True, "-7 mod 3 = -1": True, "7 div 2 = 3.5": True,
    "1 div 0 > 1000000": True, "0 div 0 = 0 div 0": False, "2 + 3 * 4 = 14": True, "(2 + 3) * 4 = 20": True,
    "10 - 3 - 2 = 5": True, "1 < 2 = true()": True, "true() and false()": False, "true() or ${usage}": True, "''": False,
    "'x'": True, "0": False, "0.5": True, "${bad} <= today()": False, 'selected(${care}, "disabled")': True,
    "- - 3 = 3": True, "${ rooms } = 3": True, "true() = 'x'": True,
}
ANSWERS = {"usage": "rented", "rooms": "3", "care": "elderly_alone disabled", "phone": "13800138000", "born": "1980-05-06",
           "bad": "2026-02-30"}


@pytest.mark.parametrize("text", HOLDS)
def test_it_is_worth_what_odk_says(text: str) -> None:
    assert holds(parse(text), ANSWERS, "42", TODAY) is HOLDS[text]


def test_a_moment_counts_by_its_day() -> None:
    assert holds(parse(". = today() or . - today() = 0"), {}, "2026-03-02T23:59:59+08:00", TODAY)


BEYOND = (
    "../x = 1", "/data/x = 1", "if(., 1, 2)", "position(..) = 1", "${last-saved#x} = 1", "instance('a')/root", ". = ", "(. = 1",
    ". = 1)", "'open", "selected(.)", "selected(., 'a', 'b')", "today(1)", "regex(., ${x})", r"regex(., '\p{Han}+')",
    "regex(., '(')", "", "1 2", "and", "@", "1" * 16, "." + " " * LONGEST, "(" * (DEEPEST + 1) + "1" + ")" * (DEEPEST + 1),
    "+".join("1" * (MOST_JOINED + 2)), "not" * 5)


@pytest.mark.parametrize("text", BEYOND)
def test_what_lies_outside_is_told_and_never_guessed(text: str) -> None:
    with pytest.raises(BeyondError, match=r"\w"):
        parse(text)


@given(st.text(max_size=60))
def test_nothing_but_that_ever_goes_wrong_in_reading(text: str) -> None:
    try:
        tree = parse(text)
    except BeyondError:
        return
    assert parse(written(tree)) == tree
