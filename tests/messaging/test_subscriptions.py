"""The mini-program knows what it may ask for, we keep what people answered, and we swallow what WeChat tells of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events.models import Event
from app.wechat import service as wechat
from app.wechat.models import WechatAccount, WechatInbox
from tests.factories import dealers as make
from tests.factories import identity as people
from tests.factories import tencent
from tests.factories import wechat as accounts

TEMPLATES = [
    {"moment": "deposit_paid", "template_id": "T1", "title": "预订进度提醒"},
    {"moment": "appointment", "template_id": "T2", "title": "试驾预约提醒"},
]


@pytest.fixture
def mini(session: Session) -> WechatAccount:
    """A brand's mini-program with two subscribe templates."""
    made = accounts.account(session, make.brand(session), settings={"subscribe_templates": TEMPLATES})
    session.commit()
    return made


@pytest.fixture
def signed_in(session: Session, mini: WechatAccount) -> dict[str, str]:
    headers = people.signed_in(session, people.customer(session, session.get_one(make.Brand, mini.brand_id)), mini)
    session.commit()
    return headers


def answer(client: Any, headers: dict[str, str], *answers: tuple[str, str]) -> Any:
    body = {"answers": [{"template_id": template_id, "answer": given} for template_id, given in answers]}
    return client.post("/api/customer/messages/subscriptions", json=body, headers=headers)


def test_anybody_in_the_mini_program_learns_what_it_may_ask_for_and_when(session: Session, client: Any, mini: WechatAccount) -> None:
    asked = client.get("/api/visitor/messages/subscriptions", headers={"X-Appid": mini.appid})
    assert (asked.status_code, asked.json) == (200, {"items": TEMPLATES})
    bare = accounts.account(session, make.brand(session))
    session.commit()
    assert client.get("/api/visitor/messages/subscriptions", headers={"X-Appid": bare.appid}).json == {"items": []}


def test_what_she_answered_is_in_her_timeline_with_its_moment(session: Session, client: Any, signed_in: dict[str, str]) -> None:
    assert answer(client, signed_in, ("T1", "accept"), ("T2", "reject")).status_code == 204
    told = session.execute(select(Event).filter_by(name="subscription.answered").order_by(Event.id)).scalars().all()
    assert [event.data for event in told] == [
        {"template_id": "T1", "answer": "accept", "moment": "deposit_paid"},
        {"template_id": "T2", "answer": "reject", "moment": "appointment"},
    ]
    assert {event.actor_type for event in told} == {"customer"}


@pytest.mark.parametrize("answers", [[], [("T1", "yes")], [("T3", "accept")], [("T1", "accept"), ("T3", "accept")], [("T1", "accept")] * 6])
def test_an_answer_to_what_was_never_asked_is_refused_as_a_whole(
    session: Session, client: Any, signed_in: dict[str, str], answers: list[tuple[str, str]]
) -> None:
    refused = answer(client, signed_in, *answers)
    assert (refused.status_code, list(refused.json["details"])) == (422, ["answers"])
    assert session.execute(select(Event).filter_by(name="subscription.answered")).first() is None


def test_templates_are_taken_in_with_the_account_and_brought_up_to_date(session: Session) -> None:
    brand = make.brand(session)
    entry = {"kind": "mini_program", "appid": "wxmini", "name": "小程序", "secret": "s", "token": "t", "aes_key": "a" * 43}
    for given in (TEMPLATES, TEMPLATES[:1]):
        (account,) = wechat.import_accounts(session, brand.id, [entry | {"subscribe_templates": given}])
        assert account.settings == {"subscribe_templates": given}
    with pytest.raises(ValueError, match="each of subscribe_templates has moment, template_id, title"):
        wechat.import_accounts(session, brand.id, [entry | {"subscribe_templates": [{"template_id": "T1"}]}])
    (account,) = wechat.import_accounts(session, brand.id, [entry])
    assert account.settings == {}


POPUP = {"ToUserName": "gh_1", "FromUserName": "open-1", "CreateTime": 1700000000, "MsgType": "event", "Event": "subscribe_msg_popup_event"}


def _xml(*answers: tuple[str, str]) -> str:
    listed = "".join(
        f"<List><TemplateId>{one}</TemplateId><SubscribeStatusString>{given}</SubscribeStatusString><PopupScene>0</PopupScene></List>"
        for one, given in answers
    )
    return tencent.xml(**POPUP).replace("</xml>", f"<SubscribeMsgPopupEvent>{listed}</SubscribeMsgPopupEvent></xml>")


def _json(*answers: tuple[str, str], created: object = 1700000000) -> str:
    listed = [{"TemplateId": one, "SubscribeStatusString": given, "PopupScene": "0"} for one, given in answers]
    return json.dumps(POPUP | {"List": listed if len(listed) > 1 else listed[0], "CreateTime": created})


def test_what_wechat_tells_of_the_dialog_is_kept_in_every_form_and_each_once(session: Session, client: Any, mini: WechatAccount) -> None:
    """Two answers of one second are two; the same push tried again is one."""
    told = [
        _xml(("T1", "accept")),
        _xml(("T1", "accept"), ("T2", "reject")),
        _json(("T1", "reject")),
        _json(("T2", "reject"), ("T1", "reject"), created="1700000000"),
    ]
    for text in (*told, *told):
        form = "json" if text.startswith("{") else "xml"
        assert tencent.push(client, mini, text, form=form).text == "success"
    assert len(session.execute(select(WechatInbox)).scalars().all()) == len(told)
    heard = session.execute(select(Event.data).filter_by(name="wechat.subscribe_answered").order_by(Event.id)).scalars().all()
    assert [[one["answer"] for one in data["answers"]] for data in heard] == [["accept"], ["accept", "reject"], ["reject"], ["reject"] * 2]
