"""Values of the registers: what is read, how it is kept, what is refused, and what is shown of it to everybody."""
import re
from datetime import date
from typing import Any

import pytest

from casework.identity.privacy import normal_phone
from casework.registry import numbers
from casework.registry.catalogue import REGISTERS
from casework.registry.fields import Field, Kind, Register

PERSON = REGISTERS[Register.PERSON]


def card(first: str) -> str:
    """The number that begins so, with the check character that GB 11643 gives it."""
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(first))
    return first + "10X98765432"[total % 11]


def test_identity_numbers_prove_themselves() -> None:
    assert numbers.id_card("11010519491231002x") == "11010519491231002X"  # the example of the standard
    assert numbers.id_card("440524188001010014") == "440524188001010014"  # the standard's second
    good = card("44030519900101123")
    for wrong in (good[:-1] + ("0" if good[-1] != "0" else "1"), good[:-1], "1" + good, card("44030519900230123"), "ABC"):
        with pytest.raises(ValueError, match=r"^(must|holds|does)"):
            numbers.id_card(wrong)


def test_every_single_wrong_digit_and_every_swap_of_neighbours_is_noticed() -> None:
    for good, read in ((card("44030519900101123"), numbers.id_card), ("91350100M000100Y43", numbers.credit_code)):
        assert read(good) == good
        for place in range(17):
            swapped = good[:place] + good[place + 1] + good[place] + good[place + 2:]
            changed = good[:place] + ("1" if good[place] != "1" else "2") + good[place + 1:]
            for wrong in {swapped, changed} - {good}:
                with pytest.raises(ValueError, match=r"^(must|holds|does)"):
                    read(wrong)


def test_credit_codes_prove_themselves() -> None:
    for good in ("91350100M000100Y43", "91440300708461136T", "914403001922038216"):
        assert numbers.credit_code(good.lower()) == good
    for wrong in ("91350100M000100Y44", "9135010OM000100Y43", "91350100M000100Y4", ""):
        with pytest.raises(ValueError, match=r"^(must|holds|does)"):
            numbers.credit_code(wrong)


def test_object_codes_have_sixteen_digits() -> None:
    assert numbers.object_code("4403 0501 0100 0001") == "4403050101000001"
    with pytest.raises(ValueError, match="16 digits"):
        numbers.object_code("440305010100001")


READ: list[tuple[Field, Any, Any]] = [
    (PERSON.fields["birth_date"], "1990年1月2日", "1990-01-02"), (PERSON.fields["birth_date"], "1990/1/2", "1990-01-02"),
    (PERSON.fields["birth_date"], "19900102", "1990-01-02"), (PERSON.fields["birth_date"], date(1990, 1, 2), "1990-01-02"),
    (PERSON.fields["birth_date"], "1990-01-02 00:00:00", "1990-01-02"), (PERSON.fields["name"], "  张三 ", "张三"),
    (PERSON.fields["phone"], "+86 138-0013 8000", "13800138000"), (PERSON.fields["sex"], "女", "female"),
    (PERSON.fields["care"], "残疾人、独居老人", ["elderly_alone", "disabled"]), (PERSON.fields["care"], "", None),
    (PERSON.fields["care"], ["disabled", "elderly_alone"], ["elderly_alone", "disabled"]),
    (PERSON.fields["care"], "disabled elderly_alone", ["elderly_alone", "disabled"]), (PERSON.fields["care"], [], None),
    (PERSON.fields["care"], "elderly and alone; child left behind", ["elderly_alone", "left_behind_child"]),
    (PERSON.fields["id_number"], "g12345678 ", "G12345678"), (PERSON.fields["name"], None, None),
    (REGISTERS[Register.HOUSE].fields["floor_area"], "88.456", 88.46), (REGISTERS[Register.HOUSE].fields["rooms"], "3", 3),
]


def test_values_are_kept_in_one_form_however_they_are_written() -> None:
    for field, value, kept in READ:
        assert field.read(value) == kept, (field.name, value)
        assert field.read(kept) == kept, "to read what is kept changes nothing"


REFUSED: list[tuple[str, Any]] = [
    ("birth_date", "昨天"), ("birth_date", "1990-02-30"), ("birth_date", 5), ("phone", "没有"), ("phone", "12"),
    ("sex", "其他"), ("sex", ["male"]), ("care", "none disabled"), ("care", {"a": 1}), ("care", ["disabled", 3]),
    ("name", "张" * 61),
    ("name", "a\0b"), ("name", "\ud83d"), ("name", True), ("name", ["张"]), ("id_number", "号"), ("id_number", 1.5)]


def test_what_cannot_be_is_refused_with_a_reason() -> None:
    for name, value in REFUSED:
        with pytest.raises(ValueError, match=r"^(must|is|has|cannot|does|holds)"):
            PERSON.fields[name].read(value)
    for value in ("三", -1, 10**9, True, 2.5):
        with pytest.raises(ValueError, match=r"^must"):
            REGISTERS[Register.HOUSE].fields["rooms"].read(value)
    for value in ("nan", "inf", "x", -0.5, True):
        with pytest.raises(ValueError, match=r"^must"):
            REGISTERS[Register.HOUSE].fields["floor_area"].read(value)


def test_a_statement_is_judged_field_by_field() -> None:
    read, faults = PERSON.read({"phone": "13800138000", "sex": "?", "colour": "red"}, whole=True)
    assert read == {"phone": "13800138000"}
    assert {one.field for one in faults} == {"sex", "colour", "name"}
    _, faults = PERSON.read({"phone": "13800138000"}, whole=False)
    assert faults == []
    _, faults = PERSON.read({"name": None}, whole=False)
    assert [one.field for one in faults] == ["name"]


def test_an_identity_number_is_checked_as_what_it_is_said_to_be() -> None:
    good = card("44030519900101123")
    bad, wrong = good[:-1] + ("0" if good[-1] != "0" else "1"), good[:-1] + "?"
    for values, right in (({"id_type": "id_card", "id_number": good}, True), ({"id_type": "id_card", "id_number": bad}, False),
                          ({"id_type": "passport", "id_number": bad}, True), ({"id_number": bad}, False),
                          ({"id_number": "G12345678"}, True), ({"id_type": "id_card", "id_number": "G12345678"}, False),
                          ({"id_number": wrong}, False)):
        _, faults = PERSON.read(values, whole=False)
        assert (not faults) is right, values


def test_masks_tell_little() -> None:
    fields = PERSON.fields
    masked = {name: fields[name].masked(value) for name, value in {
        "name": "欧阳铁蛋", "phone": "13800138000", "id_number": card("44030519900101123"), "birth_date": "1990-01-02",
        "care": ["mental_health"], "note": "夫妻不和"}.items()}
    assert masked["name"] == "欧**"
    assert masked["phone"] == "138****8000"
    assert re.fullmatch(r"4403\*{10}123.", masked["id_number"])
    assert (masked["birth_date"], masked["care"], masked["note"]) == ("1990-**-**", "•••", "•••")


def test_no_register_names_a_person_in_its_label_or_leaves_a_field_without_words() -> None:
    assert PERSON.label({"name": "张三"}) == "张*"
    for kept in REGISTERS.values():
        for field in kept.fields.values():
            assert field.chinese, field
            assert field.english, field
            assert bool(field.choices) is (field.kind in {Kind.CHOICE, Kind.CHOICES})
            personal = {name: f"人{name}" for name, one in kept.fields.items() if one.personal and name != "name"}
            assert not [value for value in personal.values() if value in kept.label(personal | {"name": "某某"})]


def test_a_phone_is_kept_as_it_is_looked_for() -> None:
    assert PERSON.fields["phone"].read("0755 8888 8888") == normal_phone("+86 755 88888888")
