"""What somebody did before she signed in is hers afterwards, and nobody else's; when she leaves for good, nothing leads to her device."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

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


def test_a_second_person_on_the_device_gets_only_what_nobody_did(phone: Phone, wechat: FakeGateway) -> None:
    phone.tell(seen())
    lin = log_in(phone, wechat, "lin")
    phone.tell(seen())
    phone.headers.pop("Authorization")
    phone.tell(seen())
    zhou = log_in(phone, wechat, "zhou")
    assert [event.customer_id for event in phone.told()] == [lin, lin, zhou]


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
        with db.new_session() as watcher:
            waiting = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
            wait_until(lambda: watcher.execute(waiting).first(), 10)
    telling.join()
    assert answers[0].json["accepted"] == 1
    with committed() as session:
        assert session.execute(select(Event.customer_id).filter_by(name="vehicle.viewed")).scalar_one() is None
