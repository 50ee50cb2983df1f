"""What a person passes on can be opened by anybody, without a login, over HTTP."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.events import service as events
from app.events.models import Event
from app.identity import service as people
from app.identity.models import Customer
from app.sharing import queries, service
from app.sharing.models import Share, ShareOpen
from app.wechat.errors import Outcome, WechatError
from app.wechat.fake import FakeGateway
from dev.testing import wait_until
from tests.factories import identity, vehicles
from tests.factories import messaging as make
from tests.factories import sharing as make_share

PHONE = "Mozilla/5.0 (iPhone) MicroMessenger/8.0.50 MiniProgramEnv/iOS"


class App:
    """The mini-program in the hands of a customer, or of a visitor whom nobody knows."""

    def __init__(self, session: Session, client: Any, town: make.Town) -> None:
        self.session, self.client, self.town = session, client, town
        self.sharer = make.follower(session, town)

    def headers(self, customer: Customer | None) -> dict[str, str]:
        mini = self.town.market.mini
        sent = identity.signed_in(self.session, customer, mini) if customer else {"X-Appid": mini.appid}
        self.session.commit()
        return sent

    def share(self, customer: Customer | None = None, **body: Any) -> Any:
        wanted = {"kind": "vehicle", "channel": "friend"} | body
        if wanted["kind"] == "vehicle" and "vehicle_id" not in wanted:
            wanted["vehicle_id"] = str(self.town.market.vehicle.id)
        return self.client.post("/api/customer/sharing/", json=wanted, headers=self.headers(customer or self.sharer))

    def open(self, share_id: str, *, customer: Customer | None = None, user_agent: str = PHONE, path: str = "", **query: str) -> Any:
        headers = self.headers(customer) | {"User-Agent": user_agent}
        return self.client.get(f"/api/visitor/sharing/{share_id}{path}", query_string=query, headers=headers)

    def opens(self, share_id: str) -> int:
        return self.session.execute(select(func.count()).select_from(ShareOpen).filter_by(share_id=share_id)).scalar_one()


@pytest.fixture
def mini(session: Session, client: Any, town: make.Town) -> App:
    return App(session, client, town)


def test_a_car_is_shared_with_what_wechat_needs(mini: App) -> None:
    answer = mini.share()
    assert answer.status_code == 201
    made = answer.json
    assert re.fullmatch(r"[0-9A-Za-z]{1,22}", made["id"])
    assert made["path"] == f"pages/vehicles/detail?id={mini.town.market.vehicle.id}&share_id={made['id']}"
    assert made["title"] == f"{mini.town.market.vehicle.title}｜¥258,000"
    assert made["image_url"].startswith("http")


def test_the_same_thing_again_is_the_same_share_and_another_channel_is_another(mini: App) -> None:
    first = mini.share().json["id"]
    assert mini.share().json["id"] == first
    assert mini.share(channel="timeline").json["id"] != first
    assert mini.share(make.follower(mini.session, mini.town)).json["id"] != first
    names = mini.session.execute(select(Event.name).filter_by(name="share.created")).all()
    assert len(names) == 3


def test_she_who_opens_her_own_share_is_told_that_it_is_hers_and_nobody_else_is(mini: App) -> None:
    share_id = mini.share().json["id"]
    friend = make.follower(mini.session, mini.town)
    told = [mini.open(share_id, customer=who).json["share"]["sharer"]["is_self"] for who in (mini.sharer, friend, None)]
    assert told == [True, False, False]


def test_two_taps_at_once_are_one_share(committed: Any) -> None:
    with committed() as session:
        town = make.town(session)
        sharer = make.follower(session, town)

    def tap(_: int) -> str:
        with committed() as session:
            return make_share.vehicle_share(session, session.get_one(Customer, sharer.id), town.market.vehicle.id).id

    with ThreadPoolExecutor(8) as hands:
        assert len(set(hands.map(tap, range(16)))) == 1


def test_what_she_shares_just_after_she_was_merged_is_shared_by_who_is_kept(committed: Any) -> None:
    with committed() as session:
        town = make.town(session)
        kept, twin = make.follower(session, town), make.follower(session, town, phone=None)
    with committed() as session:
        stale = session.get_one(Customer, twin.id)
        with committed() as other:
            people.merge(other, other.get_one(Customer, kept.id), other.get_one(Customer, twin.id))
        events.deliver_all()
        assert stale.merged_into_id is None
        share = make_share.vehicle_share(session, stale, town.market.vehicle.id)
    assert share.customer_id == kept.id
    with committed() as session:
        assert make_share.vehicle_share(session, session.get_one(Customer, kept.id), town.market.vehicle.id).id == share.id


def test_a_merge_that_begins_while_she_shares_finds_the_share(committed: Any) -> None:
    with committed() as session:
        town = make.town(session)
        kept, twin = make.follower(session, town), make.follower(session, town, phone=None)

    def merge() -> None:
        with committed() as session:
            people.merge(session, session.get_one(Customer, kept.id), session.get_one(Customer, twin.id))
        events.deliver_all()

    def waits() -> bool:
        with committed() as session:
            waiting = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
            return session.execute(waiting).first() is not None

    with ThreadPoolExecutor(1) as hand:
        with committed() as session:
            share = make_share.vehicle_share(session, session.get_one(Customer, twin.id), town.market.vehicle.id)
            merging = hand.submit(merge)
            wait_until(lambda: merging.done() or waits())
        merging.result()
    with committed() as session:
        assert session.get_one(Share, share.id).customer_id == kept.id


def test_anybody_opens_it_without_a_login(mini: App) -> None:
    share_id = mini.share().json["id"]
    answer = mini.open(share_id, visitor_id="device-of-the-friend", scene="1154")
    assert answer.status_code == 200
    assert answer.json["vehicle"]["id"] == str(mini.town.market.vehicle.id)
    assert answer.json["vehicle"]["status"]["key"] == "listed"
    assert answer.json["share"]["sharer"] == {"nickname": mini.sharer.nickname, "is_self": False}
    assert (answer.json["list"], answer.json["similar"]) == (None, [])
    told = mini.session.execute(select(Event).filter_by(name="share.opened")).scalar_one()
    assert (told.customer_id, told.actor_type, told.data["scene"]) == (mini.sharer.id, "visitor", "1154")
    assert "device-of-the-friend" not in str(told.data)


def test_a_device_counts_once_however_often_it_opens(mini: App) -> None:
    share_id = mini.share().json["id"]
    for visitor in ("device-one", "device-one", "device-two"):
        mini.open(share_id, visitor_id=visitor)
    assert queries.stats(mini.session, share_id).opens == 2


def test_looking_again_is_no_other_opening_until_half_an_hour_has_gone(mini: App, later: Any) -> None:
    share_id = mini.share().json["id"]
    for minutes, noted in ((0, 1), (29, 1), (2, 2)):
        later(minutes=minutes or 1)
        mini.open(share_id, visitor_id="device-one")
        assert mini.opens(share_id) == noted


def test_a_device_without_a_name_sees_it_and_does_not_count(mini: App) -> None:
    share_id = mini.share().json["id"]
    assert mini.open(share_id).status_code == 200
    assert mini.opens(share_id) == 0


def test_her_own_opening_does_not_count(mini: App, deliver: Any) -> None:
    """Neither signed in, nor on her device before she signs in, nor after it."""
    share_id = mini.share().json["id"]
    mini.open(share_id, customer=mini.sharer, visitor_id="her-own-device")
    assert mini.opens(share_id) == 0
    mini.open(share_id, visitor_id="her-own-device")
    assert queries.stats(mini.session, share_id).opens == 1, "who it is nobody knows yet"
    _login(mini, mini.sharer, visitor_id="her-own-device", share_id=share_id)
    deliver()
    mini.open(share_id, visitor_id="her-own-device")
    assert mini.opens(share_id) == 1
    assert queries.stats(mini.session, share_id) == queries.Stats(0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    "user_agent",
    [
        "Mozilla/5.0 (compatible; Baiduspider/2.0)",
        "Mozilla/5.0 MicroMessenger mpcrawler",
        "Googlebot/2.1",
        "HeadlessChrome/120",
        "Bytespider",
    ],
)
def test_machines_see_it_and_count_for_nobody(mini: App, user_agent: str) -> None:
    share_id = mini.share().json["id"]
    assert mini.open(share_id, user_agent=user_agent, visitor_id="a-machine").status_code == 200
    assert mini.opens(share_id) == 0


def test_a_sold_car_leads_to_similar_ones(mini: App) -> None:
    share_id = mini.share().json["id"]
    other = vehicles.vehicle(mini.session, mini.town.market.store, mini.town.market.vehicle.series)
    mini.town.market.vehicle.status = "sold"
    answer = mini.open(share_id)
    assert answer.status_code == 200
    assert answer.json["vehicle"]["status"]["key"] == "sold"
    assert [one["id"] for one in answer.json["similar"]] == [str(other.id)]
    assert answer.json["similar"][0]["reason"]
    assert mini.share(mini.sharer).status_code == 410


def test_a_list_is_its_filters_in_one_spelling_with_a_live_count(mini: App) -> None:
    white = {"exterior_color": ["white", "black"], "price_max_fen": 30_000_000}
    same = {"price_max_fen": 30_000_000, "exterior_color": ["black", "white", "white"]}
    made = mini.share(kind="list", filters=white).json
    assert mini.share(kind="list", filters=same).json["id"] == made["id"]
    assert made["title"] == "为您挑选了 1 辆在售好车"
    assert made["path"] == f"pages/vehicles/index?share_id={made['id']}"
    vehicles.vehicle(mini.session, mini.town.market.store)
    shown = mini.open(made["id"]).json
    assert shown["list"]["total"] == 2
    assert len(shown["list"]["items"]) == 2
    assert shown["list"]["filters"] == {"exterior_color": ["black", "white"], "price_max_fen": 30_000_000}
    assert shown["vehicle"] is None


@pytest.mark.parametrize(
    ("body", "status", "error", "field"),
    [
        ({"kind": "list"}, 422, "sharing.nothing_to_share", "filters"),
        ({"kind": "poem"}, 422, "sharing.nothing_to_share", "kind"),
        ({"channel": "smoke"}, 422, "request.invalid", "channel"),
        ({"vehicle_id": "01a20031-abe2-7764-8991-5ffbd24e1aff"}, 404, "vehicles.unknown", ""),
        ({"kind": "list", "filters": {"price_max_fen": -1}}, 422, "request.invalid", "filters"),
    ],
)
def test_what_cannot_be_shared_is_refused_by_name(mini: App, body: dict[str, Any], status: int, error: str, field: str) -> None:
    answer = mini.share(**body)
    assert (answer.status_code, answer.json["error"]) == (status, error)
    assert field in answer.json["message"]


def test_a_car_share_without_its_car_names_the_field(mini: App) -> None:
    answer = mini.client.post("/api/customer/sharing/", json={"kind": "vehicle", "channel": "friend"}, headers=mini.headers(mini.sharer))
    assert (answer.status_code, answer.json["error"]) == (422, "sharing.nothing_to_share")
    assert "vehicle_id" in answer.json["message"]


def test_another_brands_share_is_unknown_here(mini: App, session: Session) -> None:
    other = make.town(session)
    share = make_share.vehicle_share(session, make.follower(session, other), other.market.vehicle.id)
    for path in ("", "/code"):
        answer = mini.open(share.id, path=path)
        assert (answer.status_code, answer.json["error"]) == (404, "sharing.unknown")


def test_the_code_is_a_picture_that_is_made_once(mini: App, tencent: FakeGateway) -> None:
    share_id = mini.share().json["id"]
    first, second = (mini.open(share_id, path="/code") for _ in range(2))
    assert first.data == second.data
    assert first.mimetype == "image/png"
    (call,) = tencent.calls_of("mini_program_code")
    assert (call["scene"], call["page"], call["version"]) == (share_id, "pages/vehicles/detail", "release")


def test_a_code_that_wechat_does_not_give_is_asked_for_again_later(mini: App, tencent: FakeGateway) -> None:
    share_id = mini.share().json["id"]
    tencent.fail("mini_program_code", WechatError(Outcome.retry_later, "45009"))
    answer = mini.open(share_id, path="/code")
    assert (answer.status_code, answer.json["error"]) == (503, "sharing.code_unavailable")
    assert mini.open(share_id, path="/code").status_code == 200


def test_who_is_not_in_our_mini_program_is_sent_away(client: Any, mini: App) -> None:
    share_id = mini.share().json["id"]
    assert client.get(f"/api/visitor/sharing/{share_id}").status_code == 401
    assert client.post("/api/customer/sharing/", json={}).status_code == 401


def _login(mini: App, customer: Customer, **arrival: str) -> None:
    events.record(mini.session, "customer.logged_in", brand_id=customer.brand_id, customer_id=customer.id, data=arrival)


def test_a_share_id_fits_the_scene_of_a_code(session: Session, town: make.Town) -> None:
    share = make_share.vehicle_share(session, make.follower(session, town), town.market.vehicle.id)
    assert len(share.id) <= 22
    assert session.get_one(Share, share.id).target == f"vehicle:{town.market.vehicle.id}"
    assert service.as_made(session, share)["id"] == share.id
