"""Signatures and encryption of WeChat's messages, as its "message encryption" pages describe them."""
import base64
import binascii
import hashlib
import hmac
import os
import secrets
import struct
from dataclasses import dataclass
from datetime import timedelta

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from casework import clock
from casework.errors import Refused

FRESH = timedelta(minutes=5)
"""A request whose time stamp is farther from now, before or after, is refused."""

BLOCK = 32
"""PKCS#7 pads to this, and not to the 16 bytes of AES."""

RANDOM, LENGTH = 16, 4
NOT_OURS = "this was not signed with the token of this account"


def signature(*parts: str) -> str:
    """Hexadecimal SHA-1 of the parts, sorted and joined."""
    return hashlib.sha1("".join(sorted(parts)).encode(errors="replace")).hexdigest()  # noqa: S324 - WeChat's choice


def check(signed: str, *parts: str) -> None:
    """Raises Refused unless this is the signature of the parts; the comparison takes as long for any other."""
    if not hmac.compare_digest(signed.encode(errors="replace"), signature(*parts).encode()):
        raise Refused(NOT_OURS)


def check_time(timestamp: str) -> None:
    """Raises Refused for a time stamp (Unix seconds) that is not of the last or next five minutes."""
    known = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12
    if not known or abs(int(timestamp) - clock.now().timestamp()) > FRESH.total_seconds():
        raise Refused("the time stamp is missing, or older than five minutes")


@dataclass(frozen=True)
class Seal:
    """AES-256-CBC with the key of one account; the appid inside says for whom it was made."""

    key: bytes
    app_id: str

    def open(self, encrypted: str) -> bytes:
        """The XML inside. Raises Refused for what was not made with this key for this account.

        Check the signature first: whoever may ask without one could learn the plain text from the refusals.
        """
        try:
            sealed = base64.b64decode(encrypted, validate=True)
            decryptor = self._cipher().decryptor()
            padded = decryptor.update(sealed) + decryptor.finalize()
            plain = _unpadded(padded)
            (length,) = struct.unpack_from(">I", plain, RANDOM)
        except (binascii.Error, ValueError, struct.error):
            raise Refused(NOT_OURS) from None
        begin = RANDOM + LENGTH
        xml, app_id = plain[begin:begin + length], plain[begin + length:]
        if len(xml) != length or not hmac.compare_digest(app_id, self.app_id.encode()):
            raise Refused("this was encrypted for another account")
        return xml

    def close(self, xml: bytes) -> str:
        """The XML, encrypted, in base64."""
        plain = os.urandom(RANDOM) + struct.pack(">I", len(xml)) + xml + self.app_id.encode()
        missing = BLOCK - len(plain) % BLOCK
        encryptor = self._cipher().encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([missing]) * missing) + encryptor.finalize()).decode()

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self.key), modes.CBC(self.key[:16]))


def _unpadded(padded: bytes) -> bytes:
    last = padded[-1] if padded else 0
    if not 1 <= last <= BLOCK or not padded.endswith(bytes([last]) * last):
        raise ValueError("the padding is wrong")
    return padded[:-last]


def cdata(text: str) -> str:
    """Text in a CDATA section, or several where it holds the end of one."""
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def wrapped(seal: Seal, token: str, xml: str) -> str:
    """An answer in safe mode: encrypted and signed anew."""
    encrypted, at, nonce = seal.close(xml.encode()), str(int(clock.now().timestamp())), secrets.token_hex(8)
    return (f"<xml><Encrypt>{cdata(encrypted)}</Encrypt><MsgSignature>{cdata(signature(token, at, nonce, encrypted))}"
            f"</MsgSignature><TimeStamp>{at}</TimeStamp><Nonce>{cdata(nonce)}</Nonce></xml>")
