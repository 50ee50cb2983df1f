"""Finance and administrators see and deal with differences, the rest of headquarters looks, and a dealer's people do neither."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import timedelta
from typing import Any

import pytest

from app.dealers.models import Role
from tests.factories import dealers
from tests.reconciliation.conftest import Shop

RUNS = "/api/staff/payments/reconciliations"
DIFFERENCES = "/api/staff/payments/differences"


@pytest.fixture
def as_role(shop: Shop, client: Any) -> Any:
    def sign_in(role: Role, of: Any = None) -> Any:
        dealers_people = role in (Role.dealer_manager, Role.adviser)
        staff = dealers.staff(shop.session, of or (shop.market.dealer if dealers_people else shop.market.brand), role)
        shop.session.commit()
        client.post("/api/public/staff/login", json={"username": staff.username, "password": dealers.PASSWORD})
        return client

    return sign_in


def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid.uuid4().hex}


def table(answer: Any) -> list[list[str]]:
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    text = answer.data.decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_finance_sees_each_day_with_both_sides_sums(shop: Shop, as_role: Any) -> None:
    shop.pays()
    shop.pays(theirs=False)
    shop.reconciles()
    shop.next_morning()
    finance = as_role(Role.finance)
    shown = finance.get(RUNS).json
    assert [one["bill_on"] for one in shown["items"]] == [str(shop.day + timedelta(days=1)), str(shop.day)]
    run = shown["items"][1]
    assert (run["status_label"], run["progress"], run["open_differences"], run["differences"]) == ("已完成", 100, 1, 1)
    assert run["merchant"]["mchid"] == shop.market.merchant.appid
    assert (run["ours"]["payments_fen"], run["theirs"]["payments_fen"], run["theirs"]["fee_fen"]) == (200_000, 100_000, 600)
    detail = finance.get(f"{RUNS}/{run['id']}").json
    assert detail["kinds"] == [{"kind": "short", "label": "短款（我方有、微信无）", "open": 1, "all": 1}]
    page = finance.get(RUNS, query_string={"limit": 1}).json
    assert [one["bill_on"] for one in finance.get(RUNS, query_string={"cursor": page["next_cursor"]}).json["items"]] == [str(shop.day)]
    assert finance.get(RUNS, query_string={"until": str(shop.day), "status": "done"}).json["items"][0]["id"] == run["id"]
    assert finance.get(RUNS, query_string={"status": "failed"}).json["items"] == []


def test_a_day_that_waits_says_why_and_until_when(shop: Shop, as_role: Any) -> None:
    shop.books.creating = True
    shop.reconciles()
    [run] = as_role(Role.finance).get(RUNS).json["items"]
    assert (run["status_label"], run["error_label"], run["ours"]) == ("等待账单", "微信正在生成账单，稍后自动重试", None)
    assert run["next_try_at"] is not None


def test_finance_deals_with_a_difference(shop: Shop, as_role: Any) -> None:
    line = shop.pays(theirs=False)
    shop.pays(ours=False, status="closed")
    shop.reconciles()
    finance = as_role(Role.finance)
    [found] = finance.get(DIFFERENCES, query_string={"kind": "short", "status": "open"}).json["items"]
    assert (found["label"], found["ours_fen"], found["theirs_fen"], found["order"]["number"][:1]) == (
        "短款（我方有、微信无）", 100_000, None, "D",
    )  # fmt: skip
    assert [one["action"] for one in found["actions"]] == ["write_off", "accept", "wait"]
    path, body = f"{DIFFERENCES}/{found['id']}/resolve", {"action": "accept", "note": "已核对"}
    headers = key()
    done = finance.post(path, json=body, headers=headers)
    assert (done.status_code, done.json["status_label"], done.json["resolution_label"], done.json["actions"]) == (
        200, "已处理", "说明原因后关闭", [],
    )  # fmt: skip
    assert done.json["resolved_by"]
    assert finance.post(path, json=body, headers=headers).json == done.json
    assert finance.post(path, json=body, headers=key()).status_code == 409
    assert finance.get(DIFFERENCES, query_string={"q": line.transaction_id}).json["items"][0]["id"] == found["id"]
    assert len(finance.get(DIFFERENCES).json["items"]) == 2
    page = finance.get(DIFFERENCES, query_string={"limit": 1}).json
    [other] = finance.get(DIFFERENCES, query_string={"cursor": page["next_cursor"], "limit": 1}).json["items"]
    assert other["id"] != page["items"][0]["id"]


def test_finance_asks_for_a_day_again(shop: Shop, as_role: Any) -> None:
    shop.pays()
    shop.reconciles()
    finance = as_role(Role.finance)
    answer = finance.post(f"{RUNS}/run", json={"bill_on": str(shop.day)}, headers=key())
    assert (answer.status_code, answer.json["items"][0]["status"]) == (202, "waiting")
    answer = finance.post(f"{RUNS}/run", json={"bill_on": str(shop.day + timedelta(days=1))}, headers=key())
    assert (answer.status_code, answer.json["error"]) == (409, "reconciliation.day_unfit")
    assert finance.post(f"{RUNS}/run", json={}, headers=key()).status_code == 422


@pytest.mark.parametrize("role", [Role.marketer, Role.dealer_manager])
def test_others_deal_with_nothing(shop: Shop, as_role: Any, role: Role) -> None:
    shop.pays(theirs=False)
    shop.reconciles()
    [found] = shop.differences()
    run, caller = shop.run(), as_role(role)
    looks = 200 if role == Role.marketer else 403
    for path in (RUNS, f"{RUNS}/{run.id}", f"{RUNS}/{run.id}/lines.csv", f"{RUNS}/{run.id}/differences.csv", DIFFERENCES):
        assert caller.get(path, buffered=True).status_code == looks, path
    if looks == 200:
        assert caller.get(DIFFERENCES).json["items"][0]["actions"] == []
    for path, body in (
        (f"{DIFFERENCES}/{found.id}/resolve", {"action": "accept", "note": "x"}),
        (f"{RUNS}/run", {"bill_on": str(shop.day)}),
    ):
        answer = caller.post(path, json=body, headers=key())
        assert (answer.status_code, answer.json["error"]) == (403, "reconciliation.finance_only")
    assert len(shop.open) == 1


def test_another_brands_day_does_not_exist(shop: Shop, as_role: Any) -> None:
    shop.pays(theirs=False)
    shop.reconciles()
    [found] = shop.differences()
    run, stranger = shop.run(), as_role(Role.finance, dealers.brand(shop.session))
    assert (stranger.get(RUNS).json["items"], stranger.get(DIFFERENCES).json["items"]) == ([], [])
    for path in (f"{RUNS}/{run.id}", f"{RUNS}/{run.id}/lines.csv", f"{RUNS}/{run.id}/differences.csv"):
        assert stranger.get(path).status_code == 404
    body = {"action": "accept", "note": "x"}
    assert stranger.post(f"{DIFFERENCES}/{found.id}/resolve", json=body, headers=key()).status_code == 404


class TestFiles:
    def test_of_lines_have_yuan_beside_what_we_booked(self, shop: Shop, as_role: Any) -> None:
        line = shop.pays(amount_fen=100_005)
        shop.gets_back(line, amount_fen=5)
        shop.reconciles()
        head, paid, back = table(as_role(Role.finance).get(f"{RUNS}/{shop.run().id}/lines.csv"))
        assert head[:3] == ["交易时间", "业务", "微信支付订单号"]
        assert paid[1:4] == ["收款", f"\t{line.transaction_id}", f"\t{line.out_trade_no}"]
        assert paid[7:] == ["成功", "1000.05", "1000.05", "6.00", "1000.05"]
        assert (back[1], back[8], back[-1]) == ("退款", "0.05", "0.05")

    def test_of_differences_run_nothing_in_excel(self, shop: Shop, as_role: Any) -> None:
        shop.pays(theirs=False)
        shop.reconciles()
        finance = as_role(Role.finance)
        [found] = shop.differences()
        note = "=HYPERLINK(1)"
        assert finance.post(f"{DIFFERENCES}/{found.id}/resolve", json={"action": "accept", "note": note}, headers=key()).status_code == 200
        head, row = table(finance.get(f"{RUNS}/{shop.run().id}/differences.csv"))
        told = dict(zip(head, row, strict=True))
        assert (told["账单日期"], told["我方金额(元)"], told["微信金额(元)"], told["差额(元)"]) == (
            str(shop.day),
            "1000.00",
            "",
            "-1000.00",
        )
        assert (told["备注"], told["处理方式"]) == (f"'{note}", "说明原因后关闭")
