"""What every command but `up` stands on: the settings, from the environment or the folder of `zhiwang up`."""
import os
from pathlib import Path

import click
from sqlalchemy.orm import Session

from casework import settings, storage, taxonomy
from casework.cli import home as homes
from casework.fieldwork.forms import library
from casework.sla import calendar
from casework.storage import database

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)


HOME = click.option("--home", type=click.Path(path_type=Path), envvar="ZHIWANG_HOME", default="zhiwang-home",
                    show_default=True, help="Folder of `zhiwang up`.")


def connect() -> settings.Settings:
    """Read the settings and connect. Raises SettingsError.

    In the folder of `zhiwang up`, or with ZHIWANG_HOME naming it, its secrets and its database are the ones meant.
    """
    folder = Path(os.environ.get("ZHIWANG_HOME", "zhiwang-home")).absolute()
    if (folder / homes.SECRETS).exists():
        use(folder)
    current = settings.current()
    storage.connect(current)
    database.load_models()  # a mapper that names another table must find it
    return current


def use(folder: Path) -> None:
    """Take the settings that the environment does not give from this folder, which is made when missing."""
    home = homes.opened(folder)
    environ = homes.environment(home, port=8000, valkey_port=6379, given=os.environ)  # neither is used by a command
    settings.configure(settings.load(environ))


def furnish(db: Session) -> None:
    """Put in what a city cannot start without: taxonomy, calendar, collection forms. One that has its own keeps it."""
    taxonomy.load_default(db)
    calendar.seed(db)
    library.load_default(db)
