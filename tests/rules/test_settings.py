"""The environment is read once, and every fault in it is a sentence."""
import pytest

from casework.settings import Flood, Settings, SettingsError, load

KEY = "c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M"
GOOD = {"DATABASE_URL": "sqlite:////tmp/z.db", "REDIS_URL": "redis://127.0.0.1", "BLOB_URL": "file:///tmp/blobs",
        "ZHIWANG_SIGNING_KEY": KEY, "ZHIWANG_INDEX_KEY": KEY, "ZHIWANG_DATA_KEYS": f"k2:{KEY},k1:{KEY}"}


def test_what_is_missing_is_said_all_at_once() -> None:
    with pytest.raises(SettingsError) as told:
        load({})
    assert [sentence.split()[0] for sentence in told.value.sentences] == list(GOOD)


def test_defaults_stand_and_the_first_key_is_current() -> None:
    made = load(GOOD | {"PATH": "/bin"})
    assert isinstance(made, Settings)
    assert (made.photo_megabytes, made.alarm_shares, next(iter(made.data_keys))) == (20, (50, 80, 100, 150), "k2")


def test_a_provider_s_url_names_our_driver() -> None:
    assert load(GOOD | {"DATABASE_URL": "postgres://u:p@h/z"}).database_url == "postgresql+psycopg://u:p@h/z"


@pytest.mark.parametrize(("name", "value", "said"), [
    ("DATABASE_URL", "mysql://h/z", "must start with one of sqlite, postgresql"),
    ("REDIS_URL", "127.0.0.1:6379", "must start with one of redis"),
    ("BLOB_URL", "/var/blobs", "must start with one of file, s3"),
    ("ZHIWANG_SIGNING_KEY", "c2hvcnQ", "must be 32 bytes"),
    ("ZHIWANG_SIGNING_KEY", "not base64!", "base64"),
    ("ZHIWANG_DATA_KEYS", KEY, 'must look like "k2:BASE64'),
    ("ZHIWANG_PHOTO_MEGABYTES", "many", "must be a whole number"),
    ("ZHIWANG_PHOTO_MEGABYTES", "0", "must be between 1 and 100"),
    ("ZHIWANG_DUPLICATE_METRES", "far", "must be a number"),
    ("ZHIWANG_WECHAT_AES_KEY", "short", "must have the 43 letters"),
    ("ZHIWANG_WECHAT_URL", "api.weixin.qq.com", "must start with one of https"),
    ("ZHIWANG_TILES", "https://{s}.example.org/{z}/{x}/{y}.png", "must name one host"),
    ("ZHIWANG_TILES", "https://example.org/{z}/{x}.png", "must have {z}, {x} and {y}"),
    ("ZHIWANG_TILES", "https://example.org/{z}/{x}/{y}.png; script-src *", "must have {z}, {x} and {y}"),
    ("ZHIWANG_TILES", "javascript:{z}{x}{y}", "must start with one of https"),
    ("ZHIWANG_WECHAT_MINUTES", "56", "must be between 1 and 55"),
    ("ZHIWANG_ALARM_SHARES", "80,50", "must rise, contain 100"),
    ("ZHIWANG_ALARM_SHARES", "50,80", "must rise, contain 100"),
    ("ZHIWANG_LOG_LEVEL", "loud", "must be one of debug"),
    ("ZHIWANG_RATE_LOGIN", "lots", 'must look like "600 per minute"'),
    ("ZHIWANG_FLOOD", "phone many per hour", 'must look like "phone 20 per hour'),
    ("ZHIWANG_FLOOD", "cats 20 per hour", "known: phone, device"),
    ("ZHIWANG_EMERGENCY_NUMBERS", "gas 燃气", "must look like"),
    ("ZHIWANG_EMERGENCY_NUMBERS", "cats 110", "kinds are fire"),
    ("ZHIWANG_COLOUR", "red", "is not a setting of Zhiwang"),
])
def test_an_impossible_value_stops_the_start_with_a_sentence(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError) as told:
        load(GOOD | {name: value})
    (sentence,) = told.value.sentences
    assert sentence.startswith(name)
    assert said in sentence


def test_a_wechat_account_is_whole_or_none() -> None:
    assert not load(GOOD).wechat
    whole = {f"ZHIWANG_WECHAT_{name}": "x" for name in ("APP_ID", "SECRET", "TOKEN")}
    assert load(GOOD | whole | {"ZHIWANG_WECHAT_AES_KEY": "a" * 43}).wechat
    with pytest.raises(SettingsError) as told:
        load(GOOD | {"ZHIWANG_WECHAT_TOKEN": "x"})
    assert [one.split()[0] for one in told.value.sentences] == ["ZHIWANG_WECHAT_APP_ID", "ZHIWANG_WECHAT_SECRET"]
    with pytest.raises(SettingsError) as told:
        load(GOOD | {"ZHIWANG_WECHAT_MINI_APP_ID": "x"})
    assert [one.split()[0] for one in told.value.sentences] == ["ZHIWANG_WECHAT_MINI_SECRET"]


def test_floods_and_hotlines_are_read_as_data() -> None:
    made = load(GOOD | {"ZHIWANG_FLOOD": "phone 2 per day, place 3 per minute",
                        "ZHIWANG_EMERGENCY_NUMBERS": "gas 0755-25199999, power 95598"})
    assert made.flood == (Flood("phone", 2, 86_400), Flood("place", 3, 60))
    assert made.emergency_numbers == (("gas", "0755-25199999"), ("power", "95598"))
    assert load(GOOD | {"ZHIWANG_FLOOD": "none"}).flood == ()
