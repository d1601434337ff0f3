"""`zhiwang import` and `zhiwang export`: areas, taxonomy, responsibility rules, calendar, policy. All or nothing."""
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from casework import responsibility, taxonomy
from casework.cli.forms import import_form
from casework.cli.ground import FILE, NEW_FILE, connect
from casework.cli.registers import import_register
from casework.cli.tickets import import_tickets
from casework.errors import Fault, Invalid
from casework.geography import areas as areas_of_city
from casework.identity.people import SYSTEM
from casework.sla import calendar as calendar_of_city
from casework.sla import policies
from casework.sla.policies import Policy
from casework.storage.database import reading, transaction


@click.group("import")
def import_group() -> None:
    """Bring reference data in; a fault is told with its row and column, and then nothing has changed."""


import_group.add_command(import_form)
import_group.add_command(import_register)
import_group.add_command(import_tickets)


@import_group.command()
@click.argument("file", type=FILE)
@click.option("--system", type=click.Choice(["wgs84", "gcj02", "bd09"]), required=True, help="Coordinates of the file.")
@click.option("--replaces", metavar="CODE", help="The file is all there is in this area: what it lacks is retired.")
def areas(file: Path, system: str, replaces: str | None) -> None:
    """Areas from GeoJSON; overlaps and gaps of the grids are reported."""
    connect()
    with transaction() as db:
        report = areas_of_city.import_areas(db, _json(file), system, replaces)
    click.echo(f"{report.added} added, {report.changed} changed, {report.unchanged} unchanged, {report.retired} retired")
    click.echo(", ".join(f"{count} {level}" for level, count in report.by_level.items()))
    for name in ("overlaps", "gaps", "outside", "problems"):
        flaws = getattr(report, name)
        click.echo(f"{name}: {len(flaws)}")
        for flaw in flaws[:20]:
            click.echo(f"  {flaw}")


@import_group.command("taxonomy")
@click.argument("files", type=FILE, nargs=-1, required=True)
@click.option("--name", required=True, help="What this version is called.")
@click.option("--activate/--keep", default=True, show_default=True, help="Use it for all reports from now on.")
def import_taxonomy(files: tuple[Path, ...], name: str, activate: bool) -> None:
    """A version of the taxonomy: one .xlsx, or CATEGORIES.csv and STANDARDS.csv."""
    connect()
    with transaction() as db:
        match [file.suffix.lower() for file in files]:
            case [".xlsx"]:
                version = taxonomy.import_xlsx(db, name, files[0].read_bytes())
            case [".csv", ".csv"]:
                version = taxonomy.import_csv(db, name, files[0].read_bytes(), files[1].read_bytes())
            case _:
                raise click.UsageError("give one .xlsx file, or two .csv files: categories, then standards")
        if activate:
            taxonomy.activate(db, version.id)
        click.echo(f"version {version.number}, {version.name}: {'in use' if activate else 'kept'}")


@import_group.command("rules")
@click.argument("file", type=FILE)
@click.option("--replace", is_flag=True, help="Retire all rules that are there.")
def import_rules(file: Path, replace: bool) -> None:
    """Responsibility rules from .csv or .xlsx."""
    connect()
    take = responsibility.import_xlsx if file.suffix.lower() == ".xlsx" else responsibility.import_csv
    with transaction() as db:
        report = take(db, file.read_bytes(), replace=replace)
        click.echo(f"{report.added} added, {report.retired} retired, {len(report.overlaps)} overlaps")


@import_group.command("calendar")
@click.argument("year", type=int)
@click.argument("file", type=FILE)
def import_calendar(year: int, file: Path) -> None:
    """The State Council's announcement for a year: JSON with days of "date", "isOffDay" and "name"."""
    connect()
    content = _json(file)
    days = content.get("days") if isinstance(content, dict) else content
    if not isinstance(days, list) or not all(isinstance(day, dict) for day in days):
        raise Invalid("this is no calendar", Fault("days", "must be a list of days"))
    with transaction() as db:
        click.echo(f"{calendar_of_city.import_days(db, year, days, file.name)} days of {year}")


@import_group.command("hours")
@click.argument("since", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE")
@click.argument("spans", nargs=-1, required=True, metavar="08:30-12:00 14:30-18:00")
def import_hours(since: datetime, spans: tuple[str, ...]) -> None:
    """Office hours from a date on, until a later date with hours of its own; open clocks are recounted."""
    connect()
    openings = [(opens, closes) for opens, _, closes in (span.partition("-") for span in spans)]
    with transaction() as db:
        calendar_of_city.set_office_hours(db, since.date(), openings)
    click.echo(f"from {since:%Y-%m-%d}: {', '.join(spans)}")


@import_group.command("policy")
@click.argument("version")
@click.argument("file", type=FILE)
def import_policy(version: str, file: Path) -> None:
    """Limits, numbers and ladders from JSON, as `zhiwang export policy` writes them; open clocks are recounted."""
    connect()
    content = _json(file)
    shapes = {"rules": list, "numbers": dict, "ladders": dict}
    if not isinstance(content, dict) or not all(isinstance(content.get(name, kind()), kind) for name, kind in shapes.items()):
        raise Invalid("this is no policy", Fault("rules", "needs a list of rules, and numbers and ladders by code"))
    made = Policy.read(version, *(content.get(name, kind()) for name, kind in shapes.items()))
    with transaction() as db:
        policies.adopt(db, SYSTEM, made)
    click.echo(f"policy {version}: {len(made.rules)} rules")


@click.group("export")
def export_group() -> None:
    """Take reference data out, in the shape in which it can be imported again."""


@export_group.command("taxonomy")
@click.argument("file", type=NEW_FILE)
def export_taxonomy(file: Path) -> None:
    """The taxonomy in use, as .xlsx."""
    connect()
    with reading() as db:
        file.write_bytes(taxonomy.export_xlsx(db))


@export_group.command("rules")
@click.argument("file", type=NEW_FILE)
def export_rules(file: Path) -> None:
    """Responsibility rules, as .xlsx or .csv by the file's name."""
    connect()
    with reading() as db:
        write = responsibility.export_xlsx if file.suffix.lower() == ".xlsx" else responsibility.export_csv
        file.write_bytes(write(db))


@export_group.command("policy")
@click.argument("file", type=NEW_FILE)
def export_policy(file: Path) -> None:
    """The policy in use, as JSON: change it and import it under a new version."""
    connect()
    with reading() as db:
        file.write_text(json.dumps(policies.as_plain(policies.current(db)), ensure_ascii=False, indent=2), encoding="utf-8")


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except ValueError as error:
        raise Invalid(f"{file} is not JSON: {error}") from None
