"""`zhiwang check-rules`, `verify-history`, `rotate-keys`, `scrape-token`: what an operator looks after from time to time."""
import click
from sqlalchemy import select

from casework import responsibility
from casework.cases import history
from casework.cases.case import Case
from casework.cli.ground import connect
from casework.identity import privacy
from casework.identity.sealing import scrape_token
from casework.storage.database import reading, transaction

BATCH = 500


@click.command("check-rules")
def check_rules() -> None:
    """List what no department answers for, and where two rules contradict each other. Exit code 1 if there is any."""
    connect()
    with reading() as db:
        gaps, overlaps = responsibility.gaps(db), responsibility.overlaps(db)
        for gap in gaps:
            click.echo(f"gap  {gap.category_code} {gap.category_name}  {gap.area_name or '全市'}"
                       f"{'  (partly)' if gap.partly else ''}")
        for two in overlaps:
            click.echo(f"overlap  {two.one.name or two.one.id}  {two.other.name or two.other.id}")
    click.echo(f"{len(gaps)} gaps, {len(overlaps)} overlaps")
    if gaps or overlaps:
        raise SystemExit(1)


@click.command("verify-history")
def verify_history() -> None:
    """Walk every case's chain of history lines; any edited, removed or reordered line is named. Exit code 1 if any."""
    connect()
    cases = select(Case.id, Case.number, Case.history_length, Case.history_head, Case.status).order_by(Case.id)
    with reading() as heads, reading() as db:
        broken = 0
        for sentence in history.verify(db, heads.execute(cases.execution_options(yield_per=BATCH))):
            click.echo(sentence)
            broken += 1
    click.echo("The history is whole." if not broken else f"{broken} cases were tampered with.")
    if broken:
        raise SystemExit(1)


@click.command("rotate-keys")
def rotate_keys() -> None:
    """Seal everything personal with the first key of ZHIWANG_DATA_KEYS; then older keys may be removed from it."""
    connect()
    total = 0
    while True:
        with transaction() as db:
            done = privacy.rotate(db, BATCH)
        total += done
        if not done:
            break
    click.echo(f"{total} values sealed anew; all are under the current key.")


@click.command("scrape-token")
def show_scrape_token() -> None:
    """Print the token that Prometheus sends to /metrics (`Authorization: Bearer …`)."""
    connect()
    click.echo(scrape_token())
