"""A small application with two doors that record a fact per call: one works in steps, one is a transaction."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from apiflask import APIFlask
from apiflask.fields import Integer
from flask import g
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.events.service import record
from app.kit import db, idempotency, web
from app.kit.errors import Conflict
from app.kit.web import Schema, blueprint, raises, resolves, stepwise, transactional
from tests.factories import dealers as make


class Full(Conflict):
    code, message = "tests.full", "It is full."


class OrderIn(Schema):
    n = Integer(required=True)


class OrderOut(Schema):
    call = Integer()


@pytest.fixture
def door(session: Session, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`/api/customer/things/` and `…/things/whole`, answering with a number of their own; `n` may ask for trouble by its HTTP status."""
    brand_id = make.brand(session).id
    session.commit()
    return _small(brand_id, monkeypatch)


@pytest.fixture
def real_door(committed: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same on the real database, with as many connections as there are requests."""
    with committed() as session:
        brand_id = make.brand(session).id
    return _small(brand_id, monkeypatch)


def _small(brand_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch) -> APIFlask:
    monkeypatch.setitem(web._resolvers, "customer", web._resolvers["public"])
    resolves("customer")(lambda _session: web.Caller("customer", brand_id=brand_id, customer=type("C", (), {"id": "her"})()))
    doors = blueprint("things", audience="customer")
    calls: list[int] = []

    def work(session: Session, n: int) -> Any:
        calls.append(n)
        if n == 503:
            session.execute(select(func.pg_terminate_backend(func.pg_backend_pid())))
        record(session, "vehicle.sold", brand_id=brand_id, data={"key": g.get("idempotency_key", "")})
        if n == 409:
            raise Full
        if n == 500:
            raise RuntimeError("13812345678 is a secret")
        return {"call": "no number" if n == 501 else len(calls)}

    @doors.post("/")
    @idempotency.idempotent
    @raises(Full)
    @doors.input(OrderIn)
    @doors.output(OrderOut, status_code=201)
    @stepwise
    def order(_who: web.Caller, json_data: dict[str, int]) -> Any:
        with db.transaction() as session:
            return work(session, json_data["n"])

    @doors.post("/whole")
    @raises(Full)
    @doors.input(OrderIn)
    @doors.output(OrderOut, status_code=201)
    @transactional
    def whole(session: Session, _who: web.Caller, json_data: dict[str, int]) -> Any:
        return work(session, json_data["n"])

    small = APIFlask("small")
    web.install(small)
    small.register_blueprint(doors)
    idempotency.install(small)
    small.calls = calls  # type: ignore[attr-defined]
    return small
