"""Every message of the contract has one typed form, in whatever shape it comes, and is told under its name without naming anybody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events.catalogue import NAMES
from app.events.models import Event, EventDelivery
from app.wechat import messages as typed
from app.wechat import queries
from app.wechat.callbacks import elements_of
from app.wechat.models import AccountKind
from tests.factories import dealers as make
from tests.factories import tencent
from tests.factories import wechat as accounts
from tests.wechat.examples import BY_SYSTEM, CORP, ENVELOPE, EXAMPLES, MINI, PRESS, SERVICE, xml

# What names a person in the messages below: it may be in no recorded event.
SECRETS = ("open-1", "wm-customer", "WELCOME", "CODE-72", "在吗", "union-1", "39.9", "张三", "13800000000")


def read(kind: AccountKind, elements: Mapping[str, Any], *, form: str = "xml") -> typed.Message:
    text = xml(elements) if form == "xml" else json.dumps(elements)
    found = elements_of(text)
    assert found is not None
    return typed.read(kind, found)


POPUP = {**ENVELOPE, "Event": "subscribe_msg_popup_event"}
ACCEPT = {"TemplateId": "T1", "SubscribeStatusString": "accept", "PopupScene": "0"}
REJECT = {"TemplateId": "T2", "SubscribeStatusString": "reject", "PopupScene": "2"}


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        (xml(POPUP | {"SubscribeMsgPopupEvent": {"List": ACCEPT}}), ["accept"]),
        (xml(POPUP | {"SubscribeMsgPopupEvent": {"List": [ACCEPT, REJECT]}}), ["accept", "reject"]),
        (json.dumps(POPUP | {"List": ACCEPT}), ["accept"]),
        (json.dumps(POPUP | {"List": ACCEPT, "CreateTime": "1700000000"}), ["accept"]),
        (json.dumps(POPUP | {"List": [ACCEPT]}), ["accept"]),
        (json.dumps(POPUP | {"List": [ACCEPT, REJECT]}), ["accept", "reject"]),
        (json.dumps(POPUP | {"SubscribeMsgPopupEvent": {"List": [ACCEPT, REJECT]}}), ["accept", "reject"]),
        (json.dumps(POPUP | {"List": []}), []),
    ],
    ids=[
        "XML, one",
        "XML, several",
        "JSON, an object",
        "JSON, time as text",
        "JSON, a list of one",
        "JSON, a list",
        "JSON, nested",
        "none",
    ],
)
def test_an_answer_to_subscribe_messages_is_the_same_in_every_shape(text: str, answers: list[str]) -> None:
    message = typed.read(MINI, elements_of(text) or {})
    assert isinstance(message, typed.SubscribeAnswered)
    assert [one.answer for one in message.answers] == answers
    assert (message.place, message.sender, message.sent_at) == ("dialog", "open-1", datetime.fromtimestamp(1700000000, UTC))
    assert message.facts["answers"] == [{"template_id": one, "answer": answer} for one, answer in zip(["T1", "T2"], answers, strict=False)]


@pytest.mark.parametrize("kind", [MINI, SERVICE])
@pytest.mark.parametrize("form", ["xml", "json"])
def test_an_answer_taken_back_in_the_settings_says_so(kind: AccountKind, form: str) -> None:
    change = ENVELOPE | {"Event": "subscribe_msg_change_event"}
    listed = {"SubscribeMsgChangeEvent": {"List": REJECT}} if form == "xml" else {"List": REJECT}
    message = read(kind, change | listed, form=form)
    assert message.facts == {"place": "settings", "answers": [{"template_id": "T2", "answer": "reject"}]}


@pytest.mark.parametrize("name", ["MsgID", "MsgId"])
@pytest.mark.parametrize("form", ["xml", "json"])
def test_whether_a_subscribe_message_arrived_is_told_with_its_number(form: str, name: str) -> None:
    result = {"TemplateId": "T1", name: "1864323726461255680", "ErrorCode": "0", "ErrorStatus": "success"}
    sent = ENVELOPE | {"Event": "subscribe_msg_sent_event"}
    message = read(MINI, sent | ({"SubscribeMsgSentEvent": {"List": result}} if form == "xml" else {"List": result}), form=form)
    assert isinstance(message, typed.SubscribeSent)
    assert message.results == (typed.SubscribeResult("T1", "1864323726461255680", "0", "success"),)


@pytest.mark.parametrize(
    ("status", "delivery"),
    [
        ("success", "success"),
        ("failed:user block", "blocked"),
        ("failed: user block", "blocked"),
        ("failed:system failed", "system"),
        ("failed: system failed", "system"),
        ("failed:freq limit", "limited"),
        ("Failed: Freq Limit of today", "limited"),
        ("failed:something new", "failed"),
        ("", "failed"),
    ],
)
def test_a_template_messages_end_is_known_by_how_its_status_begins(status: str, delivery: str) -> None:
    message = read(SERVICE, ENVELOPE | {"Event": "TEMPLATESENDJOBFINISH", "MsgID": 2305843009213693952, "Status": status})
    assert isinstance(message, typed.TemplateDelivered)
    assert (message.msgid, message.status, message.delivery) == ("2305843009213693952", status, delivery)


@pytest.mark.parametrize(("many", "one"), [("OptionIds", "OptionId"), ("OpitonIds", "OpitonId")])
@pytest.mark.parametrize("chosen", [["a"], ["a", "b"]])
@pytest.mark.parametrize("form", ["xml", "json"])
def test_what_was_chosen_on_a_card_is_read_in_both_spellings(form: str, many: str, one: str, chosen: list[str]) -> None:
    item = {"QuestionKey": "q1", many: {one: chosen if len(chosen) > 1 else chosen[0]}}
    for items in (item, [item, {"QuestionKey": "q2", many: {one: "c"}}]):
        message = read(CORP, PRESS | {"ResponseCode": "CODE-72", "SelectedItems": {"SelectedItem": items}}, form=form)
        assert isinstance(message, typed.CardPressed)
        assert message.selections["q1"] == tuple(chosen)
        assert message.response_code == "CODE-72"
        assert "CODE-72" not in repr(message)
        assert len(message.selections) == (1 if items is item else 2)


CONTACT = BY_SYSTEM | {"Event": "change_external_contact", "UserID": "adv001", "ExternalUserID": "wm-customer"}


@pytest.mark.parametrize("style", ["of an own application", "of a third party's"])
@pytest.mark.parametrize(
    ("change", "more", "form", "name", "facts"),
    [
        ("add_external_contact", {"State": "S1", "WelcomeCode": "WELCOME"}, typed.ContactAdded, "wechat.contact_added", {"state": "S1"}),
        ("add_half_external_contact", {"WelcomeCode": "WELCOME"}, typed.ContactAdded, "wechat.contact_added", {"state": ""}),
        ("edit_external_contact", {}, typed.ContactChanged, "wechat.contact_changed", {}),
        (
            "del_external_contact",
            {"Source": "DELETE_BY_TRANSFER"},
            typed.ContactDeleted,
            "wechat.contact_deleted",
            {"source": "DELETE_BY_TRANSFER"},
        ),
        ("del_follow_user", {}, typed.ContactDeleted, "wechat.contact_deleted", {"source": ""}),
        (
            "transfer_fail",
            {"FailReason": "customer_refused"},
            typed.ContactChanged,
            "wechat.contact_changed",
            {"fail_reason": "customer_refused"},
        ),
        ("msg_audit_approved", {}, typed.ContactChanged, "wechat.contact_changed", {}),
        ("something_new", {}, typed.ContactChanged, "wechat.contact_changed", {}),
    ],
)
def test_every_change_of_a_contact_is_told(
    change: str, more: dict[str, str], form: type[typed.Message], name: str, facts: dict[str, Any], style: str
) -> None:
    told = CONTACT | more | {"ChangeType": change}
    if style == "of a third party's":
        told = {"SuiteId": "ww2", "AuthCorpId": "ww1", "InfoType": told["Event"], "TimeStamp": told["CreateTime"]} | {
            key: value for key, value in told.items() if key not in ("Event", "CreateTime", "ToUserName", "FromUserName", "MsgType")
        }
    message = read(CORP, told)
    assert (type(message), message.event) == (form, name)
    assert ({"change": change, "userid": "adv001"} | facts).items() <= message.facts.items()
    assert getattr(message, "external_userid", None) == "wm-customer"
    assert getattr(message, "welcome_code", "WELCOME") == "WELCOME"
    assert "WELCOME" not in repr(message)
    assert message.sent_at == datetime.fromtimestamp(1700000000, UTC)


@pytest.mark.parametrize(
    "members", [{"Item": ["wm-customer", "wm-2"]}, "wm-customer,wm-2"], ids=["as elements", "with a comma between them"]
)
def test_who_came_into_a_group_is_read_in_both_shapes(members: Any) -> None:
    change = {"ChangeType": "update", "UpdateDetail": "add_member", "ChatId": "wr1", "MemChangeCnt": 2, "MemChangeList": members}
    message = read(CORP, BY_SYSTEM | {"Event": "change_external_chat"} | change)
    assert isinstance(message, typed.GroupChanged)
    assert (message.members, message.member_count) == (("wm-customer", "wm-2"), 2)
    assert message.facts == {"change": "update", "detail": "add_member", "chat_id": "wr1"}


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("example", EXAMPLES)
def test_every_message_is_kept_told_by_its_name_and_read_again(session: Session, client: Any, example: str, form: str) -> None:
    kind, elements, form_of_it, name, facts = EXAMPLES[example]
    account = accounts.account(session, make.brand(session), kind)
    session.commit()
    text = xml(elements) if form == "xml" else json.dumps(elements)
    assert tencent.push(client, account, text, form=form).text == "success"
    event = session.execute(select(Event)).scalar_one()
    assert (event.name, event.actor_type, event.actor_id) == (name, "wechat", str(account.id))
    assert event.data == facts | {"account_id": str(account.id), "inbox_id": event.subject_id}
    assert not [secret for secret in SECRETS if secret in json.dumps(event.data, ensure_ascii=False)]
    message = queries.message(session, event.data["inbox_id"])
    assert type(message) is form_of_it
    if hasattr(message, "unionid"):
        assert message.sender == "open-1"
    else:
        assert message.sender == elements["FromUserName"]


def test_what_the_forms_know_besides() -> None:
    """Each of these is for whoever asks, and in no recorded event."""
    known = {name: read(kind, elements) for name, (kind, elements, *_) in EXAMPLES.items()}
    assert vars(known["a place"]).items() >= {"latitude": 39.9, "longitude": 116.4, "precision": 65.0}.items()
    assert vars(known["a text"]).items() >= {"message_id": "7", "text": "在吗？"}.items()
    assert vars(known["a picture"]).items() >= {"media_id": "m", "picture_url": "http://a"}.items()
    assert vars(known["a member came"])["departments"] == ("1", "2")
    assert vars(known["the customer-service window"])["source"] == "vehicle"
    assert vars(known["a WeChat account closed"])["unionid"] == "union-1"
    assert vars(known["shipping of an order"]).items() >= {"mchid": "1900000109", "sub_mchid": "1900000110"}.items()
    assert vars(known["money that came"])["settled_at"] == datetime.fromtimestamp(1700000900, UTC)
    assert vars(known["money to come"])["expected_at"] == datetime.fromtimestamp(1700000900, UTC)


@pytest.mark.parametrize(
    ("codes", "scopes"),
    [
        ("8", {"phone"}),
        ("13", {"location"}),
        ("18", {"location"}),
        ("6", {"profile"}),
        ("19,20,4", {"profile"}),
        ("8|13", {"phone", "location"}),
    ],
)
def test_what_was_taken_back_is_known_by_its_numbers(codes: str, scopes: set[str]) -> None:
    message = read(MINI, ENVELOPE | {"Event": "user_authorization_revoke", "OpenID": "open-1", "RevokeInfo": codes})
    assert isinstance(message, typed.AuthorizationRevoked)
    assert message.scopes == scopes


def test_every_form_is_told_under_a_name_of_the_catalogue() -> None:
    forms = [form for form in vars(typed).values() if isinstance(form, type) and issubclass(form, typed.Message)]
    assert len(forms) > 25
    assert {form.event for form in forms} - set(NAMES) == set()
    assert {name for name in NAMES if name.startswith("wechat.") and not name.endswith("_notified")} == {form.event for form in forms}
    assert {"name", "sender", "sent_at"} <= {field.name for field in fields(typed.Message)}


ELEMENTS = sorted({name for _, elements, *_ in EXAMPLES.values() for name in elements} | {"List", "SelectedItems", "MemChangeList"})
_words = st.one_of(st.text(alphabet="a1-.,| \x00车", max_size=12), st.integers(), st.floats(allow_nan=False), st.booleans(), st.none())
_anything = st.recursive(
    _words, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(ELEMENTS), inner, max_size=3), max_leaves=5
)


@given(
    kind=st.sampled_from([MINI, SERVICE, CORP]),
    event=st.sampled_from(sorted({str(elements.get("Event")) for _, elements, *_ in EXAMPLES.values()})),
    elements=st.dictionaries(st.sampled_from(ELEMENTS), _anything, max_size=5),
)
def test_no_shape_whatever_is_too_strange_to_be_read(kind: AccountKind, event: str, elements: dict[str, Any]) -> None:
    message = typed.read(kind, elements | {"Event": event})
    assert "\\u0000" not in json.dumps(message.facts), "PostgreSQL would refuse the event"


@pytest.mark.parametrize(
    ("kind", "elements"),
    [
        (CORP, {"Event": "template_card_event"}),
        (SERVICE, {"Event": "TEMPLATESENDJOBFINISH"}),
        (SERVICE, {"Event": "subscribe"}),
        (SERVICE, {"Event": "unsubscribe", "CreateTime": "soon"}),
        *((MINI, {"Event": event}) for event in ("user_authorization_revoke", "user_authorization_cancellation", "user_info_modified")),
    ],
)
def test_a_message_that_says_nothing_but_its_name_upsets_nobody_who_listens(
    session: Session, client: Any, deliver: Any, kind: AccountKind, elements: dict[str, Any]
) -> None:
    account = accounts.account(session, make.brand(session), kind)
    session.commit()
    assert tencent.push(client, account, json.dumps(elements), form="json").text == "success"
    deliver()
    deliveries = session.execute(select(EventDelivery.handler, EventDelivery.error)).all()
    # A receipt that came before the answer to its call is to be heard again later.
    assert {error for _, error in deliveries if not (error or "").startswith("ReceiptTooEarly")} <= {None}
    assert deliveries
