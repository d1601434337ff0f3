"""What opens something once: a signed word that says what for and until when, and the list of those that were used."""
import hashlib
import hmac
import re
import secrets
import uuid
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Unauthenticated
from casework.identity.sealing import derived_key
from casework.storage.database import Base, Keyed, insert_once, new_id

WORD = re.compile(r"([0-9a-f]{32})([0-9a-f]{8})([0-9a-f]{32})")
"""Subject or random number, when it ends (Unix seconds), signature: letters and digits alone, 72 of them."""


class Used(Keyed, Base):
    """A word that was used, until it ends by itself. Says nothing of whom it was for."""

    __tablename__ = "used_words"
    word: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


def word(use: str, span: timedelta, *, subject: uuid.UUID | None = None, bound_to: str = "") -> str:
    """A word for one use, good for so long, and only together with `bound_to`; of a subject, or of nobody."""
    what = subject.hex if subject else secrets.token_hex(16)
    ends = f"{int((clock.now() + span).timestamp()):08x}"
    return f"{what}{ends}{_signature(use, what, ends, bound_to)}"


def use_up(db: Session, use: str, said: str, *, bound_to: str = "") -> uuid.UUID:
    """The subject of a word, which is then used up. Raises Unauthenticated for one that is not ours, too old or used."""
    found = WORD.fullmatch(said)
    what, ends, signed = found.groups() if found else ("", "0", "")
    if not found or not hmac.compare_digest(signed, _signature(use, what, ends, bound_to)):
        raise Unauthenticated("this is not ours")
    expires_at = datetime.fromtimestamp(int(ends, 16), UTC)
    new = insert_once(db, Used, [{"id": new_id(), "word": f"{use} {what}{ends}", "expires_at": expires_at}], on=("word",))
    if expires_at <= clock.now() or not new:
        raise Unauthenticated("this was used before, or is too old")
    return uuid.UUID(hex=what)


def _signature(use: str, what: str, ends: str, bound_to: str) -> str:
    said = "\0".join((use, what, ends, bound_to)).encode()
    return hmac.digest(derived_key("once"), said, hashlib.sha256).hex()[:32]
