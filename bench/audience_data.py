"""People and a year of what they did for `bench audience`, made by the database itself, in the same shares every time."""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg

from bench.money_data import without_indexes

# How many write at once.
LANES = 2
FULL = "filled for the bench"
# What somebody does in the mini-program, in a thousand: she mostly opens it and looks at cars.
DONE = {
    "vehicle.viewed": 300,
    "app.shown": 220,
    "page.viewed": 200,
    "search.performed": 110,
    "app.launched": 80,
    "vehicle.gallery_viewed": 40,
    "finance.calculated": 25,
    "share.tapped": 10,
    "contact.tapped": 8,
    "reserve.tapped": 5,
    "phone_call.tapped": 2,
}
TAGS = {"bench_hot": 0.05, "bench_vip": 0.01, "bench_newsletter": 0.4, "bench_cold": 0.3}
CARS = 2000
SEED = "SELECT setseed(0.20261122)"


@dataclass(frozen=True)
class Year:
    """Who did what, and when: evenly over the year up to `last`, the first of `events` at `first`."""

    brand_id: uuid.UUID
    first: datetime
    last: datetime
    people: int
    events: int

    @classmethod
    def until(cls, moment: str, brand_id: uuid.UUID, *, people: int, events: int) -> Year:
        """A year up to an ISO moment."""
        last = datetime.fromisoformat(moment)
        return cls(brand_id, last - timedelta(days=365), last, people, events)

    def months(self) -> list[tuple[datetime, datetime]]:
        """Those that it touches, from midnight to midnight in UTC."""
        bounds = [self.first.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)]
        while bounds[-1] <= self.last:
            bounds.append((bounds[-1] + timedelta(days=32)).replace(day=1))
        return list(pairwise(bounds))

    def number_at(self, moment: datetime) -> int:
        """Of the first event that is not earlier."""
        passed = (moment - self.first) / (self.last - self.first)
        return max(1, min(self.events + 1, math.ceil(passed * self.events)))


def fill_people(connection: psycopg.Connection[Any], brand_id: uuid.UUID, count: int) -> None:
    """Put so many people with tags, consents and leads into a brand. `connection` is an owner's, and commits by itself."""
    with _unasked(connection):
        _people(connection, brand_id, count)


def empty_events(connection: psycopg.Connection[Any]) -> datetime:
    """Forget all events; the moment up to which others may be put in their place."""
    connection.execute("TRUNCATE events, event_deliveries, client_events, event_totals, events_counted")
    (now,) = connection.execute("SELECT marque_now()").fetchone() or (None,)
    assert isinstance(now, datetime)
    return now


def fill_events(connection: psycopg.Connection[Any], year: Year) -> None:
    """Put a year of events in place of none, a month at a time: its table is made, filled and indexed in one transaction, and months that
    are there already stay.
    """
    cars = [str(row[0]) for row in connection.execute("SELECT id FROM vehicles WHERE brand_id = %s LIMIT %s", [year.brand_id, CARS])]
    about = connection.info.get_parameters() | {"password": connection.info.password}

    def month(span: tuple[datetime, datetime]) -> None:
        with psycopg.connect(**about, autocommit=True) as own, _unasked(own):
            table = _part(span)
            if own.execute("SELECT FROM pg_class WHERE oid = to_regclass(%s) AND obj_description(oid) = %s", [table, FULL]).fetchone():
                return
            with own.transaction():
                _month(own, span, year, cars)

    with ThreadPoolExecutor(LANES) as pool:
        list(pool.map(month, year.months()))
    # Only now: beside a month that is being filled nothing is found to be visible to everybody.
    connection.execute("VACUUM (ANALYZE)")


@contextmanager
def _unasked(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Foreign keys are not asked, and sorting has the memory that it wants."""
    connection.execute("SET session_replication_role = replica")
    connection.execute("SET maintenance_work_mem = '1GB'")
    connection.execute("SET max_parallel_maintenance_workers = 0")
    connection.execute("SET work_mem = '256MB'")
    connection.execute(SEED)
    yield
    connection.execute("RESET session_replication_role")


def _id(prefix: str, number: str) -> str:
    """A UUID from a number, in its order."""
    return f"('{prefix}' || lpad(to_hex({number}), 24, '0'))::uuid"


def _fast_id(prefix: str, number: str) -> str:
    """The same, for what is made by the hundred million."""
    return f"encode('\\x{prefix}'::bytea || int8send({number}), 'hex')::uuid"


def _people(connection: psycopg.Connection[Any], brand_id: uuid.UUID, count: int) -> None:
    from app.kit.crypto import encrypt  # the settings are those of the town

    who = _id("01900000", "n")
    made = f"""
        INSERT INTO customers (id, brand_id, created_at, unionid, nickname, phone, phone_hash, time_zone, city)
        SELECT {who}, %s, marque_now() - random() * interval '730 days', 'bench' || n, CASE WHEN n %% 3 > 0 THEN '客户' || n END,
            CASE WHEN n %% 5 < 3 THEN %s::bytea END, CASE WHEN n %% 5 < 3 THEN md5(n::text) END,
            CASE WHEN n %% 4 > 0 THEN 'Asia/Shanghai' END, (ARRAY['上海', '北京', '杭州', '成都', '广州'])[1 + n %% 5]
        FROM generate_series(1, %s) n
    """
    with without_indexes(connection, "customers"):
        connection.execute(made, [brand_id, encrypt(b"+8613800000000"), count])
    tags = f"""
        INSERT INTO customer_tags (customer_id, tag_id, active, source, decided_at)
        SELECT {who}, %s, true, 'staff', marque_now() - random() * interval '200 days' FROM generate_series(1, %s) n WHERE random() < %s
    """
    for key, share in TAGS.items():
        tag = uuid.uuid5(brand_id, key)
        connection.execute("INSERT INTO tags (id, brand_id, key, label, kind) VALUES (%s, %s, %s, %s, 'manual')", [tag, brand_id, key, key])
        connection.execute(tags, [tag, count, share])
    connection.execute(
        "INSERT INTO consents (id, brand_id, customer_id, purpose, text_version) "
        f"SELECT {_id('01900001', 'n')}, %s, {who}, 'marketing', '1' FROM generate_series(1, %s) n WHERE n %% 5 < 2",
        [brand_id, count],
    )
    connection.execute(
        f"INSERT INTO wechat_identities (id, brand_id, appid, openid, customer_id, followed) SELECT {_id('01900002', 'n')}, %s, 'wxbench', "
        f"'bench' || n, {who}, n %% 2 = 0 FROM generate_series(1, %s) n WHERE n %% 10 < 7",
        [brand_id, count],
    )
    connection.execute(
        "INSERT INTO leads (id, brand_id, created_at, customer_id, business_line, status, grade, version) "
        f"SELECT {_id('01900003', 'n')}, %s, marque_now() - random() * interval '365 days', {who}, 'vehicle_sales', "
        "(ARRAY['new', 'assigned', 'accepted', 'won', 'defeated'])[1 + n / 7 %% 5], (ARRAY['H', 'A', 'B', 'C'])[1 + n / 11 %% 4], 1 "
        "FROM generate_series(1, %s) n WHERE n %% 8 = 0",
        [brand_id, count],
    )
    for table in ("customers", "customer_tags", "consents", "wechat_identities", "leads"):
        connection.execute(f"VACUUM (ANALYZE) {table}")


def _part(span: tuple[datetime, datetime]) -> str:
    return f"events_{span[0]:%Y%m}"


def _month(connection: psycopg.Connection[Any], span: tuple[datetime, datetime], year: Year, cars: list[str]) -> None:
    """The part of this month, whole: what was there is forgotten."""
    table = _part(span)
    connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.execute(f"CREATE TABLE {table} (LIKE events INCLUDING DEFAULTS)")
    connection.execute("SELECT setseed(%s)", [(span[0].month + span[0].year % 7 * 12) / 100])
    _events(connection, span, year, cars)
    (key,) = connection.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'events'::regclass AND contype = 'p'"
    ).fetchone() or ("",)
    connection.execute(f"ALTER TABLE {table} ADD {key}")
    wanted = "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'events'::regclass AND NOT indisprimary"
    for (definition,) in connection.execute(wanted).fetchall():
        connection.execute(re.sub(r"INDEX \S+ ON ONLY \S+", f"INDEX ON {table}", definition))
    connection.execute(f"ALTER TABLE events ATTACH PARTITION {table} FOR VALUES FROM ('{span[0]}') TO ('{span[1]}')")
    connection.execute(f"COMMENT ON TABLE {table} IS '{FULL}'")


def _events(connection: psycopg.Connection[Any], span: tuple[datetime, datetime], year: Year, cars: list[str]) -> None:
    """One in ten does half of it all, and somebody who is active does several things in one visit."""
    bounds, names = [], []
    for name, share in DONE.items():
        bounds.append((bounds[-1] if bounds else 0) + share)
        names.append(name)
    # Written for the processor's sake: an array of UUIDs is found by place, one of texts is walked through.
    statement = f"""
        INSERT INTO {_part(span)} (id, recorded_at, brand_id, name, customer_id, subject_type, subject_id, actor_type, data)
        SELECT {_fast_id("0190000400000000", "n")},
            least(greatest(%(first_at)s + n * (%(year)s / %(count)s::float8), %(from_at)s), %(to_at)s - interval '1 us'), %(brand)s, name,
            {_fast_id("0190000000000000", "who")}, CASE WHEN of_car THEN 'vehicle' END,
            CASE WHEN of_car THEN (%(cars)s::uuid[])[1 + n %% %(of)s]::text END,
            'customer', jsonb_build_object('session_id', who || '-' || n / (%(count)s / 365 + 1), 'price_fen', 10000000 + n %% 400 * 100000)
        FROM (
            SELECT n, who, name, name LIKE 'vehicle.%%' AS of_car FROM (
                SELECT n, 1 + floor(%(people)s * CASE WHEN random() < 0.5 THEN random() / 10 ELSE random() END)::bigint AS who,
                    (%(names)s::text[])[1 + width_bucket((random() * 1000)::int, %(bounds)s::int[])] AS name
                FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
            ) drawn
        ) done
    """
    known = {"brand": year.brand_id, "count": year.events, "people": year.people, "names": names, "bounds": bounds[:-1]}
    known |= {"cars": cars, "of": len(cars), "first_at": year.first, "year": year.last - year.first, "from_at": span[0], "to_at": span[1]}
    connection.execute(statement, known | {"first": year.number_at(span[0]), "last": year.number_at(span[1]) - 1})
