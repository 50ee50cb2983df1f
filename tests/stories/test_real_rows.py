"""The main job on real cars at real dealers, on machines that have the files: nobody's to pass on, so no part of the project.

A quarter of the listings, from all ten cities: that every one is taken over, `tests/vehicles/test_feed.py` holds.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import psycopg

from dev.environment import REAL_DATA
from dev.stack import Stack
from dev.testing import wait_until
from miniprogram_mock.story import SHANGHAI, Story
from tests.stories.books import the_books_are_right
from tests.stories.limits import within_its_limits

LISTINGS = REAL_DATA / "guazi_china_10cities_2021.csv"
DEALERS = REAL_DATA / "china_dealer_locations_ford2018.csv"
BRAND = ("--brand", "jiyao")
INDEXED_SECONDS = 30
EVERY = 4


def without_the_demos_own(town: Stack) -> None:
    """Leave of the demo its headquarters and what they set up; its cars, dealers and their people go.

    The product never deletes a car, it withdraws: so the index, which is told of every change and of no deletion, is made anew.
    """
    with psycopg.connect(town.env["DATABASE_URL"]) as books:
        for table in ("price_changes", "vehicle_inspections", "vehicles", "staff WHERE dealer_id IS NOT NULL", "stores", "dealers"):
            books.execute(f"DELETE FROM {table}")  # type: ignore[arg-type]
    town.flask("vehicles", "index", "rebuild")


def advisers(file: Path) -> dict[str, str]:
    """An adviser for each Shanghai dealer, written to the file; WeCom userid, as the simulated corp has them, → dealer."""
    with DEALERS.open(encoding="utf-8-sig", newline="") as rows:
        shanghai = [row["dealer_name"].strip() for row in csv.DictReader(rows) if row["city"].strip() == "上海"]
    staff = {f"adv{number:03d}": dealer for number, dealer in enumerate(shanghai, 1)}
    with file.open("w", encoding="utf-8", newline="") as listed:
        rows_out = csv.writer(listed)
        rows_out.writerow(["username", "name", "role", "dealer", "wecom_userid"])
        rows_out.writerows([f"real-{userid}", f"顾问{userid}", "adviser", dealer, userid] for userid, dealer in staff.items())
    return staff


def some_listings(file: Path) -> int:
    """Every fourth row, written to the file; how many."""
    header, *rows = LISTINGS.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join([header, *rows[::EVERY]]), "utf-8")
    return len(rows[::EVERY])


if LISTINGS.exists() and DEALERS.exists():

    def test_the_main_job_runs_on_real_listings_at_real_dealers(town: Stack, story: Callable[..., Story], tmp_path: Path) -> None:
        without_the_demos_own(town)
        town.flask("dealers", "import", str(DEALERS), "--phone", "400-000-0000", *BRAND)
        dealer_of = advisers(tmp_path / "staff.csv")
        assert f"{len(dealer_of)} new, 0 changed" in town.flask("dealers", "staff", str(tmp_path / "staff.csv"), *BRAND)
        rows = some_listings(tmp_path / LISTINGS.name)
        taken = town.flask("vehicles", "import", str(tmp_path / LISTINGS.name), "--dealer", "by-city", "--mapping", "guazi", *BRAND)
        cars = int(re.findall(r"(\d+) new", taken)[0])
        assert cars >= 0.99 * rows, taken
        print(taken)

        teller = story(plain=True)
        wait_until(lambda: teller.buyer.search(**SHANGHAI, limit=1)["total"] == cars, INDEXED_SECONDS, "the index has not the feed's cars")
        figures = teller.run().seconds

        assert teller.buyer.search(**SHANGHAI, limit=1)["total"] == cars, "others than the real cars are on sale"
        assert teller.vehicle["store"]["name"] == dealer_of[teller.adviser], "an adviser of another dealer was told"
        within_its_limits(figures)
        the_books_are_right(town)
