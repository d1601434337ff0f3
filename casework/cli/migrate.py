"""`zhiwang migrate`: the schema of the database."""
import click

from casework.cli.ground import connect, furnish
from casework.storage import migrations
from casework.storage.database import transaction


@click.command()
@click.option("--to", "revision", default="head", show_default=True, help="The step to go up to.")
@click.option("--back-to", metavar="REVISION", help="Go down to this step instead; data of later steps is lost.")
@click.option("--write", "message", metavar="MESSAGE", help="For developers: write the step from database to models.")
def migrate(revision: str, back_to: str | None, message: str | None) -> None:
    """Bring the database up to date. Several servers may call it at once; all steps are done, or none."""
    connect()
    if message:
        written = migrations.write(message)
        click.echo(f"Written: {written}. Read it before you commit it." if written else "Models and database agree.")
    elif back_to:
        click.confirm(f"Everything that was stored by the steps after {back_to} will be lost. Go on?", abort=True)
        migrations.downgrade(back_to)
        click.echo(f"The database is at {back_to}.")
    else:
        migrations.upgrade(revision)
        if revision == "head":
            with transaction() as db:
                furnish(db)
        click.echo("The database is up to date." if revision == "head" else f"The database is at {revision}.")
