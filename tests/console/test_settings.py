"""Who changed the settings of the brand, when, and from what to what; only headquarters read it, and only of their own brand."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.dealers.models import Role
from tests.console.test_operations import signed_in
from tests.factories import dealers as make
from tests.factories import orders

HISTORY = "/api/staff/settings/history"
POLICY = {
    "dealer_id": None,
    "deposit_type": "intent_deposit",
    "amount_fen": 100_000,
    "pay_minutes": 15,
    "hold_hours": 72,
    "extension_hours": 24,
    "active_per_customer": 1,
    "refund_rule": "full",
    "payee": "brand",
    "text": None,
}


def changes(row: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {one["field"]: (one["before"], one["after"]) for one in row["changes"]}


def test_every_change_of_how_the_brand_treats_people_is_told_with_who_made_it_and_from_what_to_what(app: Any, session: Session) -> None:
    brand = make.brand(session)
    marketer = make.staff(session, brand, Role.marketer, name="周宁")
    desk = signed_in(app, session, marketer)
    policy = "/api/staff/messaging/policy"
    assert desk.put(policy, json={"quiet_from": "22:00", "quiet_until": "08:00"}).status_code == 200
    assert desk.put(policy, json={"quiet_from": "22:00", "most_per_day": 2}).status_code == 200
    # What changes nothing and what is refused are no changes.
    assert desk.put(policy, json={"most_per_day": 2}).status_code == 200
    assert desk.put(policy, json={"most_per_day": 0}).status_code == 422

    latest = desk.get(f"{HISTORY}?of=messages&limit=1").json
    assert changes(latest["items"][0]) == {"most_per_day": (None, 2)}
    assert (latest["items"][0]["actor"], latest["items"][0]["dealer"]) == ({"type": "staff", "name": "周宁"}, None)
    older = desk.get(f"{HISTORY}?of=messages&limit=1&cursor={latest['next_cursor']}").json
    assert (changes(older["items"][0]), older["next_cursor"]) == ({"quiet_from": (None, "22:00"), "quiet_until": (None, "08:00")}, None)


def test_new_terms_tell_in_what_they_differ_from_those_of_the_same_dealer_before_them(app: Any, session: Session) -> None:
    market = orders.market(session)
    desk = signed_in(app, session, make.staff(session, market.brand, Role.admin))
    terms = "/api/staff/deposit-terms/"
    first = desk.post(terms, json=POLICY).json
    # A dealer's own between the two is not what the brand's is compared with.
    own = desk.post(terms, json=POLICY | {"dealer_id": str(market.dealer.id), "amount_fen": 1}).json
    second = desk.post(terms, json=POLICY | {"amount_fen": 200_000}).json
    desk.post(f"{terms}{own['id']}/end", json={})

    ended, raised, dealers, *_ = desk.get(f"{HISTORY}?of=terms").json["items"]
    assert changes(raised) == {"version": (first["version"], second["version"]), "amount_fen": (100_000, 200_000)}
    assert (dealers["dealer"], changes(dealers)["amount_fen"]) == (market.dealer.name, (None, 1))
    assert (ended["dealer"], ended["changes"], ended["actor"]["type"]) == (market.dealer.name, [], "staff")


def test_the_history_of_settings_is_for_headquarters_and_of_their_own_brand(app: Any, session: Session) -> None:
    market = orders.market(session)
    admin = signed_in(app, session, make.staff(session, market.brand, Role.admin))
    admin.post("/api/staff/deposit-terms/", json=POLICY)
    stranger = signed_in(app, session, make.staff(session, make.brand(session), Role.admin))
    manager = signed_in(app, session, make.staff(session, market.dealer, Role.dealer_manager))
    assert len(admin.get(f"{HISTORY}?of=terms").json["items"]) == 1
    assert stranger.get(f"{HISTORY}?of=terms").json["items"] == []
    assert manager.get(f"{HISTORY}?of=terms").status_code == 403
    assert len(admin.get(HISTORY).json["items"]) == 1
    assert admin.get(f"{HISTORY}?of=passwords").status_code == 422


def test_what_administrators_do_with_stores_and_keys_is_told_and_nothing_of_a_token(app: Any, session: Session) -> None:
    brand = make.brand(session)
    desk = signed_in(app, session, make.staff(session, brand, Role.admin, name="周宁"))
    dealer = desk.post("/api/staff/dealers/", json={"name": "沪东", "city": "上海"}, headers={"Idempotency-Key": "a" * 16}).json
    place = {"name": "浦东店", "address": "新路1号", "lat": 31.2, "lng": 121.4}
    stores = desk.post(f"/api/staff/dealers/{dealer['id']}/stores", json=place, headers={"Idempotency-Key": "b" * 16}).json["stores"]
    store = f"/api/staff/dealers/stores/{stores[0]['id']}"
    assert desk.patch(store, json={"phone": "021-55556666", "lat": 31.3, "lng": 121.4}).status_code == 200
    assert desk.patch(store, json={"phone": "021-55556666"}).status_code == 200
    changed, opened, founded = desk.get(f"{HISTORY}?of=places").json["items"]
    assert changes(changed) == {"phone": (None, "021-55556666"), "place": ("31.200000, 121.400000", "31.300000, 121.400000")}
    assert (changed["about"], changed["dealer"], changed["actor"]["name"]) == ("浦东店", "沪东", "周宁")
    assert (changes(opened)["address"], changes(founded)) == ((None, "新路1号"), {"city": (None, "上海")})

    key = desk.post("/api/staff/partner-keys/", json={"name": "商城"}, headers={"Idempotency-Key": "c" * 16}).json
    for _ in range(2):
        assert desk.delete(f"/api/staff/partner-keys/{key['id']}").status_code < 300
    told = desk.get(f"{HISTORY}?of=keys")
    assert [(one["label"], one["about"]) for one in told.json["items"]] == [("停用接口密钥", "商城"), ("签发接口密钥", "商城")]
    assert key["token"] not in told.text
