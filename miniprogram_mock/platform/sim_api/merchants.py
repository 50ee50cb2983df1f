"""The merchant's console: keys and certificates, balances, money flow, bills, profit sharing."""

from typing import TYPE_CHECKING

from aiohttp import web

from miniprogram_mock.platform.pay import balance, keys, sharing
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.sim_api.routing import Body, number, route, text, times
from miniprogram_mock.platform.world.merchants import KEY_MODES, Merchant

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform


@route("GET", "/_sim/merchants")
def merchants(_: web.Request, platform: "Platform", __: Body) -> Body:
    """Every merchant with its key mode and money; a service provider with its dealers."""
    return {"merchants": [_merchant(platform, one) for one in platform.world.merchants]}


@route("GET", "/_sim/merchants/{mchid}")
def merchant(request: web.Request, platform: "Platform", _: Body) -> Body:
    """Also its public key and the certificates that are valid now, as PEM: nothing here is secret."""
    one = _known(request, platform)
    certificates = [
        {"serial": found.serial, "certificate": found.pem, "since": found.since, "until": found.until}
        for found in keys.certificates(platform, one)
    ]
    public = {"public_key_id": one.public_key_id, "public_key": one.public_key} if keys.mode(platform, one) != "certificate" else {}
    return {**_merchant(platform, one), **public, "certificates": [times(found, "since", "until") for found in certificates]}


@route("POST", "/_sim/merchants/{mchid}/key-mode")
def set_key_mode(request: web.Request, platform: "Platform", body: Body) -> Body:
    """`{"mode": "public_key" | "certificate" | "mixed"}`."""
    mode, one = text(body, "mode"), _known(request, platform)
    if mode not in KEY_MODES:
        raise NotPossible(f"mode 只能是 {'、'.join(KEY_MODES)}", status=422)
    keys.set_mode(platform, one, mode)
    return _merchant(platform, one)


@route("POST", "/_sim/merchants/{mchid}/rotate-certificate")
def rotate_certificate(request: web.Request, platform: "Platform", _: Body) -> Body:
    """WeChat Pay issues a new platform certificate; for a while the old one is valid too."""
    one = _known(request, platform)
    if keys.mode(platform, one) == "public_key":
        raise NotPossible("该商户使用微信支付公钥，没有平台证书")
    return {"serial": keys.rotate(platform, one).serial}


@route("POST", "/_sim/merchants/{mchid}/withdraw")
def withdraw(request: web.Request, platform: "Platform", body: Body) -> Body:
    """`{"amount"}` in fen to the merchant's bank; without it, everything that may be spent."""
    mchid = _payee(request, platform)
    return {"withdrawn": balance.withdraw(platform, mchid, _fen(body)), "balance": _balance(platform, mchid)}


@route("POST", "/_sim/merchants/{mchid}/top-up")
def top_up(request: web.Request, platform: "Platform", body: Body) -> Body:
    """`{"amount", "account"}` in fen, to BASIC unless said."""
    mchid, amount, account = _payee(request, platform), _fen(body), body.get("account", "BASIC")
    if amount is None or account not in balance.ACCOUNTS:
        raise NotPossible(f"amount 必填，account 只能是 {'、'.join(balance.ACCOUNTS)}", status=422)
    balance.move(platform, mchid, amount, business=balance.TOP_UP, account=account)
    return {"balance": _balance(platform, mchid)}


@route("GET", "/_sim/merchants/{mchid}/funds")
def funds(request: web.Request, platform: "Platform", _: Body) -> Body:
    """Every movement of its money, the newest first."""
    rows = platform.store.all(
        "SELECT * FROM pay_funds WHERE mchid = ? AND id > ? ORDER BY id DESC LIMIT ?",
        _payee(request, platform), number(request, "after", 0), number(request, "limit", 100),
    )  # fmt: skip
    return {"funds": [times(row, "at") for row in rows]}


@route("GET", "/_sim/bills")
def bills(request: web.Request, platform: "Platform", _: Body) -> Body:
    """The bills that were written, the newest first, each with its text."""
    rows = platform.store.all(
        "SELECT * FROM pay_bills WHERE id > ? ORDER BY id DESC LIMIT ?", number(request, "after", 0), number(request, "limit", 20)
    )
    return {"bills": [times({**row, "content": row["content"].decode("utf-8-sig")}, "written_at") for row in rows]}


@route("GET", "/_sim/sharing")
def listed_sharing(request: web.Request, platform: "Platform", _: Body) -> Body:
    """Rounds of profit sharing with their shares, and what was taken back, the newest first; and who may receive."""
    page = (number(request, "after", 0), number(request, "limit", 100))
    rounds = platform.store.all("SELECT rowid AS id, * FROM pay_sharings WHERE rowid > ? ORDER BY rowid DESC LIMIT ?", *page)
    back = platform.store.all("SELECT rowid AS id, * FROM pay_sharing_returns WHERE rowid > ? ORDER BY rowid DESC LIMIT ?", *page)
    for row in back:
        del row["request"]
    return {
        "rounds": [{"id": row["id"], "mchid": row["mchid"], **sharing.describe(platform, row)} for row in rounds],
        "returns": [times(row, "created_at", "finished_at") for row in back],
        "receivers": [times(row, "added_at") for row in platform.store.all("SELECT * FROM pay_receivers ORDER BY added_at DESC")],
    }


def _merchant(platform: "Platform", one: Merchant) -> Body:
    told = {"mchid": one.mchid, "appid": one.appid, "name": one.name, "key_mode": keys.mode(platform, one)}
    dealers = [
        {"mchid": sub.sub_mchid, "appid": sub.sub_appid, "name": sub.name, "balance": _balance(platform, sub.sub_mchid)}
        for sub in one.sub_merchants
    ]
    return {**told, "balance": _balance(platform, one.mchid), "sub_merchants": dealers}


def _balance(platform: "Platform", mchid: str) -> Body:
    """In fen."""
    return {
        "held": balance.held(platform, mchid), "available": balance.available(platform, mchid),
        "waits_for_sharing": balance.waits_for_sharing(platform, mchid), "waits_for_delivery": balance.waits_for_delivery(platform, mchid),
        "operation": balance.held(platform, mchid, "OPERATION"), "fees": balance.held(platform, mchid, "FEES"),
    }  # fmt: skip


def _known(request: web.Request, platform: "Platform") -> Merchant:
    one = platform.world.merchant(request.match_info["mchid"])
    if one is None:
        raise NotPossible("没有这个商户", status=404)
    return one


def _payee(request: web.Request, platform: "Platform") -> str:
    mchid = request.match_info["mchid"]
    if mchid not in platform.world.payees:
        raise NotPossible("没有这个商户号", status=404)
    return mchid


def _fen(body: Body) -> int | None:
    amount = body.get("amount")
    if amount is not None and (not isinstance(amount, int) or isinstance(amount, bool) or amount < 1):
        raise NotPossible("amount 必须是正整数（分）", status=422)
    return amount
