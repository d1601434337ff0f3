"""Links to pictures that work for a while for whoever holds them: signed, expiring, no log-in needed to follow one."""
import base64
import hashlib
import hmac
import uuid
from datetime import timedelta
from enum import StrEnum

from casework import clock, settings
from casework.errors import NotFound, Refused


class Rendition(StrEnum):
    """What can be fetched: longest side 1600 px or 320 px (both stripped of metadata), or the file as it was sent; and what
    the public sees, 1280 px or 320 px, faces and plates destroyed (blurring/)."""

    LARGE = "1600"
    SMALL = "320"
    ORIGINAL = "original"
    PUBLIC = "public"
    PUBLIC_SMALL = "public-320"


OF_EVERYBODY = frozenset({Rendition.PUBLIC, Rendition.PUBLIC_SMALL})
"""These lie under keys of their own, see blurring/public_photo.py."""


def key(original_key: str, rendition: Rendition) -> str:
    """Where a rendition lies in the blob store."""
    return original_key if rendition is Rendition.ORIGINAL else f"{original_key}-{rendition.value}.jpg"


def sign(photo_id: uuid.UUID, rendition: Rendition, minutes: int | None = None) -> str:
    """A path that shows this rendition for settings.link_minutes, or as many minutes as said."""
    span = timedelta(minutes=settings.current().link_minutes if minutes is None else minutes)
    return _link(photo_id, rendition, int((clock.now() + span).timestamp()))


def sign_for_everybody(photo_id: uuid.UUID, rendition: Rendition) -> str:
    """The same for what is public. The path stays the same for settings.link_minutes, so that answers that carry it can be kept
    by whoever reads them, and works for that long at least."""
    span = settings.current().link_minutes * 60
    expires = (int(clock.now().timestamp()) // span + 2) * span
    return _link(photo_id, rendition, expires)


def verify(photo_id: uuid.UUID, rendition: Rendition, expires: int, signed: str) -> None:
    """Raises NotFound for a link we did not make, Refused for one that has expired."""
    if not hmac.compare_digest(signed.encode(), _of_link(photo_id, rendition, expires).encode()):
        raise NotFound("there is no such picture")
    if expires <= clock.now().timestamp():
        raise Refused("this link has expired; open the page again for a new one")


def signature(use: str, *parts: str) -> str:
    """HMAC-SHA-256 under the signing key, bound to one use, so that a signature for one thing never opens another."""
    said = "\0".join((use, *parts)).encode()
    seal = hmac.digest(settings.current().signing_key, said, hashlib.sha256)
    return base64.urlsafe_b64encode(seal).decode().rstrip("=")


def _link(photo_id: uuid.UUID, rendition: Rendition, expires: int) -> str:
    return (f"/api/v1/media/{photo_id}/{rendition.value}"
            f"?expires={expires}&signature={_of_link(photo_id, rendition, expires)}")


def _of_link(photo_id: uuid.UUID, rendition: Rendition, expires: int) -> str:
    return signature("photo link", str(photo_id), rendition.value, str(expires))
