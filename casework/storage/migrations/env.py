"""Alembic runs this for every command; the connection and its transaction come from casework.storage.migrations."""
from alembic import context

from casework.storage import database, migrations

context.configure(connection=context.config.attributes["connection"], target_metadata=database.Base.metadata,
                  **migrations.compared())
context.run_migrations()
