"""The first page counts today by China's midnight, and shows what a person has to look at to those it concerns."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.dealers.models import HEADQUARTERS, Role
from app.events.models import Event, EventDelivery
from app.kit import clock, db
from app.messaging.models import Send
from app.payments.models import IncidentKind, PaymentIncident
from app.wechat.models import AccountKind
from tests.console.conftest import Desk
from tests.factories import dealers as make
from tests.factories import orders as market
from tests.factories import vehicles as cars
from tests.factories import wechat


def test_the_signed_in_person_learns_who_she_is_and_what_time_it_is_on_the_platform(
    session: Session, world: Any, adviser: Any, later: Any
) -> None:
    later(days=3)
    me = adviser.client.post("/api/public/staff/login", json={"username": world.adviser.username, "password": make.PASSWORD})
    assert me.status_code == 200
    shown = adviser.get("console/me").json
    assert (shown["name"], shown["role"], shown["dealer"]["name"]) == ("王晨", "adviser", world.ours.name)
    assert shown["brand"] == {"id": str(world.brand.id), "name": world.brand.name}
    assert shown["now"][:16] == clock.now(session).isoformat()[:16]


def test_figures_are_of_the_own_dealer_or_of_the_whole_brand(session: Session, world: Any, adviser: Any, marketer: Any) -> None:
    world.our_lead.next_action_at = clock.now(session) - timedelta(minutes=1)
    cars.vehicle(session, world.our_store)
    cars.vehicle(session, world.their_store)
    cars.vehicle(session, world.their_store, status="reserved")
    _send(session, world.our_customer, status="accepted")
    _send(session, world.their_customer, status="accepted", delivery="failed")
    session.commit()
    ours, all_of_it = adviser.get("console/overview").json, marketer.get("console/overview").json
    names = ("leads_open", "leads_overdue", "vehicles_listed", "vehicles_reserved", "messages_sent", "messages_failed")
    assert [ours[name] for name in names] == [1, 1, 1, 0, 1, 0]
    assert [all_of_it[name] for name in names] == [2, 1, 2, 1, 2, 1]


def _send(session: Session, to: Any, **fields: Any) -> None:
    about = {"brand_id": to.brand_id, "customer_id": to.id, "channel": "service_template", "template_key": "x", "purpose": "transactional"}
    session.add(Send(**about, dedupe_key=str(db.new_id()), context={}, due_at=clock.now(session), **fields))


def test_a_new_day_begins_at_midnight_in_china(session: Session, app: Any, later: Any) -> None:
    shop = market.market(session)
    market.order(session, shop, market.buyer(session, shop))
    adviser = make.staff(session, shop.dealer)
    session.commit()
    assert Desk(app, adviser).get("console/overview").json["reservations"] == 1
    until_midnight = 24 * 3600 - (clock.now(session) + timedelta(hours=8)).timestamp() % (24 * 3600)
    later(seconds=until_midnight + 1)
    assert Desk(app, adviser).get("console/overview").json["reservations"] == 0


def test_trouble_with_money_is_shown_to_headquarters_until_it_is_resolved(
    session: Session, world: Any, adviser: Any, marketer: Any
) -> None:
    merchant = wechat.account(session, world.brand, AccountKind.merchant)
    incident = PaymentIncident(
        brand_id=world.brand.id,
        kind=IncidentKind.unknown_order,
        reference="4200",
        account_id=merchant.id,
        out_trade_no="NOBODYS",
        amount_fen=499_900,
    )
    session.add(incident)
    session.commit()
    overview = marketer.get("console/overview").json
    assert overview["money_tasks"] == 1
    (shown,) = overview["incidents"]
    assert (shown["severity"], shown["title"], shown["detail"]) == ("error", "收到无对应订单的款项", "¥4,999 · 商户单号 NOBODYS")
    assert (adviser.get("console/overview").json["incidents"], adviser.get("console/overview").json["money_tasks"]) == ([], 0)
    incident.resolved_at = clock.now(session)
    session.commit()
    assert marketer.get("console/overview").json["incidents"] == []


def test_only_administrators_and_finance_are_offered_to_deal_with_an_incident(session: Session, app: Any) -> None:
    shop = market.market(session)
    order = market.order(session, shop, market.buyer(session, shop))
    details = {"kind": IncidentKind.mismatch, "reference": "4202", "account_id": shop.merchant.id, "out_trade_no": "X", "amount_fen": 1}
    session.add(PaymentIncident(brand_id=shop.brand.id, intent_id=order.intent_id, **details))
    people = {role: make.staff(session, shop.brand if role in HEADQUARTERS else shop.dealer, role) for role in Role}
    session.commit()
    offered = {role: Desk(app, one).get("console/overview").json["incidents"][0]["can_resolve"] for role, one in people.items()}
    assert {role for role, may in offered.items() if may} == {Role.admin, Role.finance}
    assert offered.keys() == set(Role)


def test_an_incident_about_an_order_is_shown_to_its_dealer_and_leads_to_the_order(session: Session, app: Any) -> None:
    shop = market.market(session)
    order = market.order(session, shop, market.buyer(session, shop))
    details = {"kind": IncidentKind.mismatch, "reference": "4201", "account_id": shop.merchant.id, "out_trade_no": "X", "amount_fen": 1}
    session.add(PaymentIncident(brand_id=shop.brand.id, intent_id=order.intent_id, **details))
    adviser, stranger = make.staff(session, shop.dealer), make.staff(session, make.dealer(session, shop.brand))
    session.commit()
    (shown,) = Desk(app, adviser).get("console/overview").json["incidents"]
    assert shown["link"] == {"type": "order", "id": str(order.id)}
    assert Desk(app, stranger).get("console/overview").json["incidents"] == []


def test_an_event_that_a_handler_gave_up_on_is_shown_to_the_brand_it_belongs_to(
    session: Session, app: Any, world: Any, marketer: Any
) -> None:
    now = clock.now(session)
    event = Event(brand_id=world.brand.id, name="lead.created", actor_type="system", data={}, recorded_at=now)
    session.add(event)
    session.flush()
    session.add(EventDelivery(handler="leads.x", event_id=event.id, recorded_at=now, due_at=now, attempts=12, dead_at=now))
    session.commit()
    (shown,) = marketer.get("console/overview").json["incidents"]
    assert shown["kind"] == "dead_delivery"
    assert "leads.x" in shown["detail"]
    other = make.staff(session, make.brand(session), "admin")
    session.commit()
    assert Desk(app, other).get("console/overview").json["incidents"] == []


def test_headquarters_see_every_dealer_and_which_takes_money_itself_and_a_dealer_sees_itself(
    session: Session, world: Any, adviser: Any, marketer: Any
) -> None:
    world.ours.sub_mchid = "1900008821"
    make.dealer(session, make.brand(session))
    session.commit()
    seen = {one["id"]: one["takes_money"] for one in marketer.get("console/dealers").json["items"]}
    assert seen == {str(world.ours.id): True, str(world.theirs.id): False}
    assert [one["id"] for one in adviser.get("console/dealers").json["items"]] == [str(world.ours.id)]
