"""Commands of who, for hand-run work."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.audience.service import attributes
from app.kit import db

audience = AppGroup("audience", help="Tags and segments.")


@audience.command("compute-attributes")
def compute_attributes() -> None:
    """Compute what is known of customers from what they did before it was computed: once, after an upgrade."""
    with db.transaction() as session:
        click.echo(f"{attributes.compute_everybody(session)} values")
