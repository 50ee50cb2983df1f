"""Bills: when there is one, that it is whole, that it never changes, and every form in which it may come."""

import gzip
import hashlib
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.platform_sim.support import PAY, Simulator, wait_until
from tests.platform_sim.till import Reply, Till, direct, provider

TRADE, FUNDS = "/v3/bill/tradebill", "/v3/bill/fundflowbill"
DEALERS = ("1900000311", "1900000312")


def until(sim: Simulator, hour: int, *, days: int = 1) -> None:
    """Move the clock to this hour, so many days from now."""
    now = datetime.fromisoformat(sim.get("clock")["now"])
    then = (now + timedelta(days=days)).replace(hour=hour, minute=0, second=0)
    sim.advance((then - now).total_seconds())


def today(sim: Simulator) -> str:
    return str(sim.get("clock")["now"][:10])


@pytest.fixture(scope="module")
def till(sim: Simulator) -> Till:
    """The direct merchant after a day of business, at eleven the next morning; `entry["day"]` is that day.

    Three payments, one with a comma in its name; one of them refunded twice, one refund of it closed.
    """
    till = direct(sim)
    until(sim, 12)
    user = sim.user()
    more = {"attach": "活动=1", "scene_info": {"payer_client_ip": "1.1.1.1", "device_id": "d1"}}
    for number, name, total in (("BILL000001", "极曜 S7 订金", 200_000), ("BILL000002", "订金, 首批", 1_999), ("BILL000003", "小订", 1)):
        till.pay(user, till.order(user, number, total=total, description=name, **more))
    for refund_no, refund, status in (("BILLREF001", 50_000, "SUCCESS"), ("BILLREF002", 10_000, "CLOSED")):
        sim.post("faults", refund_status={"status": status, "times": 1})
        till.refund("BILL000001", refund_no, refund=refund)
        path = f"/v3/refund/domestic/refunds/{refund_no}"
        wait_until(lambda p=path, s=status: till.ask("GET", p).data["status"] == s, what=f"{refund_no} ends")
        sim.advance(61)
    till.entry = {**till.entry, "day": today(sim)}
    until(sim, 11)
    return till


def asked(till: Till, path: str = TRADE, **query: str) -> Reply:
    return till.ask("GET", path, bill_date=till.entry["day"], **query)


def fetched(till: Till, reply: Reply) -> bytes:
    """The file behind the answer; gzip undone; its hash checked."""
    assert reply.status == 200, reply.body
    told = reply.data
    base = f"{till.sim.base}/{PAY}"
    assert told["download_url"].startswith(f"{base}/v3/billdownload/file?token="), "under the address that the caller uses"
    target, _, token = told["download_url"].removeprefix(base).partition("?token=")
    answer = till.ask("GET", target, token=token)
    assert (answer.status, "Wechatpay-Signature" in answer.headers) == (200, False), "the file is not signed"
    plain = gzip.decompress(answer.body) if answer.body[:2] == b"\x1f\x8b" else answer.body
    assert (told["hash_type"], told["hash_value"]) == ("SHA1", hashlib.sha1(plain, usedforsecurity=False).hexdigest())
    return plain


def rows(plain: bytes) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The lines and the summary, by the names of their headers; every value begins with a backtick."""
    assert plain.startswith(b"\xef\xbb\xbf")
    header, *lines = plain.decode("utf-8-sig").strip().split("\r\n")
    at = next(number for number, line in enumerate(lines) if not line.startswith("`"))
    names, summary = header.split(","), [line for line in lines[at:] if line]
    told = [dict(zip(names, line[1:].split(",`"), strict=True)) for line in lines[:at]]
    return told, dict(zip(summary[0].split(","), summary[1][1:].split(",`"), strict=True))


def switched(till: Till, **switches: Any) -> None:
    till.sim.post(f"accounts/{till.mchid}/switches", **switches)


def test_a_trade_bill_holds_every_payment_and_refund_of_the_day(till: Till) -> None:
    lines, total = rows(fetched(till, asked(till)))
    assert [(line["商户订单号"], line["商户退款单号"], line["交易状态"]) for line in lines] == [
        ("BILL000001", "0", "SUCCESS"), ("BILL000002", "0", "SUCCESS"), ("BILL000003", "0", "SUCCESS"),
        ("BILL000001", "BILLREF001", "REFUND"), ("BILL000001", "BILLREF002", "REFUND"),
    ]  # fmt: skip
    paid, odd, small, refund, closed = lines
    assert (paid["应结订单金额"], paid["订单金额"], paid["手续费"], paid["费率"]) == ("2000.00", "2000.00", "12.00000", "0.60%")
    assert (paid["商户号"], paid["公众账号ID"], paid["特约商户号"], paid["设备号"]) == (till.mchid, till.entry["appid"], "0", "d1")
    assert (odd["商品名称"], odd["商户数据包"], odd["手续费"], small["手续费"]) == ("订金, 首批", "活动=1", "0.12000", "0.00000")
    assert (refund["退款金额"], refund["退款状态"], refund["手续费"], refund["应结订单金额"]) == ("500.00", "SUCCESS", "-3.00000", "0.00")
    assert (closed["退款金额"], closed["退款状态"]) == ("100.00", "FAIL")
    assert total["总交易单数"] == "5"
    assert (total["应结订单总金额"], total["退款总金额"], total["手续费总金额"]) == ("2020.00", "600.00", "8.52000")


def test_the_bills_of_payments_and_of_refunds_have_columns_of_their_own(till: Till) -> None:
    paid, _ = rows(fetched(till, asked(till, bill_type="SUCCESS")))
    back, _ = rows(fetched(till, asked(till, bill_type="REFUND")))
    assert ([line["商户订单号"] for line in paid], len(back)) == (["BILL000001", "BILL000002", "BILL000003"], 2)
    assert ("微信退款单号" in paid[0], "退款成功时间" in paid[0]) == (False, False)
    assert [line["退款申请时间"][:10] for line in back] == [till.entry["day"]] * 2
    assert [line["退款成功时间"][:10] for line in back] == [till.entry["day"], ""]


def test_a_bill_may_come_compressed_and_hashed_either_way(till: Till) -> None:
    reply = asked(till, tar_type="GZIP")
    assert fetched(till, reply) == fetched(till, asked(till))
    switched(till, pay_bill_hash_over="gzip")
    other = asked(till, tar_type="GZIP")
    switched(till, pay_bill_hash_over="plain")
    assert other.data["hash_value"] != reply.data["hash_value"]


def test_a_reader_who_goes_by_the_headers_reads_every_form(sim: Simulator, till: Till) -> None:
    """A bill is written once; so each form is that of a day of its own."""
    forms: tuple[dict[str, Any], ...] = (
        {"pay_bill_shuffled": True}, {"pay_bill_columns": "without_rate_remark"}, {"pay_bill_columns": "classic"},
        {"pay_bill_blank_line": True},
    )  # fmt: skip
    headers = set()
    for n, form in enumerate(forms):
        user = sim.user()
        till.pay(user, till.order(user, f"BILLFORM{n:02}", total=100))
        day = today(sim)
        until(sim, 11)
        switched(till, **form)
        plain = fetched(till, till.ask("GET", TRADE, bill_date=day))
        switched(till, pay_bill_shuffled=False, pay_bill_columns="full", pay_bill_blank_line=False)
        [line], total = rows(plain)
        assert (line["商户订单号"], line["应结订单金额"], total["总交易单数"]) == (f"BILLFORM{n:02}", "1.00", "1")
        headers.add(plain.split(b"\r\n")[0])
        assert (b"\r\n\r\n" in plain) == ("pay_bill_blank_line" in form)
    assert len(headers) == 4


def test_a_bill_once_written_never_changes(sim: Simulator, till: Till) -> None:
    before = fetched(till, asked(till))
    switched(till, pay_bill_shuffled=True)
    till.refund("BILL000002", "BILLREF003", refund=1, total=1_999)
    after = fetched(till, asked(till))
    switched(till, pay_bill_shuffled=False)
    assert after == before


def test_the_money_flow_explains_every_fen(sim: Simulator, till: Till) -> None:
    lines, total = rows(fetched(till, asked(till, FUNDS, account_type="BASIC")))
    income = [line for line in lines if line["收支类型"] == "收入"]
    assert (total["资金流水总笔数"], total["收入笔数"]) == (str(len(lines)), str(len(income)))
    fen = [round(float(line["收支金额(元)"]) * 100) * (1 if line["收支类型"] == "收入" else -1) for line in lines]
    balances = [round(float(line["账户结余(元)"]) * 100) for line in lines]
    assert [after - before for before, after in pairwise(balances)] == fen[1:]
    assert sum(fen) == 200_000 - 1_200 + 1_999 - 12 + 1 - 50_000 + 300
    assert {line["业务凭证号"] for line in lines} >= {"BILL000001", "BILL000002"}


def test_the_other_accounts_have_bills_of_their_own(sim: Simulator, till: Till) -> None:
    assert asked(till, FUNDS, account_type="FEES").refusal == (400, "NO_STATEMENT_EXIST")
    sim.post(f"merchants/{till.mchid}/top-up", amount=12_345, account="OPERATION")
    day = today(sim)
    until(sim, 11)
    [line], _ = rows(fetched(till, till.ask("GET", FUNDS, bill_date=day, account_type="OPERATION")))
    assert (line["收支金额(元)"], line["账户结余(元)"], line["业务类型"]) == ("123.45", "123.45", "充值")


def test_a_bill_comes_the_next_day_at_ten_and_is_kept_three_months(sim: Simulator, till: Till) -> None:
    user = sim.user()
    until(sim, 23)
    till.pay(user, till.order(user, "BILLLATE01"))
    day = today(sim)
    assert till.ask("GET", TRADE, bill_date=day).refusal == (400, "PARAM_ERROR")
    until(sim, 9)
    assert till.ask("GET", TRADE, bill_date=day).refusal == (400, "STATEMENT_CREATING")
    assert till.ask("GET", FUNDS, bill_date=day).refusal == (400, "STATEMENT_CREATING")
    until(sim, 10, days=0)
    assert till.ask("GET", TRADE, bill_date=day).status == 200
    until(sim, 11)
    assert till.ask("GET", TRADE, bill_date=today(sim)).refusal == (400, "PARAM_ERROR")
    empty = (datetime.fromisoformat(sim.get("clock")["now"]) - timedelta(days=1)).date().isoformat()
    assert till.ask("GET", TRADE, bill_date=empty).refusal == (400, "NO_STATEMENT_EXIST")
    until(sim, 11, days=95)
    assert till.ask("GET", TRADE, bill_date=day).refusal == (400, "INVALID_REQUEST")


@pytest.mark.parametrize(
    "query",
    [
        {}, {"bill_date": "20261101"}, {"bill_date": "2026-13-01"}, {"bill_date": "2026-11-01", "bill_type": "RECHARGE"},
        {"bill_date": "2026-11-01", "tar_type": "ZIP"}, {"bill_date": "2026-11-01", "account_type": "BASIC"},
    ],
)  # fmt: skip
def test_a_wrong_question_gets_no_bill(till: Till, query: dict[str, str]) -> None:
    reply = till.ask("GET", TRADE, **query)
    assert (reply.refusal, reply.data["detail"]["location"]) == ((400, "PARAM_ERROR"), "query")


def paid_yesterday(sim: Simulator, till: Till, number: str) -> str:
    user = sim.user()
    till.pay(user, till.order(user, number))
    day = today(sim)
    until(sim, 11)
    return day


def test_the_address_of_a_file_lasts_five_minutes_and_is_the_merchants_own(sim: Simulator, till: Till) -> None:
    reply = till.ask("GET", TRADE, bill_date=paid_yesterday(sim, till, "BILLLINK01"))
    token = reply.data["download_url"].partition("token=")[2]
    path = "/v3/billdownload/file"
    assert provider(sim).ask("GET", path, token=token).refusal == (400, "INVALID_REQUEST")
    assert till.raw("GET", f"{path}?token={token}", b"", {"Accept": "*/*", "User-Agent": "till"}).status == 401
    assert till.ask("GET", path, token="x" * 48).refusal == (400, "INVALID_REQUEST")
    sim.advance(240)
    assert till.ask("GET", path, token=token).status == 200
    sim.advance(61)
    assert till.ask("GET", path, token=token).refusal == (400, "INVALID_REQUEST")


def test_a_providers_bill_names_the_dealers(sim: Simulator) -> None:
    till, user = provider(sim), sim.user()
    openid = user["openids"][sim.mini["appid"]]
    own = {"sub_appid": sim.mini["appid"], "payer": {"sub_openid": openid}}
    till.pay(user, till.dealer_order(user, "BILLPT0001", DEALERS[0], **own))
    till.pay(user, till.dealer_order(user, "BILLPT0002", DEALERS[1]))
    day = today(sim)
    until(sim, 11)
    both, _ = rows(fetched(till, till.ask("GET", TRADE, bill_date=day)))
    assert [(line["商户号"], line["特约商户号"], line["特约商户公众账号ID"], line["用户子标识"]) for line in both] == [
        (till.mchid, DEALERS[0], sim.mini["appid"], openid), (till.mchid, DEALERS[1], "", ""),
    ]  # fmt: skip
    [one], _ = rows(fetched(till, till.ask("GET", TRADE, bill_date=day, sub_mchid=DEALERS[1])))
    assert one["商户订单号"] == "BILLPT0002"
    assert till.ask("GET", TRADE, bill_date=day, sub_mchid="1900009999").refusal == (403, "NO_AUTH")
    assert {bill["kind"] for bill in sim.get("bills")["bills"] if bill["mchid"] == till.mchid} == {"ALL", f"ALL {DEALERS[1]}"}
