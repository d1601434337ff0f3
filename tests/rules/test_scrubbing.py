"""What names a person goes from words, however it is written; all else stays to the letter."""
import pytest

from casework.identity.scrubbing import Known, scrub, scrub_all

NOBODY = Known()
WANG = Known(names=frozenset({"王小明"}), phones=frozenset({"0755-26001234"}), others=frozenset({"wang@example.org"}))


@pytest.mark.parametrize("written", [
    "13812345678", "138 1234 5678", "138-1234-5678", "+8613812345678", "+86 13812345678", "8613812345678",
    "１３８１２３４５６７８", "440301199003071234", "44030119900307123X"])
def test_phones_and_identity_numbers_go_by_their_shape(written: str) -> None:
    assert scrub(f"请打{written}找我", NOBODY) == "请打•••找我"


@pytest.mark.parametrize("text", [
    "井盖不见了，第3天", "热线工单202603021380000123有更新", "ZW260302-13812-34567", "订单号 1381234567890123",
    "0191d2f0-1381-7345-8138-123456781381", "13812345", "编号 123456789012345678", "坐标 114.13812345678"])
def test_other_numbers_stay(text: str) -> None:
    assert scrub(text, NOBODY) == text


@pytest.mark.parametrize("said", ["我是王小明", "我是王 小明", "打0755 26001234", "打075526001234", "写到WANG@example.org"])
def test_who_is_known_goes_by_name(said: str) -> None:
    assert "•••" in scrub(said, WANG, shapes=False)
    assert scrub(scrub(said, WANG), WANG) == scrub(said, WANG)


def test_without_shapes_other_peoples_phones_stay() -> None:
    assert scrub("王小明和13812345678", WANG, shapes=False) == "•••和13812345678"


def test_a_surname_and_short_numbers_are_nobody() -> None:
    assert scrub("王家村拨打110", Known(names=frozenset({"王"}), phones=frozenset({"110"}))) == "王家村拨打110"


def test_json_keeps_its_keys_and_numbers() -> None:
    said = {"reason": "找王小明", "list": ["13812345678", 13812345678], "王小明": None}
    assert scrub_all(said, WANG) == {"reason": "找•••", "list": ["•••", 13812345678], "王小明": None}
