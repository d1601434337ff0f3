"""`zhiwang import register`: a department's table of persons, houses, entities, components or addresses."""
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from casework.cli.ground import FILE, connect
from casework.geography.coordinates import System
from casework.identity.people import SYSTEM, Role
from casework.registry.fields import Register
from casework.registry.importing import Plan, Report, import_file
from casework.registry.records import Source
from casework.storage.database import transaction

STEWARD = replace(SYSTEM, roles=frozenset({Role.DATA_STEWARD}))
"""Whoever has the machine may do what a data steward may."""


@click.command("register")
@click.argument("register", type=click.Choice([one.value for one in Register]))
@click.argument("file", type=FILE)
@click.option("--map", "mapping", multiple=True, metavar="HEADING=FIELD",
              help="What a column is: a field, lon, lat, area, or - to leave it out. Else it is found by its label.")
@click.option("--system", type=click.Choice([one.value for one in System]), default="wgs84", show_default=True,
              help="Coordinates of the file.")
@click.option("--area", metavar="CODE", help="Area of rows that name neither a place nor an area.")
@click.option("--source", type=click.Choice([one.value for one in Source]), default="generated", show_default=True)
@click.option("--dry-run", is_flag=True, help="Only say what would become of it.")
@click.option("--skip-bad", is_flag=True, help="Leave out rows that cannot be read; else they forbid all.")
@click.option("--trust", is_flag=True, help="The file is right where it differs from what is known.")
def import_register(*, register: str, file: Path, mapping: Sequence[str], system: str, area: str | None, source: str,
                    dry_run: bool, skip_bad: bool, trust: bool) -> None:
    """A register from .csv (UTF-8 or GBK) or .xlsx; the same file again changes nothing."""
    connect()
    pairs = [one.rpartition("=") for one in mapping]
    if wrong := [field for heading, _, field in pairs if not heading]:
        raise click.UsageError(f"--map wants HEADING=FIELD, not {wrong[0]}")
    plan = Plan(register=Register(register), mapping={heading: field for heading, _, field in pairs}, system=System(system),
                area_code=area, source=Source(source), dry_run=dry_run, skip_bad=skip_bad, trust=trust)
    with transaction() as db:
        _tell(import_file(db, STEWARD, file.read_bytes(), file.name, plan))


def _tell(report: Report) -> None:
    click.echo(f"{report.rows} rows: {report.new} new, {report.changed} changed, {report.unchanged} unchanged, "
               f"{report.conflicts} in conflict, {report.skipped} left out")
    for heading, field in report.columns.items():
        click.echo(f"  {heading}: {field or 'left out'}")
    for one in report.bad[:100]:
        click.echo(f"  {one.row}.{one.column}: {one.reason}")
