"""A city to work in, on both databases; whatever a test did there, its history is whole."""
from collections.abc import Iterator

import pytest

from casework.cases import proof
from casework.cases.report import Receipt
from casework.storage.database import reading
from tests import people
from tests.conftest import SetClock
from tests.settled import settle
from tests.storage.city import City


@pytest.fixture
def city(store: str, time: SetClock) -> Iterator[City]:
    """Everybody at work on a Monday at ten."""
    yield City(*settle())
    with reading() as db:
        assert list(proof.broken(db)) == []


@pytest.fixture
def cast(store: str, time: SetClock) -> people.Cast:
    """The people of the small city alone."""
    return settle()[0]


@pytest.fixture
def handled(city: City) -> Receipt:
    """A manhole that the water office has signed."""
    receipt = city.receives()
    city.triages(receipt)
    city.dispatches()
    city.does(city.cast.water_handler, "sign", receipt)
    return receipt
