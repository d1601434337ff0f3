"""Forgetting what has run out, so that these tables follow the traffic of a day and not of a year."""
from sqlalchemy import CursorResult, delete
from sqlalchemy.orm import Session

from casework import clock
from casework.identity.sessions.citizens import PhoneCode
from casework.identity.sessions.clients import Nonce
from casework.identity.sessions.once import Used
from casework.identity.sessions.refusals import FORGOTTEN_AFTER, Tally
from casework.identity.sessions.tokens import LogIn


def forget_expired(db: Session) -> int:
    """Delete used nonces and words, old codes, log-ins whose last token has expired, and counts a day old; returns how many."""
    now = clock.now()
    gone = (delete(Nonce).where(Nonce.expires_at <= now), delete(PhoneCode).where(PhoneCode.expires_at <= now),
            delete(Used).where(Used.expires_at <= now),
            delete(LogIn).where(LogIn.expires_at <= now), delete(Tally).where(Tally.last_at <= now - FORGOTTEN_AFTER))
    results = [db.execute(one, execution_options={"synchronize_session": False}) for one in gone]
    return sum(result.rowcount for result in results if isinstance(result, CursorResult))
