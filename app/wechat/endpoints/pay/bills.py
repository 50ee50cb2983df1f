"""Bills of a day: ask for the file, fetch it. What is in it: `bill_rows`.

A day's bills are made by 10:00 of the next day and kept for three months. The address of a file is good for half a minute to five [K].
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import zlib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from app.kit.settings import settings
from app.wechat.endpoints import Ask, Reply, get
from app.wechat.endpoints.pay.door import PayDoor
from app.wechat.errors import Outcome, WechatError

_DOWNLOAD = "/v3/billdownload/file"
# WeChat Pay's own addresses; a file is fetched from none but these and the one in our settings, to which our signature goes.
_HOSTS = ("https://api.mch.weixin.qq.com", "https://api2.mch.weixin.qq.com")
_GZIP = b"\x1f\x8b"


class TradeBillKind(StrEnum):
    everything = "ALL"
    payments = "SUCCESS"
    refunds = "REFUND"


class FundAccount(StrEnum):
    basic = "BASIC"
    operation = "OPERATION"
    fees = "FEES"


@dataclass(frozen=True)
class BillFile:
    """Where a bill is, and the SHA-1 of what it holds, in hex."""

    sha1: str
    address: str

    @classmethod
    def read(cls, told: dict[str, Any]) -> BillFile:
        if told["hash_type"] != "SHA1":
            raise ValueError("another hash")
        return cls(sha1=told["hash_value"].lower(), address=told["download_url"])


class Bills(PayDoor):
    @get("/v3/bill/tradebill")
    def trade_bill(self, on: date, *, kind: TradeBillKind = TradeBillKind.everything, sub_mchid: str | None = None) -> Ask[BillFile | None]:
        """The day's payments and refunds; None when there were none. A service provider gets all its dealers', or one's.

        Refusals: STATEMENT_CREATING (ask later), PARAM_ERROR (over three months ago, or not yet over).
        """
        query = {"bill_date": on.isoformat(), "bill_type": kind.value, "tar_type": "GZIP"}
        whose = self._of(sub_mchid) if sub_mchid is not None else {}
        return Ask(BillFile.read, query=query | whose, instead={"NO_STATEMENT_EXIST": None})

    @get("/v3/bill/fundflowbill")
    def fund_flow_bill(self, on: date, *, account: FundAccount = FundAccount.basic) -> Ask[BillFile | None]:
        """All movements of one of the merchant's own accounts on a day; None when there were none. Refusals: as above."""
        query = {"bill_date": on.isoformat(), "account_type": account.value, "tar_type": "GZIP"}
        return Ask(BillFile.read, query=query, instead={"NO_STATEMENT_EXIST": None})

    @get(_DOWNLOAD)
    def download_bill(self, file: BillFile) -> Ask[bytes]:
        """What a bill holds, unpacked: UTF-8, comma-separated. The answer bears no signature: the hash, which came signed, vouches for it.

        The hash is over the unpacked file; that is not verified against the live platform [K], so that of the packed one is good as well.
        Raises `WechatError` (retry_now, code "bill_damaged") when neither holds, ValueError when the address leads elsewhere.
        """
        return Ask(lambda reply: _verified(file, reply), query=_query(file.address), raw=True, vouched=True)


def _query(address: str) -> dict[str, str]:
    """What stands behind the question mark of a file's address, which has to be one of WeChat Pay's."""
    parts = urlsplit(address)
    bases = {*_HOSTS, settings().wechat_pay_base.rstrip("/")}
    if f"{parts.scheme}://{parts.netloc}{parts.path}" not in {base + _DOWNLOAD for base in bases}:
        raise ValueError("file: its address is not one of WeChat Pay's")
    return dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True))


def _verified(file: BillFile, reply: Reply) -> bytes:
    packed = reply.body
    try:
        unpacked = gzip.decompress(packed) if packed.startswith(_GZIP) else packed
    except (OSError, EOFError, zlib.error):
        raise _damaged() from None
    hashes = (hashlib.sha1(one, usedforsecurity=False).hexdigest() for one in (unpacked, packed))
    if not any(hmac.compare_digest(one, file.sha1) for one in hashes):
        raise _damaged()
    return unpacked


def _damaged() -> WechatError:
    return WechatError(Outcome.retry_now, "bill_damaged", "the file is not the one that was announced")
