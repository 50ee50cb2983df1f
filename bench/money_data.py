"""A brand after a busy year: a million vehicles and a hundred thousand orders, as the product itself leaves them, in many copies."""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from sqlalchemy.orm import Session

VEHICLES = 1_000_000
ORDERS = 100_000
CUSTOMERS = 80_000
DAYS = 365
# Which share of the orders went which way.
WAYS = {"expired": 0.40, "cancelled": 0.12, "returned": 0.25, "ran_out": 0.177, "hard": 0.05, "soft": 0.002, "returning": 0.001}
ACTIVE = ("hard", "soft")
UNDER_WAY = (*ACTIVE, "returning")
# Of an order: the table, and which of its rows belong to it. Rows that are named come before those that name them.
ROWS = {
    "payment_intents": "subject_id = '{order}'",
    "payment_attempts": "intent_id = '{intent}'",
    "orders": "id = '{order}'",
    "reservations": "order_id = '{order}'",
    "refunds": "intent_id = '{intent}'",
    "ledger_entries": "intent_id = '{intent}'",
    "ledger_lines": "entry_id IN (SELECT id FROM ledger_entries WHERE intent_id = '{intent}')",
    "transitions": "subject_id IN ('{order}', '{intent}')"
    " OR subject_id IN (SELECT id FROM reservations WHERE order_id = '{order}')"
    " OR subject_id IN (SELECT id FROM payment_attempts WHERE intent_id = '{intent}')"
    " OR subject_id IN (SELECT id FROM refunds WHERE intent_id = '{intent}')",
}
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?= \d\d:\d\d)")
# As PostgreSQL 18's uuidv7(), which older servers do not have: what was made one after the other lies side by side in its index.
_IN_ORDER = "lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || substr(md5(random()::text), 13)"


@dataclass(frozen=True)
class Buyer:
    """Somebody who can reserve: her id, what the mini-program calls her, and the token with which she is signed in."""

    id: uuid.UUID
    openid: str
    token: str


@dataclass(frozen=True)
class Car:
    """A vehicle that an order is about."""

    id: str
    dealer_id: str
    store_id: str


def buyers(session: Session, brand_id: uuid.UUID, appid: str, openids: Sequence[str]) -> list[Buyer]:
    """New customers of these openids in a mini-program, with a phone number and signed in."""
    from app.identity.models import Customer, CustomerSession, WechatIdentity
    from app.kit import clock, db
    from app.kit.crypto import blind_index, new_token, token_hash

    until, made = clock.now(session) + timedelta(days=1), []
    for openid in openids:
        phone = f"+86139{random.randrange(10**8):08d}"
        one = Customer(id=db.new_id(), brand_id=brand_id, nickname="测速员", phone=phone, phone_hash=blind_index(phone + openid))
        buyer = Buyer(one.id, openid, new_token())
        session.add_all([one, WechatIdentity(brand_id=brand_id, customer_id=one.id, appid=appid, openid=openid)])
        session.add(CustomerSession(token_hash=token_hash(buyer.token), customer_id=one.id, appid=appid, expires_at=until))
        made.append(buyer)
    session.flush()
    return made


def fill(connection: psycopg.Connection[Any], orders: dict[str, str], customer: str) -> None:
    """Copy the brand's vehicles, this customer, and `orders` (one id for each of `WAYS`) until there are as many as there should be.

    A copy has ids, numbers and days of its own, and is in everything else what the product wrote. `connection` is an owner's: triggers and
    foreign keys are not asked.
    """
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("SET LOCAL maintenance_work_mem = '512MB'")
        with without_indexes(connection, "vehicles"):
            _vehicles(connection)
        people = _customers(connection, customer)
        dice = random.Random(1)
        ways = [way for way, share in WAYS.items() for _ in range(round(share * ORDERS))]
        dice.shuffle(ways)
        taken = cars(connection, len(ways))
        _hold(connection, [car.id for way, car in zip(ways, taken, strict=True) if way in ACTIVE])
        forms = {way: _Form(connection, order_id) for way, order_id in orders.items()}
        values = [forms[way].values(car, dice.choice(people), dice, is_new=way in UNDER_WAY) for way, car in zip(ways, taken, strict=True)]
        for table in ROWS:
            columns = next(iter(forms.values())).columns[table]
            with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for way, own in zip(ways, values, strict=True):
                    copy.write(forms[way].text[table].format_map(own))


class _Form:
    """The rows of one order as lines of COPY, with a gap wherever a copy has a value of its own."""

    def __init__(self, connection: psycopg.Connection[Any], order_id: str) -> None:
        named = "intent_id, number, request_key, vehicle_id, dealer_id, store_id, customer_id"
        found = connection.execute(f"SELECT {named} FROM orders WHERE id = %s", [order_id])
        intent, number, key, *others = map(str, found.fetchone() or ())
        self.columns: dict[str, str] = {}
        raw: dict[str, str] = {}
        self._ids: list[str] = []
        for table, wanted in ROWS.items():
            rows = f"FROM {table} WHERE {wanted.format(order=order_id, intent=intent)}"
            self.columns[table] = _columns(connection, table)
            with connection.cursor().copy(f"COPY (SELECT {self.columns[table]} {rows}) TO STDOUT") as copy:
                raw[table] = "".join(bytes(block).decode() for block in copy)
            self._ids += [str(row[0]) for row in connection.execute(f"SELECT id {rows} ORDER BY id")]
        gaps = {
            number: "{number}",
            key: "{number}",
            **dict(zip(others, ("{car.id}", "{car.dealer_id}", "{car.store_id}", "{customer}"), strict=True)),
        }
        for column in ("transaction_id", "refund_id"):
            table = "payment_attempts" if column == "transaction_id" else "refunds"
            for row in connection.execute(f"SELECT {column} FROM {table} WHERE intent_id = %s AND {column} IS NOT NULL", [intent]):
                gaps[row[0]] = "{" + column + "}"
        for at, one in enumerate(self._ids):
            gaps |= {one: f"{{id{at}}}", one.replace("-", "").upper(): f"{{hex{at}}}"}
        self._first = min(date.fromisoformat(day) for text in raw.values() for day in _DATE.findall(text))
        self.text = {table: self._with_gaps(text, gaps) for table, text in raw.items()}

    def _with_gaps(self, text: str, gaps: dict[str, str]) -> str:
        text = text.replace("{", "{{").replace("}", "}}")
        for value, gap in gaps.items():
            text = text.replace(value, gap)
        return _DATE.sub(lambda found: f"{{day{(date.fromisoformat(found[0]) - self._first).days}}}", text)

    def values(self, car: Car, customer: str, dice: random.Random, *, is_new: bool) -> dict[str, Any]:
        """What fills the gaps of one copy. An order with which something is still to happen was made today."""
        first = self._first if is_new else self._first - timedelta(days=dice.randrange(4, DAYS))
        moment = int(datetime(first.year, first.month, first.day).timestamp() * 1000) + dice.randrange(86_400_000)  # noqa: DTZ001
        own: dict[str, Any] = {"car": car, "customer": customer, "number": f"B{dice.getrandbits(60):015X}"}
        own |= {"transaction_id": f"42{dice.getrandbits(80):026d}", "refund_id": f"50{dice.getrandbits(80):026d}"}
        own |= {f"day{at}": (first + timedelta(days=at)).isoformat() for at in range(10)}
        for at in range(len(self._ids)):
            made = uuid.UUID(int=moment << 80 | 7 << 76 | at << 64 | 2 << 62 | dice.getrandbits(62))
            own |= {f"id{at}": str(made), f"hex{at}": made.hex.upper()}
        return own


def _columns(connection: psycopg.Connection[Any], table: str) -> str:
    named = (
        "SELECT string_agg(column_name, ', ' ORDER BY ordinal_position) FROM information_schema.columns"
        " WHERE table_name = %s AND is_identity = 'NO'"
    )
    return str((connection.execute(named, [table]).fetchone() or [""])[0])


@contextmanager
def without_indexes(connection: psycopg.Connection[Any], table: str) -> Iterator[None]:
    """Make them anew afterwards, which for a million rows takes a fraction of the time; those of constraints stay."""
    found = connection.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s::regclass"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
        [table],
    ).fetchall()
    for name, _ in found:
        connection.execute(f"DROP INDEX {name}")
    yield
    for _, definition in found:
        # Of a table in parts, for every part
        connection.execute(definition.replace(" ON ONLY ", " ON "))


def _vehicles(connection: psycopg.Connection[Any]) -> None:
    (there,) = connection.execute("SELECT count(*) FROM vehicles").fetchone() or (0,)
    own = {"id": f"({_IN_ORDER})::uuid", "stock_number": "stock_number || '-' || n", "vin": "NULL"}
    # A copy of a car that is held is held by nobody.
    own["status"] = "CASE status WHEN 'reserved' THEN 'listed' ELSE status END"
    columns = _columns(connection, "vehicles")
    values = ", ".join(own.get(name, name) for name in columns.split(", "))
    connection.execute(
        f"INSERT INTO vehicles ({columns}) SELECT {values} FROM vehicles, generate_series(1, %s) n",
        [(VEHICLES - there) // there],
    )


def _customers(connection: psycopg.Connection[Any], customer: str) -> list[str]:
    own = {"id": f"({_IN_ORDER})::uuid", "unionid": "'bench' || n", "phone_hash": "md5(n::text)"}
    columns = _columns(connection, "customers")
    values = ", ".join(own.get(name, name) for name in columns.split(", "))
    rows = connection.execute(
        f"INSERT INTO customers ({columns}) SELECT {values} FROM customers, generate_series(1, %s) n WHERE id = %s RETURNING id",
        [CUSTOMERS, customer],
    )
    return [str(row[0]) for row in rows]


def cars(connection: psycopg.Connection[Any], count: int) -> list[Car]:
    """As many different listed vehicles, of all dealers, in no order."""
    listed = "SELECT id, dealer_id, store_id FROM vehicles WHERE status = 'listed' ORDER BY md5(id::text) LIMIT %s"
    return [Car(*map(str, row)) for row in connection.execute(listed, [count])]


def _hold(connection: psycopg.Connection[Any], vehicle_ids: list[str]) -> None:
    connection.execute("UPDATE vehicles SET status = 'reserved' WHERE id = ANY(%s::uuid[])", [vehicle_ids])
