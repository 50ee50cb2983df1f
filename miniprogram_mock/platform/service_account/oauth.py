"""Web login of the service account: she opens the authorize page, the account's server swaps the code (spec 2.1, [K]: not verified)."""

from html import escape
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.endpoints import API, OPEN, Answer, Call
from miniprogram_mock.platform.errcode import Refusal, Result, ok, open_endpoint
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.people import NotPossible, get
from miniprogram_mock.platform.service_account.console import OPEN_PLATFORM, is_own_domain, openid_of
from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.tokens import check_secret
from miniprogram_mock.platform.wecom import oauth as corp_oauth
from miniprogram_mock.platform.world import ServiceAccount

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("""
CREATE TABLE IF NOT EXISTS sns_codes (
    code TEXT PRIMARY KEY, appid TEXT NOT NULL, user_id INTEGER NOT NULL, openid TEXT NOT NULL, scope TEXT NOT NULL,
    snapshot INTEGER NOT NULL, issued_at REAL NOT NULL, used_at REAL);
CREATE TABLE IF NOT EXISTS sns_tokens (
    access_token TEXT PRIMARY KEY, refresh_token TEXT NOT NULL, appid TEXT NOT NULL, user_id INTEGER NOT NULL, openid TEXT NOT NULL,
    scope TEXT NOT NULL, snapshot INTEGER NOT NULL, expires_at REAL NOT NULL, refreshable_until REAL NOT NULL);
CREATE INDEX IF NOT EXISTS sns_tokens_to_refresh ON sns_tokens (refresh_token);
""")
CODE_LIFETIME = limit("oauth.code_seconds", 300, "2.1 [K], not verified")
TOKEN_LIFETIME = limit("oauth.access_token_seconds", 7200, "2.1 [K], not verified")
REFRESH_LIFETIME = limit("oauth.refresh_token_seconds", 30 * 86400, "2.1 [K], not verified")
STATE_BYTES = limit("oauth.state_bytes", 128, "[K], not verified")
PHONE_COOKIE = "wechat_user"
_AUTHORIZE = "/connect/oauth2/authorize"
_ORDER = ("appid", "redirect_uri", "response_type", "scope", "state")
_SCOPES = ("snsapi_base", "snsapi_userinfo")


def authorize(platform: "Platform", user_id: int, query: str, *, allows: bool = True, snapshot: bool = False) -> str:
    """She opens the authorize page: gives the address that WeChat sends her to. NotPossible with the words that the page shows instead.

    `allows` False: she refuses on the page of snsapi_userinfo, which comes back without a code. `snapshot`: she looks at the account's
    page as a snapshot, and the account gets a virtual user.
    """
    if of_corp := corp_oauth.authorize(platform, query, user_id=user_id):
        return of_corp
    pairs = parse_qsl(query, keep_blank_values=True)
    given, names = dict(pairs), [name for name, _ in pairs]
    if [name for name in _ORDER if name in given] != names:
        raise NotPossible("参数错误：授权链接的参数或其顺序不对", status=422)
    account = platform.world.accounts.get(given.get("appid", ""))
    if not isinstance(account, ServiceAccount):
        raise NotPossible("AppID 参数错误", status=422)
    if given.get("response_type") != "code":
        raise NotPossible("response_type 参数错误", status=422)
    if given.get("scope") not in _SCOPES:
        raise NotPossible("Scope 参数错误或没有 Scope 权限", status=422)
    if len(given.get("state", "").encode()) > platform.limits[STATE_BYTES]:
        raise NotPossible("state 参数错误", status=422)
    target = given.get("redirect_uri", "")
    if not is_own_domain(platform, account.appid, target):
        raise NotPossible("redirect_uri 域名与后台配置不一致，错误码:10003", status=422)
    back = {} if given["scope"] == "snsapi_userinfo" and not allows else {
        "code": _issue_code(platform, account, user_id, scope=given["scope"], snapshot=snapshot)
    }  # fmt: skip
    extra = urlencode({**back, "state": given.get("state", "")})
    page, _, fragment = target.partition("#")
    return f"{page}{'&' if urlsplit(page).query else '?'}{extra}" + (f"#{fragment}" if fragment else "")


def authorize_url(platform: "Platform", user_id: int, url: str, *, allows: bool, snapshot: bool) -> str:
    """The same for a whole address, as it stands behind a menu or in a chat."""
    parts = urlsplit(url)
    if (parts.hostname, parts.path) != (OPEN, _AUTHORIZE) and not parts.path.endswith(f"/{OPEN}{_AUTHORIZE}"):
        raise NotPossible("不是网页授权链接", status=422)
    if parts.fragment != "wechat_redirect":
        raise NotPossible("参数错误：授权链接必须以 #wechat_redirect 结尾", status=422)
    return authorize(platform, user_id, parts.query, allows=allows, snapshot=snapshot)


@open_endpoint(OPEN, "GET", _AUTHORIZE)
def authorize_page(call: Call) -> Result:
    """The page for a browser. Whose WeChat the browser is says the cookie `wechat_user`, the id of a user; without it, it is none.

    A corp's page is also for WeCom, whose member the cookie `wecom_member` names.
    """
    cookies, query = SimpleCookie(call.headers.get("Cookie", "")), call.target.partition("?")[2]
    cookie, member = cookies.get(PHONE_COOKIE), cookies.get(corp_oauth.MEMBER_COOKIE)
    try:
        if member and (of_corp := corp_oauth.authorize(call.platform, query, userid=member.value)):
            return Answer(b"", status=302, headers={"Location": of_corp})
        if cookie is None or not cookie.value.isdecimal():
            raise NotPossible("请在微信客户端打开链接")
        location = authorize(call.platform, int(cookie.value), query)
    except NotPossible as refusal:
        page = f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>抱歉，出错了</title><p>{escape(str(refusal))}</p></html>'
        return Answer(page.encode(), content_type="text/html; charset=utf-8", errcode="page")
    return Answer(b"", status=302, headers={"Location": location})


@open_endpoint(API, "GET", "/sns/oauth2/access_token")
def access_token(call: Call) -> Result:
    """Swap the code, once and within five minutes. The token is hers for `/sns/`, not the account's for `/cgi-bin/`."""
    query, platform = call.query, call.platform
    _check_names(call, ("appid", 41002, "appid missing"), ("secret", 41004, "appsecret missing"), ("code", 41008, "missing code"))
    check_secret(call, query["appid"], query["secret"])
    _check_grant(call, "authorization_code")
    now = platform.clock.now()
    row = platform.store.one("SELECT * FROM sns_codes WHERE code = ? AND appid = ?", query["code"], query["appid"])
    if row is None:
        raise Refusal(40029, "invalid code")
    if row["used_at"] is not None:
        raise Refusal(40163, "code been used")
    if now - row["issued_at"] > platform.limits[CODE_LIFETIME]:
        raise Refusal(42003, "code expired")
    platform.store.run("UPDATE sns_codes SET used_at = ? WHERE code = ?", now, row["code"])
    platform.store.run("DELETE FROM sns_tokens WHERE refreshable_until < ?", now - 86400)
    token = {
        "access_token": crypto.random_text(110), "refresh_token": crypto.random_text(110), "openid": row["openid"], "scope": row["scope"]
    }  # fmt: skip
    platform.store.insert(
        "sns_tokens", **token, appid=row["appid"], user_id=row["user_id"], snapshot=row["snapshot"],
        expires_at=now + platform.limits[TOKEN_LIFETIME], refreshable_until=now + platform.limits[REFRESH_LIFETIME],
    )  # fmt: skip
    more = {"is_snapshotuser": 1} if row["snapshot"] else {}
    return {"expires_in": platform.limits[TOKEN_LIFETIME], **token, **more, **_unionid(platform, row)}


@open_endpoint(API, "GET", "/sns/oauth2/refresh_token")
def refresh_token(call: Call) -> Result:
    """A token that still lives lives longer, one that has expired is replaced; the refresh token itself is never renewed."""
    platform, now = call.platform, call.platform.clock.now()
    _check_names(call, ("appid", 41002, "appid missing"), ("refresh_token", 41003, "refresh_token missing"))
    _check_grant(call, "refresh_token")
    row = platform.store.one(
        "SELECT * FROM sns_tokens WHERE refresh_token = ? AND appid = ?", call.query["refresh_token"], call.query["appid"]
    )
    if row is None:
        raise Refusal(40030, "invalid refresh_token")
    if row["refreshable_until"] <= now:
        raise Refusal(42002, "refresh_token expired")
    token = row["access_token"] if row["expires_at"] > now else crypto.random_text(110)
    platform.store.run(
        "UPDATE sns_tokens SET access_token = ?, expires_at = ? WHERE access_token = ?",
        token, now + platform.limits[TOKEN_LIFETIME], row["access_token"],
    )  # fmt: skip
    return {
        "access_token": token, "expires_in": platform.limits[TOKEN_LIFETIME], "refresh_token": row["refresh_token"],
        "openid": row["openid"], "scope": row["scope"],
    }  # fmt: skip


@open_endpoint(API, "GET", "/sns/userinfo")
def userinfo(call: Call) -> Result:
    """Her name and picture, if she allowed that. City and sex are empty since 2021-10."""
    row = _token(call)
    if row["scope"] != "snsapi_userinfo":
        raise Refusal(48001, "api unauthorized")
    name = "微信用户" if row["snapshot"] else get(call.platform, row["user_id"])["nickname"]
    return {
        "openid": row["openid"], "nickname": name, "sex": 0, "language": "", "city": "", "province": "", "country": "",
        "headimgurl": f"https://thirdwx.qlogo.cn/mmopen/vi_32/{row['openid']}/132", "privilege": [], **_unionid(call.platform, row),
    }  # fmt: skip


@open_endpoint(API, "GET", "/sns/auth")
def auth(call: Call) -> Result:
    """Whether a token of hers still holds."""
    _token(call)
    return ok()


def _issue_code(platform: "Platform", account: ServiceAccount, user_id: int, *, scope: str, snapshot: bool) -> str:
    code, openid = crypto.random_text(32), openid_of(platform, account, user_id)
    platform.store.insert(
        "sns_codes", code=code, appid=account.appid, user_id=user_id, openid=f"o{crypto.random_text(27)}" if snapshot else openid,
        scope=scope, snapshot=int(snapshot), issued_at=platform.clock.now(),
    )  # fmt: skip
    return code


def _token(call: Call) -> Row:
    _check_names(call, ("access_token", 41001, "access_token missing"), ("openid", 41009, "missing openid"))
    row = call.platform.store.one("SELECT * FROM sns_tokens WHERE access_token = ?", call.query["access_token"])
    if row is None:
        raise Refusal(40001, "invalid credential, access_token is invalid or not latest")
    if row["expires_at"] <= call.platform.clock.now():
        raise Refusal(42001, "access_token expired")
    if row["openid"] != call.query["openid"]:
        raise Refusal(40003, "invalid openid")
    return row


def _unionid(platform: "Platform", row: Row) -> dict[str, Any]:
    """Told only for snsapi_userinfo, and only by an account that is bound to the Open Platform; a virtual user has a virtual one."""
    if row["scope"] != "snsapi_userinfo" or not platform.switches[row["appid"], OPEN_PLATFORM]:
        return {}
    return {"unionid": f"v{row['openid'][1:]}" if row["snapshot"] else get(platform, row["user_id"])["unionid"]}


def _check_names(call: Call, *needed: tuple[str, int, str]) -> None:
    for name, errcode, errmsg in needed:
        if not call.query.get(name):
            raise Refusal(errcode, errmsg)


def _check_grant(call: Call, wanted: str) -> None:
    if call.query.get("grant_type") != wanted:
        raise Refusal(40002, "invalid grant_type")
