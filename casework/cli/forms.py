"""`zhiwang import form`: a collection form, published as by the administrator's request, with the same checks."""
from pathlib import Path

import click

from casework.cli.ground import FILE, connect
from casework.errors import Fault, Invalid
from casework.fieldwork.forms import library, xlsform
from casework.fieldwork.forms.xlsform import Kind
from casework.identity.people import SYSTEM
from casework.storage.database import transaction


@click.command("form")
@click.argument("file", type=FILE)
def import_form(file: Path) -> None:
    """A collection form (XLSForm, .xlsx or .md); in use at once. What only ODK Collect does of it is told."""
    kind = file.suffix.lower().removeprefix(".")
    if kind not in set(Kind):
        raise Invalid("this is no form", Fault("file", "its name must end in .xlsx or .md"))
    connect()
    form = xlsform.read(file.read_bytes(), Kind(kind))
    with transaction() as db:
        library.issue(db, SYSTEM, form)
    click.echo(f"{form.form_id} {form.version}: {form.title}, {len(form.questions)} questions")
    for remark in form.remarks:
        click.echo(f"  {remark}")
