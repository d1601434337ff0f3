"""Citizens: a tracking token opens one report without an account; a code sent to the phone opens all sent from it."""
import base64
import hashlib
import hmac
import re
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework import clock
from casework.errors import Fault, Invalid, Unauthenticated
from casework.identity.people import Actor, Citizen, Role
from casework.identity.sealing import blind_index, derived_key, normal_phone, seal
from casework.identity.sessions.refusals import Attempt, Pace, forget, refuse
from casework.identity.sessions.tokens import Tokens, begin
from casework.storage.database import Base, Keyed, insert_once

CODE_MINUTES = 5
GUESSES = 5
# To one phone: at once, then after 1, 2, 4 … minutes, at most an hour; from one address: twenty before that begins.
TO_ONE_PHONE = Pace(free=0, first=60, most=3600)
FROM_ONE_ADDRESS = Pace(free=20, first=60, most=3600)
GUESSES_FROM_ONE_ADDRESS = Pace(free=20, first=5, most=900)
WRONG = "this code is wrong or too old; ask for a new one"


class Sender(Protocol):
    """Carries a short message to a phone or a mail box. Which there are, notifications/senders.py says: this package only
    says what it needs of one."""

    def send(self, to: str, text: str, key: str) -> None:
        """Hand over, or raise. What comes twice under one key may be dropped by whoever passes it on."""


class NotTakenError(Exception):
    """The other side did not take a message. Its words hold nothing that was sent; `final`: it will never take it; `away`:
    it is nothing about this message, nobody there takes any now."""

    def __init__(self, fault: str, *, final: bool = False, away: bool = False) -> None:
        super().__init__(fault)
        self.final, self.away = final, away


class MemorySender:
    """Keeps what is to be sent: until the transaction has ended, since no gateway may hold up the database; and in tests."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def send(self, to: str, text: str, key: str) -> None:
        """One more in `sent`."""
        self.sent.append((to, text))


class PhoneCode(Keyed, Base):
    """The code that was last sent to a phone; an earlier one no longer counts."""

    __tablename__ = "phone_codes"
    phone_index: Mapped[str] = mapped_column(unique=True)
    code_hash: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    guesses: Mapped[int] = mapped_column(default=0)


def tracking_token(report_id: uuid.UUID) -> str:
    """22 url-safe characters that only we can make for this report; always the same, so a resend can repeat it."""
    digest = hmac.digest(derived_key("tracking"), report_id.bytes, hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


def actor_of_tracking(report_id: uuid.UUID, token: str) -> Actor:
    """The citizen who holds the tracking token of this report, and of no other. Raises Unauthenticated."""
    if not hmac.compare_digest(tracking_token(report_id).encode(), token.encode(errors="replace")):
        raise Unauthenticated("this tracking token does not open this report")
    return Actor("citizen", None, "市民", frozenset({Role.CITIZEN}), report_id=report_id)


def send_phone_code(db: Session, phone: str, sender: Sender, address: str = "") -> None:
    """Send six digits that prove the phone for five minutes. Raises Invalid for no mobile number, TooMany.

    A sender that waits for somebody else is given what a MemorySender kept here, once the transaction has ended.
    """
    phone = _mobile(phone)
    attempt = Attempt(db, (f"code {phone}", TO_ONE_PHONE), *_paced("code from", address, FROM_ONE_ADDRESS))
    attempt.count()
    code = f"{secrets.randbelow(1_000_000):06d}"
    index, code_hash = blind_index("phone", phone), _code_hash(phone, code)
    expires_at = clock.now() + timedelta(minutes=CODE_MINUTES)
    db.execute(delete(PhoneCode).where(PhoneCode.phone_index == index))
    db.add(PhoneCode(phone_index=index, code_hash=code_hash, expires_at=expires_at))
    db.flush()
    sender.send(phone, f"【织网】验证码 {code}，{CODE_MINUTES} 分钟内有效，请勿告诉他人。", secrets.token_hex(16))


def log_in_phone(db: Session, phone: str, code: str, address: str = "") -> Tokens:
    """Tokens of the citizen who holds the phone; the code is then used up.

    Raises Unauthenticated for a wrong, old or used code and after five guesses (a guess counts though it raises).
    """
    prove_phone(db, phone, code, address)
    return log_in_proved(db, phone)


def prove_phone(db: Session, phone: str, code: str, address: str = "") -> None:
    """Whoever shows this code holds the phone; the code is then used up. Raises what log_in_phone() raises."""
    phone = _mobile(phone)
    index = blind_index("phone", phone)
    attempt = Attempt(db, *_paced("guess from", address, GUESSES_FROM_ONE_ADDRESS))
    sent = _code_of(db, index)
    live = sent is not None and sent.expires_at > clock.now() and sent.guesses < GUESSES
    if sent is None or not live or not hmac.compare_digest(sent.code_hash, _code_hash(phone, code)):
        attempt.count()
        if sent:
            sent.guesses += 1
        refuse(db, Unauthenticated(WRONG))
    db.delete(sent)
    forget(db, f"code {phone}")


def log_in_proved(db: Session, phone: str) -> Tokens:
    """Tokens of the citizen who holds this phone, when somebody whom we believe has proved it. Raises Invalid for no mobile
    number."""
    phone = _mobile(phone)
    index = blind_index("phone", phone)
    insert_once(db, Citizen, [{"phone": seal(phone), "phone_index": index}], on=("phone_index",))
    citizen_id = db.scalars(select(Citizen.id).where(Citizen.phone_index == index)).one()
    return begin(db, citizen_id=citizen_id)


def _mobile(text: str) -> str:
    phone = normal_phone(text)
    if not re.fullmatch(r"1[3-9][0-9]{9}", phone):
        raise Invalid("this is no mobile number", Fault("phone", "must be a Chinese mobile number of 11 digits"))
    return phone


def _paced(what: str, address: str, pace: Pace) -> list[tuple[str, Pace]]:
    return [(f"{what} {address}", pace)] if address else []


def _code_hash(phone: str, code: str) -> str:
    """Keyed: a million codes are soon tried on a stolen table."""
    text = f"{phone} {code.strip()}".encode(errors="replace")
    return hmac.digest(derived_key("phone code"), text, hashlib.sha256).hex()


def _code_of(db: Session, phone_index: str) -> PhoneCode | None:
    """Locked, so that guesses made at once are counted one after the other."""
    return db.scalar(select(PhoneCode).where(PhoneCode.phone_index == phone_index)
                     .with_for_update().execution_options(populate_existing=True))
