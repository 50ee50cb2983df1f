"""Who follows the service account is known, is one with the customer of the mini-program, and stays so whatever dies in between."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.events.models import Event
from app.identity import jobs, queries, service
from app.identity.models import Customer, WechatIdentity
from app.identity.service import followers
from app.kit import clock
from app.wechat import service as wechat_service
from app.wechat.client import Outcome, UserInfo, WechatError
from app.wechat.fake import FakeGateway
from app.wechat.models import AccountKind, WechatAccount
from tests.factories import dealers as make
from tests.factories import wechat as accounts


@pytest.fixture
def brand(session: Session) -> Brand:
    return make.brand(session)


@pytest.fixture
def mini_program(session: Session, brand: Brand) -> WechatAccount:
    return accounts.account(session, brand)


@pytest.fixture
def account(session: Session, brand: Brand) -> WechatAccount:
    return accounts.account(session, brand, AccountKind.service_account)


def push(session: Session, account: WechatAccount, event: str, *, at: int, openid: str = "open-service") -> None:
    """What Tencent pushes when a person follows or no longer does."""
    message = {"FromUserName": openid, "CreateTime": str(at), "MsgType": "event", "Event": event}
    wechat_service.receive_message(session, account, json.dumps(message))


def follower(session: Session) -> WechatIdentity:
    session.expire_all()
    return session.execute(select(WechatIdentity).filter_by(openid="open-service")).scalar_one()


def names(session: Session, start: str = "customer.") -> list[str]:
    return [name for name in session.execute(select(Event.name).order_by(Event.id)).scalars() if name.startswith(start)]


def test_a_follower_is_joined_to_the_customer_of_the_mini_program(
    session: Session, mini_program: WechatAccount, account: WechatAccount, wechat: FakeGateway, deliver: Any, rings: list[Any]
) -> None:
    buyer, _ = service.recognise(session, mini_program, openid="open-mini", unionid="union-1")
    wechat.users["open-service"] = UserInfo(subscribe=True, unionid="union-1")
    push(session, account, "subscribe", at=1700000000)
    deliver()
    assert ("identity.look_up_followers", {}) in rings
    jobs.look_up_followers()
    assert follower(session).customer_id == buyer.customer_id
    assert queries.openid_for(session, buyer.customer_id, account.appid) == "open-service"
    assert queries.follows(session, buyer.customer_id)
    assert names(session) == ["customer.created", "customer.followed"]


def test_who_looks_many_followers_up_lets_other_jobs_go_between(
    session: Session,
    account: WechatAccount,
    wechat: FakeGateway,
    deliver: Any,
    rings: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "A_TURN_SECONDS", 0)
    monkeypatch.setattr(followers, "BATCH", 2)
    for number in range(3):
        wechat.users[f"open-{number}"] = UserInfo(subscribe=True, unionid=f"union-{number}")
        push(session, account, "subscribe", at=1700000000, openid=f"open-{number}")
    deliver()
    for known in (2, 3):
        rings.clear()
        jobs.look_up_followers()
        session.expire_all()
        found = session.execute(select(WechatIdentity).where(WechatIdentity.customer_id.is_not(None))).scalars().all()
        assert (len(found), ("identity.look_up_followers", {}) in rings) == (known, True)


def test_a_follower_who_never_came_becomes_a_customer(
    session: Session, mini_program: WechatAccount, account: WechatAccount, wechat: FakeGateway, deliver: Any
) -> None:
    wechat.users["open-service"] = UserInfo(subscribe=True, unionid="union-1")
    push(session, account, "subscribe", at=1700000000)
    deliver()
    jobs.look_up_followers()
    later_login, is_new = service.recognise(session, mini_program, openid="open-mini", unionid="union-1")
    assert not is_new
    assert later_login.customer_id == follower(session).customer_id


def test_unfollowing_is_kept_and_following_again_is_told_again(
    session: Session, account: WechatAccount, wechat: FakeGateway, deliver: Any
) -> None:
    wechat.users["open-service"] = UserInfo(subscribe=True, unionid="union-1")
    push(session, account, "subscribe", at=1700000000)
    deliver()
    jobs.look_up_followers()
    push(session, account, "unsubscribe", at=1700000010)
    deliver()
    assert follower(session).followed is False
    push(session, account, "subscribe", at=1700000020)
    deliver()
    assert follower(session).followed is True
    assert names(session) == ["customer.created", "customer.followed", "customer.unfollowed", "customer.followed"]
    assert len(wechat.calls_of("user_info")) == 1


def test_news_that_comes_late_does_not_undo_what_happened_since(
    session: Session, account: WechatAccount, wechat: FakeGateway, deliver: Any
) -> None:
    push(session, account, "unsubscribe", at=1700000010)
    push(session, account, "subscribe", at=1700000000)
    deliver()
    assert follower(session).followed is False
    jobs.look_up_followers()
    assert wechat.calls == []


def test_an_event_delivered_twice_changes_nothing(session: Session, account: WechatAccount, wechat: FakeGateway, deliver: Any) -> None:
    from app.identity.handlers import keep_up_with_followers

    wechat.users["open-service"] = UserInfo(subscribe=True, unionid="union-1")
    push(session, account, "subscribe", at=1700000000)
    deliver()
    jobs.look_up_followers()
    keep_up_with_followers(session, session.execute(select(Event).filter_by(name="wechat.followed")).scalars().all())
    assert names(session) == ["customer.created", "customer.followed"]


def test_a_look_up_that_died_is_begun_again_after_its_lease(
    session: Session, account: WechatAccount, wechat: FakeGateway, deliver: Any, later: Any
) -> None:
    wechat.users["open-service"] = UserInfo(subscribe=True, unionid="union-1")
    push(session, account, "subscribe", at=1700000000)
    deliver()
    wechat.fail("user_info")
    jobs.look_up_followers()
    assert follower(session).customer_id is None
    jobs.look_up_followers()
    assert len(wechat.calls_of("user_info")) == 1
    later(seconds=31)
    jobs.look_up_followers()
    assert follower(session).customer_id is not None


def test_somebody_wechat_does_not_know_is_not_asked_about_for_ever(
    session: Session, account: WechatAccount, wechat: FakeGateway, deliver: Any, later: Any
) -> None:
    push(session, account, "subscribe", at=1700000000)
    deliver()
    wechat.fail("user_info", WechatError(Outcome.permanent_person, "40003"))
    jobs.look_up_followers()
    later(hours=1)
    jobs.look_up_followers()
    assert len(wechat.calls_of("user_info")) == 1
    assert session.execute(select(Customer)).first() is None


def test_those_who_followed_before_us_are_read_in_and_known_when_they_come(
    session: Session, mini_program: WechatAccount, account: WechatAccount, wechat: FakeGateway
) -> None:
    early, _ = service.recognise(session, mini_program, openid="open-mini-1", unionid="union-1")
    wechat.users |= {f"open-{n}": UserInfo(subscribe=True, unionid=f"union-{n}") for n in range(1, 251)}
    session.commit()
    jobs.sync_followers()
    session.expire_all()
    assert queries.openid_for(session, early.customer_id, account.appid) == "open-1"
    # Reading the list in makes nobody a customer.
    assert len(session.execute(select(Customer)).scalars().all()) == 1
    late, is_new = service.recognise(session, mini_program, openid="open-mini-250", unionid="union-250")
    assert is_new
    assert queries.openid_for(session, late.customer_id, account.appid) == "open-250"
    assert queries.follows(session, late.customer_id)
    assert names(session).count("customer.followed") == 2
    assert [len(call["openids"]) for call in wechat.calls_of("user_infos")] == [100, 100, 50]


def test_reading_the_list_goes_on_where_it_ended(session: Session, account: WechatAccount, wechat: FakeGateway, later: Any) -> None:
    wechat.users |= {f"open-{n}": UserInfo(subscribe=True, unionid=f"union-{n}") for n in range(150)}
    session.commit()
    real, calls = wechat.service_account, []

    def dies_on_the_second_page(of: WechatAccount) -> Any:
        door = real(of)
        page = door.user_infos

        def user_infos(openids: list[str]) -> Any:
            calls.append(openids)
            if len(calls) == 2:
                raise WechatError(Outcome.unknown, "timeout")
            return page(openids)

        door.user_infos = user_infos  # type: ignore[method-assign]
        return door

    wechat.service_account = dies_on_the_second_page  # type: ignore[method-assign]
    jobs.sync_followers()
    later(seconds=31)
    jobs.sync_followers()
    assert [call["after"] for call in wechat.calls_of("followers")] == ["", "open-99", "open-149"]
    assert len(session.execute(select(WechatIdentity)).scalars().all()) == 150
    jobs.sync_followers()
    assert len(wechat.calls_of("followers")) == 3
    later(minutes=4)
    jobs.sync_followers()
    assert len(wechat.calls_of("followers")) == 4


def test_a_follower_without_a_unionid_is_a_customer_by_herself(
    session: Session, account: WechatAccount, wechat: FakeGateway, deliver: Any
) -> None:
    push(session, account, "subscribe", at=int(clock.now(session).timestamp()))
    deliver()
    jobs.look_up_followers()
    assert follower(session).customer_id is not None
    assert follower(session).unionid is None
