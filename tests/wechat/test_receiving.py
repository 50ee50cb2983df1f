"""A callback is kept before it is believed: nothing is lost wherever a process dies, nothing happens twice, and a flood fills no disk."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.events.models import Event
from app.kit import queue
from app.kit.settings import settings
from app.wechat import callbacks
from app.wechat.models import AccountKind, CallbackState, WechatAccount, WechatCallback, WechatInbox
from app.wechat.service import inbox, receiving
from tests.factories import dealers as make
from tests.factories import tencent
from tests.factories import wechat as accounts

FOLLOW = {"FromUserName": "open-1", "CreateTime": 1700000000, "MsgType": "event", "Event": "subscribe", "EventKey": ""}
PAID = {
    "appid": "wx-mini",
    "mchid": "1900000109",
    "out_trade_no": "PAY0000001",
    "transaction_id": "4200001",
    "trade_state": "SUCCESS",
    "success_time": "2026-11-21T10:00:00+08:00",
    "payer": {"openid": "open-1"},
    "amount": {"total": 100_000, "currency": "CNY"},
}


@pytest.fixture
def account(session: Session) -> WechatAccount:
    made = accounts.account(session, make.brand(session), AccountKind.service_account)
    session.commit()
    return made


@pytest.fixture
def merchant(session: Session) -> WechatAccount:
    made = accounts.account(session, make.brand(session), AccountKind.merchant, appid=PAID["mchid"])
    session.commit()
    return made


def callbacks_kept(session: Session) -> list[WechatCallback]:
    session.expire_all()
    return list(session.execute(select(WechatCallback).order_by(WechatCallback.id)).scalars())


def told(session: Session) -> list[str]:
    return list(session.execute(select(Event.name).order_by(Event.id)).scalars())


def request_of(account: WechatAccount, message: str = tencent.xml(**FOLLOW), *, age: int = 0) -> dict[str, Any]:
    """A signed request, to be sent as often as one likes, to the byte."""
    sealed = tencent.encrypt(account, message)
    return {"query_string": tencent.query(account, sealed, age=age), "data": tencent.xml(Encrypt=sealed)}


@pytest.fixture
def send(client: Any) -> Callable[[WechatAccount, dict[str, Any]], Any]:
    return lambda account, request: client.post(f"/api/platform/wechat/{account.appid}", **request)


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let a step of taking callbacks fail the first time, as `error` says."""

    def arrange(where: Any, name: str, error: BaseException) -> None:
        real, left = getattr(where, name), [error]

        def step(*args: Any, **kwargs: Any) -> Any:
            if left:
                raise left.pop()
            return real(*args, **kwargs)

        monkeypatch.setattr(where, name, step)

    return arrange


class Killed(BaseException):
    """What no code of ours catches, as when the process is gone."""


def test_the_request_is_kept_to_the_byte_before_anybody_believes_it(
    session: Session, client: Any, merchant: WechatAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = tencent.notification(merchant, PAID)
    headers = tencent.pay_headers(body)
    seen = []

    def looking(_account: WechatAccount, request: Any, _now: Any) -> Any:
        (row,) = callbacks_kept(session)
        seen.append((row.state, row.kind, callbacks.CallbackRequest.from_json(row.raw)))
        return real(_account, request, _now)

    real = callbacks.open_notification
    monkeypatch.setattr(callbacks, "open_notification", looking)
    assert tencent.notify(client, merchant, body, headers).status_code == 204
    ((state, kind, request),) = seen
    assert (state, kind, request.body) == ("received", "payment", body)
    assert request.headers == {name: value for name, value in headers.items() if name.startswith("Wechatpay-")}
    (row,) = callbacks_kept(session)
    assert (row.state, row.due_at, row.reason) == ("taken", None, None)


def test_what_arrived_is_ciphertext_at_rest(session: Session, client: Any, merchant: WechatAccount) -> None:
    tencent.notify(client, merchant, tencent.notification(merchant, PAID))
    raw = bytes(session.execute(text("SELECT raw FROM wechat_callbacks")).scalar_one())
    assert b"Wechatpay" not in raw
    assert b"resource" not in raw


def test_the_very_same_request_again_is_a_success_and_changes_nothing(session: Session, account: WechatAccount, send: Any) -> None:
    request = request_of(account)
    for _ in range(3):
        assert send(account, request).text == "success"
    assert [row.state for row in callbacks_kept(session)] == ["taken"]
    assert told(session) == ["wechat.followed"]


def test_a_notification_sent_again_to_the_byte_changes_nothing_either(session: Session, client: Any, merchant: WechatAccount) -> None:
    body = tencent.notification(merchant, PAID)
    headers = tencent.pay_headers(body)
    assert [tencent.notify(client, merchant, body, headers).status_code for _ in range(3)] == [204] * 3
    assert len(callbacks_kept(session)) == 1
    assert told(session) == ["wechat.payment_notified"]


def test_a_request_that_was_good_once_is_refused_when_it_comes_again_after_its_time(
    session: Session, account: WechatAccount, send: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = request_of(account, age=200)
    assert send(account, request).text == "success"
    monkeypatch.setenv("WECHAT_CALLBACK_WINDOW_SECONDS", "100")
    settings.cache_clear()
    assert send(account, request).status_code == 401
    monkeypatch.undo()
    settings.cache_clear()
    assert [row.state for row in callbacks_kept(session)] == ["taken"]
    assert told(session) == ["wechat.followed"]


@pytest.mark.parametrize(
    ("where", "name"),
    [(receiving, "receive_message"), (inbox, "_record"), (callbacks, "open_message")],
    ids=["keeping", "telling", "opening"],
)
@pytest.mark.parametrize("retried", [False, True], ids=["swept", "sent again by Tencent"])
def test_what_a_killed_process_left_is_taken_all_the_same_and_once(
    session: Session, account: WechatAccount, send: Any, dying: Any, later: Any, *, where: Any, name: str, retried: bool
) -> None:
    dying(where, name, Killed())
    with pytest.raises(Killed):
        send(account, request_of(account))
    assert [row.state for row in callbacks_kept(session)] == ["received"]
    assert told(session) == []
    if retried:
        assert send(account, request_of(account)).text == "success"
        assert told(session) == ["wechat.followed"]
    queue.run("wechat.take_callbacks")
    assert callbacks_kept(session)[0].state == "received", "somebody may be at work on it still"
    later(seconds=11)
    for _ in range(2):
        queue.run("wechat.take_callbacks")
    assert {row.state for row in callbacks_kept(session)} == {"taken"}
    assert told(session) == ["wechat.followed"]


def test_a_notification_that_a_killed_process_left_is_taken_by_the_sweep(
    session: Session, client: Any, merchant: WechatAccount, dying: Any, later: Any
) -> None:
    """Also after the 300 seconds: what counts is when it arrived."""
    dying(receiving, "receive_notification", Killed())
    with pytest.raises(Killed):
        tencent.notify(client, merchant, tencent.notification(merchant, PAID))
    later(days=3)
    queue.run("wechat.take_callbacks")
    assert told(session) == ["wechat.payment_notified"]


def test_a_forgery_that_a_killed_process_left_is_refused_by_the_sweep(
    session: Session, account: WechatAccount, send: Any, dying: Any, later: Any
) -> None:
    request = request_of(account)
    request["query_string"]["msg_signature"] = "0" * 40
    dying(callbacks, "open_message", Killed())
    with pytest.raises(Killed):
        send(account, request)
    later(seconds=11)
    queue.run("wechat.take_callbacks")
    (row,) = callbacks_kept(session)
    assert (row.state, row.reason, row.due_at) == ("refused", "signature", None)
    assert told(session) == []


def test_a_bug_of_ours_is_not_answered_with_a_refusal_and_its_callback_is_tried_again_ever_more_slowly(
    session: Session, account: WechatAccount, send: Any, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(inbox, "_record", lambda *_args, **_kwargs: 1 / 0)
        assert send(account, request_of(account)).text == "success"
        for _ in range(3):
            later(minutes=5)
            queue.run("wechat.take_callbacks")
            queue.run("wechat.take_callbacks")
        (row,) = callbacks_kept(session)
        assert (row.state, row.attempts) == ("received", 3)
        assert session.execute(select(WechatInbox)).first() is None
    later(hours=1)
    queue.run("wechat.take_callbacks")
    assert callbacks_kept(session)[0].state == "taken"
    assert told(session) == ["wechat.followed"]


def test_one_that_kills_whoever_takes_it_up_does_not_stop_the_others(
    session: Session, account: WechatAccount, send: Any, dying: Any, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(inbox, "_record", lambda *_args, **_kwargs: 1 / 0)
        send(account, request_of(account))
        send(account, request_of(account, tencent.xml(**{**FOLLOW, "Event": "unsubscribe"})))
    later(seconds=11)
    dying(receiving, "receive_message", Killed())
    with pytest.raises(Killed):
        queue.run("wechat.take_callbacks")
    queue.run("wechat.take_callbacks")
    assert [row.state for row in callbacks_kept(session)] == ["received", "taken"]


def test_a_copy_of_a_request_that_waits_for_the_sweep_does_not_get_it_refused(
    session: Session, account: WechatAccount, send: Any, dying: Any, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = request_of(account, age=200)
    dying(inbox, "_record", Killed())
    with pytest.raises(Killed):
        send(account, request)
    with monkeypatch.context() as too_late:
        too_late.setenv("WECHAT_CALLBACK_WINDOW_SECONDS", "100")
        settings.cache_clear()
        assert send(account, request).status_code == 401
    settings.cache_clear()
    later(seconds=11)
    queue.run("wechat.take_callbacks")
    assert [row.state for row in callbacks_kept(session)] == ["taken"]


def test_what_came_of_callbacks_is_counted(
    session: Session, account: WechatAccount, merchant: WechatAccount, client: Any, send: Any
) -> None:
    def counted() -> dict[str, float]:
        names = [("event", "taken"), ("event", "refused"), ("payment", "probe")]
        return {" ".join(one): receiving._CALLBACKS.labels(*one)._value.get() for one in names}

    before, body = counted(), tencent.notification(merchant, PAID)
    send(account, request_of(account))
    send(account, request_of(account, age=400))
    tencent.notify(client, merchant, body, tencent.pay_headers(body) | {"Wechatpay-Signature": "WECHATPAY/SIGNTEST/x"})
    assert {name: now - before[name] for name, now in counted().items()} == {"event taken": 1, "event refused": 1, "payment probe": 1}


@pytest.fixture
def flood(session: Session, account: WechatAccount, send: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Strangers have sent as many requests as are kept, and some more."""
    monkeypatch.setenv("WECHAT_DOUBTFUL_PER_MINUTE", "5")
    settings.cache_clear()
    for number in range(9):
        request = request_of(account, "x" * 60_000)
        assert send(account, {**request, "query_string": {**request["query_string"], "nonce": str(number)}}).status_code == 401
    yield
    monkeypatch.undo()
    settings.cache_clear()


def test_a_flood_of_forgeries_leaves_a_few_beginnings_and_a_few_lines(
    session: Session, account: WechatAccount, flood: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert sum("callback refused" in record.getMessage() for record in caplog.get_records("setup")) == 5
    rows = callbacks_kept(session)
    assert [(row.state, row.reason, len(row.raw["body"])) for row in rows] == [("refused", "signature", 4096)] * 5
    assert sum(session.execute(text("SELECT length(raw) FROM wechat_callbacks")).scalars()) < 40_000


def test_a_flood_keeps_no_true_callback_out(session: Session, account: WechatAccount, send: Any, flood: Any) -> None:
    assert send(account, request_of(account)).text == "success"
    assert told(session) == ["wechat.followed"]
    assert callbacks_kept(session)[-1].state == "taken"


def test_what_is_true_is_kept_in_a_flood_as_well_when_a_process_dies_over_it(
    session: Session, account: WechatAccount, send: Any, flood: Any, dying: Any, later: Any
) -> None:
    dying(receiving, "receive_message", Killed())
    with pytest.raises(Killed):
        send(account, request_of(account))
    later(seconds=11)
    queue.run("wechat.take_callbacks")
    assert told(session) == ["wechat.followed"]


def test_another_accounts_flood_is_its_own(session: Session, merchant: WechatAccount, client: Any, flood: Any) -> None:
    body = tencent.notification(merchant, PAID)
    assert tencent.notify(client, merchant, body, tencent.pay_headers(body, age=400)).status_code == 401
    assert callbacks_kept(session)[-1].account_id == merchant.id


def test_one_forgery_sent_over_and_over_is_kept_once(session: Session, account: WechatAccount, send: Any) -> None:
    request = request_of(account)
    request["query_string"]["msg_signature"] = "0" * 40
    for _ in range(4):
        assert send(account, request).status_code == 401
    assert [row.state for row in callbacks_kept(session)] == ["refused"]


def test_a_request_that_was_refused_for_our_fault_is_taken_when_it_comes_again(session: Session, account: WechatAccount, send: Any) -> None:
    """An operator had the wrong token; Tencent repeats itself within seconds."""
    request, right = request_of(account), dict(account.secrets)
    account.secrets = right | {"token": "mistyped"}
    session.commit()
    assert send(account, request).status_code == 401
    account.secrets = right
    session.commit()
    assert send(account, request).text == "success"
    assert [row.state for row in callbacks_kept(session)] == ["taken"]
    assert told(session) == ["wechat.followed"]


def test_a_signed_notification_about_something_else_is_kept_for_a_person_to_see(
    session: Session, client: Any, merchant: WechatAccount
) -> None:
    assert tencent.notify(client, merchant, tencent.notification(merchant, {"mchid": "1900000109"})).status_code == 400
    (row,) = callbacks_kept(session)
    assert (row.state, row.reason) == ("refused", "unreadable")
    assert json.loads(row.raw["body"].encode("latin-1"))["event_type"] == "TRANSACTION.SUCCESS"


def test_requests_are_forgotten_in_time_and_never_before_they_are_taken(
    session: Session, account: WechatAccount, send: Any, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = request_of(account)
    forged["query_string"]["msg_signature"] = "0" * 40
    send(account, forged)
    send(account, request_of(account))
    with monkeypatch.context() as broken:
        broken.setattr(inbox, "_record", lambda *_args, **_kwargs: 1 / 0)
        send(account, request_of(account, tencent.xml(**{**FOLLOW, "Event": "unsubscribe"})))
    states = [{"refused", "taken", "received"}, {"taken", "received"}, {"received"}, {"received"}]
    for expected in states:
        queue.run("wechat.forget_callbacks")
        assert {row.state for row in callbacks_kept(session)} == expected
        later(days=6, hours=1) if expected == {"taken", "received"} else later(days=1, minutes=1)
    assert session.execute(select(func.count()).select_from(WechatInbox)).scalar_one() == 1
    assert CallbackState.received in {row.state for row in callbacks_kept(session)}


@pytest.mark.parametrize("copies", ["to the byte", "signed anew"])
def test_of_many_that_come_at_the_same_moment_one_is_told(committed: Any, app: Any, copies: str) -> None:
    with committed() as session:
        account = accounts.account(session, make.brand(session), AccountKind.service_account)
    requests = [request_of(account)] * 12 if copies == "to the byte" else [request_of(account) for _ in range(12)]
    start = Barrier(len(requests))

    def send(request: dict[str, Any]) -> str:
        start.wait()
        return str(app.test_client().post(f"/api/platform/wechat/{account.appid}", **request).text)

    with ThreadPoolExecutor(len(requests)) as pool:
        assert list(pool.map(send, requests)) == ["success"] * len(requests)
    with committed() as session:
        assert told(session) == ["wechat.followed"]
        assert {row.state for row in callbacks_kept(session)} == {"taken"}


def test_what_is_kept_of_a_stranger_is_small_however_many_headers_he_sends(
    client: Any, session: Session, committed: Any, merchant: WechatAccount
) -> None:
    headers = {f"Wechatpay-{number}": "x" * 4000 for number in range(50)}
    assert tencent.notify(client, merchant, b"{}", headers).status_code == 401
    assert sum(len(name) + len(value) for row in callbacks_kept(session) for name, value in row.raw["headers"].items()) <= 4096
