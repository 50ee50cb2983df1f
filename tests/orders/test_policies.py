"""Deposit terms are a policy of the brand or of one dealer: which of them holds, what an order keeps of it, and who puts it in force."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.errors import DealerUnknown
from app.dealers.models import Role, Staff
from app.events.models import Event
from app.kit.errors import AppError
from app.orders import queries
from app.orders import service as orders
from app.orders.errors import (
    AdminsOnly,
    LimitReached,
    OnlyEarnestMoneyForfeits,
    TermsChanged,
    TermsMissing,
    TermsOver,
    TermsUnknown,
    VersionTaken,
)
from app.orders.models import DepositTerms, Reservation
from app.orders.service import Policy
from app.payments.errors import PayeeMissing
from app.payments.models import PaymentIntent
from app.wechat.models import AccountKind
from tests.factories import dealers, identity, vehicles, wechat
from tests.factories import orders as make
from tests.orders.case import begun

POLICY = Policy(
    deposit_type="intent_deposit",
    amount_fen=200_000,
    pay_minutes=30,
    hold_hours=48,
    extension_hours=24,
    active_per_customer=1,
    refund_rule="full",
    payee="brand",
)
EARNEST = replace(POLICY, deposit_type="earnest_money", refund_rule="forfeit")


@pytest.fixture
def market(session: Session) -> make.Market:
    return make.market(session)


@pytest.fixture
def admin(session: Session, market: make.Market) -> Staff:
    return dealers.staff(session, market.brand, Role.admin)


def in_force(session: Session, market: make.Market, dealer_id: Any = None) -> str:
    return queries.terms(session, market.brand.id, dealer_id).version


def test_a_dealers_own_terms_go_before_the_brands_for_its_cars_only(session: Session, market: make.Market, admin: Staff) -> None:
    own = orders.publish_terms(session, admin, replace(POLICY, dealer_id=market.dealer.id))
    other = dealers.dealer(session, market.brand)
    assert in_force(session, market, market.dealer.id) == own.version
    assert in_force(session, market, other.id) == in_force(session, market) == market.terms.version
    orders.end_terms(session, admin, own.id)
    assert in_force(session, market, market.dealer.id) == market.terms.version
    orders.end_terms(session, admin, market.terms.id)
    with pytest.raises(TermsMissing):
        in_force(session, market, market.dealer.id)


def test_what_is_published_takes_the_place_of_what_was_in_force_and_comes_back_by_no_ending(
    session: Session, market: make.Market, admin: Staff
) -> None:
    own = orders.publish_terms(session, admin, replace(POLICY, dealer_id=market.dealer.id))
    second = orders.publish_terms(session, admin, POLICY)
    assert in_force(session, market) == second.version
    assert in_force(session, market, market.dealer.id) == own.version
    orders.end_terms(session, admin, second.id)
    with pytest.raises(TermsMissing):
        in_force(session, market)
    assert orders.install_terms(session, market.brand.id).ended_at is not None, "installing again puts nothing back in force"


def test_an_order_keeps_what_its_customer_accepted(session: Session, market: make.Market, admin: Staff) -> None:
    own = orders.publish_terms(session, admin, replace(POLICY, dealer_id=market.dealer.id))
    customer = make.buyer(session, market)
    with pytest.raises(TermsChanged) as refused:
        make.order(session, market, customer)
    assert refused.value.details == {"terms_version": own.version}
    order = make.order(session, market, customer, terms_version=own.version)
    assert (order.amount_fen, order.deposit_type, order.hold_hours, order.extension_hours) == (200_000, "intent_deposit", 48, 24)
    assert (order.refund_rule, order.payee_name) == ("full", market.merchant.name)
    hold = session.execute(select(Reservation).filter_by(order_id=order.id)).scalar_one()
    assert hold.expires_at - order.terms_accepted_at == timedelta(minutes=30)
    orders.publish_terms(session, admin, replace(POLICY, dealer_id=market.dealer.id, amount_fen=1, hold_hours=1))
    session.expire_all()
    assert (order.amount_fen, order.hold_hours, order.terms_version) == (200_000, 48, own.version)


def test_how_many_cars_one_person_may_hold_is_the_policys(session: Session, market: make.Market, admin: Staff) -> None:
    two = orders.publish_terms(session, admin, replace(POLICY, active_per_customer=2))
    customer = make.buyer(session, market)
    cars = [market.vehicle, *(vehicles.vehicle(session, market.store) for _ in range(2))]
    for car in cars[:2]:
        make.order(session, market, customer, vehicle_id=car.id, terms_version=two.version)
    with pytest.raises(LimitReached):
        make.order(session, market, customer, vehicle_id=cars[2].id, terms_version=two.version)


def test_late_money_is_granted_again_by_the_limit_that_she_accepted(
    session: Session, market: make.Market, admin: Staff, wechat: Any, works: Any, later: Any
) -> None:
    two = orders.publish_terms(session, admin, replace(POLICY, active_per_customer=2))
    case = begun(session, wechat, works, market=market, terms_version=two.version)
    later(minutes=31)
    works.sweep()
    another = vehicles.vehicle(session, market.store)
    make.order(session, market, case.customer, vehicle_id=another.id, terms_version=two.version)
    orders.publish_terms(session, admin, POLICY)
    session.commit()
    case.pays_and_we_hear()
    assert case.state == ("paid", "hard_held", "full", "reserved")


@pytest.mark.parametrize("deposit_type", ["intent_deposit", "deposit", "earnest_money"])
@pytest.mark.parametrize("extension_hours", [0, 24])
def test_the_text_says_what_the_policy_says(
    session: Session, market: make.Market, admin: Staff, deposit_type: str, extension_hours: int
) -> None:
    text = orders.draft_terms(session, admin, replace(POLICY, deposit_type=deposit_type, extension_hours=extension_hours)).text
    for said in (market.brand.name, "¥2,000", "30分钟", "48小时"):
        assert said in text
    assert ("延长24小时" in text) is (extension_hours == 24)
    assert ("不是《中华人民共和国民法典》第五百八十六条所称的定金" in text) is (deposit_type != "earnest_money")
    assert ("第五百八十七条" in text) is (deposit_type == "earnest_money")
    assert "{" not in text


def test_what_is_forfeited_is_said_so(session: Session, market: make.Market, admin: Staff) -> None:
    forfeit, full = (orders.draft_terms(session, admin, replace(EARNEST, refund_rule=rule)).text for rule in ("forfeit", "full"))
    assert "不予退还" in forfeit
    assert "不予退还" not in full


@pytest.mark.parametrize("role", [Role.marketer, Role.finance, Role.dealer_manager, Role.adviser])
def test_only_administrators_put_terms_in_force_and_end_them(session: Session, market: make.Market, role: Role) -> None:
    at = market.dealer if role in (Role.dealer_manager, Role.adviser) else market.brand
    staff = dealers.staff(session, at, role)
    own = replace(POLICY, dealer_id=market.dealer.id)
    tries: list[Callable[[], Any]] = [
        lambda: orders.publish_terms(session, staff, own),
        lambda: orders.draft_terms(session, staff, own),
        lambda: orders.end_terms(session, staff, market.terms.id),
    ]
    for attempt in tries:
        with pytest.raises(AdminsOnly):
            attempt()
    assert in_force(session, market, market.dealer.id) == market.terms.version


def test_terms_that_do_not_hold_are_refused_and_leave_the_old_ones_in_force(session: Session, market: make.Market, admin: Staff) -> None:
    elsewhere = dealers.dealer(session, dealers.brand(session))
    tries: list[tuple[Policy, type[AppError]]] = [
        (replace(POLICY, version=market.terms.version), VersionTaken),
        (replace(POLICY, refund_rule="forfeit"), OnlyEarnestMoneyForfeits),
        (replace(POLICY, deposit_type="deposit", refund_rule="forfeit"), OnlyEarnestMoneyForfeits),
        (replace(POLICY, dealer_id=elsewhere.id), DealerUnknown),
        (replace(POLICY, dealer_id=market.dealer.id, payee="dealer"), PayeeMissing),
    ]
    for policy, error in tries:
        with pytest.raises(error):
            orders.publish_terms(session, admin, policy)
    assert in_force(session, market, market.dealer.id) == market.terms.version
    foreign = dealers.staff(session, elsewhere.brand_id and session.get_one(type(market.brand), elsewhere.brand_id), Role.admin)
    with pytest.raises(TermsUnknown):
        orders.end_terms(session, foreign, market.terms.id)
    orders.end_terms(session, admin, market.terms.id)
    with pytest.raises(TermsOver):
        orders.end_terms(session, admin, market.terms.id)


def test_the_money_for_a_dealers_car_is_the_dealers_where_its_terms_say_so(session: Session, market: make.Market, admin: Staff) -> None:
    market.dealer.sub_mchid = "1900000109"
    provider = wechat.account(session, market.brand, AccountKind.merchant, linked_appid=market.mini.appid)
    provider.settings = provider.settings | {"sub_mchids": [{"sub_mchid": "1900000109", "name": "上海某某汽车销售有限公司"}]}
    session.flush()
    terms = orders.publish_terms(session, admin, replace(POLICY, payee="dealer"))
    assert orders.payee_name(session, terms) == "车辆所在的经销商"
    assert orders.payee_name(session, terms, market.dealer.id) == "上海某某汽车销售有限公司"
    order = make.order(session, market, make.buyer(session, market), terms_version=terms.version)
    intent = session.get_one(PaymentIntent, order.intent_id)
    assert (order.payee_name, intent.payee_account_id, intent.sub_mchid) == ("上海某某汽车销售有限公司", provider.id, "1900000109")
    car = vehicles.vehicle(session, dealers.store(session, dealers.dealer(session, market.brand)))
    with pytest.raises(PayeeMissing), session.begin_nested():
        make.order(session, market, make.buyer(session, market), vehicle_id=car.id, terms_version=terms.version)


def signed_in(client: Any, staff: Staff) -> None:
    answer = client.post("/api/public/staff/login", json={"username": staff.username, "password": dealers.PASSWORD})
    assert answer.status_code == 200


def asked(**changed: Any) -> dict[str, Any]:
    given = {name: value for name, value in vars(POLICY).items() if value is not None}
    return given | changed


def test_a_preview_keeps_nothing_and_publishing_puts_the_same_in_force(
    session: Session, market: make.Market, admin: Staff, client: Any
) -> None:
    session.commit()
    signed_in(client, admin)
    shown = client.post("/api/staff/deposit-terms/preview", json=asked())
    assert (shown.status_code, shown.json["id"], shown.json["is_in_force"]) == (200, None, False)
    assert in_force(session, market) == market.terms.version
    key = {"Idempotency-Key": "a-key-of-his"}
    made = client.post("/api/staff/deposit-terms/", json=asked(), headers=key)
    assert made.status_code == 201
    for name in ("version", "text", "amount_fen", "payee_name"):
        assert made.json[name] == shown.json[name]
    again = client.post("/api/staff/deposit-terms/", json=asked(), headers={"Idempotency-Key": "another-key"})
    assert again.json["version"] == made.json["version"] + "-2"
    items = client.get("/api/staff/deposit-terms/").json["items"]
    assert [(one["version"], one["is_in_force"]) for one in items] == [
        (again.json["version"], True),
        (made.json["version"], False),
        (market.terms.version, False),
    ]
    ended = client.post(f"/api/staff/deposit-terms/{again.json['id']}/end", headers={"Idempotency-Key": "a-third-key"})
    assert (ended.status_code, ended.json["is_in_force"]) == (200, False)
    published = session.execute(select(Event).filter_by(name="terms.published").order_by(Event.id)).scalars().all()
    assert [(one.actor_id, one.data["version"]) for one in published] == [
        (str(admin.id), made.json["version"]),
        (str(admin.id), again.json["version"]),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"deposit_type": "gift"},
        {"amount_fen": 0},
        {"amount_fen": 1.5},
        {"pay_minutes": 5},
        {"hold_hours": 0},
        {"extension_hours": -1},
        {"active_per_customer": 0},
        {"refund_rule": "half"},
        {"payee": "somebody"},
        {"version": "第一版"},
        {"text": "太短"},
    ],
)
def test_a_policy_of_a_wrong_form_is_refused_by_name(
    session: Session, market: make.Market, admin: Staff, client: Any, wrong: dict[str, Any]
) -> None:
    session.commit()
    signed_in(client, admin)
    answer = client.post("/api/staff/deposit-terms/preview", json=asked(**wrong))
    assert (answer.status_code, set(answer.json["details"])) == (422, set(wrong))


def test_a_dealers_people_see_the_brands_terms_and_their_own(session: Session, market: make.Market, admin: Staff, client: Any) -> None:
    own = orders.publish_terms(session, admin, replace(POLICY, dealer_id=market.dealer.id))
    other = dealers.dealer(session, market.brand)
    orders.publish_terms(session, admin, replace(POLICY, dealer_id=other.id))
    adviser = dealers.staff(session, market.dealer)
    session.commit()
    signed_in(client, adviser)
    first = client.get(f"/api/staff/deposit-terms/?limit=1&dealer_id={other.id}").json
    assert [one["version"] for one in first["items"]] == [own.version]
    rest = client.get("/api/staff/deposit-terms/", query_string={"cursor": first["next_cursor"]}).json
    assert [one["version"] for one in rest["items"]] == [market.terms.version]


def test_she_reads_the_terms_of_the_cars_dealer(session: Session, market: make.Market, admin: Staff, client: Any) -> None:
    own = orders.publish_terms(session, admin, replace(EARNEST, dealer_id=market.dealer.id))
    headers = identity.signed_in(session, make.buyer(session, market), market.mini)
    session.commit()
    brands = client.get("/api/visitor/orders/terms", headers=headers).json
    assert (brands["version"], brands["refund_rule"]) == (market.terms.version, "full")
    hers = client.get("/api/visitor/orders/terms", query_string={"vehicle_id": market.vehicle.id}, headers=headers).json
    assert (hers["version"], hers["refund_rule"], hers["pay_minutes"]) == (own.version, "forfeit", 30)
    assert hers["payee_name"] == market.merchant.name
    nowhere = client.get("/api/visitor/orders/terms", query_string={"vehicle_id": market.brand.id}, headers=headers)
    assert nowhere.status_code == 404


def test_of_two_who_publish_at_once_one_policy_is_in_force(committed: Callable[[], Any], app: Any) -> None:
    with committed() as session:
        market = make.market(session)
        admins = [dealers.staff(session, market.brand, Role.admin).id for _ in range(2)]
    together = threading.Barrier(2)

    def publish(staff_id: Any) -> str:
        together.wait(timeout=120)
        with committed() as session:
            return orders.publish_terms(session, session.get_one(Staff, staff_id), POLICY).version

    with ThreadPoolExecutor(2) as pool:
        versions = list(pool.map(publish, admins))
    assert len(set(versions)) == 2
    with committed() as session:
        living = session.execute(select(DepositTerms.version).where(DepositTerms.ended_at.is_(None))).scalars().all()
    assert living == [max(versions, key=len)]
