"""The simulator's own interface under `/_sim/`: people, staff, clock, faults, and what happened; for this machine only."""

import inspect
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson
from aiohttp import web

from miniprogram_mock import loopback
from miniprogram_mock.platform import calls, faults, pay, people, wecom
from miniprogram_mock.platform.callbacks import ANSWER_SECONDS, crypt_of
from miniprogram_mock.platform.clock import Clock
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.world import Corp, MiniProgram

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

PLATFORM: web.AppKey["Platform"] = web.AppKey("platform")
PAGES = Path(__file__).parent / "pages"
_SHEET = ("appId", "timeStamp", "nonceStr", "package", "signType", "paySign")
_MOST_SECONDS = 400 * 86400
_LONGEST_LIST = 1000
_table = web.RouteTableDef()

Body = dict[str, Any]
Answered = Callable[[web.Request, "Platform", Body], Any]


def routes() -> list[web.AbstractRouteDef]:
    return [*_table, web.static("/_sim/static", PAGES)]


def _route(method: str, path: str) -> Callable[[Answered], Answered]:
    """An interface of the simulator: a function of request, platform and JSON body, run in one transaction."""

    def decorate(function: Answered) -> Answered:
        @_table.route(method, path)
        @_loopback_only
        @wraps(function)
        async def handle(request: web.Request) -> web.StreamResponse:
            platform = request.app[PLATFORM]
            try:
                body = await _body(request)
                if inspect.iscoroutinefunction(function):
                    return _json(await function(request, platform, body))
                with platform.store.transaction():
                    content = function(request, platform, body)
                return _json(content)
            except NotPossible as refusal:
                return _json({"error": str(refusal)}, status=refusal.status)

        return function

    return decorate


def _loopback_only(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    @wraps(handler)
    async def guarded(request: web.Request) -> web.StreamResponse:
        reason = loopback.refused(request)
        return _json({"error": reason}, status=403) if reason else await handler(request)

    return guarded


@_table.get("/")
@_loopback_only
async def page(_: web.Request) -> web.StreamResponse:
    return web.FileResponse(PAGES / "index.html", headers={"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache"})


@_route("GET", "/_sim/health")
def health(_: web.Request, platform: "Platform", __: Body) -> Body:
    return {"ok": True, "now": platform.clock.rfc3339(platform.clock.now())}


@_route("GET", "/_sim/world")
def show_world(_: web.Request, platform: "Platform", __: Body) -> Body:
    """The accounts without their keys; a mini-program with its pages and subscribe templates."""
    accounts: list[Body] = [{"kind": type(one).__name__, "appid": one.appid, "name": one.name} for one in platform.world.accounts.values()]
    for account, one in zip(accounts, platform.world.accounts.values(), strict=True):
        if isinstance(one, MiniProgram):
            account |= {"pages": one.pages, "subscribe_templates": [asdict(template) for template in one.subscribe_templates]}
    merchants = [{"mchid": one.mchid, "appid": one.appid, "name": one.name} for one in platform.world.merchants]
    return {"accounts": accounts, "merchants": merchants, "callback_base": platform.world.callback_base}


@_route("GET", "/_sim/users")
def list_users(request: web.Request, platform: "Platform", _: Body) -> Body:
    return {"users": people.listed(platform, limit=_number(request, "limit", 100), after=_number(request, "after", 0))}


@_route("POST", "/_sim/users")
def create_user(_: web.Request, platform: "Platform", body: Body) -> Body:
    phone = body.get("phone")
    if phone is not None and not isinstance(phone, str):
        raise NotPossible("phone 必须是文本", status=422)
    return people.create(platform, nickname=_text(body, "nickname"), phone=phone, follows=body.get("follow") is True)


@_route("GET", r"/_sim/users/{id:\d+}")
def show_user(request: web.Request, platform: "Platform", _: Body) -> Body:
    return people.describe(platform, people.get(platform, _user_id(request)))


@_route("POST", r"/_sim/users/{id:\d+}/login-code")
def login_code(request: web.Request, platform: "Platform", body: Body) -> Body:
    return {"code": people.issue_code(platform, _user_id(request), kind="login", appid=_text(body, "appid"))}


@_route("POST", r"/_sim/users/{id:\d+}/phone-code")
def phone_code(request: web.Request, platform: "Platform", body: Body) -> Body:
    return {"code": people.issue_code(platform, _user_id(request), kind="phone", appid=_text(body, "appid"))}


@_route("POST", r"/_sim/users/{id:\d+}/follow")
def follow(request: web.Request, platform: "Platform", body: Body) -> Body:
    people.follow(platform, _user_id(request), appid=_text(body, "appid"), following=True)
    return show_user(request, platform, body)


@_route("POST", r"/_sim/users/{id:\d+}/unfollow")
def unfollow(request: web.Request, platform: "Platform", body: Body) -> Body:
    people.follow(platform, _user_id(request), appid=_text(body, "appid"), following=False)
    return show_user(request, platform, body)


@_route("POST", r"/_sim/users/{id:\d+}/subscribe")
def subscribe(request: web.Request, platform: "Platform", body: Body) -> Body:
    """What she answered to `wx.requestSubscribeMessage`: `answers` is a list of `{template_id, answer}`."""
    answers = body.get("answers")
    if not isinstance(answers, list) or not all(isinstance(one, dict) for one in answers):
        raise NotPossible("answers 必须是列表", status=422)
    told = [(_text(one, "template_id"), _text(one, "answer")) for one in answers]
    people.subscribe(platform, _user_id(request), appid=_text(body, "appid"), answers=told)
    return show_user(request, platform, body)


@_route("POST", r"/_sim/users/{id:\d+}/restrict")
def restrict(request: web.Request, platform: "Platform", body: Body) -> Body:
    """`blacklisted` (by the account) and `refuses_messages` (by the user), each true or false."""
    people.restrict(
        platform, _user_id(request), appid=_text(body, "appid"),
        blacklisted=body.get("blacklisted"), refuses_messages=body.get("refuses_messages"),
    )  # fmt: skip
    return show_user(request, platform, body)


@_route("POST", r"/_sim/users/{id:\d+}/pay")
def pay_sheet(request: web.Request, platform: "Platform", body: Body) -> Body:
    """`wx.requestPayment` and the user's thumb: the parameters the mini-program got from its server."""
    people.get(platform, _user_id(request))
    sheet = {name: _text(body, name) for name in _SHEET}
    copies = body.get("duplicate_notification", 1)
    if not isinstance(copies, int) or not 1 <= copies <= 10:
        raise NotPossible("duplicate_notification 必须是 1 到 10 的整数", status=422)
    problem = pay.pay(platform, _user_id(request), sheet, lose=body.get("lose_notification") is True, copies=copies)
    return {"result": "fail", "errMsg": problem} if problem else {"result": "ok", "errMsg": "requestPayment:ok"}


@_route("GET", "/_sim/prepays/{prepay_id}")
def prepay(request: web.Request, platform: "Platform", _: Body) -> Body:
    """What WeChat's payment sheet shows before she pays."""
    return pay.bill(platform, request.match_info["prepay_id"])


@_route("GET", r"/_sim/users/{id:\d+}/inbox")
def user_inbox(request: web.Request, platform: "Platform", _: Body) -> Body:
    return {"messages": people.inbox(platform, _user_id(request), limit=_number(request, "limit", 100))}


@_route("GET", "/_sim/staff")
def staff(_: web.Request, platform: "Platform", __: Body) -> Body:
    return {"staff": people.staff(platform)}


@_route("GET", "/_sim/staff/{userid}/inbox")
def staff_inbox(request: web.Request, platform: "Platform", _: Body) -> Body:
    return people.staff_inbox(platform, request.match_info["userid"], limit=_number(request, "limit", 100))


@_route("POST", "/_sim/staff/{userid}/press")
def press(request: web.Request, platform: "Platform", body: Body) -> Body:
    message_id = body.get("message_id")
    if not isinstance(message_id, int):
        raise NotPossible("message_id 必须是整数", status=422)
    problem = wecom.press(platform, request.match_info["userid"], message_id=message_id, key=_text(body, "key"))
    if problem:
        raise NotPossible(problem)
    return {"result": "ok"}


@_route("GET", "/_sim/payments")
def payments(request: web.Request, platform: "Platform", _: Body) -> Body:
    rows = platform.store.all(
        "SELECT p.*, u.nickname FROM payments p JOIN openids o ON o.openid = p.openid JOIN users u ON u.id = o.user_id "
        "ORDER BY p.created_at DESC LIMIT ?", _number(request, "limit", 100),
    )  # fmt: skip
    for row in rows:
        row["description"] = orjson.loads(row.pop("request"))["description"]
    return {"payments": [_times(row, "created_at", "expires_at", "paid_at", "closed_at") for row in rows]}


@_route("GET", "/_sim/refunds")
def refunds(request: web.Request, platform: "Platform", _: Body) -> Body:
    rows = platform.store.all("SELECT * FROM refunds ORDER BY created_at DESC LIMIT ?", _number(request, "limit", 100))
    for row in rows:
        row["reason"] = orjson.loads(row.pop("request")).get("reason", "")
    return {"refunds": [_times(row, "created_at", "settle_at", "settled_at") for row in rows]}


@_route("GET", "/_sim/calls")
def list_calls(request: web.Request, platform: "Platform", _: Body) -> Body:
    after = _number(request, "after", 0) if "after" in request.query else None
    return {"calls": calls.listed(platform.store, path=request.query.get("path"), limit=_number(request, "limit", 100), after=after)}


@_route("GET", "/_sim/callbacks")
def list_callbacks(request: web.Request, platform: "Platform", _: Body) -> Body:
    state = request.query.get("state")
    rows = platform.store.all(
        "SELECT id, wire, account, event, event_id, recipient, url, state, attempts, next_at, last_status, last_error, "
        "created_at, finished_at FROM callbacks WHERE ? IS NULL OR state = ? ORDER BY id DESC LIMIT ?",
        state, state, _number(request, "limit", 100),
    )  # fmt: skip
    return {"callbacks": [_times(row, "created_at", "next_at", "finished_at") for row in rows]}


@_route("GET", "/_sim/duplicates")
def duplicates(request: web.Request, platform: "Platform", _: Body) -> Body:
    """For everything that must happen once: how often it was asked for, and how often it happened. `kind` narrows it."""
    kind = request.query.get("kind")
    rows = platform.store.all(
        "SELECT kind, key, attempts, effects, attempts - effects AS deduplicated FROM repeats "
        "WHERE ? IS NULL OR kind = ? ORDER BY kind, key",
        kind, kind,
    )  # fmt: skip
    return {"duplicates": rows}


@_route("GET", "/_sim/clock")
def show_clock(_: web.Request, platform: "Platform", __: Body) -> Body:
    return _clock(platform)


@_route("POST", "/_sim/clock/advance")
async def advance_clock(_: web.Request, platform: "Platform", body: Body) -> Body:
    """Move the clock forward, tell every follower, then let the timers look; a follower that fails is named in the answer."""
    seconds = body.get("seconds")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 < seconds <= _MOST_SECONDS:
        raise NotPossible("seconds 必须是 0 到 34560000 之间的数", status=422)
    with platform.store.transaction():
        platform.clock.advance(seconds)
    followers = [await _tell(follower, seconds) for follower in platform.world.clock_followers]
    platform.callbacks.wake()
    return {**_clock(platform), "followers": followers}


@_route("POST", "/_sim/verify-callback")
async def verify_callback(_: web.Request, platform: "Platform", body: Body) -> Body:
    """What the console does when a callback address is saved: ask it for the echo."""
    account = platform.world.accounts.get(_text(body, "appid"))
    if account is None:
        raise NotPossible("没有这个账号", status=404)
    crypt, timestamp, nonce, echo = crypt_of(account), str(platform.clock.wall()), str(secrets.randbelow(10**10)), secrets.token_hex(10)
    query = {"timestamp": timestamp, "nonce": nonce, "echostr": echo}
    if isinstance(account, Corp):
        query["echostr"] = crypt.encrypt(echo)
        query["msg_signature"] = crypt.signature(timestamp, nonce, query["echostr"])
    else:
        query["signature"] = crypt.signature(timestamp, nonce)
    url = platform.world.callback_url(account)
    try:
        async with _outgoing() as session, session.get(url, params=query) as response:
            status, text = response.status, await response.text(errors="replace")
    except (aiohttp.ClientError, TimeoutError) as failure:
        return {"ok": False, "url": url, "error": type(failure).__name__}
    return {"ok": status == 200 and text == echo, "url": url, "status": status}


@_route("GET", "/_sim/faults")
def list_faults(_: web.Request, platform: "Platform", __: Body) -> Body:
    return {"faults": platform.faults.listed(), "kinds": faults.KINDS}


@_route("POST", "/_sim/faults")
def plant_faults(_: web.Request, platform: "Platform", body: Body) -> Body:
    """Plant faults: `{"lose_callbacks": n}`, `{"timeout_after_accept": {"path", "times"}}`, `{"errcode": {"path", "code", "times"}}`,
    `{"template_status": {"status", "times"}}`, `{"refund_status": {"status", "times"}}`; `{"clear": true}` takes all away.
    """
    for kind, how in body.items():
        if kind == "clear":
            platform.faults.clear()
        elif kind == "lose_callbacks" and isinstance(how, int):
            platform.faults.plant(kind, times=how)
        elif kind in faults.KINDS and isinstance(how, dict):
            times, value = how.get("times", 1), how.get("code", how.get("status"))
            if not isinstance(times, int) or (value is None and kind != "timeout_after_accept"):
                raise NotPossible(f"{kind} 缺少 code、status 或 times", status=422)
            platform.faults.plant(kind, times=times, path=how.get("path"), value=value)
        else:
            wrong = "的写法不对，见 README.md" if kind in faults.KINDS else "不是一种故障"
            raise NotPossible(f"{kind} {wrong}", status=422)
    return {"faults": platform.faults.listed()}


async def _tell(follower: dict[str, str], seconds: float) -> Body:
    """Ask a follower to move its own clock as far."""
    headers = {"X-Clock-Token": follower["token"]}
    try:
        async with _outgoing() as session, session.post(follower["url"], json={"seconds": seconds}, headers=headers) as response:
            return {"url": follower["url"], "ok": response.status < 300, "status": response.status}
    except (aiohttp.ClientError, TimeoutError) as failure:
        return {"url": follower["url"], "ok": False, "error": type(failure).__name__}


def _outgoing() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS))


def _clock(platform: "Platform") -> Body:
    return {"now": platform.clock.rfc3339(platform.clock.now()), "offset_seconds": platform.clock.offset}


def _times(row: Body, *names: str) -> Body:
    return {**row, **{name: Clock.rfc3339(row[name]) for name in names}}


def _user_id(request: web.Request) -> int:
    return int(request.match_info["id"])


def _number(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not text.isdigit():
        raise NotPossible(f"{name} 必须是整数", status=422)
    return min(int(text), _LONGEST_LIST) if name == "limit" else int(text)


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise NotPossible(f"缺少 {name}", status=422)
    return value


async def _body(request: web.Request) -> Body:
    raw = await request.read()
    if not raw:
        return {}
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise NotPossible("请求体必须是 JSON 对象", status=422)
    return body


def _json(content: Any, *, status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(content), status=status, content_type="application/json")
