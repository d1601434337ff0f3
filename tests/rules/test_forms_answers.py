"""Answers are read as devices really write them: times, places, repeats and metadata of any namespace."""
import pytest

from casework.errors import Invalid, TooLarge
from casework.fieldwork.forms import answers, targets
from casework.fieldwork.forms.answers import Position
from casework.fieldwork.forms.questions import Question, words

META = "<meta><instanceID>uuid:1</instanceID></meta>"


def read(inner: str, attributes: str = 'id="house" version="3"') -> answers.Filled:
    return answers.read(f"<data {attributes}>{inner}</data>".encode())


def test_what_is_said_stands_under_the_name_of_the_question_wherever_it_was_asked() -> None:
    filled = read(f"<a> 1 </a><g><b/><h><c>三</c></h></g>{META}")
    assert (filled.form_id, filled.version, filled.instance_id, filled.deprecated_id) == ("house", "3", "uuid:1", None)
    assert filled.said == {"a": ["1"], "b": [""], "c": ["三"]}
    assert (filled.one("a"), filled.one("b"), filled.one("nothing")) == ("1", "", "")


def test_a_repeat_says_several_and_its_pattern_says_nothing() -> None:
    repeated = '<r jr:template=""><photo>no.jpg</photo></r><r><photo>1.jpg</photo></r><r><photo>2.jpg</photo></r>'
    filled = read(repeated + META, 'id="house" xmlns:jr="http://openrosa.org/javarosa"')
    assert filled.said == {"photo": ["1.jpg", "2.jpg"]}
    assert filled.version == ""


@pytest.mark.parametrize("meta", [
    "<meta><instanceID>i</instanceID><deprecatedID>d</deprecatedID></meta>",
    '<m:meta xmlns:m="http://openrosa.org/xforms"><m:instanceID>i</m:instanceID><m:deprecatedID>d</m:deprecatedID></m:meta>',
    '<m:meta xmlns:m="urn:x"><instanceID>i</instanceID><m:deprecatedID> d </m:deprecatedID></m:meta>'])
def test_metadata_is_found_in_any_namespace(meta: str) -> None:
    filled = read(meta)
    assert (filled.instance_id, filled.deprecated_id, filled.said) == ("i", "d", {})


def test_an_instance_outside_of_the_metadata_is_an_answer() -> None:
    with pytest.raises(Invalid):
        read("<instanceID>uuid:1</instanceID>")


MOMENTS = {
    "2018-04-17T22:59:27.493-04": "2018-04-18T02:59:27.493000+00:00", "2026-03-02T10:00:00+08:00": "2026-03-02T02:00:00+00:00",
    "2026-03-02T10:00:00.123456789+0800": "2026-03-02T02:00:00.123456+00:00", "2026-03-02T02:00Z": "2026-03-02T02:00:00+00:00",
    "2026-03-02T10:00:00": "2026-03-02T02:00:00+00:00", "2026-02-30T10:00:00Z": None, "2026-03-02": None,
    "上午十点": None, "": None, "0001-01-01T00:00:00+14:00": None, "2026-03-02T10:00:00+99": None}


@pytest.mark.parametrize("text", MOMENTS)
def test_times_are_read_leniently(text: str) -> None:
    made = answers.moment(text)
    assert (made.isoformat() if made else None) == MOMENTS[text]


def test_the_time_of_filling_in_is_the_end_or_else_the_start() -> None:
    assert str(read(f"<start>2026-03-02T10:00:00+08</start><end>2026-03-02T11:00:00+08</end>{META}").filled_at).startswith(
        "2026-03-02 03:00")
    assert str(read(f"<start>2026-03-02T10:00:00+08</start><end>?</end>{META}").filled_at).startswith("2026-03-02 02:00")
    assert read(META).filled_at is None


POSITIONS = {
    "22.6 114.0 12.0 8.5": Position(114.0, 22.6, 8.5), " 22.6  114.0 ": Position(114.0, 22.6, None), "22.6 114.0 0 0": Position(
        114.0, 22.6, 0.0), "22.6 114.0 0 -1": Position(114.0, 22.6, None), "-90 -180 0 1": Position(-180, -90, 1.0),
    "114.0 22.6": None, "22.6": None, "": None, "nan nan": None, "inf 0": None, "22.6,114.0": None, "22.6 114.0 x": None}


@pytest.mark.parametrize("text", POSITIONS)
def test_a_geopoint_is_latitude_first(text: str) -> None:
    assert answers.position(text) == POSITIONS[text]


def test_a_date_may_carry_a_time() -> None:
    assert answers.day("2026-03-02T00:00:00.000+08:00") == "2026-03-02"
    assert (answers.day("2026-03-02"), answers.day("三月二日")) == ("2026-03-02", "三月二日")


def test_depth_and_number_are_bounded_each() -> None:
    assert read("<a>" * 30 + "</a>" * 30 + META)
    with pytest.raises(TooLarge):
        read("<a>" * 50 + "</a>" * 50 + META)
    with pytest.raises(TooLarge):
        read("<a/>" * 20_000 + META)


def test_a_label_without_a_language_is_chinese() -> None:
    assert words("地址") == {"zh": "地址"}
    assert words({"中文 (zh)": "地址", "English (en-GB)": "Address", "x": {"a": 1}}) == {"zh": "地址", "en": "Address"}
    assert words({"default": "地址"}) == {"zh": "地址"}
    assert words({"Português (pt)": ""}) is None


def question(name: str, kind: str, group: str | None = None, choices: list[str] | None = None) -> Question:
    named = [{"name": one, "label": {"zh": one}} for one in choices] if choices else None
    return {"name": name, "type": kind, "group": group, "choices": named, "field": None}


def test_a_field_has_one_value_and_so_it_is_not_asked_in_a_repeat() -> None:
    asked = [question("r", "repeat"), question("g", "group", "r"), question("rooms", "integer", "g"),
             question("address", "text"), question("place", "geopoint")]
    assert [fault.field for fault in targets.assign("house", asked)] == ["survey.rooms"]


def test_pictures_are_for_reports_and_say_by_their_names_what_they_show() -> None:
    asked = [question("text", "text"), question("place", "geopoint"), question("r", "repeat"), *(
        question(name, "image", "r") for name in ("before_1", "after_1", "photo"))]
    assert targets.assign("report", asked) == []
    assert [one["field"] for one in asked[3:]] == ["before", "after", "report"]
    faults = targets.assign("house", [question("address", "text"), question("place", "geopoint"), question("photo", "image")])
    assert [fault.field for fault in faults] == ["survey.photo"]


def test_two_questions_of_one_name_are_told() -> None:
    asked = [question("address", "text", "a"), question("address", "text", "b"), question("place", "geopoint")]
    assert [fault.field for fault in targets.assign("house", asked)] == ["survey.address"]


def test_what_a_form_is_about_may_stand_in_its_id() -> None:
    assert [targets.of_form_id(one) for one in ("house", "house_winter", "report_2026", "household", "x_house")] == [
        "house", "house", "report", None, None]
