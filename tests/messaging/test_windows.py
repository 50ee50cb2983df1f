"""What she does lets an account answer her, for a while and so often; and what Tencent tells later is written down."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from app.audience.queries import segments as audience
from app.events.models import Event
from app.identity import service as consents
from app.identity.models import Purpose, WechatIdentity
from app.kit import clock, db
from app.kit.settings import settings
from app.messaging import service, sms, windows
from app.messaging.channels.service_template import ServiceTemplate
from app.messaging.models import Contact, GroupLetter, ReplyUse, ReplyWindow, Send
from app.wechat import service as platform
from app.wechat.endpoints.service_account.group_sends import GroupSend
from app.wechat.endpoints.wecom.customers import Customer, Follow, FollowedCustomer
from app.wechat.endpoints.wecom.door import Page
from app.wechat.endpoints.wecom.group_messages import MessageTask
from app.wechat.errors import Outcome, WechatError
from app.wechat.fake import FakeGateway
from app.wechat.models import WechatAccount
from tests.factories import broadcasts, identity, segments, tencent
from tests.factories import messaging as make


def told(session: Session, account: WechatAccount, kind: str, **more: Any) -> None:
    """A push about open-1, which happened now."""
    at = int(clock.now(session).timestamp())
    head = {"ToUserName": "gh_1", "FromUserName": "open-1", "CreateTime": at}
    platform.receive_message(session, account, tencent.xml(**head | {"MsgType": kind} | more))


def open_windows(session: Session) -> dict[str, int]:
    session.expire_all()
    return {one.opened_by: one.balance for one in session.execute(select(ReplyWindow)).scalars()}


@pytest.mark.parametrize(
    ("kind", "more", "opened"),
    [
        ("text", {"MsgId": "7", "Content": "在吗"}, {"wrote": 5}),
        ("event", {"Event": "CLICK", "EventKey": "ask"}, {"menu": 3}),
        ("event", {"Event": "VIEW", "EventKey": "https://example.com"}, {}),
        ("event", {"Event": "subscribe", "EventKey": ""}, {"followed": 3}),
        ("event", {"Event": "SCAN", "EventKey": "7"}, {"scanned": 3}),
        ("event", {"Event": "TEMPLATESENDJOBFINISH", "MsgID": "7", "Status": "success"}, {}),
    ],
)
def test_what_she_does_opens_its_window(
    session: Session, town: make.Town, deliver: Callable[[], int], kind: str, more: dict[str, str], opened: dict[str, int]
) -> None:
    told(session, town.service_account, kind, **more)
    deliver()
    assert open_windows(session) == opened


def test_the_mini_program_has_windows_of_its_own_and_the_corp_none(session: Session, town: make.Town, deliver: Callable[[], int]) -> None:
    told(session, town.market.mini, "event", Event="user_enter_tempsession", SessionFrom="car")
    told(session, town.corp, "text", MsgId="8", Content="收到")
    deliver()
    assert open_windows(session) == {"entered": 2}


def test_a_window_opens_anew_and_closes_when_she_leaves(session: Session, town: make.Town, deliver: Any, later: Any) -> None:
    account, person = town.service_account, (town.service_account.appid, "open-1")
    told(session, account, "text", MsgId="1", Content="在吗")
    deliver()
    for _ in range(5):
        assert windows.take(session, {db.new_id(): person})
    assert windows.take(session, {db.new_id(): person}) == set()
    assert windows.open_now(session, [person]) == (set(), {person})
    later(minutes=5)
    told(session, account, "text", MsgId="2", Content="还在吗")
    deliver()
    assert windows.open_now(session, [person]) == ({person}, set())
    later(hours=49)
    assert windows.open_now(session, [person]) == (set(), set())
    told(session, account, "text", MsgId="3", Content="好的")
    told(session, account, "event", Event="unsubscribe")
    deliver()
    assert open_windows(session) == {}


def test_a_place_that_was_not_needed_is_free_again_in_its_own_window_only(session: Session, town: make.Town, later: Any) -> None:
    account, person = town.service_account, (town.service_account.appid, "open-1")
    windows.open_for(session, account, "open-1", "wrote", at=clock.now(session))
    send_id = db.new_id()
    windows.take(session, {send_id: person})
    for _ in range(2):
        windows.give_back(session, [send_id])
    assert open_windows(session) == {"wrote": 5}
    windows.take(session, {send_id: person})
    later(minutes=1)
    windows.open_for(session, account, "open-1", "wrote", at=clock.now(session))
    windows.give_back(session, [send_id])
    assert open_windows(session) == {"wrote": 5}


def test_the_window_that_closes_first_is_used_first(session: Session, town: make.Town) -> None:
    account = town.service_account
    for what in ("wrote", "followed"):
        windows.open_for(session, account, "open-1", what, at=clock.now(session))
    sends = {db.new_id(): (account.appid, "open-1") for _ in range(4)}
    assert windows.take(session, sends) == sends.keys()
    assert open_windows(session) == {"followed": 0, "wrote": 4}


def test_a_group_send_that_failed_reached_nobody_of_it(session: Session, town: make.Town, deliver: Any, monkeypatch: Any) -> None:
    fake = FakeGateway()
    monkeypatch.setattr("app.wechat.client.replacement", fake)
    fake.answers["send_to_people"] = GroupSend("901", False)
    key = make.template(session, town, "group_send", {"content": "开放日"}).key
    sends = [make.plan(session, town, make.follower(session, town), key, channel="group_send") for _ in range(3)]
    make.send_due(session)
    assert [(one.status, one.msgid) for one in sends] == [("accepted", "901")] * 3
    assert len(fake.calls_of("send_to_people")) == 1
    told(session, town.service_account, "event", Event="MASSSENDJOBFINISH", MsgID="901", Status="err(30003)")
    deliver()
    session.expire_all()
    assert {one.delivery for one in sends} == {"failed"}


def test_whoever_a_group_send_does_not_reach_stands_in_nobodys_way(session: Session, town: make.Town, monkeypatch: Any) -> None:
    fake = FakeGateway()
    monkeypatch.setattr("app.wechat.client.replacement", fake)
    fake.answers["send_to_people"] = GroupSend("901", False)
    key = make.template(session, town, "group_send", {"content": "开放日"}).key
    people = [make.follower(session, town, followed=number != 1) for number in range(3)]
    sends = [make.plan(session, town, one, key, channel="group_send") for one in people]
    sends[1].created_at -= timedelta(hours=1)
    make.send_due(session)
    assert [(one.status, one.error_code) for one in sends] == [("accepted", None), ("skipped", "not_following"), ("accepted", None)]


def test_a_channel_that_cannot_take_what_one_message_needs_sends_the_others(
    session: Session, town: make.Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGateway()
    monkeypatch.setattr("app.wechat.client.replacement", fake)
    sends = [
        make.plan(session, town, make.follower(session, town), "test_drive_invitation", context={"vehicle_id": town.market.vehicle.id})
        for _ in range(3)
    ]
    broken = sends[1].id

    def take(_: Any, session: Session, batch: Any, __: Any) -> dict[uuid.UUID, Any]:
        if broken in {one.id for one in batch}:
            session.execute(text("SELECT 1 / 0"))
        return {}

    monkeypatch.setattr(ServiceTemplate, "take", take)
    make.send_due(session)
    assert [(one.status, one.error_code) for one in sends] == [("accepted", None), ("planned", "bug"), ("accepted", None)]


def test_a_call_that_cannot_be_prepared_keeps_no_other_from_being_made(
    session: Session, town: make.Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeGateway()
    monkeypatch.setattr("app.wechat.client.replacement", fake)
    sends = [
        make.plan(session, town, make.follower(session, town), "test_drive_invitation", context={"vehicle_id": town.market.vehicle.id})
        for _ in range(3)
    ]
    broken, exchange = sends[1].id, ServiceTemplate.exchange

    def prepare(self: ServiceTemplate, letter: Any) -> Any:
        if letter.send_id == broken:
            raise ValueError("too long")
        return exchange(self, letter)

    monkeypatch.setattr(ServiceTemplate, "exchange", prepare)
    make.send_due(session)
    assert [(one.status, one.error_code) for one in sends] == [("accepted", None), ("planned", "bug"), ("accepted", None)]
    assert len(fake.calls) == 2


def test_who_left_a_group_before_it_was_sent_again_is_left_out(
    session: Session, town: make.Town, monkeypatch: pytest.MonkeyPatch, later: Any
) -> None:
    """Withdrawn after the claim, while nobody knows whether the call was heard: she is on no list any more."""
    fake = FakeGateway()
    monkeypatch.setattr("app.wechat.client.replacement", fake)
    fake.answers["send_to_people"] = GroupSend("902", True)
    fake.fail("send_to_people")
    key = make.template(session, town, "group_send", {"content": "开放日"}).key
    sends = [make.plan(session, town, make.follower(session, town), key, channel="group_send") for _ in range(3)]
    make.send_due(session)
    assert {one.status for one in sends} == {"claimed"}
    sends[0].withdrawn = True
    session.commit()
    later(minutes=2)
    make.send_due(session)
    assert [one.status for one in sends] == ["unknown", "accepted", "accepted"]
    first, second = fake.calls_of("send_to_people")
    assert first["client_msg_id"] == second["client_msg_id"]
    assert set(second["openids"]) < set(first["openids"])
    assert session.execute(select(func.count()).select_from(GroupLetter)).scalar_one() == 3


def test_who_refused_before_a_group_was_sent_again_is_left_out(session: Session, town: make.Town, tencent: FakeGateway, later: Any) -> None:
    """Also while her own message has not had its turn again."""
    tencent.answers["send_to_people"] = GroupSend("903", True)
    tencent.fail("send_to_people")
    key = make.template(session, town, "group_send", {"content": "开放日"}, purpose="marketing").key
    people = broadcasts.readers(session, town, 3)
    sends = [make.plan(session, town, her, key, channel="group_send", purpose="marketing") for her in people]
    make.send_due(session)
    consents.refuse(session, people[0], purpose=Purpose.marketing)
    sends[0].lease_until += timedelta(minutes=5)
    session.commit()
    later(minutes=2)
    make.send_due(session)
    assert [one.status for one in sends] == ["claimed", "accepted", "accepted"]
    first, second = tencent.calls_of("send_to_people")
    hers = session.execute(select(WechatIdentity.openid).filter_by(customer_id=people[0].id)).scalars().all()
    assert set(first["openids"]) - set(second["openids"]) == set(first["openids"]) & set(hers) != set()
    assert len(second["openids"]) == 2


def test_places_and_groups_are_let_go_of_a_month_after_the_last_of_them_has_left(
    session: Session, town: make.Town, tencent: FakeGateway, later: Any
) -> None:
    tencent.answers["send_to_people"] = GroupSend("905", True)
    told(session, town.service_account, "text", MsgId="7", Content="在吗")
    key = make.template(session, town, "group_send", {"content": "开放日"}).key
    sends = [make.plan(session, town, her, key, channel="group_send") for her in broadcasts.readers(session, town, 3)]
    make.send_due(session)
    waiting, done = sends[0], uuid.uuid4()
    her = session.execute(select(WechatIdentity.id).limit(1)).scalar_one()
    uses = [{"send_id": one, "identity_id": her, "opened_by": "wrote", "opened_at": clock.now(session)} for one in (done, waiting.id)]
    session.execute(insert(ReplyUse), uses)

    def left() -> tuple[int, int]:
        counted = (select(func.count()).select_from(table).scalar_subquery() for table in (ReplyUse, GroupLetter))
        return tuple(session.execute(select(*counted)).one())

    later(days=29)
    service.forget_old()
    assert left() == (2, 3)
    waiting.status, waiting.lease_until = "claimed", clock.now(session)
    later(days=2)
    service.forget_old()
    assert left() == (1, 3), "one of them may still leave"
    waiting.status, waiting.lease_until = "accepted", None
    session.commit()
    service.forget_old()
    assert left() == (0, 0)


def test_who_is_left_over_of_groups_waits_for_another_and_not_for_ever(
    session: Session, town: make.Town, tencent: FakeGateway, later: Any
) -> None:
    tencent.answers["send_to_people"] = GroupSend("904", True)
    key = make.template(session, town, "group_send", {"content": "开放日"}).key
    sends = []
    for _ in range(2):
        sends.append(make.plan(session, town, make.follower(session, town), key, channel="group_send"))
        make.send_due(session)
        later(seconds=50)
    assert [(one.status, one.error_code) for one in sends] == [("planned", "group_of_one")] * 2
    for _ in range(8):
        make.send_due(session)
        later(minutes=1)
    assert [one.status for one in sends] == ["accepted", "accepted"]
    assert len(tencent.calls_of("send_to_people")) == 1
    lonely = make.plan(session, town, make.follower(session, town), key, channel="group_send")
    for _ in range(15):
        make.send_due(session)
        later(minutes=1)
    assert (lonely.status, lonely.error_code) == ("skipped", "group_of_one")
    assert lonely.settled_at
    assert lonely.settled_at - lonely.created_at >= timedelta(minutes=10)


def followed(external: str, unionid: str | None, userid: str) -> FollowedCustomer:
    view = Follow(userid, None, "", "", "", (), (), None)
    return FollowedCustomer(Customer(external, "客户", True, unionid, None, 0), (view,))


def test_contacts_are_read_through_and_what_is_not_seen_has_ended(
    session: Session, town: make.Town, tencent: FakeGateway, later: Any, deliver: Callable[[], int]
) -> None:
    her = make.follower(session, town)
    userid = town.adviser.wecom_userid or ""
    seen = [followed("ext-1", her.unionid, userid), followed("ext-2", None, userid)]
    tencent.answers |= {"customer_servers": [userid], "customers_of": lambda _account, **_: Page(tuple(seen), "")}
    reachable = segments.segment(session, town.market.brand, segments.leaf("reachable", way="wecom"))
    session.commit()
    assert service.read_contacts() == 2
    assert service.read_contacts() == 0
    deliver()
    assert list(audience.members(session, reachable.id)) == [her.id]
    key = make.template(session, town, "wecom_customer_task", {"content": "您好"}).key
    sends = [make.plan(session, town, her, key, channel="wecom_customer_task") for _ in range(2)]
    session.flush()
    later(hours=7)
    seen.pop(0)
    tencent.fail("customers_of", WechatError(Outcome.retry_later, "connection"))
    service.read_contacts()
    assert session.execute(select(func.count()).where(Contact.ended_at.is_not(None))).scalar_one() == 0
    later(minutes=30)
    service.read_contacts()
    assert session.execute(select(func.count()).where(Contact.ended_at.is_not(None))).scalar_one() == 1
    deliver()
    assert list(audience.members(session, reachable.id)) == []
    names = select(Event.name).where(Event.name.startswith("customer.contact")).order_by(Event.id)
    assert session.execute(names).scalars().all() == ["customer.contact_added", "customer.contact_ended"]
    make.send_due(session)
    assert {one.error_code for one in sends} == {"no_contact"}


def test_messages_of_the_same_words_are_one_task_of_a_member(session: Session, town: make.Town, tencent: FakeGateway) -> None:

    people = [make.follower(session, town) for _ in range(3)]
    for number, her in enumerate(people):
        there = identity.identity(session, her, town.corp, openid=f"ext-{number}")
        session.add(Contact(identity_id=there.id, userid=town.adviser.wecom_userid, read_at=clock.now(session)))
    tencent.answers["add_message_task"] = MessageTask("task-1", ("ext-2",))
    key = make.template(session, town, "wecom_customer_task", {"content": "周末到店有礼"}).key
    sends = [make.plan(session, town, her, key, channel="wecom_customer_task") for her in people]
    make.send_due(session)
    (call,) = tencent.calls_of("add_message_task")
    assert sorted(call["external_userids"]) == ["ext-0", "ext-1", "ext-2"]
    assert [(one.status, one.error_code) for one in sends] == [("accepted", None), ("accepted", None), ("rejected", "no_contact")]


def test_the_signature_of_short_messages_is_the_vendors_own_example(monkeypatch: pytest.MonkeyPatch) -> None:
    """cloud.tencent.com/document/api/382/52071, with the key that is printed there."""
    monkeypatch.setenv("SMS_SECRET_KEY", "*" * 32)
    monkeypatch.setattr(sms, "_SERVICE", "cvm")
    settings.cache_clear()
    body = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    told = sms._authorization("cvm.tencentcloudapi.com", "DescribeInstances", body, at=1551113065)
    monkeypatch.undo()
    settings.cache_clear()
    assert told.endswith("Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f")


def test_without_an_app_id_no_short_message_is_tried(session: Session, town: make.Town) -> None:
    buyer = make.follower(session, town, phone="+8613800138000")
    key = make.template(session, town, "sms", {"1": "好"}, template_ids={"": "1900002"}).key
    send = make.plan(session, town, buyer, key, channel="sms")
    make.send_due(session)
    assert (send.status, send.error_code) == ("skipped", "sms_not_set_up")
    assert service.fetch_sms_receipts() == 0
    assert session.get_one(Send, send.id).msgid is None
