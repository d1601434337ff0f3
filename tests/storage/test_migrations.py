"""The machinery of migrations: written from the models, up and down on both databases, all or nothing, one at a time."""
import multiprocessing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from casework.settings import Settings
from casework.storage import database, migrations

STEP = '''
import sqlalchemy as sa
from alembic import op
revision = {revision!r}
down_revision = {after!r}
def upgrade() -> None:
    {up}
def downgrade() -> None:
    {down}
'''


def step(folder: Path, revision: str, after: str | None, up: str, down: str = "pass") -> None:
    (folder / f"{revision}.py").write_text(STEP.format(revision=revision, after=after, up=up, down=down))


def tables() -> set[str]:
    return set(inspect(database.engine()).get_table_names()) - {"alembic_version"}


def test_a_step_written_from_the_models_makes_them_and_takes_them_back(bare: str, tmp_path: Path) -> None:
    written = migrations.write("everything", tmp_path)
    assert written == tmp_path / "0001_everything.py"
    assert "casework" not in written.read_text()  # a step must still run when our code has changed
    migrations.upgrade(versions=tmp_path)
    assert tables() == set(database.Base.metadata.tables)
    with database.engine().connect() as connection:
        assert migrations.difference(connection) == []
    assert migrations.write("nothing", tmp_path) is None
    migrations.downgrade("base", tmp_path)
    assert tables() == set()


def test_a_difference_between_models_and_database_is_seen(bare: str, tmp_path: Path) -> None:
    migrations.write("everything", tmp_path)
    migrations.upgrade(versions=tmp_path)
    with database.engine().begin() as connection:
        connection.execute(text("DROP INDEX ix_outbox_waiting"))
        connection.execute(text("ALTER TABLE outbox ADD COLUMN surplus INTEGER"))
    with database.engine().connect() as connection:
        assert {one[0] for one in migrations.difference(connection)} == {"add_index", "remove_column"}


def test_a_step_that_fails_leaves_nothing_of_itself_or_of_those_before_it(bare: str, tmp_path: Path) -> None:
    step(tmp_path, "0001", None, 'op.create_table("a", sa.Column("id", sa.Integer(), primary_key=True))')
    step(tmp_path, "0002", "0001", 'op.execute("INSERT INTO nowhere VALUES (1)")')
    with pytest.raises((OperationalError, ProgrammingError)):
        migrations.upgrade(versions=tmp_path)
    assert tables() == set()


def test_changing_a_table_keeps_the_rows_of_its_children(bare: str, tmp_path: Path) -> None:
    step(tmp_path, "0001", None, '''op.create_table("parents", sa.Column("id", sa.Integer(), primary_key=True),
                    sa.Column("name", sa.String()))
    op.create_table("children", sa.Column("id", sa.Integer(), primary_key=True),
                    sa.Column("parent", sa.Integer(), sa.ForeignKey("parents.id", ondelete="CASCADE")))
    op.execute("INSERT INTO parents VALUES (1, 'x')")
    op.execute("INSERT INTO children VALUES (1, 1)")''')
    step(tmp_path, "0002", "0001", '''with op.batch_alter_table("parents") as batch:
        batch.alter_column("name", nullable=False, existing_type=sa.String())''')
    migrations.upgrade(versions=tmp_path)
    with database.engine().connect() as connection:
        assert connection.execute(text("SELECT parent FROM children")).scalars().all() == [1]
        if bare.startswith("sqlite"):
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_step_that_leaves_rows_pointing_nowhere_is_refused(config: Settings, tmp_path: Path) -> None:
    database.configure(config.database_url)
    step(tmp_path, "0001", None, '''op.create_table("parents", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table("children", sa.Column("parent", sa.Integer(), sa.ForeignKey("parents.id")))
    op.execute("INSERT INTO children VALUES (7)")''')
    with pytest.raises(RuntimeError, match="point nowhere"):
        migrations.upgrade(versions=tmp_path)
    assert not {"parents", "children"} & tables()


def _upgrade(url: str, versions: Path, start: Barrier) -> None:
    database.configure(url)
    start.wait()
    migrations.upgrade(versions=versions)


def test_processes_that_migrate_at_once_wait_for_each_other(bare: str, tmp_path: Path) -> None:
    migrations.write("everything", tmp_path)
    database.engine().dispose()
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(2)
    migrating = [context.Process(target=_upgrade, args=(bare, tmp_path, start)) for _ in range(2)]
    for process in migrating:
        process.start()
    for process in migrating:
        process.join(60)
    assert [process.exitcode for process in migrating] == [0, 0]
    assert tables() == set(database.Base.metadata.tables)
