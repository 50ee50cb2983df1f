"""By hand: take over a feed of vehicles, or the finance plans of a brand; look after the index of the search."""

from __future__ import annotations

import time
import tomllib
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from tqdm import tqdm

from app.dealers import queries as dealers
from app.dealers.errors import BrandUnclear
from app.kit import db, rows, texts
from app.kit.settings import settings
from app.vehicles import mapping, service
from app.vehicles.errors import FeedHeld, FeedRefused, MappingInvalid, PlanInvalid
from app.vehicles.models import FeedFormat, ImportRun
from app.vehicles.search.folders import Folders

vehicles = AppGroup("vehicles", help="Vehicles.")

BY_CITY = "by-city"
SHOWN_ERRORS = 20
JSON = (".json", ".jsonl", ".ndjson")


@vehicles.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dealer", required=True, help=f"Whose cars: a dealer's name or id, or {BY_CITY} to place each at a store of its city.")
@click.option("--mapping", "mapping_name", required=True, help="standard, guazi, or the path of a TOML file.")
@click.option("--brand", "brand_key", help="Key of the brand; needed when there are several.")
@click.option("--withdraw-after", default=service.WITHDRAW_AFTER, help="Withdraw a car that so many feeds did not bring; 0 never.")
@click.option("--feed", "name", default="", help="Which of several feeds of the dealer it is; the mapping's name unless given.")
@click.option("--withdraw-many", is_flag=True, help="Even more than half of a dealer's cars.")
@click.option(
    "--errors", type=click.Path(dir_okay=False, path_type=Path), help="Write every rejected row's line, field, value, reason here."
)
def import_feed(
    file: Path,
    dealer: str,
    mapping_name: str,
    brand_key: str | None,
    withdraw_after: int,
    name: str,
    withdraw_many: bool,
    errors: Path | None,
) -> None:
    """Take over a feed, CSV or JSON (.json, .jsonl): all of it or, when it breaks off, nothing. Rows that do not hold are left out and
    told.
    """
    refused: rows.Refusals = []
    started = time.monotonic()
    with tqdm(total=file.stat().st_size, unit="B", unit_scale=True, desc=file.name, leave=False) as bar:
        try:
            with db.transaction() as session:
                brand = dealers.only_brand(session, brand_key)
                feed = service.Feed(
                    path=file,
                    mapping=None if mapping_name == mapping.STANDARD else mapping.load(mapping_name),
                    format=FeedFormat.json if file.suffix in JSON else FeedFormat.csv,
                    name=name,
                    may_withdraw_many=withdraw_many,
                    dealer_id=None if dealer == BY_CITY else _dealer_id(session, brand.id, dealer),
                    withdraw_after=withdraw_after,
                    progress=lambda position: bar.update(position - bar.n),
                    refused=lambda line, error: refused.append((line, error)),
                )
                run = service.take_over(session, brand.id, feed)
        except (BrandUnclear, FeedHeld, FeedRefused, MappingInvalid) as error:
            bar.close()
            rows.tell(refused, most=SHOWN_ERRORS, path=errors)
            raise click.ClickException(f"{texts.t(f'errors.{error.code}')}: {error.message} {error.details or ''}") from error
    rows.tell(refused, most=SHOWN_ERRORS, path=errors)
    _report(run, refused, time.monotonic() - started)


def _dealer_id(session: Any, brand_id: uuid.UUID, name_or_id: str) -> uuid.UUID:
    found = dealers.dealer_by_name(session, brand_id, name_or_id)
    if found is None:
        raise click.BadParameter(f"no dealer {name_or_id!r} in this brand", param_hint="--dealer")
    return found.id


def _report(run: ImportRun, refused: rows.Refusals, seconds: float) -> None:
    click.echo(
        f"{run.rows} rows in {seconds:.1f} s ({run.rows / seconds:,.0f} rows/s): {run.created} new, {run.updated} changed, "
        f"{run.unchanged} unchanged, {run.withdrawn} withdrawn, {run.rejected} rejected"
    )
    reasons = Counter((error.field, error.reason) for _, error in refused)
    for (field, reason), count in reasons.most_common():
        click.echo(f"  {count} × {field}: {texts.t(f'import_reason.{reason}')}")


@vehicles.command("plans")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--brand", "brand_key", help="Key of the brand; needed when there are several.")
def import_plans(file: Path, brand_key: str | None) -> None:
    """Make or change the finance plans of a TOML file: one [[plans]] each, with the fields of PlanIn; all of them or none.

    A plan is known by its name; one that the file does not have stays as it is, and ends with its valid_until.
    """
    try:
        plans = tomllib.loads(file.read_text(encoding="utf-8"))["plans"]
        with db.transaction() as session:
            brand = dealers.only_brand(session, brand_key)
            changed = service.install_plans(session, brand.id, plans)
            unknown = {key for plan in plans for key in plan.get("series", [])} - service.series(session, brand.id, {}).keys()
    except (KeyError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise click.BadParameter(f"no TOML with [[plans]]: {error}", param_hint="FILE") from error
    except (BrandUnclear, PlanInvalid) as error:
        raise click.ClickException(f"{texts.t(f'errors.{error.code}')}: {error.message} {error.details or ''}") from error
    click.echo(f"{len(plans)} plans, {changed} new or changed")
    if unknown:
        click.echo(f"No car is of these series yet: {', '.join(sorted(unknown))}")


@vehicles.group("index")
def index() -> None:
    """The index of the search on this machine."""


@index.command("status")
def index_status() -> None:
    """Tell whether there is an index that is kept up to date; ends with 1 when SQL has to answer."""
    current = Folders(Path(settings().search_dir)).current()
    if current is None:
        raise click.ClickException("There is no index.")
    lag = current.lag_seconds()
    click.echo(f"{current.folder}: up to date {lag:.1f} s ago; {len(current.brands())} brands")
    if current.damaged or lag > settings().search_away_seconds:
        raise click.ClickException("It is damaged." if current.damaged else "Nobody keeps it: is the process `indexer` running?")


@index.command("rebuild")
def index_rebuild() -> None:
    """Have the index made anew by the process that keeps it; until that is done the old one answers."""
    Folders(Path(settings().search_dir)).want_new()
    click.echo("It will be made anew; `flask vehicles index status` shows another folder when it is done.")
