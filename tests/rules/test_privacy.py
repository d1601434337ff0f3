"""Personal data at rest: sealed to its column, found again by index, masked when shown."""
import pickle
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework import settings
from casework.identity.privacy import SealedText, UnreadableError, blind_index, mask_name, mask_phone, normal_phone, seal
from casework.identity.sealing import Sealed, derived_key
from casework.settings import Settings
from casework.storage.database import Base, load_models

K2 = b"e" * 32


def stored(text: str, purpose: str = "users.phone") -> bytes:
    return seal(text).sealed_for(purpose)


def read(sealed: bytes, purpose: str = "users.phone") -> SealedText:
    return SealedText(sealed=sealed, purpose=purpose)


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_was_sealed_opens_again(text: str) -> None:
    settings.configure(Settings(database_url="", redis_url="", blob_url="", signing_key=K2, index_key=K2,
                                data_keys={"k1": K2}))
    try:
        assert read(stored(text)).open() == text
    finally:
        settings._current = None


@pytest.mark.usefixtures("config")
class TestSealing:
    def test_the_stored_bytes_name_their_key_and_hide_the_text(self) -> None:
        sealed = stored("13812341234")
        assert sealed.startswith(b"k1:")
        assert b"1381234" not in sealed

    def test_the_same_text_is_never_stored_twice_alike(self) -> None:
        assert stored("13812341234") != stored("13812341234")

    def test_it_does_not_show_itself(self) -> None:
        loaded = read(stored("13812341234"))
        loaded.open()
        for text in (seal("13812341234"), loaded):
            assert f"{text}" == str(text) == repr(text) == "•••"
            assert "1381234" not in repr({"phone": text})
            with pytest.raises(TypeError):
                pickle.dumps(text)

    def test_bytes_moved_to_another_column_do_not_open(self) -> None:
        with pytest.raises(UnreadableError):
            read(stored("13812341234"), "users.name").open()

    @pytest.mark.parametrize("at", [4, 15, 16, -1])
    def test_changed_bytes_do_not_open(self, at: int) -> None:
        sealed = bytearray(stored("13812341234"))
        sealed[at] ^= 1
        with pytest.raises(UnreadableError):
            read(bytes(sealed)).open()

    @pytest.mark.parametrize("broken", [b"", b"k1:", b"k1:short", b"nonsense", b"\xff\xfe:abc"])
    def test_broken_bytes_do_not_open(self, broken: bytes) -> None:
        with pytest.raises(UnreadableError):
            read(broken).open()

    def test_an_older_key_still_opens_and_the_first_one_seals(self, config: Settings) -> None:
        old = stored("张三")
        settings.configure(replace(config, data_keys={"k2": K2, **config.data_keys}))
        assert read(old).open() == "张三"
        assert read(stored("张三")).key_name == "k2"

    def test_without_its_key_it_stays_shut(self, config: Settings) -> None:
        old = stored("张三")
        settings.configure(replace(config, data_keys={"k2": K2}))
        with pytest.raises(UnreadableError, match="ZHIWANG_DATA_KEYS"):
            read(old).open()

    def test_a_text_read_from_one_column_is_sealed_anew_for_another(self) -> None:
        moved = read(stored("张三", "a.b"), "a.b").sealed_for("c.d")
        assert read(moved, "c.d").open() == "张三"

    def test_a_plain_text_is_not_taken_for_a_sealed_one(self) -> None:
        with pytest.raises(TypeError, match="seal"):
            Sealed("users.phone").process_bind_param("13812341234", None)  # type: ignore[arg-type]

    def test_each_use_of_the_signing_key_has_a_key_of_its_own(self) -> None:
        assert len({derived_key(purpose) for purpose in ("access", "tracking", "phone code")}) == 3


def test_every_sealed_column_is_bound_to_itself() -> None:
    load_models()
    sealed = {f"{table.name}.{column.name}": column.type.purpose for table in Base.metadata.sorted_tables
              for column in table.columns if isinstance(column.type, Sealed)}
    assert "users.phone" in sealed
    assert sealed == {name: name for name in sealed}


ONE_MOBILE = ["13812341234", "138 1234 1234", "138-1234-1234", "+86 13812341234", "+8613812341234", "008613812341234",
              "8613812341234", "１３８１２３４１２３４", "(+86)138 1234 1234", "\u200b13812341234"]


@pytest.mark.usefixtures("config")
@pytest.mark.parametrize("written", ONE_MOBILE)
def test_one_number_has_one_index_however_it_is_written(written: str) -> None:
    assert normal_phone(written) == "13812341234"
    assert blind_index("phone", written) == blind_index("phone", "13812341234")


@pytest.mark.parametrize(("written", "dialled"), [
    ("0755-12345678", "075512345678"), ("+86 755 1234 5678", "075512345678"), ("+86 (0)755 12345678", "075512345678"),
    ("+86 10 1234 5678", "01012345678"), ("12345", "12345"), ("400-800-1234", "4008001234")])
def test_a_landline_is_what_one_dials_inside_the_country(written: str, dialled: str) -> None:
    assert normal_phone(written) == dialled


@pytest.mark.usefixtures("config")
def test_an_index_tells_kinds_and_keys_apart(config: Settings) -> None:
    assert blind_index("name", "张 三") == blind_index("name", "张三") != blind_index("name", "李四")
    assert blind_index("name", "13812341234") != blind_index("phone", "13812341234")
    before = blind_index("name", "张三")
    settings.configure(replace(config, index_key=b"j" * 32))
    assert blind_index("name", "张三") != before


@pytest.mark.parametrize(("phone", "masked"), [
    ("13812341234", "138****1234"), ("+86 138 1234 1234", "138****1234"), ("075512345678", "075****5678"),
    ("12345", "****45"), ("110", "****"), ("", "****")])
def test_a_masked_phone(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(("name", "masked"), [
    ("张三", "张*"), ("张三丰", "张**"), ("欧阳娜娜", "欧**"), ("张", "张*"), ("John Smith", "J**"), (" 张三 ", "张*")])
def test_a_masked_name(name: str, masked: str) -> None:
    assert mask_name(name) == masked
