"""Login and session keys: jscode2session, checksession, resetusersessionkey (spec 1.1, 1.4).

Not verified: the fields of the session-key endpoints, and 87007 (no session) and 87008 (unknown sig_method) beside 87009.
"""

import hashlib
import hmac

from miniprogram_mock.platform import crypto, people
from miniprogram_mock.platform.endpoints import API, Call
from miniprogram_mock.platform.errcode import Refusal, Result, business, ok, open_endpoint
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.mini_program.users import new_session_key, owner_of_code, person, use_code
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.switches import switch
from miniprogram_mock.platform.tokens import check_secret
from miniprogram_mock.platform.world import MiniProgram

LOGINS_PER_MINUTE = limit("mini_program.logins_per_minute", 100, "1.1, per user")
OPEN_PLATFORM = switch("mini_program.open_platform", True, "已绑定微信开放平台账号，登录时才给 unionid")


@open_endpoint(API, "GET", "/sns/jscode2session")
def jscode2session(call: Call) -> Result:
    """Swap a `wx.login` code for the openid; the code works once and for five minutes. A success carries no errcode."""
    query, platform = call.query, call.platform
    for name, errcode, errmsg in (
        ("appid", 41002, "appid missing"),
        ("secret", 41004, "appsecret missing"),
        ("js_code", 41008, "missing code"),
    ):
        if not query.get(name):
            raise Refusal(errcode, errmsg)
    if not isinstance(platform.world.accounts.get(query["appid"]), MiniProgram):
        raise Refusal(40013, "invalid appid")
    check_secret(call, query["appid"], query["secret"])
    if query.get("grant_type") != "authorization_code":
        raise Refusal(40002, "invalid grant_type")
    user = owner_of_code(call, query["js_code"], kind="login", appid=query["appid"])
    if user["high_risk"]:
        raise Refusal(40226, "code blocked")
    if platform.store.count_up(f"login:{user['openid']}", platform.clock.minute()) > platform.limits[LOGINS_PER_MINUTE]:
        raise Refusal(45011, "api minute-quota reach limit, must slower, retry next minute")
    use_code(call, query["js_code"])
    people.visit(platform, user["id"], query["appid"])
    session = {"session_key": new_session_key(platform, user["openid"]), "openid": user["openid"]}
    return {**session, "unionid": user["unionid"]} if platform.switches[query["appid"], OPEN_PLATFORM] else session


@business(API, "GET", "/wxa/checksession", kind="mini_program")
def checksession(call: Call) -> Result:
    """Whether the caller still holds the present session key, which it proves by a signature over nothing."""
    _signer(call)
    return ok()


@business(API, "GET", "/wxa/resetusersessionkey", kind="mini_program")
def resetusersessionkey(call: Call) -> Result:
    """A new session key for a user whose present one the caller holds."""
    user = _signer(call)
    return ok(openid=user["openid"], session_key=new_session_key(call.platform, user["openid"]))


def _signer(call: Call) -> Row:
    user = person(call, call.query.get("openid"))
    if call.query.get("sig_method") != "hmac_sha256":
        raise Refusal(87008, "invalid sig_method")
    if user["session_key"] is None:
        raise Refusal(87007, "session_key is not existd or expired")
    expected = hmac.new(user["session_key"].encode(), b"", hashlib.sha256).hexdigest()
    if not crypto.same(expected, call.query.get("signature", "")):
        raise Refusal(87009, "invalid signature")
    return user
