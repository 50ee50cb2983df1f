"""Who takes back in WeChat what she had let the mini-program know, or closes her WeChat account, need not tell us again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.events.models import Event
from app.identity import queries, service
from app.identity.models import Customer, CustomerSession, Purpose, WechatIdentity
from app.wechat.models import AccountKind, WechatAccount
from tests.factories import dealers as make
from tests.factories import identity as people
from tests.factories import tencent
from tests.factories import wechat as accounts


@pytest.fixture
def brand(session: Session) -> Brand:
    return make.brand(session)


@pytest.fixture
def mini(session: Session, brand: Brand) -> WechatAccount:
    return accounts.account(session, brand)


@pytest.fixture
def customer(session: Session, brand: Brand, mini: WechatAccount) -> Customer:
    """A customer with a number and a name, who agreed to everything and is signed in."""
    made = people.customer(session, brand, phone="+8613812345678", nickname="小美", unionid="union-1")
    people.identity(session, made, mini, openid="open-1", unionid="union-1")
    people.signed_in(session, made, mini)
    for purpose in Purpose:
        service.give_consent(session, made, purpose=purpose, text_version="1", ip=None)
    session.commit()
    return made


Tell = Callable[..., None]


@pytest.fixture
def tell(client: Any, mini: WechatAccount, deliver: Any) -> Tell:
    """Tencent pushes an event about a person, and everybody hears of it."""

    def push(event: str, openid: str = "open-1", *, account: WechatAccount = mini, **more: str) -> None:
        about = {"ToUserName": "gh_1", "FromUserName": "gh_platform", "CreateTime": 1700000000, "MsgType": "event", "Event": event}
        told = about | {"OpenID": openid, "AppID": account.appid} | more
        assert tencent.push(client, account, json.dumps(told), form="json").text == "success"
        deliver()

    return push


def agreed(session: Session, customer: Customer) -> set[Purpose]:
    return {purpose for purpose in Purpose if queries.consented(session, customer.id, purpose)}


@pytest.mark.parametrize(
    ("codes", "left", "nickname"),
    [
        ("8", set(Purpose) - {Purpose.phone}, "小美"),
        ("13", set(Purpose) - {Purpose.location}, "小美"),
        ("18", set(Purpose) - {Purpose.location}, "小美"),
        ("6", set(Purpose), None),
        ("8,13,20", {Purpose.marketing, Purpose.dealer_sharing}, None),
        ("4", set(Purpose), "小美"),
    ],
)
def test_what_she_takes_back_is_no_longer_agreed_to(
    session: Session, customer: Customer, tell: Tell, *, codes: str, left: set[Purpose], nickname: str | None
) -> None:
    for _ in range(2):
        tell("user_authorization_revoke", RevokeInfo=codes)
        assert agreed(session, customer) == left
        assert customer.nickname == nickname
    withdrawn = session.execute(select(Event.data).filter_by(name="customer.consent_withdrawn", customer_id=customer.id)).scalars()
    assert {data["purpose"] for data in withdrawn} == {purpose.value for purpose in set(Purpose) - left}


def test_a_profile_that_wechat_cleaned_up_is_cleaned_up_here(session: Session, customer: Customer, tell: Tell) -> None:
    tell("user_info_modified")
    assert (customer.nickname, agreed(session, customer)) == (None, set(Purpose))


def test_who_closes_her_wechat_account_is_forgotten(session: Session, customer: Customer, tell: Tell) -> None:
    for _ in range(2):
        tell("user_authorization_cancellation", UnionID="union-1")
        assert customer.erased_at is not None
        assert (customer.phone, customer.unionid, customer.nickname) == (None, None, None)
        assert session.execute(select(WechatIdentity)).first() is None
        assert session.execute(select(CustomerSession)).first() is None
    assert len(session.execute(select(Event).filter_by(name="customer.erased")).all()) == 1


def test_who_comes_with_another_wechat_account_too_is_not_forgotten_with_the_closed_one(
    session: Session, brand: Brand, mini: WechatAccount, customer: Customer, tell: Tell
) -> None:
    follows = accounts.account(session, brand, AccountKind.service_account)
    people.identity(session, customer, follows, openid="open-service-1", unionid="union-1")
    people.identity(session, customer, mini, openid="open-2", unionid="union-2")
    session.commit()
    tell("user_authorization_cancellation")
    assert customer.erased_at is None
    assert customer.phone is not None
    assert customer.unionid is None, "it was the closed account's"
    assert session.execute(select(WechatIdentity.openid)).scalars().all() == ["open-2"]
    assert session.execute(select(CustomerSession)).first() is None
    tell("user_authorization_cancellation", "open-2")
    assert customer.erased_at is not None


def test_following_the_service_account_with_the_same_wechat_account_is_no_second_one(
    session: Session, brand: Brand, customer: Customer, tell: Tell
) -> None:
    follows = accounts.account(session, brand, AccountKind.service_account)
    people.identity(session, customer, follows, openid="open-service-1", unionid="union-1")
    session.commit()
    tell("user_authorization_cancellation")
    assert customer.erased_at is not None
    assert session.execute(select(WechatIdentity)).first() is None


def test_a_follower_who_never_came_is_forgotten_as_well(session: Session, brand: Brand, tell: Tell) -> None:
    follows = accounts.account(session, brand, AccountKind.service_account)
    session.add(WechatIdentity(brand_id=brand.id, appid=follows.appid, openid="open-9", followed=True))
    session.commit()
    tell("user_authorization_cancellation", "open-9", account=follows)
    assert session.execute(select(WechatIdentity)).first() is None


@pytest.mark.parametrize("event", ["user_authorization_revoke", "user_authorization_cancellation", "user_info_modified"])
def test_of_somebody_nobody_knows_there_is_nothing_to_forget(session: Session, customer: Customer, tell: Tell, event: str) -> None:
    tell(event, "open-of-a-stranger", RevokeInfo="8")
    tell(event, "", RevokeInfo="8")
    assert (customer.erased_at, customer.nickname, agreed(session, customer)) == (None, "小美", set(Purpose))


def test_another_brands_account_with_the_same_openid_is_somebody_else(session: Session, customer: Customer, tell: Tell) -> None:
    other = accounts.account(session, make.brand(session))
    session.commit()
    tell("user_authorization_cancellation", account=other)
    assert customer.erased_at is None
