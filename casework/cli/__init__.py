"""The command `zhiwang`. Each subject has a file; a command's module is loaded when the command is used."""
import importlib
import os
import sys
from pathlib import Path
from typing import cast

import click

from casework.errors import CaseworkError, Invalid
from casework.settings import SettingsError

COMMANDS = {
    "up": "casework.cli.up:up",
    "demo": "casework.cli.demo.command:demo",
    "migrate": "casework.cli.migrate:migrate",
    "user": "casework.cli.user:user",
    "import": "casework.cli.reference:import_group",
    "export": "casework.cli.reference:export_group",
    "train": "casework.cli.learning:train",
    "classify": "casework.cli.learning:classify",
    "corrections": "casework.cli.learning:corrections",
    "check-rules": "casework.cli.checks:check_rules",
    "check-turns": "casework.cli.checks:check_turns",
    "verify-history": "casework.cli.checks:verify_history",
    "retention": "casework.cli.retention:retention",
    "rebuild-figures": "casework.cli.figures:rebuild_figures",
    "rotate-keys": "casework.cli.checks:rotate_keys",
    "scrape-token": "casework.cli.checks:show_scrape_token",
}
"""Command → where it stands."""


class Commands(click.Group):
    """A group whose members are named above: `zhiwang up` must not wait for the libraries that only `train` needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        return _with_home(cast("click.Command", getattr(importlib.import_module(module), name)))


def _with_home(command: click.Command) -> click.Command:
    """Every command takes --home; what it means stands in the environment, where all of them look for it."""
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            _with_home(inner)
    elif not any(one.name == "home" for one in command.params):
        command.params.append(click.Option(
            ["--home"], type=click.Path(path_type=Path), expose_value=False, is_eager=True, callback=_live_in,
            help="Folder of `zhiwang up`; unless given ZHIWANG_HOME, or zhiwang-home here."))
    return command


def _live_in(_ctx: click.Context, _option: click.Parameter, home: Path | None) -> None:
    if home is not None:
        os.environ["ZHIWANG_HOME"] = str(home.expanduser().absolute())


@click.group(cls=Commands)
@click.version_option(package_name="zhiwang")
def commands() -> None:
    """织网 Zhiwang: 网格化社会治理 grid-based social governance."""


def main() -> None:
    """Run the command line. What a person can put right is told in a sentence each, with exit code 1 and no trace."""
    try:
        commands(prog_name="zhiwang")
    except SettingsError as error:
        sys.exit("\n".join(error.sentences))
    except Invalid as error:
        sys.exit("\n".join([error.sentence, *(f"  {fault.field}: {fault.reason}" for fault in error.faults)]))
    except CaseworkError as error:
        sys.exit(error.sentence)
