"""`zhiwang retention --dry-run` and `zhiwang retention run`: what the rules would forget now, and to do it."""
import click

from casework.cli.ground import connect
from casework.retention import carrying_out
from casework.retention.carrying_out import MOST_COUNTED


@click.group("retention", invoke_without_command=True)
@click.option("--dry-run", is_flag=True, help="Count what each rule would find now; change nothing.")
@click.pass_context
def retention(ctx: click.Context, dry_run: bool) -> None:
    """What is forgotten by rule, and when. The schedule does it every night; ZHIWANG_RETENTION sets the days."""
    if ctx.invoked_subcommand is None and not dry_run:
        raise click.UsageError("say `zhiwang retention --dry-run` or `zhiwang retention run`")
    if dry_run:
        connect()
        for due in carrying_out.dry_run():
            more = "+" if due.count == MOST_COUNTED else ""
            click.echo(f"{due.rule.name:20} {due.rule.days:5} days  {due.count:7}{more}  {due.rule.zh} {due.rule.en}")


@retention.command("run")
def run() -> None:
    """Carry out all rules now; the number is what was forgotten."""
    connect()
    for name, count in carrying_out.carry_out().items():
        click.echo(f"{name:20} {count:7}")
