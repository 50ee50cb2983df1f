"""Why she did or did not get it: a story in order for every message, and a sentence for every reason there is."""

from __future__ import annotations

import ast
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.broadcasts import queries as broadcast_queries
from app.broadcasts import service as broadcasts
from app.dealers.models import Role
from app.exports import service as exports
from app.identity import service as identity
from app.identity.models import Purpose
from app.kit import clock
from app.kit.registry import kinds
from app.kit.texts import catalogue
from app.messaging import channels, queries
from app.messaging import service as messaging
from app.messaging.models import MessagingPolicy, Send, SendStatus
from app.messaging.models.waits import SendWait
from app.wechat.client import Outcome, WechatError
from app.wechat.fake import FakeGateway
from tests.factories import broadcasts as make
from tests.factories import dealers
from tests.factories import messaging as towns
from tests.house.sources import called, modules

REASONS = sorted(key.removeprefix("messaging.reasons.") for key in catalogue() if key.startswith("messaging.reasons."))
CHINESE = re.compile(r"[一-鿿]")


@pytest.fixture
def news(session: Session, town: towns.Town) -> None:
    make.news(session, town)


def whats(session: Session, send: Send) -> list[str]:
    session.expire_all()
    return [line.what for line in queries.story(session, session.get_one(Send, send.id))]


def words(session: Session, send: Send) -> str:
    session.expire_all()
    return "\n".join(line.sentence for line in queries.story(session, session.get_one(Send, send.id)))


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_a_sentence_wherever_it_stands(session: Session, town: towns.Town, reason: str) -> None:
    """As why it was skipped, as why a way was not open, as what it waits for."""
    who = towns.follower(session, town)
    moment = clock.now(session)
    wait = {"first_at": moment, "last_at": moment, "until": moment + timedelta(hours=1)}
    skipped, waiting = towns.plan(session, town, who), towns.plan(session, town, who)
    skipped.status, skipped.error_code, skipped.settled_at = SendStatus.skipped, reason, moment
    skipped.ladder = [{"channel": "service_template", "template_key": "deposit_paid"}]
    skipped.tried = [{"channel": "service_template", "reason": reason}]
    waiting.error_code, waiting.due_at = reason, moment + timedelta(hours=1)
    session.add(SendWait(send_id=waiting.id, reason=reason, **wait))
    session.flush()
    for send, kept in ((skipped, ("tried", "skipped")), (waiting, ("waited", "waits"))):
        lines = {line.what: line.sentence for line in queries.story(session, send)}
        for what in kept:
            told = re.split("[:：，]", lines[what], maxsplit=1)[-1]
            assert CHINESE.search(told), (what, lines[what])
            assert not re.search(r"[{}]|原因代码", lines[what]), lines[what]


def test_no_reason_of_the_code_lacks_its_sentence() -> None:
    """Whatever a channel or the engine may give as a reason is in the catalogue."""
    given = set()
    for _path, tree in modules("app/messaging"):
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
        for node in calls:
            if called(node).split(".")[-1] in ("because", "wait_for") and isinstance(node.args[0], ast.Constant):
                given.add(node.args[0].value)
    assert {"not_following", "quota", "expired"} <= given
    assert given - set(REASONS) == set()


def test_every_channel_and_state_has_a_name(app: Any) -> None:
    assert [kind for kind in kinds(channels.__name__) if not CHINESE.search(queries.channel_label(kind))] == []
    assert [one for one in SendStatus if f"messaging.status.{one}" not in catalogue()] == []


def test_the_story_of_a_message_that_arrived(session: Session, town: towns.Town, tencent: FakeGateway, news: None) -> None:
    (who,) = make.readers(session, town, 1)
    send = towns.plan(session, town, who, make.NEWS, purpose="marketing")
    towns.send_due(session)
    session.refresh(send)
    assert send.msgid
    messaging.delivered(session, town.brand_id, msgid=send.msgid, status="success", heard_at=clock.now(session))
    session.flush()
    assert whats(session, send) == ["planned", "claimed", "accepted", "delivered"]
    told = words(session, send)
    assert "新车到店" in told
    assert "营销消息" in told
    assert send.msgid in told
    assert "平台确认已送达" in told


def test_the_ways_that_were_not_open_are_told_each_with_its_reason(
    session: Session, town: towns.Town, tencent: FakeGateway, news: None
) -> None:
    (who,) = make.readers(session, town, 1, followed=False)
    send = towns.plan(session, town, who, make.NEWS, purpose="marketing", ladder=make.LADDER)
    towns.send_due(session)
    assert whats(session, send) == ["planned", "tried", "skipped"]
    assert "没有走服务号模板消息：客户没有关注服务号" in words(session, send)


def test_what_it_waited_for_is_told_although_it_left_since(
    session: Session, town: towns.Town, tencent: FakeGateway, news: None, later: Callable[..., None]
) -> None:
    """Quiet hours of all but one minute of the day, then none."""
    (who,) = make.readers(session, town, 1)
    here = clock.now(session).astimezone(queries.explaining.CHINA)
    until = (here + timedelta(hours=2)).time().replace(second=0, microsecond=0)
    session.add(MessagingPolicy(brand_id=town.brand_id, quiet_from=(here - timedelta(hours=2)).time(), quiet_until=until))
    send = towns.plan(session, town, who, make.NEWS, purpose="marketing")
    assert towns.send_due(session) == 0
    assert whats(session, send) == ["planned", "waited", "waits"]
    assert "客户所在地处于免打扰时段，等到" in words(session, send)
    later(hours=3)
    assert towns.send_due(session) == 1
    assert whats(session, send) == ["planned", "waited", "claimed", "accepted"]


def test_a_call_that_failed_and_was_made_again_is_told(
    session: Session, town: towns.Town, tencent: FakeGateway, news: None, later: Callable[..., None]
) -> None:
    (who,) = make.readers(session, town, 1)
    send = towns.plan(session, town, who, make.NEWS, purpose="marketing")
    for _ in range(2):
        tencent.fail("send_template", WechatError(Outcome.retry_later, "-1", "system error"))
        towns.send_due(session)
        later(minutes=2)
    towns.send_due(session)
    assert whats(session, send) == ["planned", "waited", "claimed", "accepted"]
    assert "微信返回 -1" in words(session, send)
    assert "共等待 2 次" in words(session, send)


def test_what_the_platform_refused_and_what_nobody_knows_is_told(
    session: Session, town: towns.Town, tencent: FakeGateway, news: None
) -> None:
    (who,) = make.readers(session, town, 1)
    refused = towns.plan(session, town, who, make.NEWS, purpose="marketing")
    tencent.fail("send_template", WechatError(Outcome.permanent_person, "43004", "require subscribe"))
    towns.send_due(session)
    assert whats(session, refused)[-1] == "rejected"
    assert "平台没有接受，不再发送：微信返回 43004：require subscribe" in words(session, refused)


class TestBroadcasts:
    def test_who_was_never_in_it_hears_when_it_was_decided(
        self, session: Session, town: towns.Town, tencent: FakeGateway, news: None, later: Callable[..., None]
    ) -> None:
        inside, outside = make.readers(session, town, 2)
        broadcast = make.broadcast(session, town, [inside])

        def told(who: Any) -> str:
            return "\n".join(line.sentence for line in broadcast_queries.why(session, broadcast, who.id))

        assert "按现在的条件会发给这位客户" in told(inside)
        assert "不在目标人群里" in told(outside)
        broadcasts.schedule(session, town.brand_id, broadcast.id)
        broadcasts.begin_due(session)
        session.refresh(broadcast)
        assert "正在确定目标人群" in told(outside)
        make.fed(session)
        towns.send_due(session)
        later(seconds=5)
        make.fed(session)
        assert "当时她不在其中" in told(outside)
        assert f"被列入群发“{broadcast.name}”的目标人群" in told(inside)
        assert "平台已受理" in told(inside)

    def test_a_pause_is_part_of_the_story(
        self, session: Session, town: towns.Town, tencent: FakeGateway, news: None, later: Callable[..., None]
    ) -> None:
        (who,) = make.readers(session, town, 1)
        broadcast = make.begun(session, town, [who])
        make.fed(session)
        later(minutes=1)
        broadcasts.pause(session, town.brand_id, broadcast.id)
        (send,) = make.sends_of(session, broadcast)
        assert whats(session, send) == ["listed", "planned", "paused", "waits"]
        later(hours=2)
        broadcasts.resume(session, town.brand_id, broadcast.id)
        later(minutes=1)
        towns.send_due(session)
        assert whats(session, send) == ["listed", "planned", "paused", "resumed", "claimed", "accepted"]

    def test_who_was_left_out_hears_why(
        self, session: Session, town: towns.Town, tencent: FakeGateway, news: None, later: Callable[..., None]
    ) -> None:
        (who,) = make.readers(session, town, 1)
        for end, sentence in (("cancel", "轮到之前群发被取消"), ("expire", "轮到之前群发已过有效期")):
            broadcast = make.begun(session, town, [who], expires_hours=1)
            if end == "cancel":
                broadcasts.cancel(session, town.brand_id, broadcast.id)
            else:
                later(hours=2)
                make.fed(session)
            session.refresh(broadcast)
            assert sentence in broadcast_queries.why(session, broadcast, who.id)[-1].sentence


class TestDoors:
    @pytest.fixture
    def marketer(self, session: Session, client: Any, town: towns.Town) -> Any:
        one = dealers.staff(session, town.market.brand, Role.marketer)
        session.commit()
        signed_in = client.post("/api/public/staff/login", json={"username": one.username, "password": dealers.PASSWORD})
        assert signed_in.status_code == 200
        return client

    def test_the_log_is_narrowed_and_turned_page_by_page(
        self, session: Session, town: towns.Town, tencent: FakeGateway, news: None, marketer: Any
    ) -> None:
        people = make.readers(session, town, 3)
        identity.refuse(session, people[0], purpose=Purpose.marketing)
        for one in people:
            towns.plan(session, town, one, make.NEWS, purpose="marketing")
        towns.send_due(session)

        def ask(**query: Any) -> list[dict[str, Any]]:
            found, cursor = [], None
            while True:
                page = marketer.get("/api/staff/sends/", query_string=query | {"limit": 2} | ({"cursor": cursor} if cursor else {})).json
                found += page["items"]
                cursor = page["next_cursor"]
                if cursor is None:
                    return found

        assert len(ask()) == 3
        (refused,) = ask(status="skipped", error_code="refused")
        assert (refused["nickname"], refused["reason_text"]) == (people[0].nickname, "客户已拒收这类消息")
        assert len(ask(appid=town.service_account.appid)) == 2
        assert len(ask(customer_id=str(people[1].id))) == 1
        today = clock.now(session).astimezone(queries.explaining.CHINA).date()
        yesterday = today - timedelta(days=1)
        assert len(ask(since=today.isoformat(), until=today.isoformat(), template_key=make.NEWS)) == 3
        assert len(ask(since=yesterday.isoformat())) == 3
        assert ask(until=yesterday.isoformat()) == []
        assert {one["template_title"] for one in ask(channel="service_template")} == {refused["template_title"]} != {make.NEWS}
        assert ask(journey_id=str(people[0].id)) == []
        choices = marketer.get("/api/staff/sends/choices").json
        assert choices["reasons"] == [{"value": "refused", "label": "客户已拒收这类消息"}]
        mine = marketer.get(f"/api/staff/customers/{people[1].id}/messages").json["items"]
        assert [one["customer_id"] for one in mine] == [str(people[1].id)]
        asked = marketer.post("/api/staff/exports/", json={"list": "messaging.sends", "asked": {"status": "accepted"}}).json
        exports.write(uuid.UUID(asked["id"]))
        file = marketer.get(f"/api/staff/exports/{asked['id']}/file").text.splitlines()
        assert len(file) == 3
        assert {people[1].nickname, people[2].nickname} == {line.split(",")[2] for line in file[1:]}
        why = marketer.get(f"/api/staff/sends/{refused['id']}/why").json
        assert why["lines"][-1]["sentence"] == "没有发送：客户已拒收这类消息"
        hers = f"/api/staff/customers/{people[0].id}/messages/why"
        assert marketer.get(hers, query_string={"template_key": make.NEWS}).json == why
        nothing = marketer.get(hers, query_string={"template_key": "other"}).json
        assert (nothing["send"], nothing["lines"][0]["sentence"]) == (None, "没有找到给这位客户的这条消息")
        assert marketer.get(hers).status_code == 422
        assert marketer.get("/api/staff/sends/01900000-0000-7000-8000-000000000000/why").status_code == 404
