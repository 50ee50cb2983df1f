"""Templates: checked against what WeChat has while they are written, kept in every version, and shown as a real person would see them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.dealers.models import Role, Staff
from app.kit import clock
from app.messaging import credits, facts, service
from app.messaging.drafts import EXAMPLES
from app.messaging.errors import ChannelUnknown, TemplateChanged, TemplateTaken, TemplateUnfit, TemplateUnknown
from app.messaging.models import MessageTemplate, Send, TemplateVersion, WechatTemplate
from app.messaging.queries import templates as queries
from app.messaging.service import templates
from app.wechat.endpoints.mini_program.subscribe import SubscribeTemplate
from app.wechat.endpoints.service_account.templates import ServiceTemplate
from app.wechat.errors import Outcome, WechatError
from app.wechat.fake import FakeGateway
from app.wechat.models import AccountKind
from tests.factories import dealers, identity
from tests.factories import messaging as make
from tests.factories import wechat as make_wechat

PAID = ServiceTemplate(
    "paid-1", "订金支付成功通知", "意向车型:{{thing1.DATA}}\n支付金额：{{amount2.DATA}}\n订单编号:{{character_string3.DATA}}"
)


@pytest.fixture
def marketer(session: Session, town: make.Town) -> Staff:
    return dealers.staff(session, town.market.brand, Role.marketer)


@pytest.fixture
def read(session: Session, town: make.Town, tencent: FakeGateway) -> FakeGateway:
    """WeChat has one template for the service account, and we have read it."""
    tencent.answers |= {"templates": [PAID], "subscribe_templates": []}
    session.commit()
    service.sync_templates()
    session.expire_all()
    return tencent


def draft(session: Session, town: make.Town, by: Staff, fields: dict[str, str], **more: Any) -> MessageTemplate:
    said = {"title": "支付成功", "template_ids": {town.service_account.appid: "paid-1"}} | more
    return templates.create(session, by, channel="service_template", key="paid", fields=fields, **said)


def codes(session: Session, template: MessageTemplate) -> dict[str, str]:
    return {one.field: one.code for one in templates.problems(session, template)}


def test_the_examples_name_every_fact_that_there_is(session: Session, town: make.Town) -> None:
    """And no other: who writes a form is told exactly what it may speak of."""
    told = (facts.of_all.__doc__ or "").partition("customer_name")
    named = {name for name in EXAMPLES if name in (told[1] + told[2])}
    assert named == EXAMPLES.keys()
    buyer = make.follower(session, town, phone="+8613800138000")
    order = make.paid_order(session, town, buyer)
    context = {"order_id": order.id, "held_until": clock.now(session).isoformat(), "offered_until": clock.now(session).isoformat()}
    send = make.plan(session, town, buyer, context=context | {"order_outcome": "confirmed", "outcome": "lapsed"})
    assert facts.of(session, send).keys() <= EXAMPLES.keys()


def test_the_fields_are_those_of_wechats_template(session: Session, town: make.Town, marketer: Staff, read: FakeGateway) -> None:
    good = {"thing1": "{{ vehicle_title }}", "amount2": "{{ amount }}", "character_string3": "{{ order_number }}"}
    template = draft(session, town, marketer, good)
    assert codes(session, template) == {"thing1": "value_cut"}
    told = {one.field: one for one in templates.problems_of(session, channel="service_template", template_ids=template.template_ids,
            fields={"thing1": "车", "amount2": "一千元", "thing9": "多余"})}  # fmt: skip
    assert {name: one.code for name, one in told.items()} == {
        "amount2": "value_form",
        "thing9": "key_unknown",
        "character_string3": "key_missing",
    }
    assert "amount" in told["amount2"].message
    assert "订单编号" in told["character_string3"].message
    assert templates.activate(session, marketer, template.id, version=1).state == "active"


@pytest.mark.parametrize(
    ("form", "code", "is_warning"),
    [
        ("{{ vehicle_title ", "form_syntax", False),
        ("{{ vehicle_titel }}", "fact_unknown", True),
        ("{{ vehicle_title | replace: 'a', 'b' }}", "form_syntax", False),
        ("", "value_empty", False),
        ("{{ vehicle_title }}", "value_cut", True),
    ],
)
def test_what_is_wrong_with_a_form_is_said_by_its_field(
    session: Session, town: make.Town, marketer: Staff, form: str, code: str, is_warning: bool
) -> None:
    told = templates.problems(session, draft(session, town, marketer, {"thing1": form}))
    assert [(one.field, one.code, one.is_warning) for one in told] == [("thing1", code, is_warning)]


@pytest.mark.parametrize(
    ("channel", "page", "purpose", "found"),
    [
        ("service_template", "{{ refusal_link }}", "marketing", {}),
        ("service_template", "pages/index/index", "marketing", {"page": ("no_refusal", True)}),
        ("service_template", "pages/index/index", "transactional", {}),
        ("inbox", "{{ refusal_link }}", "marketing", {"page": ("page_outside", False)}),
        ("inbox", "https://example.com/", "transactional", {"page": ("page_outside", False)}),
        ("inbox", None, "marketing", {"content": ("no_refusal", True)}),
        ("subscribe_message", "pages/index/index", "marketing", {}),
    ],
)
def test_what_a_tap_opens_fits_its_channel_and_marketing_can_be_refused(
    session: Session, channel: str, page: str | None, purpose: str, found: dict[str, tuple[str, bool]]
) -> None:
    fields = {"content": "新车到店"} if channel == "inbox" else {"thing1": "新车到店"}
    draft = {"channel": channel, "fields": fields, "page": page, "purpose": purpose, "template_ids": {"wx1": "t1"}}
    told = {one.field: (one.code, one.is_warning) for one in templates.problems_of(session, **draft)}
    assert told == found


def test_a_template_in_use_stays_fit_and_every_version_is_kept(
    session: Session, town: make.Town, marketer: Staff, read: FakeGateway
) -> None:
    good = {"thing1": "车", "amount2": "{{ amount }}", "character_string3": "{{ order_number }}"}
    template = draft(session, town, marketer, {"thing1": "车"})
    with pytest.raises(TemplateUnfit):
        templates.activate(session, marketer, template.id, version=1)
    session.expire_all()
    templates.edit(session, marketer, template.id, version=1, fields=good)
    templates.activate(session, marketer, template.id, version=2)
    with pytest.raises(TemplateChanged):
        templates.edit(session, marketer, template.id, version=2, title="别的")
    with pytest.raises(TemplateUnfit):
        templates.edit(session, marketer, template.id, version=3, fields=good | {"thing9": "多余"})
    session.expire_all()
    told = queries.versions(session, template)
    assert [(one["version"], one["content"]["state"], one["changed_by"]) for one in told] == [
        (3, "active", marketer.name),
        (2, "draft", marketer.name),
        (1, "draft", marketer.name),
    ]
    assert told[2]["content"]["fields"] == {"thing1": "车"}


def test_what_a_brand_began_with_has_a_first_version_once_somebody_changes_it(session: Session, town: make.Town, marketer: Staff) -> None:
    began = session.execute(select(MessageTemplate).filter_by(key="deposit_paid")).scalar_one()
    templates.edit(session, marketer, began.id, version=1, title="支付好了")
    told = queries.versions(session, began)
    assert [(one["version"], one["content"]["title"], one["changed_by"]) for one in told] == [
        (2, "支付好了", marketer.name),
        (1, "意向金支付成功", None),
    ]


def test_two_templates_of_a_channel_have_two_keys_and_a_card_has_none(session: Session, town: make.Town, marketer: Staff) -> None:
    draft(session, town, marketer, {"thing1": "车"})
    with pytest.raises(TemplateTaken):
        draft(session, town, marketer, {"thing1": "车"})
    for kind in ("wecom_card", "pigeon"):
        with pytest.raises(ChannelUnknown):
            templates.create(session, marketer, channel=kind, key="x", title="x", fields={})


def test_another_brands_template_is_nobodys(session: Session, town: make.Town, marketer: Staff) -> None:
    stranger = dealers.staff(session, dealers.brand(session), Role.marketer)
    template = draft(session, town, marketer, {"thing1": "车"})
    for change in (templates.activate, templates.archive):
        with pytest.raises(TemplateUnknown):
            change(session, stranger, template.id, version=1)


@pytest.mark.parametrize("state", ["draft", "archived"])
def test_only_what_is_in_use_is_sent(session: Session, town: make.Town, tencent: FakeGateway, state: str) -> None:
    buyer = make.follower(session, town)
    key = make.template(
        session, town, "service_template", {"thing1": "车"}, state=state, template_ids={town.service_account.appid: "t1"}
    ).key
    send = make.plan(session, town, buyer, key)
    make.send_due(session)
    assert (send.status, send.error_code) == ("skipped", "template_not_active")


def test_what_is_gone_at_wechat_is_shown_with_ours_that_use_it(
    session: Session, town: make.Town, marketer: Staff, read: FakeGateway, later: Any
) -> None:
    good = {"thing1": "车", "amount2": "{{ amount }}", "character_string3": "{{ order_number }}"}
    template = draft(session, town, marketer, good)
    (known,) = queries.at_wechat(session, town.brand_id)
    assert (known["title"], known["gone_at"]) == ("订金支付成功通知", None)
    assert [one["key"] for one in known["keys"]] == ["thing1", "amount2", "character_string3"]
    assert [one["label"] for one in known["keys"]] == ["意向车型", "支付金额", "订单编号"]
    assert [one["key"] for one in known["used_by"]] == ["paid"]
    other = ServiceTemplate("other", "别的", "车型:{{thing1.DATA}}")
    read.answers["templates"] = [other]
    later(hours=7)
    assert service.sync_templates() == 2
    session.expire_all()
    gone = {one["template_id"]: one["gone_at"] for one in queries.at_wechat(session, town.brand_id)}
    assert gone["paid-1"] is not None
    assert gone["other"] is None
    assert codes(session, template)["template_ids"] == "platform_gone"
    read.answers["templates"] = [PAID]
    later(hours=7)
    service.sync_templates()
    session.expire_all()
    assert "template_ids" not in codes(session, template)


def test_templates_of_both_kinds_of_account_are_read_and_a_failure_forgets_nothing(
    session: Session, town: make.Town, tencent: FakeGateway, later: Any
) -> None:
    tencent.answers |= {"templates": [PAID], "subscribe_templates": [SubscribeTemplate("sub-1", "进度", "车型:{{thing1.DATA}}")]}
    session.commit()
    assert service.sync_templates() == 2
    assert service.sync_templates() == 0
    later(hours=7)
    tencent.fail("templates", WechatError(Outcome.retry_later, "connection"))
    service.sync_templates()
    session.expire_all()
    assert session.execute(select(func.count()).where(WechatTemplate.gone_at.is_(None))).scalar_one() == 2
    assert {one["appid"]: one["error"] for one in queries.syncs(session, town.brand_id)} == {
        town.service_account.appid: "wechat.connection",
        town.market.mini.appid: None,
    }


def test_whoever_asks_for_the_templates_to_be_read_sees_that_it_is_still_to_be_done_and_then_that_it_failed_again(
    session: Session, town: make.Town, tencent: FakeGateway, marketer: Staff, client: Any, later: Any
) -> None:
    tencent.answers |= {"subscribe_templates": []}
    tencent.fail("templates", WechatError(Outcome.retry_later, "connection"), times=2)
    session.commit()
    web = signed_in(client, marketer)

    def told() -> Any:
        accounts = web.get("/api/staff/templates/platform").json["accounts"]
        return next((one for one in accounts if one["appid"] == town.service_account.appid), None)

    for _ in range(2):
        later(minutes=1)
        assert web.post("/api/staff/templates/platform/sync").status_code == 202
        before = told()
        assert before["is_asked"]
        service.sync_templates()
        after = told()
        assert (after["is_asked"], after["error"], after["read_at"]) == (False, "wechat.connection", None)
        assert after["error_text"]
        assert after["tried_at"] != before["tried_at"]


def test_what_nobody_has_saved_is_seen_as_a_person_would_read_it(session: Session, town: make.Town, marketer: Staff, client: Any) -> None:
    her = make.follower(session, town)
    her.nickname = "林晓雯"
    session.commit()
    web = signed_in(client, marketer)
    body = {"channel": "inbox", "fields": {"content": "{{ customer_name }}，您好", "title": "{{ nothing_known }}"}}
    shown = web.post("/api/staff/templates/preview", json=body | {"customer_id": str(her.id)}).json["fields"]
    assert {one["name"]: one["text"] for one in shown} == {"content": "林晓雯，您好", "title": None}
    assert [bool(one["problem"]) for one in shown] == [False, True]
    example = web.post("/api/staff/templates/preview", json=body).json["fields"]
    assert example[0]["text"] == "欧阳·娜塔莉亚女士，您好"
    assert web.post("/api/staff/templates/preview", json=body | {"channel": "pigeon"}).status_code == 422
    rules = {one["name"]: one["rule"] for one in web.get("/api/staff/templates/writing").json["types"]}
    assert "20" in rules["thing"]


def signed_in(client: Any, staff: Staff) -> Any:
    assert client.post("/api/public/staff/login", json={"username": staff.username, "password": dealers.PASSWORD}).status_code == 200
    return client


def test_a_marketer_writes_a_template_from_nothing_to_use(session: Session, town: make.Town, marketer: Staff, client: Any) -> None:
    session.commit()
    web = signed_in(client, marketer)
    told = web.get("/api/staff/templates/writing").json
    assert {"sms", "inbox", "webhook", "subscribe_message"} <= {one["kind"] for one in told["channels"]}
    assert {"name": "vehicle_title", "label": "车辆名称", "example": EXAMPLES["vehicle_title"]} in told["facts"]
    body = {"channel": "inbox", "key": "hello", "title": "问候", "fields": {"content": "您好 {{ customer_name ", "extra": "x"}}
    made = web.post("/api/staff/templates/", json=body, headers={"Idempotency-Key": "1" * 32})
    assert made.status_code == 201
    assert {(one["field"], one["code"]) for one in made.json["problems"]} == {("content", "form_syntax"), ("extra", "part_unknown")}
    at = f"/api/staff/templates/{made.json['id']}"
    refused = web.post(f"{at}/activate", json={"version": 1})
    assert (refused.status_code, refused.json["error"]) == (422, "messaging.template_unfit")
    assert "写法有误" in refused.json["details"]["content"]
    changed = web.patch(at, json={"version": 1, "fields": {"content": "您好 {{ customer_name }}"}}).json
    assert (changed["version"], changed["problems"]) == (2, [])
    assert web.post(f"{at}/activate", json={"version": 2}).json["state"] == "active"
    assert web.patch(at, json={"version": 2, "title": "x"}).status_code == 409
    listed = web.get("/api/staff/templates/", query_string={"channel": "inbox", "q": "hel"}).json
    assert [(one["key"], one["channel_label"]) for one in listed["items"]] == [("hello", "小程序站内信")]
    assert [one["version"] for one in web.get(f"{at}/versions").json["items"]] == [3, 2, 1]


def test_a_secret_is_written_and_never_read(session: Session, town: make.Town, marketer: Staff, client: Any) -> None:
    session.commit()
    web = signed_in(client, marketer)
    target = {"url": "https://crm.example.com/hook", "secret": "very-secret-very-secret"}
    body = {"channel": "webhook", "key": "crm", "title": "CRM", "fields": {"car": "{{ vehicle_title }}"}, "target": target}
    made = web.post("/api/staff/templates/", json=body, headers={"Idempotency-Key": "1" * 32})
    at = f"/api/staff/templates/{made.json['id']}"
    for answer in (made, web.get(at), web.get(f"{at}/versions")):
        assert "crm.example.com" in answer.text
        assert "very-secret" not in answer.text
    assert session.execute(text("SELECT count(*) FROM message_templates WHERE position('very-secret'::bytea IN target) > 0")).scalar() == 0


def test_a_preview_shows_her_words_and_the_way_that_is_open(
    session: Session, town: make.Town, marketer: Staff, client: Any, tencent: FakeGateway
) -> None:
    buyer = make.follower(session, town)
    order = make.paid_order(session, town, buyer)
    mini = town.market.mini
    key = make.template(session, town, "subscribe_message", {"thing1": "{{ vehicle_title }}"}, template_ids={mini.appid: "t1"}).key
    template = session.execute(select(MessageTemplate).filter_by(key="deposit_paid")).scalar_one()
    session.commit()
    web = signed_in(client, marketer)
    ladder = [{"channel": "subscribe_message", "template_key": key}, {"channel": "service_template", "template_key": "deposit_paid"}]
    body = {"customer_id": str(buyer.id), "context": {"order_id": str(order.id)}, "ladder": ladder}
    at = f"/api/staff/templates/{template.id}/preview"
    told = web.post(at, json=body).json
    assert [(one["is_open"], one["is_taken"], one["code"]) for one in told["ways"]] == [(False, False, "no_credit"), (True, True, None)]
    assert told["ways"][0]["reason"] == "客户没有剩余的订阅次数"
    assert {one["name"]: one["text"] for one in told["fields"]}["character_string3"] == order.number
    openid = identity.identity(session, buyer, mini).openid
    credits.grant(session, mini, openid, "t1", key="1", said_at=clock.now(session))
    session.commit()
    told = web.post(at, json=body).json
    assert [one["is_taken"] for one in told["ways"]] == [True, False]
    missing = web.post(at, json={"customer_id": str(make.follower(session, town).id)}).json
    problems = {one["name"]: one["problem"] for one in missing["fields"]}
    assert "缺少内容：vehicle_title" in problems["thing1"]
    assert web.post(at, json=body | {"ladder": [{"channel": "pigeon", "template_key": "x"}]}).status_code == 422
    assert session.execute(select(func.count()).select_from(Send)).scalar_one() == 0
    assert tencent.calls == []


def test_versions_grow_with_changes_alone(session: Session, town: make.Town, marketer: Staff) -> None:
    template = make.brand_template(session, town.brand_id)
    templates.archive(session, marketer, template.id, version=1)
    templates.activate(session, marketer, template.id, version=2)
    assert session.execute(select(func.count()).select_from(TemplateVersion)).scalar_one() == 3
    assert template.state == "active"


def test_of_two_accounts_that_she_follows_the_one_that_has_the_template_sends(
    session: Session, town: make.Town, tencent: FakeGateway
) -> None:
    """Her dealer's comes first, and is of no use for a template that it does not have."""
    dealers_own = make_wechat.account(session, town.market.brand, AccountKind.service_account)
    dealers_own.settings = {"dealer_id": str(town.market.dealer.id)}
    buyer = make.follower(session, town)
    identity.identity(session, buyer, dealers_own, followed=True)
    context = {"dealer_id": town.market.dealer.id}
    both = {town.service_account.appid: "t1", dealers_own.appid: "t2"}
    sends = []
    for ids in ({town.service_account.appid: "t1"}, both):
        key = make.template(session, town, "service_template", {"thing1": "车"}, template_ids=ids).key
        sends.append(make.plan(session, town, buyer, key, context=context))
    make.send_due(session)
    assert [(one.status, one.appid) for one in sends] == [("accepted", town.service_account.appid), ("accepted", dealers_own.appid)]
