"""A campaign from its draft to its report, through the doors of everybody who takes part."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.campaigns.models import CampaignTouch
from app.identity.models import Purpose
from app.identity.service import publish_text
from app.wechat.endpoints.service_account.scene_codes import SceneCode
from app.wechat.fake import FakeGateway
from app.wechat.models import AccountKind
from tests.campaigns.conftest import Show
from tests.factories import campaigns as make
from tests.factories import dealers, identity
from tests.factories import wechat as make_wechat


def signed_in(app: Any, staff: Any) -> Any:
    client = app.test_client()
    client.post("/api/public/staff/login", json={"username": staff.username, "password": dealers.PASSWORD})
    return client


def test_a_manager_runs_a_campaign_and_reads_what_it_brought(app: Any, session: Session, show: Show) -> None:
    desk, day = signed_in(app, show.manager), show.campaign.begins_on.isoformat()
    draft = {"name": "试驾日", "kind": "test_drive_day", "begins_on": day, "ends_on": show.campaign.ends_on.isoformat(), "budget_fen": 1000}
    form = {"fields": [make.NAME, make.STORE], "consent": None}
    made = desk.post("/api/staff/campaigns/", json=draft | {"form": form, "vehicle_ids": [str(show.market.vehicle.id)]}).json
    path = f"/api/staff/campaigns/{made['id']}"
    assert (made["status_label"], made["kind_label"], made["dealer_id"]) == ("草稿", "试驾日", str(show.market.dealer.id))
    assert desk.post(f"{path}/start").json["status"] == "running"
    code = desk.post(f"{path}/codes", json={"label": "门口", "channel": "poster"}).json
    assert desk.post(f"{path}/costs", json={"spent_on": day, "category": "gifts", "amount_fen": 400}).status_code == 201
    told = desk.get(path).json
    assert (told["spent_fen"], told["left_fen"]) == (400, 600)

    phone = app.test_client()
    guest = show.guest()
    headers = identity.signed_in(session, guest, show.market.mini)
    session.commit()
    page = phone.get(f"/api/visitor/campaigns/codes/{code['id']}?visitor_id=device-1", headers={"X-Appid": show.market.mini.appid}).json
    assert (page["state"], page["message"], page["mine"], len(page["vehicles"])) == ("open", None, None, 1)
    assert [one["name"] for one in page["stores"]] == [show.market.store.name]
    public = f"/api/customer/campaigns/{made['id']}"
    given = {"name": "林小姐", "store": str(show.market.store.id)}
    answered = phone.post(f"{public}/answers", json={"given": given, "code_id": code["id"]}, headers=headers)
    assert (answered.status_code, bool(answered.json["lead_id"])) == (200, True)
    ticket = phone.get(f"{public}/ticket", headers=headers).json["ticket"]

    adviser = signed_in(app, dealers.staff(session, show.market.dealer))
    let_in = [adviser.post(f"{path}/check-ins", json={"ticket": ticket}).json["is_first"] for _ in range(2)]
    assert let_in == [True, False]
    assert adviser.post(f"{path}/check-ins", json={}).status_code == 422
    page = phone.get(f"/api/visitor/campaigns/{made['id']}", headers=headers).json
    assert page["mine"] == {"answered": True, "checked_in_today": True}

    (row, _none) = desk.get(f"{path}/report?touch=first").json["rows"]
    brought = {name: row[name] for name in ("opens", "answers", "check_ins", "leads", "cost_fen")}
    assert brought == {"opens": 1, "answers": 1, "check_ins": 1, "leads": 1, "cost_fen": 0}
    (answer,) = desk.get(f"{path}/answers").json["items"]
    assert (answer["given"], answer["phone_masked"]) == (given, f"{guest.phone[3:6]}****{guest.phone[-4:]}")
    assert desk.post(f"{path}/end").json["status_label"] == "已结束"
    late = phone.post(f"{public}/answers", json={"given": given}, headers=headers)
    assert (late.status_code, late.json["message"]) == (409, "活动已结束，感谢您的关注")


def test_lists_are_paged_and_costs_of_the_brand_are_not_the_dealers(app: Any, session: Session, show: Show) -> None:
    marketer = make.manager(session, show.market.brand)
    brands = make.running(session, marketer, name="品牌车展")
    for number in range(3):
        make.cost(session, show.campaign, show.manager, 100 + number)
    session.commit()
    desk = signed_in(app, show.manager)
    seen, cursor = [], ""
    while True:
        page = desk.get(f"/api/staff/campaigns/{show.campaign.id}/costs?limit=2{cursor}").json
        seen += [one["amount_fen"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(seen) == [100, 101, 102]
    listed = {one["name"]: one["spent_fen"] for one in desk.get("/api/staff/campaigns/").json["items"]}
    assert listed == {"品牌车展": None, "春季车展": 303}
    assert desk.get(f"/api/staff/campaigns/{brands.id}/costs").status_code == 403
    assert desk.get(f"/api/staff/campaigns/{uuid.uuid4()}").status_code == 404


def test_a_list_is_narrowed_by_a_part_of_a_name_and_says_whose_each_is_and_with_which_cars(app: Any, session: Session, show: Show) -> None:
    cars = [str(show.market.vehicle.id)]
    make.draft(session, show.manager, name="50%优惠日", vehicle_ids=cars, store_id=show.market.store.id)
    make.draft(session, make.manager(session, show.market.brand), name="品牌车展")
    session.commit()
    desk = signed_in(app, show.manager)
    # A sign that stands for anything elsewhere stands for itself here.
    (one,) = desk.get("/api/staff/campaigns/?q=0%25").json["items"]
    assert (one["dealer_name"], one["store_name"]) == (show.market.dealer.name, show.market.store.name)
    assert one["vehicles"] == [{"id": cars[0], "name": show.market.vehicle.title}]
    # The brand's drafts are nobody else's, whatever is asked for.
    assert desk.get("/api/staff/campaigns/?q=品牌").json["items"] == []


def test_a_form_may_ask_for_the_text_that_was_published_last_and_saves_what_was_offered(app: Any, session: Session, show: Show) -> None:
    for version in ("1", "v" * 64):
        publish_text(session, show.market.brand.id, purpose=Purpose.dealer_sharing, version=version, words=f"文本 {version}")
    draft = make.draft(session, show.manager)
    session.commit()
    desk, path = signed_in(app, show.manager), f"/api/staff/campaigns/{draft.id}"
    (offered,) = desk.get("/api/staff/campaigns/choices").json["consents"]
    assert (offered["version"], offered["label"]) == ("v" * 64, "与经销商共享")
    asked = {"fields": [make.NAME], "consent": {name: offered[name] for name in ("purpose", "version")}}
    kept = desk.patch(path, json={"version": draft.version, "form": asked})
    assert (kept.status_code, kept.json["form"]["consent"]) == (200, asked["consent"])
    assert desk.patch(path, json={"version": draft.version, "name": "别人刚改过"}).json["error"] == "campaigns.outdated"


def test_a_draft_is_nobodys_to_open(app: Any, session: Session, show: Show) -> None:
    draft = make.draft(session, show.manager)
    code = make.code(session, draft, show.manager)
    session.commit()
    headers = {"X-Appid": show.market.mini.appid}
    for path in (f"codes/{code.id}", str(draft.id), "codes/nothing"):
        assert app.test_client().get(f"/api/visitor/campaigns/{path}", headers=headers).status_code == 404
    assert session.execute(select(func.count()).select_from(CampaignTouch)).scalar_one() == 0


def test_the_pictures_of_a_code_are_made_once(app: Any, session: Session, show: Show, wechat: FakeGateway) -> None:
    make_wechat.account(session, show.market.brand, AccountKind.service_account)
    session.commit()
    wechat.answers["scene_code"] = SceneCode("ticket", "http://weixin.qq.com/q/x", None)
    desk, path = signed_in(app, show.manager), f"/api/staff/campaigns/{show.campaign.id}/codes/{show.code.id}"
    for door, endpoint in (("mini-program", "mini_program_code"), ("service-account", "scene_code")):
        wechat.fail(endpoint)
        assert desk.get(f"{path}/{door}").json["error"] == "campaigns.picture_unavailable"
        first = desk.get(f"{path}/{door}")
        assert first.status_code == 200
        assert desk.get(f"{path}/{door}").data == first.data
        assert [call["scene"] for call in wechat.calls_of(endpoint)] == [show.code.id] * 2
