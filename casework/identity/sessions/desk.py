"""Log-in at the desk with a password; guessing gets slower with every wrong one, for all processes together."""
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework import clock
from casework.errors import Unauthenticated
from casework.identity import passwords
from casework.identity.people import User
from casework.identity.sealing import blind_index
from casework.identity.sessions.refusals import Attempt, Pace, Tally, refuse
from casework.identity.sessions.tokens import Tokens, begin
from casework.storage.database import insert_once

# One person mistyping is free; one login tried from everywhere waits at most a minute, and an address from which its
# owner came in lately does not wait for what others try, so that nobody can lock the owner out; one address trying many
# logins may be a whole office behind one router, hence the wide allowance.
FROM_ONE_ADDRESS = Pace(free=5, first=5, most=900)
FROM_ANYWHERE = Pace(free=50, first=1, most=60)
FOR_ANY_LOGIN = Pace(free=100, first=5, most=900)
AT_HOME_FOR = timedelta(days=30)


def log_in(db: Session, login: str, password: str, address: str) -> Tokens:
    """Tokens for the right password. Raises what prove() raises."""
    return begin(db, user_id=prove(db, login, password, address).id)


def prove(db: Session, login: str, password: str, address: str) -> User:
    """Whose password this is; `address` is the caller's IP address.

    Raises Unauthenticated with the same sentence for a wrong login, a wrong password and a deactivated account, after
    the same work; TooMany after too many of them. What was counted is committed though it raises.
    """
    login = login.strip().lower()
    pair, anywhere = f"login {login} {address}", f"login {login}"
    paced = [(pair, FROM_ONE_ADDRESS), (f"address {address}", FOR_ANY_LOGIN)]
    attempt = Attempt(db, *paced, *([] if _at_home(db, login, address) else [(anywhere, FROM_ANYWHERE)]))
    # What cannot be printed (NUL, half a surrogate) is in no login, and PostgreSQL would not take it.
    user = db.scalar(select(User).where(User.login == login, User.active)) if login.isprintable() else None
    if not passwords.matches(user.password_hash if user else None, password) or user is None:
        attempt.count()
        refuse(db, Unauthenticated("login or password is wrong"))
    attempt.forgive(pair)
    attempt.forgive(anywhere)
    _now_at_home(db, login, address)
    if user.password_hash and passwords.outdated(user.password_hash):
        user.password_hash = passwords.hashed(password)
    return user


def _at_home(db: Session, login: str, address: str) -> bool:
    """Whether this login was opened from this address lately."""
    return db.scalar(select(Tally.id).where(Tally.key == _home(login, address), Tally.last_at > clock.now())) is not None


def _now_at_home(db: Session, login: str, address: str) -> None:
    """Kept among the tallies, so that no address is written down; its `last_at` lies ahead, at the end of its time."""
    key, until = _home(login, address), clock.now() + AT_HOME_FOR
    if not insert_once(db, Tally, [{"key": key, "last_at": until}], on=("key",)):
        db.execute(update(Tally).where(Tally.key == key).values(last_at=until))


def _home(login: str, address: str) -> str:
    return blind_index("tally", f"home {login} {address}")
