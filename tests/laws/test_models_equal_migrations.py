"""Law 8: models equal migrations, on SQLite and PostgreSQL, up and down; one line of steps without branches."""
import pytest

from casework.storage import database, migrations
from tests.conftest import absent


@pytest.fixture(autouse=True)
def _written() -> None:
    if not list(migrations.VERSIONS.glob("*.py")):
        absent("no migration has been written yet")


def test_models_equal_migrations(bare: str) -> None:
    migrations.upgrade()
    with database.engine().connect() as connection:
        assert migrations.difference(connection) == []


def test_every_step_goes_down_again(bare: str) -> None:
    migrations.upgrade()
    migrations.downgrade("base")
    migrations.upgrade()
    with database.engine().connect() as connection:
        assert migrations.difference(connection) == []


def test_the_steps_are_one_line() -> None:
    assert len(migrations.revisions()) == 1
