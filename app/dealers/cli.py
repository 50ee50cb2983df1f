"""By hand: place dealers and their stores."""

from __future__ import annotations

import csv
from pathlib import Path

import click
from flask.cli import AppGroup
from tqdm import tqdm

from app.dealers import queries, service
from app.dealers.errors import BrandUnclear
from app.kit import db
from app.kit.geo import Datum

dealers = AppGroup("dealers", help="Dealers and stores.")

COLUMNS = ("city", "dealer_name", "address", "lat_bd09_or_gcj02", "lng_bd09_or_gcj02")


@dealers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--brand", "brand_key", help="Key of the brand; needed when there are several.")
@click.option("--brand-name", help="Make the brand with this name when there is none of that key.")
def import_dealers(file: Path, brand_key: str | None, brand_name: str | None) -> None:
    """Place a dealer with one store for each row of a CSV with the columns city, dealer_name, address and coordinates.

    The datum of such coordinates is not established: they are kept as GCJ-02 and marked "unknown". Again changes nothing.
    """
    placed = kept = 0
    refused: list[str] = []
    with db.transaction() as session, file.open(encoding="utf-8-sig", newline="") as source:
        if brand_key and brand_name and queries.brand_by_key(session, brand_key) is None:
            service.found_brand(session, key=brand_key, name=brand_name)
        try:
            brand = queries.only_brand(session, brand_key)
        except BrandUnclear as error:
            raise click.UsageError(f"--brand: one of {', '.join(error.details['keys']) or '(there is none yet)'}") from error
        lines = csv.DictReader(source)
        absent = set(COLUMNS) - set(lines.fieldnames or ())
        if absent:
            raise click.ClickException(f"{file.name} has no columns {sorted(absent)}")
        for row in tqdm(lines, unit=" rows", desc=file.name, leave=False):
            city, name, address, *place = (row[column].strip() for column in COLUMNS)
            try:
                lat, lng = (float(degrees) for degrees in place)
            except ValueError:
                refused.append(f"  line {lines.line_num}, lat_bd09_or_gcj02/lng_bd09_or_gcj02: not degrees {place!r}")
                continue
            if not name or not city:
                refused.append(f"  line {lines.line_num}, {'city' if name else 'dealer_name'}: empty")
                continue
            dealer = service.found_dealer(session, brand.id, name=name, city=city)
            _, new = service.place_store(
                session, dealer, name=name, city=city, address=address, lat=lat, lng=lng, datum=Datum.gcj02, datum_source="unknown"
            )
            placed, kept = placed + new, kept + (not new)
    for line in refused:
        click.echo(line, err=True)
    click.echo(f"{placed} stores placed, {kept} were there, {len(refused)} rows rejected")
