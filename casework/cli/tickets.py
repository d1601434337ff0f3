"""`zhiwang import tickets`: an export of the 12345 hotline."""
import base64
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from casework.cli.ground import FILE, connect
from casework.geography.coordinates import System
from casework.identity.people import SYSTEM, Role
from casework.intake.hotline import importing, mappings, sheets
from casework.intake.hotline.importing import Imported
from casework.intake.hotline.mappings import Wanted
from casework.storage.database import reading, transaction

OPERATOR = replace(SYSTEM, roles=frozenset({Role.OPERATOR}))
"""Whoever has the machine may do what an operator may."""


@click.command("tickets")
@click.argument("file", type=FILE)
@click.option("--mapping", metavar="NAME", help="A saved mapping.")
@click.option("--map", "columns", multiple=True, metavar="HEADING=FIELD",
              help="What a column is, or - to leave it out. Else it is found by its heading.")
@click.option("--system", type=click.Choice([one.value for one in System]), help="Coordinates of the file.")
@click.option("--dry-run", is_flag=True, help="Only say what would become of it.")
def import_tickets(*, file: Path, mapping: str | None, columns: Sequence[str], system: str | None, dry_run: bool) -> None:
    """Tickets from .csv (UTF-8 or GBK) or .xlsx; bad rows go to a file beside it, to be corrected and sent again."""
    connect()
    pairs = [one.rpartition("=") for one in columns]
    if wrong := [field for heading, _, field in pairs if not heading]:
        raise click.UsageError(f"--map wants HEADING=FIELD, not {wrong[0]}")
    wanted = Wanted(mapping=mapping, columns={heading: field for heading, _, field in pairs},
                    system=System(system) if system else None)
    with reading() as db:
        plan = mappings.plan(db, OPERATOR, wanted)
        sheet = sheets.read(db, file.read_bytes(), file.name, plan)
    report = importing.report_of(sheet)
    for batch in importing.batches(sheet):
        with reading() if dry_run else transaction() as db:
            report.add((importing.tried if dry_run else importing.take)(db, OPERATOR, plan, batch))
    _tell(report, file)


def _tell(report: Imported, file: Path) -> None:
    click.echo(f"{report.rows} rows: {report.new} new, {report.updated} updated, {report.unchanged} unchanged, "
               f"{report.skipped} bad")
    for heading, field in report.columns.items():
        click.echo(f"  {heading}: {field or 'left out'}")
    for one in report.bad[:100]:
        click.echo(f"  {one['row']}.{one['column']}: {one['reason']}")
    if report.error_file:
        beside = file.with_name(report.error_file["name"])
        beside.write_bytes(base64.b64decode(report.error_file["content"]))
        click.echo(f"bad rows: {beside}")
