"""A city to work in, on both databases; whatever a test did there, its history is whole."""
import uuid
from collections.abc import Iterator

import psycopg
import pytest

from casework.cases import proof
from casework.cases.report import Receipt
from casework.settings import Settings
from casework.storage import database
from casework.storage.database import reading, transaction
from tests import people
from tests.conftest import POSTGRES, SetClock, absent
from tests.factories import small_city
from tests.storage.city import City


@pytest.fixture
def city(store: str, time: SetClock) -> Iterator[City]:
    """Everybody at work on a Monday at ten."""
    with transaction() as db:
        departments = small_city(db)
        cast = people.hire(db, departments)
    yield City(cast, departments)
    with reading() as db:
        assert list(proof.broken(db)) == []


@pytest.fixture
def handled(city: City) -> Receipt:
    """A manhole that the water office has signed."""
    receipt = city.receives()
    city.triages(receipt)
    city.dispatches()
    city.does(city.cast.water_handler, "sign", receipt)
    return receipt


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, config: Settings) -> Iterator[str]:
    """A database with nothing in it."""
    if request.param == "sqlite":
        database.configure(config.database_url)
        yield config.database_url
        database.engine().dispose()
        return
    name = f"zhiwang_migrations_{uuid.uuid4().hex[:12]}"
    try:
        with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True, connect_timeout=3) as admin:
            admin.execute(f"CREATE DATABASE {name}")
    except psycopg.OperationalError as error:
        absent(f"no PostgreSQL at {POSTGRES} ({error})")
    database.configure(f"{POSTGRES}/{name}".replace("postgresql:", "postgresql+psycopg:", 1))
    yield f"{POSTGRES}/{name}".replace("postgresql:", "postgresql+psycopg:", 1)
    database.engine().dispose()
    with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
