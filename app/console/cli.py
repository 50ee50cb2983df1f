"""By hand: the demo brand and its logins."""

from __future__ import annotations

import json
from pathlib import Path

import click
from flask.cli import AppGroup

from app.console.demo import people
from app.console.demo.seed import KEY, seed
from app.dealers import queries as dealers
from app.kit import db, texts
from app.kit.settings import Environment, settings

demo = AppGroup("demo", help="A fictional brand with synthetic data, to look around in.")


def _refuse_production() -> None:
    if settings().environment is Environment.production:
        raise click.ClickException("The demo has a password that everybody knows: it is refused in production (ENVIRONMENT).")


@demo.command("seed")
@click.option(
    "--accounts",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON with the WeChat accounts and template ids, such as the simulator writes.",
)
def seed_demo(accounts: Path) -> None:
    """Put the demo brand, its dealers, people, cars, tags, messages and journey into the database. Again changes nothing."""
    _refuse_production()
    with db.transaction() as session:
        brand = seed(session, json.loads(accounts.read_text(encoding="utf-8")))
        name = brand.name
    click.echo(f"{name}: synthetic demo data is in place")


@demo.command("logins")
def show_logins() -> None:
    """The staff who can sign in to the demo's console, and their password."""
    _refuse_production()
    with db.transaction() as session:
        brand = dealers.brand_by_key(session, KEY)
        if brand is None:
            raise click.ClickException("There is no demo yet: flask demo seed --accounts FILE")
        click.echo(f"Demo logins (synthetic data). Password of everybody: {people.PASSWORD}\n")
        for one in people.logins(session, brand):
            where = one.dealer.name if one.dealer else brand.name
            click.echo(f"  {one.username:<12} {texts.t(f'roles.{one.role}')}  {where}")
