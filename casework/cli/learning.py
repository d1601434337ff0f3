"""`zhiwang train` and `zhiwang classify`: the model that suggests what a message is about."""
from pathlib import Path

import click

from casework.classification import model, training
from casework.cli.ground import FILE, NEW_FILE, connect


@click.command()
@click.argument("file", metavar="IN.csv", type=FILE)
def train(file: Path) -> None:
    """Train from a CSV file with the columns subject, detail and label; measure, keep and use the model."""
    connect()
    for name, figure in training.train_csv(file).items():
        click.echo(f"{name}: {figure:.4f}" if isinstance(figure, float) else f"{name}: {figure}")


@click.command()
@click.argument("file", metavar="IN.csv", type=FILE)
@click.argument("result", metavar="OUT.csv", type=NEW_FILE)
def classify(file: Path, result: Path) -> None:
    """Copy a CSV file and add label, confidence and abstained to every row."""
    connect()
    click.echo(f"{model.classify_csv(file, result)} rows")
