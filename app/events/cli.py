"""By hand: look at deliveries that were given up, and give them their attempts again."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.events import queries, service
from app.kit import db

events = AppGroup("events", help="What happened, and who could not take it.")


@events.command("dead")
@click.option("--limit", default=50, show_default=True)
def dead(limit: int) -> None:
    """List the deliveries that failed at every attempt."""
    with db.transaction() as session:
        for row in queries.dead_deliveries(session, limit):
            click.echo(f"{row.dead_at:%Y-%m-%d %H:%M}  {row.handler}  {row.event_id}  {row.error}")


@events.command("revive")
@click.option("--handler", help="only this one, as `events dead` spells it")
def revive(handler: str | None) -> None:
    """Try dead deliveries again, once what made them fail is mended."""
    with db.transaction() as session:
        click.echo(f"{service.revive(session, handler)} deliveries will be tried again")
