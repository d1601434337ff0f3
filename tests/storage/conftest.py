"""A city to work in, on both databases; whatever a test did there, its history is whole."""
from collections.abc import Iterator

import pytest

from casework.cases import proof
from casework.cases.report import Receipt
from casework.storage.database import reading, transaction
from tests import people
from tests.conftest import SetClock
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
def cast(store: str, time: SetClock) -> people.Cast:
    """The people of the small city alone."""
    with transaction() as db:
        return people.hire(db, small_city(db))


@pytest.fixture
def handled(city: City) -> Receipt:
    """A manhole that the water office has signed."""
    receipt = city.receives()
    city.triages(receipt)
    city.dispatches()
    city.does(city.cast.water_handler, "sign", receipt)
    return receipt
