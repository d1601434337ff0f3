"""Requests as tests of identity make them: one verb in a transaction of its own, alone or several at once."""
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest

from casework.errors import CaseworkError
from casework.identity import passwords, sessions
from casework.identity.accounts import Hire, hire
from casework.identity.people import Actor, Role, User
from casework.storage.database import reading, transaction
from tests.statements import heard

T = TypeVar("T")
PASSWORD, HERE, PHONE = "correct horse", "10.0.0.1", "13812341234"
PASSWORD_HASH = passwords.hashed(PASSWORD)


def hire_wang() -> User:
    """A dispatcher with a password."""
    with transaction() as db:
        return hire(db, [Hire("wang", "王五", Role.DISPATCHER, "派遣员")], PASSWORD_HASH)[0][0]


def done(verb: Callable[..., T], *facts: object) -> T:
    """One request: a transaction of its own around one verb."""
    with transaction() as db:
        return verb(db, *facts)


def who(access: str) -> Actor:
    with reading() as db:
        return sessions.actor_of_access(db, access)


def fails(verb: Callable[..., object], *facts: object) -> type[CaseworkError]:
    with pytest.raises(CaseworkError) as failed:
        done(verb, *facts)
    return type(failed.value)


def at_once(count: int, verb: Callable[..., object], *facts: object) -> list[object]:
    """The same request `count` times at the same moment; the results, or the kinds of error."""
    together = Barrier(count)

    def go(_: int) -> object:
        together.wait()
        try:
            return done(verb, *facts)
        except CaseworkError as error:
            return type(error)
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(go, range(count)))


def statements(verb: Callable[[], object]) -> int:
    """How many statements reach the database, beginning and ending not counted."""
    with heard() as sent:
        verb()
    return len(sent)
