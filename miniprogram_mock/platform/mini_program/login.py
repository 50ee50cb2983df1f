"""The mini-program's endpoints: login, phone number, mini-program code (spec 1.1, 1.3, 1.6)."""

import base64
import os
import re

from miniprogram_mock.platform.endpoints import API, Answer, Call
from miniprogram_mock.platform.errcode import Refusal, Result, business, ok, open_endpoint
from miniprogram_mock.platform.mini_program import code_image
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.tokens import check_secret

CODE_LIFETIME = 300
LOGINS_PER_MINUTE = 100
_SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]+")
_CODE_FIELDS = ("scene", "page", "check_path", "env_version", "width", "auto_color", "line_color", "is_hyaline")


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
    check_secret(call, query["appid"], query["secret"])
    if query.get("grant_type") != "authorization_code":
        raise Refusal(40002, "invalid grant_type")
    user_id = use_code(call, query["js_code"], kind="login", appid=query["appid"])
    if platform.store.count_up(f"login:{user_id}", platform.clock.minute()) > LOGINS_PER_MINUTE:
        raise Refusal(45011, "api minute-quota reach limit, must slower, retry next minute")
    session_key = base64.b64encode(os.urandom(16)).decode()
    platform.store.run("UPDATE openids SET session_key = ? WHERE appid = ? AND user_id = ?", session_key, query["appid"], user_id)
    user = _user(call, user_id, query["appid"])
    return {"session_key": session_key, "openid": user["openid"], "unionid": user["unionid"]}


@business(API, "POST", "/wxa/business/getuserphonenumber", kind="mini_program", fields=("code", "openid"))
def getuserphonenumber(call: Call) -> Result:
    """Swap a `getPhoneNumber` code (not a login code) for the phone number; once and for five minutes."""
    code, platform, appid = call.data.get("code"), call.platform, call.account.appid
    if not isinstance(code, str) or not code:
        raise Refusal(40029, "invalid code")
    issued = platform.store.value("SELECT user_id FROM codes WHERE code = ? AND kind = 'phone'", code)
    if "openid" in call.data and issued is not None and _user(call, issued, appid)["openid"] != call.data["openid"]:
        raise Refusal(40003, "invalid openid")
    user = _user(call, use_code(call, code, kind="phone", appid=appid), appid)
    watermark = {"timestamp": int(platform.clock.now()), "appid": appid}
    return ok(phone_info={"phoneNumber": user["phone"], "purePhoneNumber": user["phone"], "countryCode": 86, "watermark": watermark})


@business(API, "POST", "/wxa/getwxacodeunlimit", kind="mini_program", fields=_CODE_FIELDS)
def getwxacodeunlimit(call: Call) -> Result:
    """The picture of a mini-program code; `scene` holds up to 32 visible characters."""
    data = call.data
    scene = data.get("scene")
    if not isinstance(scene, str) or not 1 <= len(scene) <= 32:
        raise Refusal(40169, "invalid length for scene, or the data is not json string")
    if not _SCENE.fullmatch(scene):
        raise Refusal(40129, "invalid scene")
    page = data.get("page", call.account.pages[0])
    if (
        not isinstance(page, str)
        or page.startswith("/")
        or "?" in page
        or (data.get("check_path", True) and page not in call.account.pages)
    ):
        raise Refusal(41030, "invalid page")
    width = data.get("width", 430)
    if not isinstance(width, int) or isinstance(width, bool) or not 280 <= width <= 1280:
        raise Refusal(40097, "invalid args, width: 280 to 1280")
    if data.get("env_version", "release") not in ("release", "trial", "develop"):
        raise Refusal(40097, "invalid args, env_version")
    line_color = data.get("line_color", {"r": 0, "g": 0, "b": 0})
    try:
        color = tuple(int(line_color[part]) for part in "rgb")
        picture = code_image.draw(scene, page=page, width=width, color=color, transparent=data.get("is_hyaline") is True)
    except (KeyError, TypeError, ValueError):
        raise Refusal(40097, "invalid args, line_color") from None
    return Answer(picture, content_type="image/png")


def use_code(call: Call, code: str, *, kind: str, appid: str) -> int:
    """Take a one-time code and give its user; 40029 for a code of another kind or appid or an old one, 40163 for a used login code."""
    store, now = call.platform.store, call.platform.clock.now()
    row = store.one("SELECT * FROM codes WHERE code = ? AND kind = ? AND appid = ?", code, kind, appid)
    if row is None or now - row["issued_at"] > CODE_LIFETIME:
        raise Refusal(40029, "invalid code")
    if row["used_at"] is not None:
        raise Refusal(40163, "code been used") if kind == "login" else Refusal(40029, "invalid code")
    store.run("UPDATE codes SET used_at = ? WHERE code = ?", now, code)
    return int(row["user_id"])


def _user(call: Call, user_id: int, appid: str) -> Row:
    row = call.platform.store.one(
        "SELECT u.nickname, u.unionid, u.phone, o.openid FROM users u JOIN openids o ON o.user_id = u.id WHERE u.id = ? AND o.appid = ?",
        user_id, appid,
    )  # fmt: skip
    assert row is not None
    return row
