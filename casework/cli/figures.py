"""`zhiwang rebuild-figures`: count every case anew, and tell what was counted wrong."""
import sys

import click

from casework.cli.ground import connect
from casework.performance import rebuilding


@click.command()
def rebuild_figures() -> None:
    """Make all indicators again from the cases; exit code 1 when any figure was other than it should have been."""
    connect()
    done = rebuilding.rebuild()
    click.echo(f"{done.cases} cases, {done.facts_differed} facts differed; {done.sums} sums, {done.sums_differed} differed")
    if done.facts_differed or done.sums_differed:
        sys.exit(1)
