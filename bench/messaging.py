"""Marketing messages through everything that stands between a plan and a call, two workers, against a bare loop of the same HTTP client."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import psutil
import psycopg
import uvloop

from bench import sink
from bench.report import Figure, Report
from dev.environment import ROOT
from dev.stack import Stack, end
from dev.testing import servers, wait_until
from dev.town import town

SENDS_PER_SECOND, WORKER_MB, WHY_MS = 2000, 400, 200
PEOPLE, SMALL_PEOPLE = 60_000, 6_000
# What the ledger has from before.
PAST, SMALL_PAST = 1_000_000, 20_000
ASKED_WHY = 300
WORKERS, AT_ONCE = 2, 64
PAGE = 5_000
TEMPLATE = "bench"
FIELDS = {"thing1": "{{ vehicle_title }}", "thing2": "{{ store_name }}", "phone_number3": "{{ store_phone }}"}


def run(*, small: bool = False) -> Report:
    """Plan one message to each of many followers, let two workers send them all, and ask why for some of them."""
    people, past = (SMALL_PEOPLE, SMALL_PAST) if small else (PEOPLE, PAST)
    with tempfile.TemporaryDirectory() as name, servers() as lent, town(Path(name) / "town", lent.database_url) as stack:
        folder = Path(name)
        with sink.serving(folder) as (address, kind):
            bare = _bare(address, people)
            stack.env |= {
                "WECHAT_API_BASE": address,
                "WECHAT_CALLS_AT_ONCE": str(AT_ONCE),
                "WECHAT_QUOTAS": '{"/cgi-bin/message/template/send": {"per_day": 100000000}}',
                "LOG_LEVEL": "WARNING",
            }
            stack.restart("valkey")
            wait_until(lambda: stack.valkey and stack.valkey.answers(), 20)
            planned = _plan(stack, people, past)
            sent, megabytes, cpu = _send(stack, people)
            figures = [
                Figure("bare loop of the same client, as many processes", bare, "calls/s"),
                Figure("planned", planned, "sends/s"),
                Figure("sent", sent, "sends/s", at_least=SENDS_PER_SECOND),
                Figure("sent, to the bare loop", sent / bare, "of bare"),
                Figure("workers' CPU", cpu * 1e3, "ms a send"),
                Figure("largest worker", megabytes, "MB", at_most=WORKER_MB),
                Figure("why somebody got it or not, p95", _why(), "ms", at_most=WHY_MS),
            ]
    notes = [
        f"{people:,} people who follow and agreed; one marketing message each with three facts, caps of 3 a day and 10 a week",
        f"{WORKERS} workers, {AT_ONCE} calls at once each; PostgreSQL, Valkey and the sink ({kind}) on the same {os.cpu_count()} cores",
    ]
    return Report(figures, notes)


def _bare(address: str, calls: int) -> float:
    """So many processes post the same bytes and read the answers: calls a second of all together."""
    begun = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(WORKERS) as pool:
        begun = max(begun, *pool.starmap(_ready, [()] * WORKERS))
        begun = time.perf_counter()
        pool.starmap(_post, [(address, calls // WORKERS)] * WORKERS, chunksize=1)
    return calls / (time.perf_counter() - begun)


def _ready() -> float:
    time.sleep(0.1)
    return time.perf_counter()


def _post(address: str, calls: int) -> None:
    url = f"{address}/cgi-bin/message/template/send?access_token=t"
    data = {"thing1": {"value": "极曜 S7"}, "thing2": {"value": "上海浦东店"}, "phone_number3": {"value": "021-50001234"}}

    async def some(session: aiohttp.ClientSession, waiting: Iterator[int]) -> None:
        for number in waiting:
            message = {"touser": f"o{number}", "template_id": "t", "client_msg_id": uuid.uuid4().hex, "data": data}
            async with session.post(url, data=orjson.dumps(message)) as answer:
                await answer.read()

    async def everything() -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:
            waiting = iter(range(calls))
            await asyncio.gather(*(some(session, waiting) for _ in range(AT_ONCE)))

    uvloop.run(everything())


# Followers who agreed to marketing, and the town's cars in turn; what the rows need beyond that has its defaults.
PEOPLE_SQL = """
    WITH brand AS (SELECT id FROM brands LIMIT 1),
    account AS (SELECT appid FROM wechat_accounts WHERE kind = 'service_account' LIMIT 1),
    born AS (
        INSERT INTO customers (id, brand_id)
        SELECT gen_random_uuid(), brand.id FROM brand, generate_series(1, %(people)s) RETURNING id, brand_id
    ),
    known AS (
        INSERT INTO wechat_identities (id, brand_id, appid, openid, customer_id, followed)
        SELECT gen_random_uuid(), born.brand_id, account.appid, 'o' || replace(born.id::text, '-', ''), born.id, true FROM born, account
    )
    INSERT INTO consents (id, brand_id, customer_id, purpose, text_version)
    SELECT gen_random_uuid(), brand_id, id, 'marketing', '1' FROM born
"""

PAST_SQL = """
    INSERT INTO sends (id, brand_id, created_at, channel, customer_id, template_key, purpose, dedupe_key, context, lane, status, due_at,
        claimed_at, settled_at, msgid, appid)
    SELECT gen_random_uuid(), one.brand_id, at, 'service_template', one.id, 'earlier', 'marketing', 'past:' || number, '{}', 7,
        'accepted', at, at, at, number::text, 'wx'
    FROM generate_series(1, %(past)s) AS number
    CROSS JOIN LATERAL (SELECT marque_now() - interval '400 days' + number * interval '30 seconds' AS at) AS moment
    JOIN (SELECT id, brand_id, row_number() OVER () - 1 AS place FROM customers) AS one ON one.place = number %% %(people)s
"""
# Like one that the town has, with other words.
TEMPLATE_SQL = """
    INSERT INTO message_templates
    SELECT (jsonb_populate_record(one, %(new)s::jsonb)).* FROM message_templates one WHERE key = 'deposit_paid' LIMIT 1
"""


def _plan(stack: Stack, people: int, past: int) -> float:
    """Make the people and plan a message to each; how many a second were planned."""
    os.environ.update(stack.env)
    from app.factory import assemble
    from app.kit import db, logging
    from app.kit.settings import settings
    from app.messaging import service as messaging
    from app.messaging.models import Lane, MessagingPolicy

    settings.cache_clear()
    logging.configure()
    assemble()
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as database:
        database.execute(PEOPLE_SQL, {"people": people})
        (brand_id,) = database.execute("SELECT id FROM brands LIMIT 1").fetchone() or (None,)
        cars = [str(row[0]) for row in database.execute("SELECT id FROM vehicles WHERE status = 'listed' ORDER BY number LIMIT 500")]
        followers = [
            row[0] for row in database.execute("SELECT customer_id FROM consents WHERE purpose = 'marketing' AND text_version = '1'")
        ]
        database.execute(TEMPLATE_SQL, {"new": json.dumps({"id": str(uuid.uuid4()), "key": TEMPLATE, "fields": FIELDS, "page": None})})
        database.execute(PAST_SQL, {"past": past, "people": people})
        database.execute("VACUUM ANALYZE")
    with db.transaction() as session:
        session.merge(MessagingPolicy(brand_id=brand_id, most_per_day=3, most_per_week=10))
    begun = time.perf_counter()
    for at in range(0, len(followers), PAGE):
        with db.transaction() as session:
            drafts: list[dict[str, Any]] = [
                {
                    "brand_id": brand_id,
                    "channel": "service_template",
                    "recipient": ("customer", customer_id),
                    "template_key": TEMPLATE,
                    "dedupe_key": f"bench:{customer_id}",
                    "purpose": "marketing",
                    "lane": Lane.broadcast,
                    "context": {"vehicle_id": cars[number % len(cars)]},
                }
                for number, customer_id in enumerate(followers[at : at + PAGE])
            ]
            messaging.plan_all(session, drafts)
    return people / (time.perf_counter() - begun)


def _send(stack: Stack, people: int) -> tuple[float, float, float]:
    """Let the workers send everything: sends a second from the first claim to the last answer, MB of the larger one, CPU seconds a send."""
    with psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as database:
        database.execute("VACUUM ANALYZE sends")
        command = [sys.executable, "-m", "workers.worker", "critical", "default", "bulk"]
        log = (stack.folder / "bench-workers.log").open("ab")
        running = [psutil.Popen(command, cwd=ROOT, env=stack.env, stdout=log, stderr=log) for _ in range(WORKERS)]
        try:
            _ring(stack)
            accepted = "SELECT count(*) FROM sends WHERE status = 'accepted' AND template_key = %s"
            wait_until(
                lambda: (database.execute(accepted, [TEMPLATE]).fetchone() or [0])[0] >= people or time.sleep(0.5), 600, _fates(database)
            )
            megabytes = max(one.memory_info().rss for one in running) / 1e6
            cpu = sum(sum(one.cpu_times()[:2]) for one in running)
        finally:
            for one in running:
                end(one, 15)
            log.close()
        took = "SELECT extract(epoch FROM max(settled_at) - min(claimed_at)) FROM sends WHERE template_key = %s"
        (seconds,) = database.execute(took, [TEMPLATE]).fetchone() or (0,)
    return people / float(seconds), megabytes, cpu / people


def _why() -> float:
    """How long the story of a message takes to be told, p95 in ms; of random ones."""
    from sqlalchemy import func, select

    from app.kit import db
    from app.messaging import queries
    from app.messaging.models import Send

    with db.transaction() as session:
        ids = session.execute(select(Send.id).order_by(func.random()).limit(ASKED_WHY)).scalars().all()
    took = []
    for send_id in ids:
        begun = time.perf_counter()
        with db.transaction() as session:
            queries.story(session, session.get_one(Send, send_id))
        took.append((time.perf_counter() - begun) * 1e3)
    return sorted(took)[int(len(took) * 0.95)]


def _wait_for(look: Callable[[], bool], fates: Callable[[], str]) -> None:
    """Look twice a second, which is nothing beside what is measured."""
    until = time.monotonic() + 600
    while not look():
        if time.monotonic() > until:
            raise RuntimeError(f"not all were sent: {fates()}")
        time.sleep(0.5)


def _fates(database: psycopg.Connection[Any]) -> str:
    return json.dumps(database.execute("SELECT status, error_code, count(*) FROM sends GROUP BY 1, 2").fetchall())


def _ring(stack: Stack) -> None:
    from app.kit import queue

    queue.ring_again("messaging.send_many")
