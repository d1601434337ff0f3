"""`zhiwang train`, `classify` and `corrections`: the model that suggests what a message is about."""
import uuid
from collections.abc import Sequence
from pathlib import Path

import click
from sqlalchemy import select

from casework.cases.report import Report
from casework.classification import corrections as learned
from casework.classification import model, training
from casework.cli.ground import FILE, HOME, NEW_FILE, connect, use
from casework.storage.database import reading


@click.command()
@click.argument("file", metavar="IN.csv", type=FILE)
@HOME
def train(file: Path, home: Path) -> None:
    """Train from a CSV file with the columns subject, detail and label; measure, keep and use the model."""
    use(home)
    for name, figure in training.train_csv(file).items():
        click.echo(f"{name}: {figure:.4f}" if isinstance(figure, float) else f"{name}: {figure}")


@click.command()
@click.argument("file", metavar="IN.csv", type=FILE)
@click.argument("result", metavar="OUT.csv", type=NEW_FILE)
@HOME
def classify(file: Path, result: Path, home: Path) -> None:
    """Copy a CSV file and add label, confidence and abstained to every row."""
    use(home)
    click.echo(f"{model.classify_csv(file, result)} rows")


@click.command()
@click.argument("result", metavar="OUT.csv", type=NEW_FILE)
def corrections(result: Path) -> None:
    """Write what people corrected as a file that `zhiwang train` reads; the labels are category codes."""
    connect()
    with reading() as db:
        def texts_of(report_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
            rows = db.execute(select(Report.id, Report.title, Report.text).where(Report.id.in_(report_ids)))
            return {row.id: (row.title or "", row.text) for row in rows}
        click.echo(f"{learned.export_csv(db, result, texts_of)} rows")
