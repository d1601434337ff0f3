"""The folder of `zhiwang up` is its owner's alone, and an environment variable set to nothing is not set."""
import stat
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from casework import settings
from casework.cli import commands
from casework.cli import home as homes
from casework.cli import up as command


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@pytest.mark.parametrize("kept", [False, True])
def test_a_folder_that_was_there_is_closed_to_others(tmp_path: Path, kept: bool) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    folder.chmod(0o755)
    if kept:
        (folder / homes.SECRETS).write_text("ZHIWANG_SIGNING_KEY=x\n")
    assert mode(homes.opened(folder)) == 0o700


def test_a_folder_that_holds_something_else_keeps_its_mode(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "somebody.txt").write_text("else's")
    assert mode(homes.opened(folder)) == 0o755


@pytest.mark.parametrize(("url", "starts"), [(None, True), ("", True), (" ", True), ("redis://queue:6379/0", False)])
def test_valkey_is_started_unless_another_is_named(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str | None, starts: bool) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    if url is not None:
        monkeypatch.setenv("REDIS_URL", url)
    started: dict[str, str] = {}

    class Household:
        """Takes note of the processes and starts none."""

        def __init__(self, **_: object) -> None:
            pass

        def add_process(self, name: str, _command: str, *, env: dict[str, str], **_: object) -> None:
            started[name] = env["REDIS_URL"]

        def loop(self) -> None:
            pass

    monkeypatch.setattr(command, "Household", Household)
    monkeypatch.setattr(command, "prepare", lambda environ: None)
    before = command.os.umask(0o022)
    try:
        answer = CliRunner().invoke(command.up, ["--home", str(tmp_path / "home"), "--port", "18473"])
        assert command.os.umask(before) == 0o077
    finally:
        command.os.umask(before)
    assert answer.exit_code == 0, answer.output
    assert ("valkey" in started) is starts
    assert ("127.0.0.1" in started["web"]) is starts


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from leaves(inner, (*path, name))
    else:
        yield path


def test_every_command_takes_its_folder() -> None:
    known = list(leaves(commands))
    assert ("user", "create") in known
    for path in known:
        assert "--home" in CliRunner().invoke(commands, [*path, "--help"]).output, path


def test_a_command_works_in_the_folder_that_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIWANG_HOME", str(tmp_path / "another"))
    monkeypatch.setattr(settings, "_current", None)
    tokens = set()
    for name in ("one", "other"):
        homes.kept_secrets(homes.opened(tmp_path / name))
        answer = CliRunner().invoke(commands, ["scrape-token", "--home", str(tmp_path / name)])
        assert answer.exit_code == 0, answer.output
        tokens.add(answer.output)
    assert len(tokens) == 2
