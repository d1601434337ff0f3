"""Laws 1 to 7 hold after every step of random lives, on both databases.

Every run plays the same 400, for two minutes: more of them on SQLite, where a life costs half of what it costs on
PostgreSQL. Thousands of others: `LIVES=20000 LIVES_SEED=7 pytest tests/laws/test_lives.py`.
"""
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from casework.cases import case
from casework.identity.people import Role, actor_of, create_post, create_user
from casework.media import keep
from casework.storage import database
from casework.storage.database import transaction
from tests.conftest import Say, SetClock
from tests.factories import a_photo, small_city
from tests.laws.belief import Person
from tests.laws.lives import Life, Stage
from tests.people import hire

LIVES = int(os.environ.get("LIVES", "40"))
SEED = int(os.environ.get("LIVES_SEED", "3"))
STEPS = 16
AS_IN_EVERY_RUN = settings(stateful_step_count=STEPS, deadline=None, database=None, print_blob=False,
                           suppress_health_check=list(HealthCheck), report_multiple_bugs=False, phases=[Phase.generate])
"""A life is found again by its seed, and tells itself in words: to make it shorter takes longer than to read it."""


@pytest.fixture
def stage(store: str, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """The small city with its people, there for all lives."""
    with transaction() as db:
        departments = small_city(db)
        cast = hire(db, departments)
        head = create_user(db, "office_head", "Office Head")
        create_post(db, "office head", Role.DEPARTMENT_HEAD, holder_id=head.id, department_id=departments["office"].id)
        made = Stage(cast, departments, time, keep(a_photo()))
        made.people["office_head"] = Person("office_head", Role.DEPARTMENT_HEAD, "office")  # else nobody agrees to applications
        made.actors["office_head"] = actor_of(db, head.id)
    monkeypatch.setattr(case, "new_id", made.next_id)
    yield made
    database.configure(store)


@pytest.mark.timeout(1800)  # minutes on a machine of its own; nobody is helped when a busy one gives up
def test_the_laws_hold_through_random_lives(stage: Stage, store: str, say: Say) -> None:
    machine = type("Life", (Life,), {"stage": stage})
    dear = store.startswith("postgresql")
    lives, number = LIVES // 4 if dear else LIVES - LIVES // 4, SEED * 2 + dear
    run_state_machine_as_test(seed(number)(machine), settings=settings(AS_IN_EVERY_RUN, max_examples=lives))
    say(f"{stage.lives} lives, {stage.steps} steps that were looked at, seed {number}: {dict(sorted(stage.done.items()))}")
    assert stage.lives >= lives
