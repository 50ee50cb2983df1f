"""A stranger gets in nowhere, and a dealer's adviser reaches nothing of another dealer."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from app.audience import service as audience
from app.audience.service import segments
from app.dealers import partners
from app.dealers.models import Role, Staff
from app.events.models import Event
from app.exports import service as exports
from app.journeys import drawn
from app.journeys import service as journeys
from app.kit import clock
from app.kit.web import AUDIENCES
from app.leads.models import Lead
from app.payments.models import PaymentIncident, Refund
from app.reconciliation.models import Difference, Reconciliation
from app.vehicles.models import ImportRun, Inspection, VehiclePhoto
from tests.factories import broadcasts, drawing, pictures, tags
from tests.factories import campaigns as make_campaigns
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make_journeys
from tests.factories import messaging as make_messaging
from tests.factories import orders as make_orders
from tests.factories import vehicles as make_vehicles

# What anybody may ask without saying who she is: signing in, whether we are well, and the page of a refusal's link, which is a key by
# itself. And the pages, which hold no data.
SIGNING_IN = {"/api/public/staff/login", "/api/public/staff/wecom", "/api/public/staff/wecom/back"}
OPEN = {*SIGNING_IN, "/api/public/health", "/api/public/wishes/<token>"}
PAGES = re.compile(r"/(docs|openapi\.json|static|console|media)(/.*)?")


def doors(app: Any, audience: str | None = None) -> Iterator[tuple[str, Rule]]:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(f"/api/{audience}/" if audience else "/"):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, rule


def path_of(rule: Rule, **values: Any) -> str:
    """The rule's path with its arguments filled in: with these values, else with a name that nothing bears."""
    return re.sub(
        r"<(?:([^:<>]+):)?([^<>]+)>", lambda part: str(values.get(part[2], uuid.UUID(int=7) if part[1] == "uuid" else "x")), rule.rule
    )


def test_every_door_belongs_to_an_audience(app: Any) -> None:
    for method, rule in doors(app):
        if PAGES.fullmatch(rule.rule):
            assert method == "GET", rule.rule
            continue
        parts = rule.rule.split("/")
        assert parts[1] == "api", rule.rule
        assert parts[2] in AUDIENCES, rule.rule
        assert parts[2] != "public" or rule.rule in OPEN, rule.rule


def test_a_door_that_only_looks_changes_nothing(app: Any) -> None:
    """Without a transaction, half of a change could stay."""
    found = [(method, rule.rule) for method, rule in doors(app) if getattr(app.view_functions[rule.endpoint], "manner", None) == "looking"]
    assert found
    assert {method for method, _ in found} == {"GET"}, found


def test_a_stranger_is_turned_away_at_every_door(app: Any, session: Session) -> None:
    client = app.test_client()
    tried = 0
    for method, rule in doors(app):
        if PAGES.fullmatch(rule.rule) or rule.rule in OPEN:
            continue
        for headers in ({}, {"Authorization": "Bearer made-up", "X-Appid": "wx0000000000000000"}):
            answer = client.open(path_of(rule), method=method, json={} if method != "GET" else None, headers=headers)
            assert answer.status_code == 401, f"{method} {rule.rule}: {answer.status_code} {answer.text[:200]}"
            if "xml" not in answer.content_type:
                assert set(answer.json) >= {"error", "message"} or "code" in answer.json, rule.rule
            tried += 1
    assert tried > 60


def test_a_key_for_some_journeys_finds_no_partner_door_but_those_that_look_which_these_are(app: Any, session: Session) -> None:
    administrator = make_dealers.staff(session, make_dealers.brand(session), Role.admin)
    _, token = partners.issue(session, administrator, name="商城", journeys=["welcome"])
    session.commit()
    found = set()
    for method, rule in doors(app, "partner"):
        answer = app.test_client().open(path_of(rule), method=method, json={}, headers={"Authorization": f"Bearer {token}"})
        if answer.status_code != 404:
            found.add(rule.rule)
    assert found == {"/api/partner/journeys/<key>/entries"}


@dataclass
class Other:
    """Everything that another dealer of the same brand has, by the name of the argument that leads to it."""

    adviser: Staff
    owner: Staff
    ids: dict[str, Any]
    secrets: list[str]
    bodies: dict[str, dict[str, Any]]


@pytest.fixture
def other(session: Session) -> Other:
    market = make_orders.market(session)
    audience.install_defaults(session, market.brand.id)
    owner = make_dealers.staff(session, market.dealer)
    customer = make_orders.buyer(session, market, nickname="不该看见的人")
    order = make_orders.order(session, market, customer)
    lead = Lead(brand_id=market.brand.id, customer_id=customer.id, dealer_id=market.dealer.id, owner_id=owner.id, status="assigned")
    incident = PaymentIncident(
        brand_id=market.brand.id, kind="unknown_order", reference="T1", account_id=market.merchant.id, out_trade_no="T1", amount_fen=1
    )
    session.add_all([lead, incident])
    session.flush()
    refund = _refund(session, market, incident)
    photo = VehiclePhoto(
        brand_id=market.brand.id, vehicle_id=market.vehicle.id, digest="0" * 64, width=400, height=300, alt="不该看见的照片", position=1
    )
    report = Inspection(brand_id=market.brand.id, vehicle_id=market.vehicle.id, inspected_on=date(2026, 1, 1), inspector="陈工", groups=[])
    session.add_all([photo, report])
    session.flush()
    journey = make_journeys.journey(session, market.brand)
    journeys.hear(session, [make_journeys.triggered(session, customer)])
    adviser = make_dealers.staff(session, make_dealers.dealer(session, market.brand))
    session.commit()
    segment = segments.create(session, make_dealers.staff(session, market.brand, Role.marketer), name="不该看见的人", tree=EVERYBODY)
    session.commit()
    ids = {
        "segment_id": segment.id,
        "customer_id": customer.id,
        "merge_id": make_identity.twin(session, customer),
        "order_id": order.id,
        "lead_id": lead.id,
        "job_id": "made-up",
        "person_id": owner.id,
        "dealer_id": market.dealer.id,
        "store_id": market.store.id,
        "session_id": make_dealers.browser(session, owner),
        "view_id": make_dealers.view(session, owner).id,
        "key_id": make_dealers.partner_key(session, make_dealers.staff(session, market.brand, Role.admin))[0].id,
        "incident_id": incident.id,
        "journey_id": journey.id,
        "task_id": make_journeys.task(session, customer, owner, title="不该看见的任务").id,
        "fan_out_id": drawing.fan_out(session, journey).id,
        "walk_id": drawing.stuck(session, journey, customer).id,
        "export_id": exports.ask(session, owner, "console.orders", {}).id,
    }
    secrets = ["不该看见的照片", "不该看见的任务", str(customer.id), str(order.id), str(lead.id), order.number, "不该看见的人"]
    run = ImportRun(
        brand_id=market.brand.id, dealer_id=market.dealer.id, feed="dms", file_name="不该看见的照片", file_sha256="", status="held"
    )
    session.add(run)
    session.commit()
    ids |= {"run_id": run.id, "stock_number": market.vehicle.stock_number, "anomaly_id": make_dealers.anomaly(session, market.store).id}
    ids |= {"terms_id": market.terms.id, "refund_id": refund.id, "key": "vip", "vehicle_id": market.vehicle.id, "photo_id": photo.id}
    ids |= broadcasts.ids_of_doors(session, market.brand.id, customer) | {"version_id": drawn.version(session, journey, 1).id}
    ids["template_id"] = make_messaging.brand_template(session, market.brand.id).id
    made = tags.of_brand(session, market.brand)
    ids |= {"tag_id": made.free.id, "rule_id": made.rule.id, "link_id": made.link.id, "file_id": made.file.id}
    ids |= make_campaigns.ids(session, market.dealer) | {"plan_id": make_vehicles.plan(session, market.brand).id}
    session.commit()
    return Other(adviser, owner, ids | reconciled(session, market), secrets, tags.bodies(made))


def _refund(session: Session, market: make_orders.Market, incident: PaymentIncident) -> Refund:
    refund = Refund(
        brand_id=market.brand.id,
        incident_id=incident.id,
        account_id=market.merchant.id,
        out_trade_no="T1",
        out_refund_no="R1",
        paid_fen=1,
        amount_fen=1,
        reason="未能入账的款项退回",
        source="unallocated",
        due_at=clock.now(session),
    )
    session.add(refund)
    return refund


def reconciled(session: Session, market: make_orders.Market) -> dict[str, Any]:
    """A day of the brand's merchant with a difference."""
    day = Reconciliation(
        brand_id=market.brand.id, account_id=market.merchant.id, bill_on=date(2026, 1, 1), status="done", finished_at=clock.now(session)
    )
    session.add(day)
    session.flush()
    found = Difference(
        brand_id=market.brand.id, reconciliation_id=day.id, kind="short", concerns="payment", reference="payment 4200", found_in=1
    )
    session.add(found)
    session.commit()
    return {"reconciliation_id": day.id, "difference_id": found.id}


# Doors that only headquarters open: money that went wrong or back, deposit terms, journeys with their numbers (and the file for which
# the body asks), what is written to many, who passes on what, and the bank's plans, are the brand's.
OF_THE_BRAND = re.compile(
    r"\w+ /api/staff/((payments/[a-z.]+|journeys|segments|refunds|tags|people|broadcasts|sends|messaging|wishes|templates)(/.*)?|"
    r"finance-plans/.*|partner-keys/.*|customers/.+/(messages|merge)(/.*)?|orders/.+/refund|deposit-terms/.+)|"
    r"\w+ /api/staff/(operations|settings)/.*|POST /api/staff/(deposit-terms|dealers)/(.*/stores)?|PATCH /api/staff/dealers/.*|"
    r"POST /api/staff/exports/|GET /api/staff/insight/sharing"
)
# Her own login, whoever she is: these would end it here, and tests/dealers/test_sign_in.py tries what else can be done to it.
OF_HERSELF = re.compile(r"(DELETE /api/staff/session/(browsers)?|(POST|PUT) /api/staff/session/.*)")
# Doors that the dealer's manager opens, and none of his advisers.
OF_THE_MANAGER = re.compile(
    r"\w+ /api/staff/team/.*|(POST|PUT|PATCH) /api/staff/stock/.*|(POST|PATCH) /api/staff/campaigns/(?!.*/check-ins$).*|"
    r"GET /api/staff/campaigns/(.*/)?(report(\.csv)?|costs|answers|check-ins)"
)


POLICY = {
    "deposit_type": "deposit",
    "amount_fen": 200_000,
    "pay_minutes": 15,
    "hold_hours": 48,
    "extension_hours": 24,
    "active_per_customer": 1,
    "refund_rule": "full",
    "payee": "brand",
}


REPORT = {
    "inspected_on": "2026-01-01",
    "inspector": "陈工",
    "groups": [{"name": "外观", "points": [{"name": "车顶", "finding": "ok"}]}],
}


BROADCAST = {
    "name": "新车到店",
    "audience": {"kind": "tag", "tag": "vip"},
    "ladder": [{"channel": "service_template", "template_key": "spring_news"}],
}


NOTICE = {"channel": "inbox", "fields": {"content": "您好 {{ customer_name }}"}}
TEMPLATES: dict[str, Any] = {
    "POST /api/staff/templates/": NOTICE | {"key": "hello", "title": "问候"},
    "/templates/check": NOTICE,
    "POST /api/staff/templates/preview": NOTICE,
    "PATCH /api/staff/templates/<uuid:template_id>": {"version": 1, "title": "另一个"},
    "/templates/<uuid:template_id>/activate": {"version": 1},
    "/templates/<uuid:template_id>/archive": {"version": 1},
    "/templates/<uuid:template_id>/override": {"version": 1, "reason": "法务已确认"},
    "/templates/<uuid:template_id>/preview": {"customer_id": str(uuid.UUID(int=7))},
}


CAR = {
    "title": "极曜 J5 2024款 长续航版",
    "series": "极曜 J5",
    "condition": "new",
    "model_year": 2024,
    "price_fen": 25_800_000,
}


EVERYBODY: dict[str, Any] = {"all": []}


def bodies(session: Session) -> dict[str, dict[str, Any]]:
    """What each door wants to read, by the end of its path."""
    return {
        **drawing.bodies(),
        "/tags": {"tag": "vip"},
        "/merge": {"other_id": str(uuid.UUID(int=7))},
        "/merge/preview": {"other_id": str(uuid.UUID(int=7))},
        "/test-drive": {"at": (clock.now(session) + timedelta(days=1)).isoformat()},
        "/differences/<uuid:difference_id>/resolve": {"action": "accept", "note": "看过了"},
        "/reconciliations/run": {"bill_on": "2026-01-01"},
        "/abnormal": {"to": "merchant_account"},
        "/resolve": {"action": "by_hand", "note": "看过了"},
        "/decline": {"reason": "车辆有损伤"},
        "/sold-offline": {"reason": "车辆已售给到店客户"},
        "/refund": {"amount_fen": 100, "reason": "部分退款"},
        "/deposit-terms/": POLICY,
        "/deposit-terms/preview": POLICY,
        "/segments/": {"name": "人群", "tree": EVERYBODY},
        "/segments/preview": {"tree": EVERYBODY},
        "/segments/<uuid:segment_id>": {"version": 1, "name": "人群"},
        "/segments/<uuid:segment_id>/difference": {"tree": EVERYBODY},
        "/segments/<uuid:segment_id>/copy": {"name": "副本"},
        "POST /api/staff/broadcasts/": BROADCAST,
        "POST /api/staff/broadcasts/forecast": BROADCAST,
        **make_campaigns.bodies(None),
        **TEMPLATES,
        **(make_dealers.BODIES | make_vehicles.BODIES),
        "/partner-keys/": {"name": "商城"},
        "/trial": {"customer_ids": [str(uuid.UUID(int=7))]},
        "/wishes/<uuid:customer_id>": {"channel": None, "wanted": False},
        "/wishes/texts": {"purpose": "marketing", "version": "1", "words": "同意"},
        "/stock/vehicles/": CAR | {"stock_number": "B1"},
        "/stock/vehicles/<stock_number>": CAR,
        "/stock/vehicles/confirm": {"vehicle_ids": [str(uuid.UUID(int=7))]},
        "PATCH /api/staff/stock/vehicles/<uuid:vehicle_id>": {"version": 1, "seats": 5},
        "/price": {"price_fen": 100},
        "/withdraw": {"reason": "展厅调整"},
        "PUT /api/staff/vehicles/<uuid:vehicle_id>/photos": {"photos": []},
        "PUT /api/staff/vehicles/<uuid:vehicle_id>/inspection": REPORT,
    }


def forms() -> dict[str, dict[str, Any]]:
    """What doors that take files want, by the end of their path."""
    return {
        "POST /api/staff/vehicles/<uuid:vehicle_id>/photos": pictures.form(pictures.encoded(pictures.image(400, 300))),
        "/inspection/document": {"document": (BytesIO(b"%PDF-1.7"), "report.pdf")},
    }


def ask(client: Any, method: str, rule: Rule, *, ids: dict[str, Any], wanted: dict[str, dict[str, Any]]) -> Any:
    door = f"{method} {rule.rule}"
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    if form := next((form for end, form in forms().items() if door.endswith(end)), None):
        return client.open(path_of(rule, **ids), method=method, data=form, headers=headers)
    body = next((body for end, body in wanted.items() if door.endswith(end)), {})
    if door in drawing.asked():
        return client.open(path_of(rule, **ids), method=method, query_string=drawing.asked()[door], headers=headers)
    return client.open(path_of(rule, **ids), method=method, json=body if method in ("POST", "PUT", "PATCH") else None, headers=headers)


def signed_in(app: Any, staff: Staff) -> Any:
    client = app.test_client()
    body = {"username": staff.username, "password": make_dealers.PASSWORD}
    assert client.post("/api/public/staff/login", json=body).status_code == 200
    return client


def test_an_adviser_reaches_nothing_of_another_dealer(app: Any, session: Session, other: Other) -> None:
    client, wanted = signed_in(app, other.adviser), other.bodies | bodies(session)
    before = session.execute(select(func.count()).select_from(Event)).scalar_one()
    by_id = 0
    for method, rule in doors(app, "staff"):
        if OF_HERSELF.fullmatch(f"{method} {rule.rule}"):
            continue
        unknown = rule.arguments - other.ids.keys() - rule.defaults.keys() if rule.defaults else rule.arguments - other.ids.keys()
        assert not unknown, f"{rule.rule}: say here what another dealer's {unknown} is"
        answer = ask(client, method, rule, ids=other.ids, wanted=wanted)
        where = f"{method} {rule.rule}: {answer.status_code} {answer.text[:300]}"
        if rule.arguments or OF_THE_BRAND.fullmatch(f"{method} {rule.rule}"):
            assert answer.status_code in (403, 404), where
            by_id += 1
        else:
            assert answer.status_code in (200, 403, 404), where
        assert not [secret for secret in other.secrets if secret in answer.text], where
    assert by_id > 8
    session.expire_all()
    assert session.execute(select(func.count()).select_from(Event)).scalar_one() == before


def test_the_dealers_own_adviser_reaches_all_of_it_but_what_is_the_brands(app: Any, session: Session, other: Other) -> None:
    """Otherwise the law above would say nothing: what is refused to the other is there."""
    client, wanted = signed_in(app, other.owner), other.bodies | bodies(session)
    for method, rule in doors(app, "staff"):
        if rule.rule == "/api/staff/session/" or OF_HERSELF.fullmatch(f"{method} {rule.rule}") or "session_id" in rule.arguments:
            continue
        answer = ask(client, method, rule, ids=other.ids, wanted=wanted)
        door = f"{method} {rule.rule}"
        if OF_THE_BRAND.fullmatch(door) or OF_THE_MANAGER.fullmatch(door):
            assert answer.status_code == 403, f"{door}: {answer.status_code}"
            continue
        # 409: it is hers to ask, and cannot be done as the order stands, or as the photographs do, or while nobody has written the file
        dealing = rule.endpoint.startswith(("staff_orders_dealing.", "staff_vehicles_photos.", "staff_exports.file"))
        assert answer.status_code < 400 or (dealing and answer.status_code == 409), (
            f"{method} {rule.rule}: {answer.status_code} {answer.text[:300]}"
        )
