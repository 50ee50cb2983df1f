"""What somebody did before she signed in is hers afterwards, and nobody else's; when she leaves for good, nothing leads to her device."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.events import jobs, service
from app.events.models import ClientEvent, Event
from app.identity import service as identity
from app.identity.models import Customer
from app.kit import db
from app.wechat.client import Session as WechatSession
from app.wechat.fake import FakeGateway
from dev.testing import wait_until
from tests.factories import dealers as make
from tests.factories import identity as people
from tests.factories import wechat as accounts
from tests.factories.events import Phone, seen


def log_in(phone: Phone, wechat: FakeGateway, person: str, visitor_id: str | None = None) -> uuid.UUID:
    wechat.people["code"] = WechatSession(openid=f"open-{person}", unionid=f"union-{person}", session_key="key")
    body = {"code": "code", "visitor_id": visitor_id or phone.visitor}
    answer = phone.client.post("/api/visitor/identity/login", json=body, headers={"X-Appid": phone.account.appid})
    assert answer.status_code == 200
    phone.headers = {"X-Appid": phone.account.appid, "Authorization": f"Bearer {answer.json['token']}"}
    return uuid.UUID(answer.json["customer"]["id"])


def _wait_for_a_lock() -> None:
    # Each look in a transaction of its own: within one, PostgreSQL shows the same picture of its activity again.
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as watcher:
        waiting = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        wait_until(lambda: watcher.execute(waiting).first())


def test_what_she_did_before_she_signed_in_is_hers_afterwards(phone: Phone, wechat: FakeGateway) -> None:
    phone.tell(seen(), seen())
    phone.tell(seen(), visitor_id="visitor-2")
    lin = log_in(phone, wechat, "lin")
    phone.tell(seen())
    assert [event.customer_id for event in phone.told()] == [lin, lin, None, lin]


def test_a_device_of_another_brand_with_the_same_name_is_not_hers(session: Session, client: Any, phone: Phone, wechat: FakeGateway) -> None:
    stranger = Phone(session, client)
    stranger.tell(seen())
    log_in(phone, wechat, "lin")
    assert [event.customer_id for event in stranger.told()] == [None]


def test_what_she_did_long_before_she_signed_in_is_hers_too(session: Session, phone: Phone, wechat: FakeGateway, later: Any) -> None:
    phone.tell(seen())
    later(days=31)
    jobs.forget_devices(session)
    session.commit()
    lin = log_in(phone, wechat, "lin")
    assert [event.customer_id for event in phone.told()] == [lin]


def test_a_batch_that_was_under_way_when_she_signed_in_is_hers(phone: Phone, wechat: FakeGateway) -> None:
    lin = log_in(phone, wechat, "lin")
    phone.headers.pop("Authorization")
    phone.tell(seen())
    phone.tell(seen(), visitor_id="visitor-2")
    assert [(event.customer_id, event.actor_type, event.actor_id) for event in phone.told()] == [
        (lin, "visitor", None),
        (None, "visitor", None),
    ]


def test_a_second_person_on_the_device_gets_what_nobody_did_from_then_on(phone: Phone, wechat: FakeGateway) -> None:
    phone.tell(seen())
    lin = log_in(phone, wechat, "lin")
    phone.tell(seen())
    zhou = log_in(phone, wechat, "zhou")
    phone.headers.pop("Authorization")
    phone.tell(seen())
    assert [event.customer_id for event in phone.told()] == [lin, lin, zhou]


@pytest.mark.parametrize("first", ["telling", "signing in"])
def test_telling_and_signing_in_at_once_leave_nothing_to_nobody(committed: Callable[[], Any], first: str) -> None:
    with committed() as session:
        account = accounts.account(session, make.brand(session))
    told = [{"id": uuid.uuid4(), "name": "app.shown", "at": datetime(2026, 3, 1, tzinfo=UTC), "data": {}}]

    def tell(session: Session) -> None:
        service.ingest(session, service.Device(account.brand_id, "visitor-1", "run-1"), told)

    def sign_in(session: Session) -> None:
        person = WechatSession(openid="open-lin", unionid="union-lin", session_key="key")
        identity.sign_in(session, account, person, arrival={"visitor_id": "visitor-1"})

    one, other = (tell, sign_in) if first == "telling" else (sign_in, tell)

    def at_once() -> None:
        with db.transaction() as session:
            other(session)

    meanwhile = threading.Thread(target=at_once)
    with db.transaction() as begun:
        one(begun)
        meanwhile.start()
        _wait_for_a_lock()
    meanwhile.join()
    with committed() as session:
        lin = session.execute(select(Customer.id)).scalar_one()
        assert session.execute(select(Event.customer_id).filter_by(name="app.shown")).scalar_one() == lin


def test_two_people_who_sign_in_and_tell_on_one_device_at_once_wait_for_each_other_in_one_order(committed: Callable[[], Any]) -> None:
    with committed() as session:
        account = accounts.account(session, make.brand(session))
    failed: list[BaseException] = []

    def live(person: str) -> None:
        try:
            for _ in range(8):
                with db.transaction() as session:
                    known = WechatSession(openid=f"open-{person}", unionid=f"union-{person}", session_key="key")
                    customer = identity.sign_in(session, account, known, arrival={"visitor_id": "visitor-1"}).customer
                for signed_in in (None, customer):
                    with db.transaction() as session:
                        told = [{"id": uuid.uuid4(), "name": "app.shown", "at": datetime(2026, 3, 1, tzinfo=UTC), "data": {}}]
                        who = session.get_one(Customer, customer.id) if signed_in else None
                        service.ingest(session, service.Device(account.brand_id, "visitor-1", "run-1"), told, customer=who)
            with db.transaction() as session:
                identity.erase(session, session.get_one(Customer, customer.id))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=live, args=(person,)) for person in ("lin", "zhou", "wang")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with committed() as session:
        everything = session.execute(text("SELECT string_agg(data::text, '') FROM events WHERE customer_id IS NOT NULL")).scalar_one()
        assert "visitor-1" not in everything


def test_her_export_holds_what_she_did_also_under_a_profile_that_was_merged(session: Session, phone: Phone, wechat: FakeGateway) -> None:
    lin = log_in(phone, wechat, "lin")
    phone.tell(seen())
    kept = people.customer(session, phone.brand)
    identity.merge(session, kept, session.get_one(Customer, lin))
    session.commit()
    phone.headers = people.signed_in(session, kept, phone.account)
    session.commit()
    phone.tell(seen())
    exported = phone.client.post("/api/customer/identity/export", headers=phone.headers).json
    assert [event["name"] for event in exported["events"]].count("vehicle.viewed") == 2


def test_nothing_leads_from_a_forgotten_customer_to_her_device(session: Session, phone: Phone, wechat: FakeGateway) -> None:
    phone.tell(seen(data={"q": "林晓雯的车"}))
    lin = log_in(phone, wechat, "lin")
    other = seen()
    phone.tell(other, visitor_id="visitor-2")
    assert phone.client.delete("/api/customer/identity/me", headers=phone.headers).status_code == 204
    session.expire_all()
    facts = session.execute(select(Event).filter_by(customer_id=lin, name="vehicle.viewed")).scalars().all()
    assert [(event.data, event.subject_type) for event in facts] == [({}, "vehicle")] * 2
    assert session.execute(select(ClientEvent)).first() is None
    everything = session.execute(text("SELECT string_agg(data::text, '') FROM events")).scalar_one()
    assert "visitor-1" not in everything
    assert "visitor-2" not in everything


def test_what_nobody_did_on_her_device_is_in_her_export_and_forgotten_with_her(session: Session, phone: Phone) -> None:
    """Also when her login named no device: what she told there herself says that it is hers."""
    phone.tell(seen(data={"q": "林晓雯的车"}))
    phone.tell(seen(data={"q": "别人的车"}), visitor_id="visitor-2")
    lin = phone.sign_in()
    phone.tell(seen())
    exported = phone.client.post("/api/customer/identity/export", headers=phone.headers).json["events"]
    assert [event["data"].get("q") for event in exported if event["name"] == "vehicle.viewed"] == [None, "林晓雯的车"]
    assert phone.client.delete("/api/customer/identity/me", headers=phone.headers).status_code == 204
    session.expire_all()
    facts = session.execute(select(Event).filter_by(name="vehicle.viewed").order_by(Event.id)).scalars().all()
    assert [(event.customer_id, event.data.get("q")) for event in facts] == [(None, None), (None, "别人的车"), (lin.id, None)]
    assert facts[0].data == {}


def test_what_nobody_did_on_a_device_that_somebody_else_has_now_is_not_in_her_export(phone: Phone, wechat: FakeGateway) -> None:
    log_in(phone, wechat, "lin")
    hers = dict(phone.headers)
    log_in(phone, wechat, "zhou")
    phone.headers.pop("Authorization")
    phone.tell(seen())
    exported = phone.client.post("/api/customer/identity/export", headers=hers).json["events"]
    assert "vehicle.viewed" not in [event["name"] for event in exported]


def test_whoever_leaves_while_her_phone_tells_is_nobody(app: Any, committed: Callable[[], Any]) -> None:
    with committed() as session:
        brand = make.brand(session)
        account = accounts.account(session, brand)
        customer = people.customer(session, brand)
        headers = people.signed_in(session, customer, account)
    answers: list[Any] = []

    def tell() -> None:
        body = {"visitor_id": "visitor-1", "session_id": "run-1", "events": [seen()]}
        answers.append(app.test_client().post("/api/visitor/events/", json=body, headers=headers))

    telling = threading.Thread(target=tell)
    with db.transaction() as leaving:
        identity.erase(leaving, leaving.get_one(Customer, customer.id))
        leaving.flush()
        telling.start()
        _wait_for_a_lock()
    telling.join()
    assert answers[0].json["accepted"] == 1
    with committed() as session:
        assert session.execute(select(Event.customer_id).filter_by(name="vehicle.viewed")).scalar_one() is None
