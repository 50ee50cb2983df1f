"""Who opened a page in WeCom or WeChat: the corp's OAuth2, on the same authorize page as the service account's (spec 4.4).

A member is named whether the application sees her or not; details of a `user_ticket` and its 1800 s are not verified [K].
"""

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.endpoints import Call, Refusal
from miniprogram_mock.platform.errcode import Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.shapes import Text
from miniprogram_mock.platform.store import declare
from miniprogram_mock.platform.switches import switch
from miniprogram_mock.platform.wecom import customers, directory
from miniprogram_mock.platform.wecom.access import work
from miniprogram_mock.platform.world import Corp

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

# Of `userid` (a member) and `user_id` (somebody in WeChat) one is given; `ticket` is for the details of a member who agreed.
declare("""
CREATE TABLE IF NOT EXISTS wecom_oauth_codes (
    code TEXT PRIMARY KEY, app TEXT NOT NULL, userid TEXT, user_id INTEGER, scope TEXT NOT NULL, issued_at REAL NOT NULL, used_at REAL,
    ticket TEXT);
CREATE INDEX IF NOT EXISTS wecom_oauth_tickets ON wecom_oauth_codes (ticket);
""")

CODE_SECONDS = limit("wecom.oauth_code_seconds", 300, "4.4 [K], not verified")
TICKET_SECONDS = limit("wecom.user_ticket_seconds", 1800, "4.4 [K], not verified")
TRUSTED = switch("wecom.trusted_domains", [], "网页授权的可信域名，含端口；空的就是回调地址的域名")
SCOPES = ("snsapi_base", "snsapi_privateinfo")
MEMBER_COOKIE = "wecom_member"


def authorize(platform: "Platform", query: str, *, userid: str | None = None, user_id: int | None = None) -> str | None:
    """A member, or somebody in WeChat, opens the authorize page: gives the address that she is sent to, None if it is not for a corp.

    NotPossible with the words that the page shows instead. The trusted domain is compared with its port.
    """
    given = dict(parse_qsl(query, keep_blank_values=True))
    corp = platform.world.accounts.get(given.get("appid", ""))
    if not isinstance(corp, Corp):
        return None
    scope, target, agentid = given.get("scope"), urlsplit(given.get("redirect_uri", "")), given.get("agentid")
    if given.get("response_type") != "code" or scope not in SCOPES or (scope != SCOPES[0] and agentid is None):
        raise NotPossible("参数错误：response_type、scope 或 agentid 不对", status=422)
    app = next((app for app in corp.applications if agentid in (None, str(app.agentid))), None)
    if app is None:
        raise NotPossible("参数错误：没有这个应用", status=422)
    trusted = platform.switches[app.appid, TRUSTED] or [urlsplit(platform.world.callback_base).netloc]
    if target.scheme not in ("http", "https") or target.netloc not in trusted:
        raise NotPossible("redirect_uri 与配置的可信域名不一致，错误码:50001", status=422)
    if userid is not None and directory.member(platform, corp.corpid, userid) is None:
        raise NotPossible("没有这个成员", status=404)
    code = issue_code(platform, app, userid=userid, user_id=user_id, scope=scope)
    extra = urlencode({"code": code, "state": given.get("state", "")})
    return target._replace(query=f"{target.query}&{extra}" if target.query else extra).geturl()


def issue_code(platform: "Platform", app: Corp, *, userid: str | None = None, user_id: int | None = None, scope: str = SCOPES[0]) -> str:
    """The code that the redirect from the authorize page carries, for a member of the corp or for somebody in WeChat."""
    code = crypto.random_text(43)
    platform.store.insert(
        "wecom_oauth_codes", code=code, app=app.appid, userid=userid, user_id=user_id, scope=scope, issued_at=platform.clock.now()
    )
    return code


@work("GET", "auth/getuserinfo")
def getuserinfo(call: Call) -> Result:
    """Who the code stands for; it works once, for five minutes, and for the application that asked. 40029 otherwise."""
    store, now, app = call.platform.store, call.platform.clock.now(), call.account
    code = call.query.get("code", "")
    row = store.one("SELECT * FROM wecom_oauth_codes WHERE code = ? AND app = ?", code, app.appid)
    if row is None or now - row["issued_at"] > call.platform.limits[CODE_SECONDS]:
        raise Refusal(40029, "invalid code")
    once = store.run("UPDATE wecom_oauth_codes SET used_at = ? WHERE code = ? AND used_at IS NULL", now, code) == 1
    store.attempt("wecom_oauth_code", code, effect=once)
    if not once:
        raise Refusal(40029, "invalid code, already used")
    if row["userid"] is not None:
        if directory.member(call.platform, app.corpid, row["userid"]) is None:
            raise Refusal(60111, "userid not found")
        answer = ok(userid=row["userid"])
        if row["scope"] == "snsapi_privateinfo":
            answer["user_ticket"] = crypto.random_text(64)
            store.run("UPDATE wecom_oauth_codes SET ticket = ? WHERE code = ?", answer["user_ticket"], code)
        return answer
    answer = ok(openid=customers.openid(call.platform, app.corpid, row["user_id"]))
    external = customers.external_userid(call.platform, app, row["user_id"])
    return {**answer, "external_userid": external} if external else answer


@work("POST", "auth/getuserdetail", fields={"user_ticket": Text(required=True)})
def getuserdetail(call: Call) -> Result:
    """What a member agreed to show (mobile, e-mail, gender); only of members in visibility."""
    store, app = call.platform.store, call.account
    row = store.one("SELECT * FROM wecom_oauth_codes WHERE ticket = ? AND app = ?", call.data["user_ticket"], app.appid)
    if row is None or call.platform.clock.now() - row["used_at"] > call.platform.limits[TICKET_SECONDS]:
        raise Refusal(40094, "invalid user_ticket")
    member = directory.member(call.platform, app.corpid, row["userid"])
    if member is None or not directory.sees(call.platform, app, row["userid"]):
        raise Refusal(60011, "no privilege to access/modify contact/party/agent")
    return ok(
        userid=member["userid"], gender=member["gender"], avatar="", qr_code="", mobile=member["mobile"] or "", email=member["email"],
        biz_mail="", address="",
    )  # fmt: skip
