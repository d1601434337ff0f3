"""`zhiwang check-rules`, `check-turns`, `verify-history`, `rotate-keys`, `scrape-token`: what operators look after at times."""
from datetime import datetime
from itertools import chain

import click

from casework import responsibility
from casework.cases import anchors, proof, turns
from casework.cli.ground import connect
from casework.community.points import ledger
from casework.identity import privacy
from casework.identity.sealing import scrape_token
from casework.responsibility import proposals
from casework.storage.database import reading, transaction

BATCH = 500


@click.command("check-rules")
def check_rules() -> None:
    """List what no department answers for, and where two rules contradict each other: exit code 1 if there is any. What
    upheld returns propose, at /api/v1/rules/proposals to be decided, is counted."""
    connect()
    with reading() as db:
        gaps, overlaps, proposed = responsibility.gaps(db), responsibility.overlaps(db), proposals.groups(db)
        for gap in gaps:
            click.echo(f"gap  {gap.category_code} {gap.category_name}  {gap.area_name or '全市'}"
                       f"{'  (partly)' if gap.partly else ''}")
        for two in overlaps:
            click.echo(f"overlap  {two.one.name or two.one.id}  {two.other.name or two.other.id}")
    click.echo(f"{len(gaps)} gaps, {len(overlaps)} overlaps, {len(proposed)} proposals from upheld returns")
    if gaps or overlaps:
        raise SystemExit(1)


@click.command("check-turns")
def check_turns() -> None:
    """Show that nobody is forgotten: every open case has a party whose turn it is and a clock that runs or lawfully stands
    still. What has not is listed with the reason, a post that nobody holds once. Exit code 1 if there is any."""
    connect()
    with reading() as db:
        forgotten = turns.without_party(db)
    for one in forgotten:
        click.echo(f"{one.number}  {one.sentence}")
    more = " or more" if len(forgotten) == turns.MOST_COUNTED else ""
    click.echo(f"{len(forgotten)}{more} forgotten." if forgotten else "Every open case has its party and its clock.")
    if forgotten:
        raise SystemExit(1)


@click.command("verify-history")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only cases written to since this day, and its anchors.")
@click.option("--kept", metavar="HASH", help="The hash of an anchor that was kept elsewhere: it must still be there.")
def verify_history(since: datetime | None, kept: str | None) -> None:
    """Check the chain of every case's history, the anchor of every day, and the ledger of points. Exit code 1 if anything was
    tampered with.

    The first line of a case or account that was edited, removed or reordered is named, and every case that was removed.
    """
    connect()
    day = since.date() if since else None
    wrong = 0
    with reading() as db:
        for sentence in chain(proof.broken(db, day), ledger.broken(db)):
            click.echo(sentence)
            wrong += 1
        if kept and not anchors.is_kept(db, kept):
            click.echo(f"no anchor has the hash {kept}: the anchors were made anew")
            wrong += 1
        for remark in anchors.late(db, day):
            click.echo(f"(remark) {remark}")
        last = anchors.last(db)
    click.echo("The history is whole." if not wrong else f"{wrong} things were tampered with.")
    if last:
        click.echo(f"Anchored until {last.day}: {last.hash}\nKept elsewhere, that hash proves all before it: --kept")
    if wrong:
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
