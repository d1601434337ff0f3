"""The data folder of `zhiwang up`: its secrets, made once, its lock, and the settings that follow from it."""
import base64
import fcntl
import os
import secrets
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import click

SECRETS = "secrets.env"
LOG_INS = "log-ins.txt"


def opened(folder: Path) -> Path:
    """The folder, made when missing and readable by nobody else. One sentence when it cannot be used."""
    folder = folder.expanduser().absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (folder / SECRETS).exists() or not any(folder.iterdir()):
            folder.chmod(0o700)  # ours, and it may have been there before, open to everybody
        probe = folder / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise click.ClickException(f"The folder {folder} cannot be written to ({error.strerror}); "
                                   "choose another with --home.") from None
    return folder


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Nobody else runs on this folder meanwhile. The lock is the system's: it goes when the process does."""
    with (home / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise click.ClickException(f"zhiwang up runs on {home} already (process {lock.read().strip()}); "
                                       "stop it first, or choose another folder with --home.") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def kept_secrets(home: Path) -> dict[str, str]:
    """The secrets of this folder, made at the first start. Lost, they take all that is encrypted with them: back them up."""
    file = home / SECRETS
    if not file.exists():
        made = {"ZHIWANG_SIGNING_KEY": _key(), "ZHIWANG_INDEX_KEY": _key(), "ZHIWANG_DATA_KEYS": f"k1:{_key()}",
                "VALKEY_PASSWORD": secrets.token_urlsafe(24)}
        write_private(file, "".join(f"{name}={value}\n" for name, value in made.items()))
    pairs = (line.partition("=") for line in shlex.split(file.read_text(), comments=True))
    return {name: value for name, equals, value in pairs if equals}


def environment(home: Path, port: int, valkey_port: int, given: Mapping[str, str]) -> dict[str, str]:
    """The environment of all processes: what was given, and for what is missing what this folder offers.

    Without REDIS_URL the embedded Valkey's is set, whose password is in VALKEY_PASSWORD.
    """
    own = kept_secrets(home)
    made = {
        "DATABASE_URL": f"sqlite:///{home}/zhiwang.db",
        "BLOB_URL": f"file://{quote(str(home))}/blobs",
        "REDIS_URL": f"redis://:{own['VALKEY_PASSWORD']}@127.0.0.1:{valkey_port}/0",
        "ZHIWANG_SMS": "show",  # nobody's phone is reached from a laptop: its log shows the codes
        **own}
    needed = {"ZHIWANG_HOME": str(home), "ZHIWANG_PORT": str(port), "PYTHONUNBUFFERED": "1"}
    return {**made, **said(given), **needed}


def said(given: Mapping[str, str]) -> dict[str, str]:
    """What an environment really gives: a name set to nothing is not set."""
    return {name: value for name, value in given.items() if value.strip()}


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner reads; complete or not at all."""
    partly = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(partly, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    partly.replace(file)


def _key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
