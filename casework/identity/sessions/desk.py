"""Log-in at the desk with a password; guessing gets slower with every wrong one, for all processes together."""
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.errors import Unauthenticated
from casework.identity import passwords
from casework.identity.people import User
from casework.identity.sessions.refusals import Attempt, Pace, refuse
from casework.identity.sessions.tokens import Tokens, begin

# One person mistyping is free; one login tried from everywhere waits at most a minute, so that nobody can lock the
# owner out for long; one address trying many logins may be a whole office behind one router, hence the wide allowance.
FROM_ONE_ADDRESS = Pace(free=5, first=5, most=900)
FROM_ANYWHERE = Pace(free=50, first=1, most=60)
FOR_ANY_LOGIN = Pace(free=100, first=5, most=900)


def log_in(db: Session, login: str, password: str, address: str) -> Tokens:
    """Tokens for the right password; `address` is the caller's IP address.

    Raises Unauthenticated with the same sentence for a wrong login, a wrong password and a deactivated account, after
    the same work; TooMany after too many of them. What was counted is committed though it raises.
    """
    login = login.strip().lower()
    pair = f"login {login} {address}"
    attempt = Attempt(db, (pair, FROM_ONE_ADDRESS), (f"login {login}", FROM_ANYWHERE),
                      (f"address {address}", FOR_ANY_LOGIN))
    # What cannot be printed (NUL, half a surrogate) is in no login, and PostgreSQL would not take it.
    user = db.scalar(select(User).where(User.login == login, User.active)) if login.isprintable() else None
    if not passwords.matches(user.password_hash if user else None, password) or user is None:
        attempt.count()
        refuse(db, Unauthenticated("login or password is wrong"))
    attempt.forgive(pair)
    if user.password_hash and passwords.outdated(user.password_hash):
        user.password_hash = passwords.hashed(password)
    return begin(db, user_id=user.id)
