"""All settings, read once from the environment. An unknown or impossible value stops the start with a sentence."""
import base64
import binascii
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit


class SettingsError(Exception):
    """The environment cannot be used; `sentences` has one per fault."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


def _key(text: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise ValueError("must be url-safe base64") from None
    if len(raw) != 32:
        raise ValueError(f"must be 32 bytes in url-safe base64, and is {len(raw)}")
    return raw


def _keyring(text: str) -> dict[str, bytes]:
    ring: dict[str, bytes] = {}
    for part in text.split(","):
        name, colon, key = part.strip().partition(":")
        if not colon or not re.fullmatch(r"[a-z0-9]{1,8}", name):
            raise ValueError('must look like "k2:BASE64,k1:BASE64", the current key first')
        ring[name] = _key(key)
    return ring


def _number(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise ValueError("must be a number") from None
        if not low <= value <= high:
            raise ValueError(f"must be between {low:g} and {high:g}")
        return value
    return read


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"-?\d+", text):
            raise ValueError("must be a whole number")
        if not low <= int(text) <= high:
            raise ValueError(f"must be between {low} and {high}")
        return int(text)
    return read


def _shares(text: str) -> tuple[int, ...]:
    try:
        shares = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise ValueError("must be whole per cents such as 50,80,100,150") from None
    if list(shares) != sorted(set(shares)) or 100 not in shares or not 0 < shares[0] <= shares[-1] <= 1000:
        raise ValueError("must rise, contain 100 and stay between 1 and 1000")
    return shares


def _url(*schemes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not text.startswith(tuple(f"{scheme}:" for scheme in schemes)):
            raise ValueError(f"must start with one of {', '.join(schemes)}")
        return text
    return read


def _database(text: str) -> str:
    """SQLAlchemy wants the driver named; operators paste what their provider gave them."""
    _url("sqlite", "postgresql", "postgres", "postgresql+psycopg")(text)
    return re.sub(r"^postgres(ql)?:", "postgresql+psycopg:", text)


def _choice(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return text
    return read


def _rate(text: str) -> str:
    if not re.fullmatch(r"[1-9]\d* per (second|minute|hour|day)", text):
        raise ValueError('must look like "600 per minute"')
    return text


@dataclass(frozen=True)
class Flood:
    """So many in so many seconds of what counts as one sender; intake/guard says what each kind is."""

    kind: str
    count: int
    seconds: int


FLOODS = ("phone", "device", "openid", "address", "place", "crowd", "upload")
SPANS = {"minute": 60, "hour": 3600, "day": 86_400}


def _floods(text: str) -> tuple[Flood, ...]:
    made = []
    for part in text.split(",") if text != "none" else ():
        found = re.fullmatch(rf"({'|'.join(FLOODS)}) ([1-9]\d{{0,6}}) per ({'|'.join(SPANS)})", part.strip())
        if not found:
            raise ValueError(f'must look like "phone 20 per hour, place 8 per hour", or be "none"; known: {", ".join(FLOODS)}')
        made.append(Flood(found[1], int(found[2]), SPANS[found[3]]))
    return tuple(made)


USUAL_FLOODS = _floods("phone 20 per hour, phone 60 per day, device 20 per hour, device 60 per day, openid 20 per hour, "
                       "openid 60 per day, address 300 per hour, place 8 per hour, crowd 100 per hour, upload 200 per hour")
"""Nobody who cares for his street reaches these. Many share an address, and at a burst pipe also the place."""


def _smtp(text: str) -> str:
    parts = urlsplit(text)
    _ = parts.port  # raises for what is none
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or "@" not in "".join(parse_qs(parts.query).get("from", [])):
        raise ValueError("must look like smtps://user:password@host:465?from=zhiwang@example.org")
    return text


def _tiles(text: str) -> str:
    """One host, so that a page can be allowed to ask it alone."""
    _url("https", "http")(text)
    if not urlsplit(text).hostname or re.search(r"[{}]", urlsplit(text).netloc):
        raise ValueError("must name one host, as https://tiles.example.org/{z}/{x}/{y}.png does")
    if set(re.findall(r"\{(\w*)\}", text)) != {"z", "x", "y"} or re.search(r"[\s;,'\"]", text):
        raise ValueError("must have {z}, {x} and {y}, and no other braces, spaces, quotes, commas or semicolons")
    return text


def _hours(text: str) -> tuple[time, time] | None:
    if text == "none":
        return None
    try:
        since, until = (time.fromisoformat(part) for part in text.split("-"))
    except ValueError:
        raise ValueError('must look like "22:00-07:00", or be "none"') from None
    return since, until


HOTLINES = ("fire", "ambulance", "police", "gas", "power", "traffic", "water", "heat")
"""Kinds of emergencies for which a city may have a number of its own; classification/emergencies.py says what they are."""


def _hotlines(text: str) -> tuple[tuple[str, str], ...]:
    made = []
    for part in text.split(","):
        kind, _, number = part.strip().partition(" ")
        if kind not in HOTLINES or not re.fullmatch(r"\+?[0-9][0-9 -]{1,18}[0-9]", number.strip()):
            raise ValueError(f'must look like "gas 0755-25199999, power 95598"; kinds are {", ".join(HOTLINES)}')
        made.append((kind, number.strip()))
    return tuple(made)


def _hour(text: str) -> time:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError('must look like "17:30"')
    return time.fromisoformat(text)


def _site(text: str) -> str:
    parts = urlsplit(text)
    _ = parts.port  # raises for what is none
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("must look like https://zhiwang.example.org")
    return text.rstrip("/")


def _aes_key(text: str) -> bytes:
    """EncodingAESKey of a WeChat account: 43 characters, base64 without its last sign."""
    if not re.fullmatch(r"[A-Za-z0-9+/]{43}", text):
        raise ValueError("must have the 43 letters and digits of an EncodingAESKey")
    return base64.b64decode(f"{text}=")


RETENTION_DAYS = {
    "contacts_closed": 365, "contacts_rejected": 180, "contacts_void": 90, "photos_originals": 180, "photos_large": 730,
    "photos_small": 1825, "evidence_originals": 365, "evidence_large": 1825, "evidence_small": 3650, "messages": 365,
    "submissions": 730, "task_words": 730, "followers": 365, "citizens": 730, "access_log": 1825, "exports": 7,
    "data_requests": 1095}
"""How many days each kind of thing is kept, unless ZHIWANG_RETENTION says otherwise; what each is, retention/rules.py says."""


def _retention(text: str) -> tuple[tuple[str, int], ...]:
    days = {}
    for part in text.split(","):
        name, _, number = part.strip().partition("=")
        if name not in RETENTION_DAYS or not re.fullmatch(r"[1-9]\d{0,4}", number):
            raise ValueError(f'must look like "contacts_closed=365,messages=180"; known are {", ".join(RETENTION_DAYS)}')
        days[name] = int(number)
    return tuple(days.items())


def _setting(name: str, read: Callable[[str], Any], default: Any = MISSING) -> Any:
    return field(default=default, metadata={"name": name, "read": read})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting with its environment variable, its reader and its default. README lists them for operators."""

    database_url: str = _setting("DATABASE_URL", _database)
    redis_url: str = _setting("REDIS_URL", _url("redis", "rediss"))
    blob_url: str = _setting("BLOB_URL", _url("file", "s3"))
    home: Path = _setting("ZHIWANG_HOME", Path, Path("zhiwang-home"))
    signing_key: bytes = _setting("ZHIWANG_SIGNING_KEY", _key)
    index_key: bytes = _setting("ZHIWANG_INDEX_KEY", _key)
    data_keys: dict[str, bytes] = _setting("ZHIWANG_DATA_KEYS", _keyring)
    trusted_proxies: int = _setting("ZHIWANG_TRUSTED_PROXIES", _whole(0, 5), 0)
    sms: str = _setting("ZHIWANG_SMS", _choice("log", "show", "http"), "log")
    sms_url: str = _setting("ZHIWANG_SMS_URL", _url("https", "http"), "")
    sms_key: str = _setting("ZHIWANG_SMS_KEY", str, "")
    sms_secret: str = _setting("ZHIWANG_SMS_SECRET", str, "")
    smtp_url: str = _setting("ZHIWANG_SMTP_URL", _smtp, "")
    wechat_app_id: str = _setting("ZHIWANG_WECHAT_APP_ID", str, "")
    wechat_secret: str = _setting("ZHIWANG_WECHAT_SECRET", str, "")
    wechat_token: str = _setting("ZHIWANG_WECHAT_TOKEN", str, "")
    wechat_aes_key: bytes = _setting("ZHIWANG_WECHAT_AES_KEY", _aes_key, b"")
    wechat_url: str = _setting("ZHIWANG_WECHAT_URL", _url("https", "http"), "https://api.weixin.qq.com")
    wechat_open_url: str = _setting("ZHIWANG_WECHAT_OPEN_URL", _url("https", "http"), "https://open.weixin.qq.com")
    wechat_minutes: int = _setting("ZHIWANG_WECHAT_MINUTES", _whole(1, 55), 30)
    wechat_template: str = _setting("ZHIWANG_WECHAT_TEMPLATE", str, "")
    wechat_subscription: str = _setting("ZHIWANG_WECHAT_SUBSCRIPTION", str, "")
    wechat_mini_app_id: str = _setting("ZHIWANG_WECHAT_MINI_APP_ID", str, "")
    wechat_mini_secret: str = _setting("ZHIWANG_WECHAT_MINI_SECRET", str, "")
    webhook_loopback: str = _setting("ZHIWANG_WEBHOOK_LOOPBACK", _choice("yes", "no"), "no")
    quiet_hours: tuple[time, time] | None = _setting("ZHIWANG_QUIET_HOURS", _hours, (time(22), time(7)))
    public_url: str = _setting("ZHIWANG_PUBLIC_URL", _site, "")
    tiles_url: str = _setting("ZHIWANG_TILES", _tiles, "")
    tiles_attribution: str = _setting("ZHIWANG_TILES_ATTRIBUTION", str, "")
    digest_at: time = _setting("ZHIWANG_DIGEST_AT", _hour, time(17, 30))
    subscriptions: int = _setting("ZHIWANG_SUBSCRIPTIONS", _whole(1, 1000), 50)
    log_level: str = _setting("ZHIWANG_LOG_LEVEL", _choice("debug", "info", "warning", "error"), "info")
    access_minutes: int = _setting("ZHIWANG_ACCESS_MINUTES", _whole(1, 120), 15)
    refresh_days: int = _setting("ZHIWANG_REFRESH_DAYS", _whole(1, 90), 14)
    link_minutes: int = _setting("ZHIWANG_LINK_MINUTES", _whole(1, 1440), 15)
    photo_megabytes: int = _setting("ZHIWANG_PHOTO_MEGABYTES", _whole(1, 100), 20)
    photo_megapixels: int = _setting("ZHIWANG_PHOTO_MEGAPIXELS", _whole(1, 400), 100)
    upload_megabytes: int = _setting("ZHIWANG_UPLOAD_MEGABYTES", _whole(1, 2000), 100)
    upload_quota_megabytes: int = _setting("ZHIWANG_UPLOAD_QUOTA_MEGABYTES", _whole(1, 100_000), 1000)
    upload_days: int = _setting("ZHIWANG_UPLOAD_DAYS", _whole(1, 90), 7)
    retention: tuple[tuple[str, int], ...] = _setting("ZHIWANG_RETENTION", _retention, ())
    erasure_days: int = _setting("ZHIWANG_ERASURE_DAYS", _whole(0, 15), 7)
    adoptions_each: int = _setting("ZHIWANG_ADOPTIONS", _whole(1, 1000), 5)
    track_days: int = _setting("ZHIWANG_TRACK_DAYS", _whole(1, 1000), 90)
    duplicate_metres: float = _setting("ZHIWANG_DUPLICATE_METRES", _number(0, 5000), 50.0)
    duplicate_hours: float = _setting("ZHIWANG_DUPLICATE_HOURS", _number(0, 8760), 24.0)
    warning_false_alarms: float = _setting("ZHIWANG_WARNING_FALSE_ALARMS", _number(0.1, 100), 4.0)
    alarm_shares: tuple[int, ...] = _setting("ZHIWANG_ALARM_SHARES", _shares, (50, 80, 100, 150))
    live_streams: int = _setting("ZHIWANG_LIVE_STREAMS", _whole(0, 1000), 160)
    relay_batch: int = _setting("ZHIWANG_RELAY_BATCH", _whole(1, 5000), 500)
    public_photos: str = _setting("ZHIWANG_PUBLIC_PHOTOS", _choice("auto", "person", "never"), "person")
    open311_contact: str = _setting("ZHIWANG_OPEN311_CONTACT", str, "平台管理员 the administrators of this platform")
    open311_repeat_minutes: int = _setting("ZHIWANG_OPEN311_REPEAT_MINUTES", _whole(1, 10_080), 60)
    open311_test_url: str = _setting("ZHIWANG_OPEN311_TEST_URL", _url("https", "http"), "")
    emergency_numbers: tuple[tuple[str, str], ...] = _setting("ZHIWANG_EMERGENCY_NUMBERS", _hotlines, ())
    flood: tuple[Flood, ...] = _setting("ZHIWANG_FLOOD", _floods, USUAL_FLOODS)
    abuse_marks: int = _setting("ZHIWANG_ABUSE_MARKS", _whole(0, 100), 3)
    abuse_days: int = _setting("ZHIWANG_ABUSE_DAYS", _whole(1, 365), 30)
    rate_limit_reports: str = _setting("ZHIWANG_RATE_REPORTS", _rate, "600 per minute")
    rate_limit_login: str = _setting("ZHIWANG_RATE_LOGIN", _rate, "20 per minute")

    def kept_days(self, what: str) -> int:
        """How many days this kind of thing is kept; RETENTION_DAYS names the kinds."""
        return dict(self.retention).get(what, RETENTION_DAYS[what])

    @property
    def wechat(self) -> bool:
        """Whether there is a WeChat account; else that channel is off."""
        return bool(self.wechat_app_id)


GATEWAY = ("sms_url", "sms_key", "sms_secret")
"""What an SMS gateway cannot do without."""

WECHAT = (("wechat_app_id", "wechat_secret", "wechat_token"), ("wechat_mini_app_id", "wechat_mini_secret"))
"""What a WeChat account, and a mini-program, cannot do without; with none of them that channel is off."""

NOT_OURS = {"ZHIWANG_PORT"}
"""Read by `zhiwang up` and the Procfile, not by the application."""


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment.

    Raises SettingsError with one sentence for each missing, unknown or impossible value.
    """
    values: dict[str, Any] = {}
    known = {one.metadata["name"]: one for one in fields(Settings)}
    unknown = sorted(name for name in environ if name.startswith("ZHIWANG_") and name not in known.keys() | NOT_OURS)
    faults = [f"{name} is not a setting of Zhiwang; known are {', '.join(sorted(known))}." for name in unknown]
    for name, one in known.items():
        text = environ.get(name, "").strip()
        if text:
            try:
                values[one.name] = one.metadata["read"](text)
            except ValueError as error:
                faults.append(f"{name} {error}.")
        elif one.default is MISSING:
            faults.append(f"{name} must be set; `zhiwang up` makes one for a laptop, on servers see README.")
    if values.get("sms") == "http":
        missing = [name for name in GATEWAY if not values.get(name)]
        faults += [f"ZHIWANG_{name.upper()} must be set, because ZHIWANG_SMS is http." for name in missing]
    faults += _halves(values)
    if faults:
        raise SettingsError(faults)
    return Settings(**values)


def _halves(values: Mapping[str, Any]) -> list[str]:
    faults = []
    for names in WECHAT:
        given = [name for name in names if values.get(name)]
        faults += [f"ZHIWANG_{name.upper()} must be set, because ZHIWANG_{given[0].upper()} is." for name in names
                   if given and name not in given]
    return faults


_current: Settings | None = None


def configure(settings: Settings) -> None:
    """Make these the settings of this process."""
    global _current  # noqa: PLW0603 - settings are the one thing that is global by nature
    _current = settings


def current() -> Settings:
    """The settings of this process, read from the environment the first time they are asked for."""
    if _current is None:
        configure(load())
    assert _current is not None  # noqa: S101 - configure() has just set it; mypy cannot know
    return _current
