"""Bills of a day: ask for the file, fetch it. What is in it: `bill_rows`.

A day's bills are made by 10:00 of the next day and kept for three months. The address of a file is good for half a minute to five [K].
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import io
import zlib
from collections.abc import Iterator
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
_PIECE = 256 * 1024


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
    def download_bill(self, file: BillFile, *, unpack: bool = True) -> Ask[bytes]:
        """What a bill holds, UTF-8, comma-separated; without `unpack` as it came, which is a tenth of that. `lines` reads either.

        The answer bears no signature: the hash, which came signed, vouches for it.

        The hash is over the unpacked file; that is not verified against the live platform [K], so that of the packed one is good as well.
        Raises `WechatError` (retry_now, code "bill_damaged") when neither holds, ValueError when the address leads elsewhere.
        """
        return Ask(lambda reply: _verified(file, reply, unpack=unpack), query=_query(file.address), raw=True, vouched=True)


def _query(address: str) -> dict[str, str]:
    """What stands behind the question mark of a file's address, which has to be one of WeChat Pay's."""
    parts = urlsplit(address)
    bases = {*_HOSTS, settings().wechat_pay_base.rstrip("/")}
    if f"{parts.scheme}://{parts.netloc}{parts.path}" not in {base + _DOWNLOAD for base in bases}:
        raise ValueError("file: its address is not one of WeChat Pay's")
    return dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True))


def lines(bill: bytes) -> Iterator[bytes]:
    """The lines of a downloaded bill, packed or not; of a packed one never more than a piece is unpacked at a time."""
    with _opened(bill) as file:
        yield from file


def _opened(bill: bytes) -> io.BufferedIOBase:
    return gzip.open(io.BytesIO(bill)) if bill.startswith(_GZIP) else io.BytesIO(bill)


def _verified(file: BillFile, reply: Reply, *, unpack: bool) -> bytes:
    packed, hashed = reply.body, hashlib.sha1(usedforsecurity=False)
    try:
        with _opened(packed) as unpacked:
            while piece := unpacked.read(_PIECE):
                hashed.update(piece)
    except (OSError, EOFError, zlib.error):
        raise _damaged() from None
    hashes = (hashed.hexdigest(), hashlib.sha1(packed, usedforsecurity=False).hexdigest())
    if not any(hmac.compare_digest(one, file.sha1) for one in hashes):
        raise _damaged()
    return gzip.decompress(packed) if unpack and packed.startswith(_GZIP) else packed


def _damaged() -> WechatError:
    return WechatError(Outcome.retry_now, "bill_damaged", "the file is not the one that was announced")
