"""By hand: place dealers and their stores, and bring their staff up to date."""

from __future__ import annotations

import re
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session
from tqdm import tqdm

from app.dealers import queries, service
from app.dealers.errors import BrandUnclear, RosterRefused
from app.dealers.models import Brand
from app.dealers.schemas import PHONE
from app.kit import db, rows, texts
from app.kit.geo import Datum
from app.kit.rows import CellRefused

dealers = AppGroup("dealers", help="Dealers, stores and staff.")

COLUMNS = ("city", "dealer_name", "address", "lat_bd09_or_gcj02", "lng_bd09_or_gcj02")


@dealers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--brand", "brand_key", help="Key of the brand; needed when there are several.")
@click.option("--brand-name", help="Make the brand with this name when there is none of that key.")
@click.option("--phone", default="", help="Telephone of the stores whose row has none, such as the brand's hotline.")
def import_dealers(file: Path, brand_key: str | None, brand_name: str | None, phone: str) -> None:
    """Place a dealer with one store for each row of a CSV with the columns city, dealer_name, address, coordinates and perhaps phone.

    The datum of such coordinates is not established: they are kept as GCJ-02 and marked "unknown". Again changes nothing.
    """
    placed = kept = 0
    refused: rows.Refusals = []
    with db.transaction() as session:
        if brand_key and brand_name and queries.brand_by_key(session, brand_key) is None:
            service.found_brand(session, key=brand_key, name=brand_name)
        brand = _brand(session, brand_key)
        for line, row in tqdm(rows.read(file, COLUMNS, refused), unit=" rows", desc=file.name, leave=False):
            try:
                new = _place(session, brand, row, row.get("phone") or phone)
            except CellRefused as error:
                refused.append((line, error))
                continue
            placed, kept = placed + new, kept + (not new)
    rows.tell(refused)
    click.echo(f"{placed} stores placed, {kept} were there, {len(refused)} rows rejected")


def _brand(session: Session, key: str | None) -> Brand:
    try:
        return queries.only_brand(session, key)
    except BrandUnclear as error:
        raise click.UsageError(f"--brand: one of {', '.join(error.details['keys']) or '(there is none yet)'}") from error


def _place(session: Session, brand: Brand, row: dict[str, str], phone: str) -> bool:
    """Whether the row's store is new. Raises `CellRefused` when the row does not hold."""
    city, name, address, *_ = (row[column] for column in COLUMNS)
    degrees = []
    for column, limit in zip(COLUMNS[3:], (90, 180), strict=True):
        try:
            degrees.append(float(row[column]))
        except ValueError as error:
            raise CellRefused(column, row[column], "not_a_number") from error
        if not abs(degrees[-1]) <= limit:
            raise CellRefused(column, row[column], "out_of_range")
    for column in ("dealer_name", "city"):
        if not row[column]:
            raise CellRefused(column, "", "missing")
    if phone and not re.fullmatch(PHONE, phone):
        raise CellRefused("phone", phone, "not_a_phone")
    dealer = service.found_dealer(session, brand.id, name=name, city=city)
    lat, lng = degrees
    fields = {"city": city, "address": address, "phone": phone or None, "datum_source": "unknown"}
    _, new = service.place_store(session, dealer, name=name, lat=lat, lng=lng, datum=Datum.gcj02, **fields)
    return new


@dealers.command("staff")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--brand", "brand_key", help="Key of the brand; needed when there are several.")
def bring_staff(file: Path, brand_key: str | None) -> None:
    """Take on the people of a CSV with the columns username, name, role, dealer, wecom_userid: all, or none when a row does not hold.

    Roles: admin, marketer and finance (headquarters, no dealer), dealer_manager and adviser (of the dealer of that name or id). Known
    user names are brought up to date and keep their password; new ones get one that is printed here and nowhere else. A column active
    with false shuts somebody out.
    """
    refused: rows.Refusals = []
    try:
        with db.transaction() as session, tqdm(unit=" people", desc=file.name, leave=False) as bar:
            brand = _brand(session, brand_key)
            listed = rows.read(file, tuple(service.STAFF_COLUMNS), refused)
            roster = service.take_on(session, brand.id, listed, refused=refused, progress=bar.update)
    except RosterRefused as error:
        rows.tell(sorted(refused, key=lambda one: one[0]))
        raise click.ClickException(f"{texts.t(f'errors.{error.code}')}: {error.message} {error.details}") from error
    if roster.newcomers:
        click.echo("Passwords of the new people, shown this once:\n")
        for person, password in roster.newcomers:
            click.echo(f"  {person.username:<20}  {password}  {person.name}")
        click.echo()
    click.echo(f"{len(roster.newcomers)} new, {roster.updated} changed, {roster.unchanged} unchanged")
