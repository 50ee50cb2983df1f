"""Asking for a bill and downloading it: when there is one, where it is, and for how long (spec 3.7)."""

import gzip
import hashlib
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.endpoints import PAY, SAME_HOSTS, Answer, Call
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.pay import bill_files
from miniprogram_mock.platform.pay.balance import ACCOUNTS
from miniprogram_mock.platform.pay.fields import text
from miniprogram_mock.platform.pay.wire import ANYBODY, PayRefusal, dealer, pay_endpoint
from miniprogram_mock.platform.store import declare
from miniprogram_mock.platform.switches import switch
from miniprogram_mock.platform.world import Merchant

if TYPE_CHECKING:
    pass

# A bill is written once: whoever asks again gets the same file.
declare("""
CREATE TABLE IF NOT EXISTS pay_bills (
    id INTEGER PRIMARY KEY, mchid TEXT NOT NULL, kind TEXT NOT NULL, bill_date TEXT NOT NULL, content BLOB NOT NULL,
    written_at REAL NOT NULL, UNIQUE (mchid, kind, bill_date));
CREATE TABLE IF NOT EXISTS pay_bill_links (
    token TEXT PRIMARY KEY, bill INTEGER NOT NULL REFERENCES pay_bills, gzip INTEGER NOT NULL, issued_at REAL NOT NULL)
""")
READY_HOUR = limit("pay.bill_ready_hour", 10, "3.7: yesterday's bill from 10:00")
KEPT_DAYS = limit("pay.bill_kept_days", 90, "3.7: three months")
LINK = limit("pay.bill_link_seconds", 300, "3.7 [K], not verified: 30 seconds to 5 minutes")
HASH_OVER = switch("pay_bill_hash_over", "plain", "hash_value 是解压后的文件的，还是传输内容的（3.7、9 [K]）", choices=("plain", "gzip"))

_DATE = text(10, pattern=r"\d{4}-\d{2}-\d{2}")
_TAR = text(8, one_of=("GZIP",))


@pay_endpoint(
    "GET", "/v3/bill/tradebill", for_whom=ANYBODY,
    query={"bill_date": _DATE, "bill_type?": text(32, one_of=bill_files.TRADE_BILLS), "tar_type?": _TAR, "sub_mchid?": text(32)},
)  # fmt: skip
def trade_bill(call: Call, merchant: Merchant) -> dict[str, Any]:
    """All trades of a day; of a service provider those of all its dealers, or of one."""
    sub_mchid = call.query.get("sub_mchid")
    if sub_mchid is not None:
        dealer(merchant, sub_mchid)
    bill_type = call.query.get("bill_type", "ALL")
    kind = f"{bill_type} {sub_mchid}" if sub_mchid else bill_type
    return _answer(
        call, merchant, kind, lambda day: bill_files.trades(call.platform, merchant, day, bill_type=bill_type, sub_mchid=sub_mchid)
    )


@pay_endpoint(
    "GET", "/v3/bill/fundflowbill", for_whom=ANYBODY,
    query={"bill_date": _DATE, "account_type?": text(32, one_of=ACCOUNTS), "tar_type?": _TAR},
)  # fmt: skip
def fund_flow_bill(call: Call, merchant: Merchant) -> dict[str, Any]:
    account = call.query.get("account_type", "BASIC")
    return _answer(call, merchant, account, lambda day: bill_files.funds(call.platform, merchant, day, account))


@pay_endpoint("GET", "/v3/billdownload/file", for_whom=ANYBODY, query={"token": text(64)})
def download(call: Call, merchant: Merchant) -> Answer:
    """The file itself; the only answer that carries no signature when all is well."""
    platform = call.platform
    found = platform.store.one(
        "SELECT content, gzip, issued_at FROM pay_bill_links JOIN pay_bills ON pay_bills.id = bill WHERE token = ? AND mchid = ?",
        call.query["token"], merchant.mchid,
    )  # fmt: skip
    if found is None or platform.clock.now() > found["issued_at"] + platform.limits[LINK]:
        raise PayRefusal("INVALID_REQUEST", "下载链接无效或已过期，请重新申请账单", field="/token", location="query")
    if found["gzip"]:
        return Answer(_compressed(found["content"]), content_type="application/x-gzip")
    return Answer(found["content"], content_type="text/plain; charset=utf-8")


def _answer(call: Call, merchant: Merchant, kind: str, write: "bill_files.Write") -> dict[str, Any]:
    """The link to a bill, which is written when it is first asked for."""
    platform, told = call.platform, call.query["bill_date"]
    _check_day(call, told)
    mine = (merchant.mchid, kind, told)
    if platform.store.value("SELECT 1 FROM pay_bills WHERE mchid = ? AND kind = ? AND bill_date = ?", *mine) is None:
        content = write(told)
        if content is None:
            raise PayRefusal("NO_STATEMENT_EXIST", "账单文件不存在，请检查当前商户号在指定日期是否有交易")
        platform.store.run(
            "INSERT INTO pay_bills (mchid, kind, bill_date, content, written_at) VALUES (?, ?, ?, ?, ?)",
            *mine, content, platform.clock.now(),
        )  # fmt: skip
    bill = platform.store.one("SELECT id, content FROM pay_bills WHERE mchid = ? AND kind = ? AND bill_date = ?", *mine)
    assert bill is not None
    token, is_gzip = crypto.random_text(48), "tar_type" in call.query
    platform.store.insert("pay_bill_links", token=token, bill=bill["id"], gzip=int(is_gzip), issued_at=platform.clock.now())
    hashed = _compressed(bill["content"]) if is_gzip and platform.switches[merchant.mchid, HASH_OVER] == "gzip" else bill["content"]
    digest = hashlib.sha1(hashed, usedforsecurity=False).hexdigest()
    return {"hash_type": "SHA1", "hash_value": digest, "download_url": f"{_base(call)}/v3/billdownload/file?token={token}"}


def _check_day(call: Call, told: str) -> None:
    """Yesterday's bill from ten o'clock in China, three months back at most."""
    platform = call.platform
    now = platform.clock.local(platform.clock.now())
    try:
        day = date.fromisoformat(told)
    except ValueError:
        day = now.date()
    if day >= now.date():
        raise PayRefusal("PARAM_ERROR", "bill_date只能是今天之前的日期", field="/bill_date", value=told, location="query")
    if day < now.date() - timedelta(days=platform.limits[KEPT_DAYS]):
        raise PayRefusal("INVALID_REQUEST", "仅支持三个月内的账单", field="/bill_date", value=told, location="query")
    if day == now.date() - timedelta(days=1) and now.hour < platform.limits[READY_HOUR]:
        raise PayRefusal("STATEMENT_CREATING", "账单生成中，请在10点后再试")


def _base(call: Call) -> str:
    """The address under which the caller reached this host: by name, or by the first segment of the path."""
    host = call.headers.get("Host", PAY)
    return f"https://{host}" if host in (PAY, *SAME_HOSTS) else f"http://{host}/{PAY}"


def _compressed(content: bytes) -> bytes:
    """Always the same bytes for the same file."""
    return gzip.compress(content, mtime=0)
