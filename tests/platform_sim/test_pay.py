"""JSAPI payments as the merchant's library sees them: signatures, order states, the pay sheet, notifications."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
import requests

from tests.platform_sim.support import PAY, Simulator, Sink, wait_until


def notices(sim: Simulator, number: str) -> list[dict]:
    """Every payment notification for this order, verified and decrypted by wechatpayv3."""
    opened = (sim.merchant_client.callback(one["headers"], one["body"]) for one in list(sim.sink.at("/paid")))
    return [notice for notice in opened if notice["resource"]["out_trade_no"] == number]


def refusal(answer: tuple[int, dict]) -> tuple[int, str]:
    return answer[0], answer[1].get("code", "")


def test_a_payment_is_prepaid_paid_queried_and_notified_with_valid_signatures(sim: Simulator) -> None:
    user = sim.user()
    status, answer = sim.prepay(user, "MQ20261121000001")
    assert (status, set(answer)) == (200, {"prepay_id"})
    before = json.loads(sim.merchant_client.query(out_trade_no="MQ20261121000001")[1])
    assert before["trade_state"] == "NOTPAY"
    assert "transaction_id" not in before
    assert sim.post(f"users/{user['id']}/pay", **sim.sheet(answer["prepay_id"])) == {"result": "ok", "errMsg": "requestPayment:ok"}

    [notice] = wait_until(lambda: notices(sim, "MQ20261121000001"), what="the payment notification")
    paid = notice["resource"]
    assert (notice["event_type"], paid["trade_state"], paid["mchid"]) == ("TRANSACTION.SUCCESS", "SUCCESS", sim.merchant["mchid"])
    assert paid["amount"] == {"total": 200_000, "payer_total": 200_000, "currency": "CNY", "payer_currency": "CNY"}
    assert paid["payer"] == {"openid": user["openids"][sim.mini["appid"]]}
    by_id = json.loads(sim.merchant_client.query(transaction_id=paid["transaction_id"])[1])
    assert by_id == paid


def test_the_sheet_shows_who_is_paid_for_what_and_how_much(sim: Simulator) -> None:
    prepay_id = sim.prepay(sim.user(), "MQBILL001")[1]["prepay_id"]
    shown = sim.get(f"prepays/{prepay_id}")
    [row] = [row for row in sim.get("payments")["payments"] if row["out_trade_no"] == "MQBILL001"]
    assert shown == {"merchant": sim.merchant["name"], "description": row["description"], "total": row["total"]}
    assert sim.http.get(f"{sim.base}/_sim/prepays/wx-none", timeout=60).status_code == 404


def test_the_sheet_cannot_be_paid_twice(sim: Simulator) -> None:
    user = sim.user()
    sheet = sim.sheet(sim.prepay(user, "MQTWICE001")[1]["prepay_id"])
    assert sim.post(f"users/{user['id']}/pay", **sheet)["result"] == "ok"
    again = sim.post(f"users/{user['id']}/pay", **sheet)
    assert (again["result"], "已支付" in again["errMsg"]) == ("fail", True)
    assert len([row for row in sim.get("payments")["payments"] if row["out_trade_no"] == "MQTWICE001"]) == 1


@pytest.mark.parametrize("part", ["appId", "timeStamp", "nonceStr", "package", "paySign"])
def test_a_sheet_that_was_tampered_with_is_not_paid(sim: Simulator, part: str) -> None:
    user = sim.user()
    sheet = sim.sheet(sim.prepay(user, f"MQTAMPER{part}")[1]["prepay_id"])
    other = sim.prepay(user, f"MQOTHER{part}")[1]["prepay_id"]
    changed = {"appId": "wx0000000000000000", "timeStamp": "1", "nonceStr": "x", "package": f"prepay_id={other}", "paySign": "QUJD"}
    answer = sim.post(f"users/{user['id']}/pay", **{**sheet, part: changed[part]})
    assert answer == {"result": "fail", "errMsg": "requestPayment:fail 支付验证签名失败"}


def test_somebody_else_cannot_pay_the_sheet(sim: Simulator) -> None:
    sheet = sim.sheet(sim.prepay(sim.user(), "MQSTRANGER")[1]["prepay_id"])
    answer = sim.post(f"users/{sim.user('周宇航')['id']}/pay", **sheet)
    assert (answer["result"], "不一致" in answer["errMsg"]) == ("fail", True)


def test_the_same_order_again_gives_a_fresh_prepay_id_and_one_order(sim: Simulator) -> None:
    user = sim.user()
    first, second = sim.prepay(user, "MQAGAIN001")[1]["prepay_id"], sim.prepay(user, "MQAGAIN001")[1]["prepay_id"]
    assert first != second
    [row] = [row for row in sim.get("duplicates", kind="out_trade_no")["duplicates"] if row["key"] == "MQAGAIN001"]
    assert (row["attempts"], row["effects"], row["deduplicated"]) == (2, 1, 1)


def test_an_order_number_is_not_given_to_another_order(sim: Simulator) -> None:
    user = sim.user()
    sim.prepay(user, "MQUSED0001")
    assert refusal(sim.prepay(user, "MQUSED0001", total=1)) == (403, "OUT_TRADE_NO_USED")


def test_a_paid_order_is_neither_opened_again_nor_closed(sim: Simulator) -> None:
    user = sim.user()
    sim.paid(user, "MQPAID0001")
    assert refusal(sim.prepay(user, "MQPAID0001")) == (400, "ORDERPAID")
    status, text = sim.merchant_client.close("MQPAID0001")
    assert (status, json.loads(text)["code"]) == (400, "ORDERPAID")


def test_a_closed_order_is_neither_paid_nor_opened_nor_closed_again(sim: Simulator) -> None:
    user = sim.user()
    sheet = sim.sheet(sim.prepay(user, "MQCLOSED01")[1]["prepay_id"])
    assert sim.merchant_client.close("MQCLOSED01")[0] == 204
    assert json.loads(sim.merchant_client.query(out_trade_no="MQCLOSED01")[1])["trade_state"] == "CLOSED"
    assert "已关闭" in sim.post(f"users/{user['id']}/pay", **sheet)["errMsg"]
    assert refusal(sim.prepay(user, "MQCLOSED01")) == (400, "ORDER_CLOSED")
    assert sim.merchant_client.close("MQCLOSED01")[0] == 400


def test_an_unknown_order_is_not_found(sim: Simulator) -> None:
    status, text = sim.merchant_client.query(out_trade_no="MQNOWHERE1")
    assert (status, json.loads(text)["code"]) == (404, "ORDER_NOT_EXIST")


def test_an_order_expires_and_a_prepay_id_dies_after_two_hours(sim: Simulator) -> None:
    user = sim.user()
    now = datetime.fromisoformat(sim.get("clock")["now"])
    until = (now + timedelta(minutes=15)).isoformat()
    expiring = sim.sheet(sim.prepay(user, "MQEXPIRE01", time_expire=until)[1]["prepay_id"])
    lasting = sim.sheet(sim.prepay(user, "MQLASTING1")[1]["prepay_id"])
    sim.advance(901)
    assert "已过期" in sim.post(f"users/{user['id']}/pay", **expiring)["errMsg"]
    sim.advance(7200)
    assert "预支付会话已过期" in sim.post(f"users/{user['id']}/pay", **lasting)["errMsg"]
    fresh = sim.prepay(user, "MQLASTING1")[1]["prepay_id"]
    assert sim.post(f"users/{user['id']}/pay", **sim.sheet(fresh))["result"] == "ok"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"description": "订" * 128}, "PARAM_ERROR"),
        ({"out_trade_no": "short"}, "PARAM_ERROR"),
        ({"out_trade_no": "MQ中文编号"}, "PARAM_ERROR"),
        ({"amount": {"total": 0, "currency": "CNY"}}, "PARAM_ERROR"),
        ({"amount": {"total": 10.5, "currency": "CNY"}}, "PARAM_ERROR"),
        ({"amount": {"total": 1, "currency": "USD"}}, "PARAM_ERROR"),
        ({"amount": {"total": 1, "currency": "CNY", "totl": 2}}, "PARAM_ERROR"),
        ({"notify_url": "http://shop.example.com/paid"}, "PARAM_ERROR"),
        ({"notify_url": "https://shop.example.com/paid?order=1"}, "PARAM_ERROR"),
        ({"time_expire": "2020-01-01T00:00:00+08:00"}, "PARAM_ERROR"),
        ({"time_expire": (datetime.now(UTC) + timedelta(days=95)).isoformat()}, "PARAM_ERROR"),
        ({"time_expire": "tomorrow"}, "PARAM_ERROR"),
        ({"appid": "wx1111111111111111"}, "APPID_MCHID_NOT_MATCH"),
        ({"payer": {"openid": "oStranger"}}, "OPENID_MISMATCH"),
        ({"attach": "x" * 129}, "PARAM_ERROR"),
    ],
)
def test_a_wrong_field_is_refused_and_opens_no_order(sim: Simulator, changed: dict, expected: str) -> None:
    before = len(sim.get("payments", limit=1000)["payments"])
    user = sim.user()
    number = changed.pop("out_trade_no", "MQWRONG001")
    status, answer = sim.prepay(user, number, **changed)
    assert (status >= 400, answer["code"]) == (True, expected)
    assert len(sim.get("payments", limit=1000)["payments"]) == before


def test_an_openid_of_the_service_account_cannot_pay_in_the_mini_program(sim: Simulator) -> None:
    user = sim.user()
    answer = sim.prepay(user, "MQWRONGAPP", payer={"openid": user["openids"][sim.service["appid"]]})
    assert refusal(answer) == (500, "OPENID_MISMATCH")


def _authorization(sim: Simulator, *, path: str, stamp: int | None = None, serial: str | None = None) -> str:
    stamp, nonce = stamp or int(time.time()), "n0nce"
    signature = sim.merchant_client.sign(["GET", path, str(stamp), nonce, ""])
    parts = {"mchid": sim.merchant["mchid"], "nonce_str": nonce, "signature": signature, "timestamp": str(stamp)}
    parts["serial_no"] = serial or sim.merchant["merchant_serial"]
    return "WECHATPAY2-SHA256-RSA2048 " + ",".join(f'{name}="{value}"' for name, value in parts.items())


def test_only_the_merchants_own_fresh_signature_over_the_exact_request_is_accepted(sim: Simulator) -> None:
    path = f"/v3/pay/transactions/out-trade-no/MQSIGNED01?mchid={sim.merchant['mchid']}"
    sim.prepay(sim.user(), "MQSIGNED01")

    def ask(authorization: str | None, target: str = path) -> int:
        headers = {"Authorization": authorization} if authorization else {}
        return requests.get(f"{sim.base}/{PAY}{target}", headers=headers, timeout=60).status_code

    assert ask(_authorization(sim, path=path)) == 200
    assert ask(None) == 401
    assert ask("Bearer x") == 401
    assert ask(_authorization(sim, path=path, stamp=int(time.time()) - 400)) == 401
    assert ask(_authorization(sim, path=path, serial="0" * 40)) == 401
    assert ask(_authorization(sim, path=path), path + "&x=1") == 401
    assert ask(_authorization(sim, path=f"/{PAY}{path}")) == 401


def test_the_host_header_works_instead_of_the_prefix(sim: Simulator) -> None:
    path = f"/v3/pay/transactions/out-trade-no/MQHOST0001?mchid={sim.merchant['mchid']}"
    headers = {"Host": PAY, "Authorization": _authorization(sim, path=path)}
    answer = requests.get(sim.base + path, headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (404, "ORDER_NOT_EXIST")


def test_a_lost_notification_is_never_sent_and_the_query_still_tells(sim: Simulator) -> None:
    sim.paid(sim.user(), "MQLOST0001", lose_notification=True)
    assert [row["state"] for row in sim.callbacks(recipient="MQLOST0001")] == ["lost"]
    sim.advance(86_400)
    assert notices(sim, "MQLOST0001") == []
    assert json.loads(sim.merchant_client.query(out_trade_no="MQLOST0001")[1])["trade_state"] == "SUCCESS"


def test_a_duplicated_notification_arrives_three_times_with_one_id(sim: Simulator) -> None:
    sim.paid(sim.user(), "MQTHRICE01", duplicate_notification=3)
    received = wait_until(lambda: len(notices(sim, "MQTHRICE01")) == 3 and notices(sim, "MQTHRICE01"), what="three notifications")
    assert len({notice["id"] for notice in received}) == 1


def test_the_notification_follows_the_retry_schedule_on_the_moved_clock(sim: Simulator, sink: Sink) -> None:
    """15s/15s/30s/3m/10m/20m/30m/30m/30m/60m/3h/3h/3h/6h/6h: sixteen sendings in 24 h 4 min, then silence."""
    schedule = [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600]
    sink.answers.extend([(500, '{"code":"FAIL","message":"失败"}')] * 16)
    sim.paid(sim.user(), "MQRETRY001")

    def attempts() -> int:
        return int(sim.callbacks(recipient="MQRETRY001")[0]["attempts"])

    wait_until(lambda: attempts() == 1, what="the first attempt")
    for done, delay in enumerate(schedule, start=1):
        [row] = sim.callbacks(recipient="MQRETRY001")
        due_in = datetime.fromisoformat(row["next_at"]) - datetime.fromisoformat(sim.get("clock")["now"])
        assert delay - 3 <= due_in.total_seconds() <= delay + 1
        sim.advance(delay)
        wait_until(lambda done=done: attempts() == done + 1, what=f"attempt {done + 1}")
    [row] = sim.callbacks(recipient="MQRETRY001")
    assert (row["state"], row["next_at"], len(notices(sim, "MQRETRY001"))) == ("given_up", None, 16)


def test_the_status_alone_decides_whether_a_notification_was_received(sim: Simulator, sink: Sink) -> None:
    sink.answers.append((200, '{"code":"FAIL","message":"失败"}'))
    sim.paid(sim.user(), "MQSTATUS01")
    wait_until(lambda: sim.callbacks(recipient="MQSTATUS01", state="delivered"), what="received in spite of FAIL")
    assert sim.callbacks(recipient="MQSTATUS01")[0]["attempts"] == 1
