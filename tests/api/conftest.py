"""The application as a test wants it: on an empty database, with rate limits only where they are the subject."""
import pytest
from flask import Flask
from flask.testing import FlaskClient

from api import board
from casework.settings import Settings
from tests.api.town import Town, served
from tests.conftest import SetClock


@pytest.fixture
def app(config: Settings, store: str, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The whole application, on both databases, one after the other."""
    board.forget()
    return served(config, store, monkeypatch)


@pytest.fixture
def web(app: Flask) -> FlaskClient:
    """Somebody without credentials."""
    return app.test_client()


@pytest.fixture
def town(config: Settings, store: str, time: SetClock, monkeypatch: pytest.MonkeyPatch) -> Town:
    """The small city behind the whole application, on both databases; everybody with a real credential."""
    return Town.built(served(config, store, monkeypatch))
