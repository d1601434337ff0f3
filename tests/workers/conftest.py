"""Queues of their own for every test, on the Redis of this machine."""
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from casework.settings import Settings
from workers import queues

sys.path.insert(0, str(Path(__file__).parent))  # a worker process finds `errands` by its bare name, so the tests do too


@pytest.fixture
def server(config: Settings) -> Iterator[redis.Redis]:
    """The Redis database that `config` points to, emptied before and after."""
    made = redis.Redis.from_url(config.redis_url)
    try:
        made.flushdb()
    except redis.ConnectionError as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no Redis at {config.redis_url} ({error})")
    queues.forget_connection()
    yield made
    queues.forget_connection()
    made.flushdb()
