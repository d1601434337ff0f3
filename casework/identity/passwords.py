"""Passwords as argon2id hashes; checking costs the same whether or not there is such a user."""
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from casework.errors import Fault, Invalid

# OWASP's second setting (19 MiB, 2 passes, 1 lane): 22 ms on the machine this was written on. More memory would let
# twenty log-ins at once push a small server out of its memory.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
SHORTEST, LONGEST = 10, 200


def hashed(password: str, login: str = "") -> str:
    """The hash to store. Raises Invalid for a password under 10 or over 200 characters, or one that is the login."""
    reasons = {
        f"at least {SHORTEST} characters": len(password) < SHORTEST,
        f"at most {LONGEST} characters": len(password) > LONGEST,
        "must not contain the login": bool(login) and login.casefold() in password.casefold(),
        "not a few characters repeated": len(set(password)) < 4}
    faults = [Fault("password", reason) for reason, broken in reasons.items() if broken]
    if faults:
        raise Invalid("this password is too easy to guess or too long", *faults)
    return _HASHER.hash(password.encode(errors="replace"))


def matches(password_hash: str | None, password: str) -> bool:
    """Is it the password? Without a hash it is not, after as much work as if there were one."""
    try:
        _HASHER.verify(password_hash or _nobodys_hash(), password[:LONGEST + 1].encode(errors="replace"))
    except (VerificationError, InvalidHashError):
        return False
    return bool(password_hash)


def outdated(password_hash: str) -> bool:
    """Was it made with weaker parameters than today's?"""
    return _HASHER.check_needs_rehash(password_hash)


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash(secrets.token_urlsafe(32))
