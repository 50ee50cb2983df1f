"""Every door through which customers and staff change something does it once per Idempotency-Key, and says so in its description."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from app.audience import service as audience
from app.audience.service import segments
from app.dealers.models import Role
from app.kit import clock, db, idempotency
from app.leads.models import Lead
from app.orders.models import Order
from app.payments import queries as payment_queries
from app.payments import service as payments
from app.payments.models import PaymentIncident, Refund
from app.reconciliation.models import Difference, Reconciliation
from app.vehicles.models import ImportRun, VehiclePhoto
from app.wechat.fake import FakeGateway
from app.wechat.models import WechatAccount
from tests.factories import broadcasts, campaigns, dealers, drawing, identity, interests, messaging, sharing, vehicles
from tests.factories import journeys as make_journeys
from tests.factories import orders as make
from tests.factories import tags as make_tags
from tests.factories.payments import Works, notify
from tests.house.test_doors import BROADCAST, CAR, EVERYBODY, POLICY, REPORT, TEMPLATES, path_of

# Money moves, or something comes to be that there must be one of: nobody gets in without a key.
NEEDED = (
    {
        "POST /api/customer/leads/",
        "POST /api/customer/orders/",
        "POST /api/customer/orders/<uuid:order_id>/cancel",
        "POST /api/customer/orders/<uuid:order_id>/pay",
        "POST /api/customer/saved-searches/",
        "POST /api/customer/waiting-list/<uuid:vehicle_id>",
        "POST /api/staff/broadcasts/",
        "POST /api/staff/broadcasts/<uuid:broadcast_id>/cancel",
        "POST /api/staff/broadcasts/<uuid:broadcast_id>/pause",
        "POST /api/staff/broadcasts/<uuid:broadcast_id>/resume",
        "POST /api/staff/broadcasts/<uuid:broadcast_id>/schedule",
        "POST /api/staff/broadcasts/<uuid:broadcast_id>/trial",
        "POST /api/staff/broadcasts/<uuid:broadcast_id>/unschedule",
        "POST /api/staff/deposit-terms/",
        "POST /api/staff/deposit-terms/<uuid:terms_id>/end",
        "POST /api/staff/leads/<uuid:lead_id>/test-drive",
        "POST /api/staff/partner-keys/",
        "POST /api/staff/orders/<uuid:order_id>/confirm",
        "POST /api/staff/orders/<uuid:order_id>/convert",
        "POST /api/staff/orders/<uuid:order_id>/decline",
        "POST /api/staff/orders/<uuid:order_id>/extend",
        "POST /api/staff/orders/<uuid:order_id>/refund",
        "POST /api/staff/orders/<uuid:order_id>/sold-offline",
        "POST /api/staff/payments/differences/<uuid:difference_id>/resolve",
        "POST /api/staff/payments/incidents/<uuid:incident_id>/resolve",
        "POST /api/staff/payments/reconciliations/run",
        "POST /api/staff/payments/refunds/<uuid:refund_id>/abnormal",
        "POST /api/staff/segments/",
        "POST /api/staff/segments/<uuid:segment_id>/copy",
        "POST /api/staff/templates/",
        "POST /api/staff/stock/vehicles/",
        "POST /api/staff/stock/vehicles/<uuid:vehicle_id>/delivered",
        "POST /api/staff/stock/vehicles/<uuid:vehicle_id>/list",
        "POST /api/staff/stock/vehicles/<uuid:vehicle_id>/prepare",
        "POST /api/staff/stock/vehicles/<uuid:vehicle_id>/relist",
        "POST /api/staff/stock/vehicles/<uuid:vehicle_id>/sold",
        "POST /api/staff/stock/vehicles/<uuid:vehicle_id>/withdraw",
    }
    | (drawing.NEEDED | dealers.NEEDED | identity.NEEDED | vehicles.NEEDED)
    | campaigns.NEEDED
)
# What may be done without a key, because doing it again changes nothing more; with one it has the same answer, too.
HONOURED = (
    {
        "PATCH /api/staff/segments/<uuid:segment_id>",
        "POST /api/staff/segments/<uuid:segment_id>/archive",
        "POST /api/staff/segments/<uuid:segment_id>/difference",
        "POST /api/staff/segments/preview",
        "PATCH /api/staff/stock/vehicles/<uuid:vehicle_id>",
        "POST /api/staff/stock/feeds/<uuid:run_id>/confirm",
        "POST /api/staff/stock/feeds/<uuid:run_id>/discard",
        "POST /api/staff/stock/vehicles/<uuid:vehicle_id>/price",
        "POST /api/staff/stock/vehicles/confirm",
        "PUT /api/staff/stock/vehicles/<stock_number>",
        "DELETE /api/customer/favourites/<uuid:vehicle_id>",
        "DELETE /api/customer/recently-viewed/",
        "DELETE /api/customer/saved-searches/<uuid:search_id>",
        "DELETE /api/customer/waiting-list/<uuid:vehicle_id>",
        "DELETE /api/staff/partner-keys/<uuid:key_id>",
        "DELETE /api/staff/vehicles/<uuid:vehicle_id>/inspection",
        "DELETE /api/staff/vehicles/<uuid:vehicle_id>/photos/<uuid:photo_id>",
        *("POST /api/customer/alerts/read", "POST /api/customer/inbox/read"),
        "PATCH /api/staff/templates/<uuid:template_id>",
        "POST /api/staff/templates/<uuid:template_id>/activate",
        "POST /api/staff/templates/<uuid:template_id>/archive",
        "POST /api/staff/templates/<uuid:template_id>/override",
        "POST /api/staff/templates/<uuid:template_id>/preview",
        "POST /api/staff/templates/check",
        "POST /api/staff/templates/platform/sync",
        "POST /api/customer/identity/consents",
        "POST /api/customer/identity/phone",
        "POST /api/customer/messages/subscriptions",
        "POST /api/customer/recently-viewed/",
        "POST /api/customer/saved-searches/<uuid:search_id>/looked",
        "POST /api/customer/shares/<share_id>/poster",
        "POST /api/customer/sharing/",
        "POST /api/staff/customers/<uuid:customer_id>/merge",
        "POST /api/staff/customers/<uuid:customer_id>/merge/preview",
        "POST /api/staff/deposit-terms/preview",
        "POST /api/staff/leads/<uuid:lead_id>/accept",
        "POST /api/staff/leads/<uuid:lead_id>/call-back",
        "POST /api/staff/vehicles/<uuid:vehicle_id>/photos/<uuid:photo_id>/restore",
        "DELETE /api/staff/session/browsers",
        "DELETE /api/staff/session/browsers/<uuid:session_id>",
        "PUT /api/customer/favourites/<uuid:vehicle_id>",
        "PUT /api/customer/identity/me",
        "PUT /api/customer/saved-searches/<uuid:search_id>",
        "PUT /api/customer/wishes/",
        "POST /api/staff/messaging/senders/<channel>/<appid>/go-on",
        "POST /api/staff/wishes/texts",
        "PUT /api/staff/messaging/policy",
        "PUT /api/staff/wishes/<uuid:customer_id>",
        "PUT /api/staff/vehicles/<uuid:vehicle_id>/inspection",
        "PUT /api/staff/vehicles/<uuid:vehicle_id>/photos",
    }
    | broadcasts.HONOURED
    | make_tags.HONOURED
    | (drawing.HONOURED | dealers.HONOURED | vehicles.HONOURED)
    | campaigns.HONOURED
)
# Their own declaration says why.
UNKEPT = {
    *("POST /api/staff/people/files/", "POST /api/staff/stock/feeds/"),
    *dealers.UNKEPT,
    "DELETE /api/customer/identity/me",
    "DELETE /api/staff/session/",
    *("PUT /api/staff/session/password", "PUT /api/staff/session/second-factor"),
    *("POST /api/staff/session/second-factor", "POST /api/staff/session/second-factor/end"),
    "POST /api/customer/identity/export",
    "POST /api/staff/vehicles/<uuid:vehicle_id>/photos",
    "PUT /api/staff/vehicles/<uuid:vehicle_id>/inspection/document",
} | drawing.UNKEPT
# A visitor has no name to keep an answer under. Signing in makes her once, by her code; each event counts once, by its own id.
VISITORS = {"POST /api/visitor/events/", "POST /api/visitor/identity/login"}


def unsafe(app: Any, prefix: str) -> Iterator[tuple[str, Rule]]:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(prefix):
            for method in sorted(idempotency.UNSAFE & (rule.methods or set())):
                yield f"{method} {rule.rule}", rule


def test_every_unsafe_door_is_one_of_those_that_somebody_has_thought_about(app: Any) -> None:
    described = app.test_client().get("/openapi.json").json["paths"]
    found: dict[str | bool | None, set[str]] = {True: set(), False: set(), "unkept": set()}
    for audience_ in idempotency.AUDIENCES:
        for door, rule in unsafe(app, f"/api/{audience_}/"):
            method, path = door.split()
            shown = described[path.replace("<uuid:", "{").replace("<", "{").replace(">", "}")][method.lower()]
            needs_key = {one["required"] for one in shown.get("parameters", []) if one["name"] == idempotency.HEADER}
            reason = getattr(app.view_functions[rule.endpoint], "unkept", None)
            assert bool(reason) != bool(needs_key), f"{door}: its answers are kept, or it says why not"
            found[needs_key.pop() if needs_key else "unkept"].add(door)
    assert found == {True: NEEDED, False: HONOURED, "unkept": UNKEPT}
    assert {door for door, _ in unsafe(app, "/api/visitor/")} == VISITORS


@dataclass
class World:
    """Who asks at each door, for what, with which body. `free` holds nothing, `holder` has an unpaid order, staff deal with a paid one."""

    ids: dict[str, dict[str, Any]]
    who: dict[str, dict[str, str]]
    bodies: dict[str, Any]

    def call(self, door: str, rule: Rule) -> dict[str, Any]:
        end = next((end for end in sorted(self.bodies, key=len, reverse=True) if door.endswith(end)), None)
        person = (
            audience
            if (audience := rule.rule.split("/")[2]) != "customer"
            else "holder"
            if rule.rule.endswith(("/pay", "/cancel"))
            else "free"
        )
        asked = next((ids for end_, ids in self.ids.items() if door.endswith(end_)), {})
        ids = self.ids["all"] | self.ids.get(person, {}) | asked
        return {"path": path_of(rule, **ids), "headers": self.who[person], "json": self.bodies.get(end) if end else None}


@pytest.fixture
def world(app: Any, session: Session, wechat: FakeGateway, rings: Any) -> World:
    market = make.market(session)
    market.mini.settings = {"subscribe_templates": [{"moment": "reserve", "template_id": "t1", "title": "预订结果"}]}
    audience.install_defaults(session, market.brand.id)
    admin = dealers.staff(session, market.brand, Role.admin)
    free, holder, payer = (make.buyer(session, market) for _ in range(3))
    unpaid, paid = (make.order(session, market, by, vehicle_id=vehicles.vehicle(session, market.store).id) for by in (holder, payer))
    refund = _pay(session, market.merchant, (unpaid, paid), wechat=wechat, works=Works(rings))
    lead = Lead(brand_id=market.brand.id, customer_id=free.id, dealer_id=market.dealer.id, owner_id=admin.id, status="assigned")
    incident = PaymentIncident(
        brand_id=market.brand.id, kind="unknown_order", reference="T1", account_id=market.merchant.id, out_trade_no="T1", amount_fen=1
    )
    session.add_all([lead, incident])
    key, token = dealers.partner_key(session, admin)
    difference = _difference(session, market)
    wechat.phones["code"] = "+8613800138000"
    photo = VehiclePhoto(brand_id=market.brand.id, vehicle_id=paid.vehicle_id, digest="0" * 64, width=400, height=300, alt="车", position=1)
    session.add(photo)
    session.flush()
    client = app.test_client()
    client.post("/api/public/staff/login", json={"username": admin.username, "password": dealers.PASSWORD})
    who = {name: identity.signed_in(session, one, market.mini) for name, one in (("free", free), ("holder", holder))}
    kept, archived = (segments.create(session, admin, name="人群", tree=EVERYBODY) for _ in range(2))
    ids = {
        "segment_id": kept.id,
        "order_id": paid.id,
        "vehicle_id": paid.vehicle_id,
        "customer_id": free.id,
        "lead_id": lead.id,
        "task_id": make_journeys.task(session, free, admin).id,
        "incident_id": incident.id,
        "difference_id": difference.id,
        "terms_id": market.terms.id,
        "refund_id": refund.id,
        "photo_id": photo.id,
        "share_id": sharing.vehicle_share(session, free, market.vehicle.id).id,
        "search_id": interests.search(session, free).id,
        "merge_id": identity.twin(session, free),
    }
    ids |= campaigns.ids(session, market.brand) | {"key_id": key.id, "key": "vip"} | dealers.ids(session, market.dealer, admin)
    session.commit()
    tags = make_tags.of_brand(session, market.brand)
    archive = {"/segments/<uuid:segment_id>/archive": {"segment_id": archived.id}} | drawing.doors(session, market.brand)
    who |= {"staff": {"Cookie": f"marque_staff={client.get_cookie('marque_staff').value}"}, "partner": {"Authorization": f"Bearer {token}"}}
    return World(
        {"all": ids | make_tags.ids(tags), "holder": {"order_id": unpaid.id}}
        | archive
        | make_tags.doors(tags)
        | campaigns.doors(session, market.brand)
        | _stock(session, market)
        | broadcasts.doors(session, market.brand.id, free)
        | messaging.doors(session, market.brand.id),
        who,
        _bodies(market, clock.now(session))
        | make_tags.bodies(tags)
        | campaigns.bodies(market.store.id)
        | {end: {"other_id": str(make.buyer(session, market).id)} for end in ("/merge", "/merge/preview")}
        | {"/trial": {"customer_ids": [str(free.id)]}, "/templates/<uuid:template_id>/preview": {"customer_id": str(free.id)}}
        | {"PUT /api/staff/vehicles/<uuid:vehicle_id>/photos": {"photos": [{"id": str(photo.id)}]}},
    )


def _stock(session: Session, market: make.Market) -> dict[str, dict[str, Any]]:
    """For each door of the stock a car, or a feed, with which it can do what it is for."""
    run = ImportRun(brand_id=market.brand.id, dealer_id=market.dealer.id, feed="dms", file_name="f.csv", file_sha256="", status="held")
    session.add(run)
    states = {"prepare": "draft", "list": "in_preparation", "relist": "withdrawn", "delivered": "sold"}
    states |= dict.fromkeys(("sold", "withdraw", "price"), "listed")
    doors = {step: vehicles.vehicle(session, market.store, status=status) for step, status in states.items()}
    ids = {f"/stock/vehicles/<uuid:vehicle_id>/{step}": {"vehicle_id": car.id} for step, car in doors.items()}
    plans = vehicles.plan_doors(session, market.brand)
    session.commit()
    ids |= plans | {f"/feeds/<uuid:run_id>/{step}": {"run_id": run.id} for step in ("confirm", "discard")}
    ids["PATCH /api/staff/stock/vehicles/<uuid:vehicle_id>"] = {"vehicle_id": doors["sold"].id}
    return ids | {"/stock/vehicles/<stock_number>": {"stock_number": "NEW"}}


def _pay(session: Session, merchant: WechatAccount, orders: Sequence[Order], *, wechat: FakeGateway, works: Works) -> Refund:
    """Both pay sheets are open; the last order is paid, and a part of its money did not get back to her."""
    session.commit()
    for order in orders:
        assert order.intent_id is not None
        payments.pay(order.intent_id)
    (attempt,) = payment_queries.attempts_of(session, orders[-1].intent_id)
    notify(session, merchant, wechat.pay_for(attempt.out_trade_no))
    works.quietly()
    session.expire_all()
    refund = payments.request_refund(session, attempt.intent_id, amount_fen=100, reason="部分退款")
    session.commit()
    works.quietly()
    wechat.settle(refund.out_refund_no, "ABNORMAL")
    payments.push_refund(refund.id)
    session.expire_all()
    assert (orders[-1].status, refund.status) == ("paid", "abnormal")
    return refund


def _difference(session: Session, market: make.Market) -> Difference:
    yesterday = (clock.now(session) - timedelta(days=1)).date()
    run = Reconciliation(brand_id=market.brand.id, account_id=market.merchant.id, bill_on=yesterday, status="done")
    session.add(run)
    session.flush()
    found = {"kind": "fee", "concerns": "flow", "reference": "bill", "found_in": 0, "ours_fen": 1, "theirs_fen": 2}
    difference = Difference(brand_id=market.brand.id, reconciliation_id=run.id, **found)
    session.add(difference)
    return difference


def _bodies(market: make.Market, now: datetime) -> dict[str, Any]:
    car = str(market.vehicle.id)
    at = {"store_id": str(market.store.id)}
    return {
        **drawing.bodies(),
        "POST /api/staff/broadcasts/": BROADCAST,
        "POST /api/staff/broadcasts/forecast": BROADCAST,
        **(TEMPLATES | dealers.BODIES | vehicles.BODIES),
        "/inbox/read": {"everything": True},
        "/partner-keys/": {"name": "商城"},
        "PUT /api/customer/wishes/": {"channel": None, "wanted": False},
        "PUT /api/staff/wishes/<uuid:customer_id>": {"channel": None, "wanted": False},
        "/wishes/texts": {"purpose": "marketing", "version": "1", "words": "同意"},
        "PUT /api/staff/messaging/policy": {"most_per_day": 2},
        "PUT /api/staff/broadcasts/<uuid:broadcast_id>": {"name": "另一个"},
        "/stock/vehicles/": CAR | at | {"stock_number": "B1"},
        "/stock/vehicles/<stock_number>": CAR | at,
        "/stock/vehicles/confirm": {"vehicle_ids": [car]},
        "PATCH /api/staff/stock/vehicles/<uuid:vehicle_id>": {"version": 1, "seats": 5},
        "/price": {"price_fen": 25_000_000},
        "/withdraw": {"reason": "展厅调整"},
        "/customer/leads/": {"vehicle_id": car},
        "/customer/orders/": {"vehicle_id": car, "terms_version": market.terms.version},
        "/cancel": {"reason": "改主意了"},
        "/alerts/read": {"ids": [str(uuid.UUID(int=7))]},
        "/recently-viewed/": {"items": [{"vehicle_id": car, "viewed_at": now.isoformat()}]},
        "POST /api/customer/saved-searches/": {"filters": {"body": ["suv"], "price_max_fen": 300_000_00}},
        "PUT /api/customer/saved-searches/<uuid:search_id>": {"frequency": "weekly"},
        "/consents": {"purpose": "marketing", "granted": True, "text_version": "2026-11"},
        "/phone": {"code": "code"},
        "PUT /api/customer/identity/me": {"nickname": "小林"},
        "/subscriptions": {"answers": [{"template_id": "t1", "answer": "accept"}]},
        "/sharing/": {"kind": "vehicle", "vehicle_id": car, "channel": "friend"},
        "POST /api/staff/customers/<uuid:customer_id>/tags": {"tag": "vip"},
        "/test-drive": {"at": (now + timedelta(days=1)).isoformat()},
        "/deposit-terms/": POLICY,
        "/preview": POLICY,
        "/segments/": {"name": "人群", "tree": EVERYBODY},
        "/segments/preview": {"tree": EVERYBODY},
        "/segments/<uuid:segment_id>": {"version": 1, "name": "人群"},
        "/segments/<uuid:segment_id>/difference": {"tree": EVERYBODY},
        "/segments/<uuid:segment_id>/copy": {"name": "副本"},
        "/decline": {"reason": "车辆有损伤"},
        "/sold-offline": {"reason": "车辆已售给到店客户"},
        "/refund": {"amount_fen": 100, "reason": "部分退款"},
        "differences/<uuid:difference_id>/resolve": {"action": "accept", "note": "看过了"},
        "/resolve": {"action": "by_hand", "note": "看过了"},
        "/abnormal": {"to": "merchant_account"},
        "/inspection": REPORT,
        "/run": {"bill_on": (now - timedelta(days=2)).date().isoformat()},
    }


def everything(session: Session) -> Any:
    """How many rows each table has, by which any second effect shows: whatever changes is recorded as an event or as a move."""
    counts = " UNION ALL ".join(f"SELECT '{table.name}', count(*) FROM {table.name}" for table in db.Base.metadata.sorted_tables)
    return sorted(session.execute(text(counts)).all())


@pytest.mark.parametrize("prefix", ["/api/customer/", "/api/staff/", "/api/partner/"])
def test_what_is_sent_twice_with_one_key_happens_once(app: Any, session: Session, world: World, wechat: FakeGateway, prefix: str) -> None:
    tried = set()
    for door, rule in unsafe(app, prefix):
        if door in UNKEPT:
            continue
        tried.add(door)
        undo = session.connection().begin_nested()
        method, call = door.split()[0], world.call(door, rule)
        call["headers"] = call["headers"] | {idempotency.HEADER: uuid.uuid4().hex}
        client = app.test_client(use_cookies=False)
        first = client.open(method=method, **call)
        assert first.status_code < 300, f"{door}: {first.status_code} {first.text[:300]}"
        after, calls = everything(session), len(wechat.calls)
        again = client.open(method=method, **call)
        assert (again.status_code, again.data) == (first.status_code, first.data), door
        assert (everything(session), len(wechat.calls)) == (after, calls), door
        other = client.open(method=method, **call | {"json": {"another": "thing"}})
        assert (other.status_code, other.json["error"]) == (422, "idempotency.key_reused"), door
        undo.rollback()
        session.expire_all()
    assert tried == {door for door in NEEDED | HONOURED if prefix in door}


def test_what_needs_a_key_does_nothing_without_one(app: Any, session: Session, world: World) -> None:
    before = everything(session)
    for prefix in ("/api/customer/", "/api/staff/", "/api/partner/"):
        for door, rule in unsafe(app, prefix):
            if door in NEEDED:
                call = world.call(door, rule)
                call["headers"] = call["headers"] | {idempotency.HEADER: ""}
                answer = app.test_client(use_cookies=False).open(method=door.split()[0], **call)
                assert (answer.status_code, answer.json["error"]) == (422, "idempotency.key_missing"), door
    assert everything(session) == before
