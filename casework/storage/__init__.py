"""Where things are kept: the database, the outbox and the blobs."""
from casework.settings import Settings
from casework.storage import blobs, database


def connect(settings: Settings) -> None:
    """Point this process at its database and its blobs. Opens nothing yet: a fork after this is safe."""
    database.configure(settings.database_url)
    blobs.configure(settings.blob_url)
