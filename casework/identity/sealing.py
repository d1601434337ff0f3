"""Personal data as it is stored: encrypted with AES-256-GCM, searchable by a keyed hash, masked when shown."""
import hashlib
import hmac
import os
import re
import unicodedata
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from casework import settings

NONCE_BYTES = 12
HIDDEN = "•••"
SHORTEST_PHONE = 5
"""Digits of what can be somebody's phone: 110 may stand in texts of whoever it may be."""


class UnreadableError(Exception):
    """Sealed bytes that none of our keys opens: a key was dropped from ZHIWANG_DATA_KEYS, or somebody moved them."""


class SealedText:
    """A text that does not show itself: str() and repr() are "•••"; open() gives it, so every look can be searched for.

    In the database it is the key's name, ":", a random nonce and the ciphertext, bound to its column by `purpose`.
    """

    __slots__ = ("_sealed", "_text", "purpose")

    def __init__(self, text: str | None = None, sealed: bytes = b"", purpose: str = "") -> None:
        self._text = text
        self._sealed = sealed
        self.purpose = purpose

    def open(self) -> str:
        """The text. Raises UnreadableError when no key fits or the bytes were changed."""
        if self._text is None:
            self._text = _decrypt(self._sealed, self.purpose)
        return self._text

    def sealed_for(self, purpose: str) -> bytes:
        """The bytes to store in the column `purpose`; those it was read from stay as they are."""
        if self._sealed and self.purpose == purpose:
            return self._sealed
        return _encrypt(self.open(), purpose)

    @property
    def key_name(self) -> str:
        """The name of the key it was sealed with, "" when it was not stored yet."""
        return self._sealed.partition(b":")[0].decode("ascii", "replace")

    def __str__(self) -> str:
        return HIDDEN

    __repr__ = __str__

    def __reduce__(self) -> Any:
        raise TypeError("a sealed text is not pickled: hand the id over and read it again")


def seal(text: str) -> SealedText:
    """Keep this text to be encrypted when it is stored."""
    return SealedText(text)


class Sealed(TypeDecorator[SealedText]):
    """Column type of a SealedText. `purpose` is "table.column": bytes moved to another column do not open there."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, purpose: str) -> None:
        super().__init__()
        self.purpose = purpose

    def process_bind_param(self, value: SealedText | None, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        if not isinstance(value, SealedText):
            raise TypeError(f"{self.purpose} takes a sealed text; call seal()")
        return value.sealed_for(self.purpose)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> SealedText | None:
        return None if value is None else SealedText(sealed=bytes(value), purpose=self.purpose)


def _encrypt(text: str, purpose: str) -> bytes:
    return lock(text.encode(), purpose)


def lock(content: bytes, purpose: str) -> bytes:
    """Bytes of a file as they lie in the store: what a sealed column holds, under a purpose of their own."""
    name, key = next(iter(settings.current().data_keys.items()))
    nonce = os.urandom(NONCE_BYTES)
    return name.encode() + b":" + nonce + AESGCM(key).encrypt(nonce, content, purpose.encode())


def _decrypt(sealed: bytes, purpose: str) -> str:
    return unlock(sealed, purpose).decode()


def unlock(sealed: bytes, purpose: str) -> bytes:
    """The bytes that were locked. Raises UnreadableError when no key fits or they were changed."""
    name, _, rest = sealed.partition(b":")
    key = settings.current().data_keys.get(name.decode("ascii", "replace"))
    if key is None:
        raise UnreadableError(f"{purpose} was sealed with a key that ZHIWANG_DATA_KEYS does not have")
    try:
        return AESGCM(key).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], purpose.encode())
    except (InvalidTag, ValueError):
        raise UnreadableError(f"{purpose} holds bytes that were changed or belong elsewhere") from None


def derived_key(purpose: str) -> bytes:
    """A 32 byte key of its own for each use of the signing key: a token of one kind never passes for another."""
    return hmac.digest(settings.current().signing_key, purpose.encode(), hashlib.sha256)


def scrape_token() -> str:
    """Prometheus's bearer token: derived from the signing key, so that there is no further secret to keep."""
    return derived_key("metrics").hex()


def blind_index(kind: str, text: str) -> str:
    """A keyed hash (HMAC-SHA256, 32 hex digits) that finds the same text of one kind ("phone", "name", …) again."""
    plain = normal_phone(text) if kind == "phone" else _normal_text(text)
    said = f"{kind}\0{plain}".encode(errors="replace")
    return hmac.digest(settings.current().index_key, said, hashlib.sha256).hex()[:32]


def phone_index(text: str | None) -> str | None:
    """The blind index of what stands where a phone is asked for; None for what is none ("无"): those who write that are not
    one person."""
    return blind_index("phone", text) if text and len(normal_phone(text)) >= SHORTEST_PHONE else None


def normal_phone(text: str) -> str:
    """The digits of a Chinese phone number as dialled inside the country: half-width, no separators, no +86."""
    digits = re.sub(r"[^0-9+]", "", unicodedata.normalize("NFKC", text))
    abroad = re.fullmatch(r"(?:\+|00)86\+?0?(\d+)", digits)
    if abroad:
        rest = abroad[1]
        return rest if re.fullmatch(r"1[3-9]\d{9}", rest) else f"0{rest}"
    mobile = re.fullmatch(r"(?:86)?(1[3-9]\d{9})", digits)
    return mobile[1] if mobile else digits.replace("+", "")


def _normal_text(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def mask_phone(text: str) -> str:
    """138****1234; of a number under eight digits only the last two stay."""
    digits = normal_phone(text)
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 8 else f"****{digits[-2:]}" if len(digits) > 4 else "****"


def mask_name(text: str) -> str:
    """张* for 张三, 张** for longer names; the length beyond three characters is not told."""
    name = text.strip()
    return name[:1] + "*" * min(max(len(name) - 1, 1), 2)
