"""Doors by hand: `flask wechat accounts import FILE --brand KEY`."""

from __future__ import annotations

import json
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import text

from app.kit import db
from app.wechat import service

wechat = AppGroup("wechat", help="Accounts at WeChat.")
accounts = AppGroup("accounts", help="Mini-programs, service accounts, corps and merchants.")
wechat.add_command(accounts)


@accounts.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--brand", "brand_key", required=True, help="the key of the brand that owns them")
def import_(file: Path, brand_key: str) -> None:
    """Take in the accounts of FILE: {"accounts": [{"kind", "name", "appid" …}, …]}. Doing it again brings them up to date."""
    with db.transaction() as session:
        # Brands live on a higher storey; their key is all that is needed here.
        brand_id = session.execute(text("SELECT id FROM brands WHERE key = :key"), {"key": brand_key}).scalar_one_or_none()
        if brand_id is None:
            raise click.ClickException(f"there is no brand {brand_key!r}")
        try:
            entries = json.loads(file.read_text(encoding="utf-8"))["accounts"]
            taken = service.import_accounts(session, brand_id, entries)
        except (KeyError, TypeError, ValueError) as error:
            raise click.ClickException(f"{file}: {error}") from error
    for account in taken:
        click.echo(f"{account.kind:16} {account.appid:20} {account.name}")
