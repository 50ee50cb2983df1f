"""People and a year of what they did for `bench audience`, made by the database itself, in the same shares every time."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg

from bench.money_data import without_indexes

MONTHS = 12
# Rows of one statement, and how many write at once.
AT_A_TIME, LANES = 1_000_000, 2
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
class Filled:
    """How long what took, in seconds."""

    people: float
    events: float
    indexes: float


def fill(connection: psycopg.Connection[Any], brand_id: uuid.UUID, *, people: int, events: int) -> Filled:
    """Put so many people with tags, consents and leads into a brand, and what they did over twelve months, in place of all events.

    `connection` is an owner's, and commits by itself: foreign keys are not asked.
    """
    connection.execute("SET session_replication_role = replica")
    connection.execute("SET maintenance_work_mem = '1GB'")
    connection.execute("SET work_mem = '256MB'")
    connection.execute(SEED)
    started = time.perf_counter()
    _people(connection, brand_id, people)
    peopled = time.perf_counter()
    connection.execute("TRUNCATE events, event_deliveries, client_events, event_totals, events_counted")
    _partitions(connection)
    with without_indexes(connection, "events"):
        _events(connection, brand_id, people, events)
        recorded = time.perf_counter()
    connection.execute("VACUUM (ANALYZE) events")
    connection.execute("RESET session_replication_role")
    return Filled(peopled - started, recorded - peopled, time.perf_counter() - recorded)


def _id(prefix: str, number: str) -> str:
    """A UUID from a number, in its order."""
    return f"('{prefix}' || lpad(to_hex({number}), 24, '0'))::uuid"


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


def _partitions(connection: psycopg.Connection[Any]) -> None:
    for back in range(1, MONTHS + 1):
        (name, first, last) = connection.execute(
            "SELECT 'events_' || to_char(m, 'YYYYMM'), m, m + interval '1 month' "
            "FROM (SELECT date_trunc('month', marque_now() AT TIME ZONE 'UTC') - make_interval(months => %s)) x (m)",
            [back],
        ).fetchone() or ("", "", "")
        connection.execute(f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF events FOR VALUES FROM ('{first}+00') TO ('{last}+00')")


def _events(connection: psycopg.Connection[Any], brand_id: uuid.UUID, people: int, count: int) -> None:
    """Evenly over a year up to now; one in ten does half of it all, and somebody who is active does several things in one visit."""
    bounds, names = [], []
    for name, share in DONE.items():
        bounds.append((bounds[-1] if bounds else 0) + share)
        names.append(name)
    cars = [str(row[0]) for row in connection.execute("SELECT id FROM vehicles WHERE brand_id = %s LIMIT %s", [brand_id, CARS])]
    statement = f"""
        INSERT INTO events (id, recorded_at, brand_id, name, customer_id, subject_type, subject_id, actor_type, data)
        SELECT {_id("01900004", "n")}, marque_now() - (1 - n::float8 / %(count)s) * interval '365 days', %(brand)s, name,
            {_id("01900000", "who")}, CASE WHEN of_car THEN 'vehicle' END, CASE WHEN of_car THEN (%(cars)s::text[])[1 + n %% %(of)s] END,
            'customer', jsonb_build_object('session_id', who || '-' || n / (%(count)s / 365 + 1), 'price_fen', 10000000 + n %% 400 * 100000)
        FROM (
            SELECT n, who, name, name LIKE 'vehicle.%%' AS of_car FROM (
                SELECT n, 1 + floor(%(people)s * CASE WHEN random() < 0.5 THEN random() / 10 ELSE random() END)::bigint AS who,
                    (%(names)s::text[])[1 + width_bucket((random() * 1000)::int, %(bounds)s::int[])] AS name
                FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
            ) drawn
        ) done
    """
    known = {"brand": brand_id, "count": count, "people": people, "cars": cars, "of": len(cars), "names": names, "bounds": bounds[:-1]}
    about = connection.info.get_parameters() | {"password": connection.info.password}

    def part(lane: int) -> None:
        with psycopg.connect(**about, autocommit=True) as own:
            own.execute("SET session_replication_role = replica")
            own.execute("SELECT setseed(%s)", [lane / 10])
            for first in range(1 + lane * AT_A_TIME, count + 1, LANES * AT_A_TIME):
                own.execute(statement, known | {"first": first, "last": min(count, first + AT_A_TIME - 1)})

    with ThreadPoolExecutor(LANES) as pool:
        list(pool.map(part, range(LANES)))
