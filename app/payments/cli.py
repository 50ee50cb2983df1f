"""By hand: prove that the books are right."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from app.kit import db
from app.kit.money import yuan
from app.payments.replay import names
from app.payments.replay import replay as replay_all

payments = AppGroup("payments", help="Payments, refunds and the ledger.")


@payments.command("replay")
def replay() -> None:
    """Work out every standing and total from the first entry on, compare with what the database and the payments say; 1 if they differ."""
    with db.transaction() as session:
        # One moment for all that is compared, while the platform goes on.
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        found = replay_all(session)
        called = names(session, list(found.totals))
    for payee, accounts in sorted(found.totals.items(), key=lambda item: called[item[0]]):
        for account, fen in sorted(accounts.items()):
            click.echo(f"{called[payee]:<24} {account:<20} {yuan(fen):>16}")
    click.echo(f"{found.entries} entries, {found.intents} intents, {len(found.differences)} differences")
    for difference in found.differences:
        click.echo(difference, err=True)
    sys.exit(1 if found.differences else 0)
