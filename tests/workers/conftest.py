"""Queues of their own for every test, on the Redis of this machine."""
from collections.abc import Iterator

import pytest
import redis

from casework.settings import Settings
from tests.conftest import absent
from workers import queues


@pytest.fixture
def server(config: Settings) -> Iterator[redis.Redis]:
    """The Redis database that `config` points to, emptied before and after."""
    made = redis.Redis.from_url(config.redis_url)
    try:
        made.flushdb()
    except redis.ConnectionError as error:
        absent(f"no Redis at {config.redis_url} ({error})")
    queues.forget_connection()
    yield made
    queues.forget_connection()
    made.flushdb()
