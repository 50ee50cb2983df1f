"""The mini-program's users: who an openid is, the one-time codes that her phone hands out, and her session key."""

import base64
import os
import secrets
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform import crypto, people
from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.errcode import Refusal
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.switches import switch

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

CODE_SECONDS = limit("mini_program.code_seconds", 300, "1.1 and 1.3: a login code and a phone code live five minutes")
PHONE_NUMBERS_FREE = limit("mini_program.phone_numbers_free", 1000, "1.3: phone numbers that an account gets for nothing")
PHONE_NUMBERS_BOUGHT = switch("mini_program.phone_numbers_bought", 0, "在免费次数之外购买的手机号快速验证次数")
# What the button reports as `e.detail.errno` when the account has no phone number left (spec 1.3).
OUT_OF_QUOTA = 1400001

declare("CREATE INDEX IF NOT EXISTS codes_by_kind ON codes (appid, kind)")


def person(call: Call, openid: Any) -> Row:
    """The user behind an openid of the calling account; 40003 when there is none, or when she closed her WeChat account."""
    row = None
    if isinstance(openid, str):
        row = call.platform.store.one(
            "SELECT u.*, o.openid, o.session_key, m.closed_at, m.high_risk FROM openids o JOIN users u ON u.id = o.user_id "
            "LEFT JOIN user_marks m ON m.user_id = u.id WHERE o.appid = ? AND o.openid = ?", call.account.appid, openid,
        )  # fmt: skip
    if row is None or row["closed_at"] is not None:
        raise Refusal(40003, "invalid openid")
    return row


def issue_code(platform: "Platform", user_id: int, *, kind: str, appid: str) -> str:
    """The code that `wx.login` or the phone-number button gives to the mini-program.

    A phone code is what the account pays for: when its numbers are used up, the button reports `errno` 1400001 instead.
    """
    user = people.present(platform, user_id)
    people.mini_program(platform, appid)
    if kind == "phone" and not user["phone"]:
        raise NotPossible("该用户没有绑定手机号")
    if kind == "phone" and phone_numbers_left(platform, appid) <= 0:
        raise NotPossible("该小程序的手机号快速验证次数已用完", errno=OUT_OF_QUOTA)
    people.openid_of(platform, user_id, appid)
    people.visit(platform, user_id, appid)
    code = crypto.random_text(32) if kind == "login" else secrets.token_hex(32)
    platform.store.insert("codes", code=code, kind=kind, appid=appid, user_id=user_id, issued_at=platform.clock.now())
    return code


def phone_numbers_left(platform: "Platform", appid: str) -> int:
    used: int = platform.store.value("SELECT count(*) FROM codes WHERE appid = ? AND kind = 'phone'", appid)
    bought: int = platform.switches[appid, PHONE_NUMBERS_BOUGHT]
    return platform.limits[PHONE_NUMBERS_FREE] + bought - used


def owner_of_code(call: Call, code: Any, *, kind: str, appid: str) -> Row:
    """Whose one-time code this is; 40029 for a code of another kind or appid or an old one, 40163 for a used login code."""
    store, now = call.platform.store, call.platform.clock.now()
    row = store.one("SELECT * FROM codes WHERE code = ? AND kind = ? AND appid = ?", code, kind, appid) if isinstance(code, str) else None
    if row is None or now - row["issued_at"] > call.platform.limits[CODE_SECONDS]:
        raise Refusal(40029, "invalid code")
    if row["used_at"] is not None:
        raise Refusal(40163, "code been used") if kind == "login" else Refusal(40029, "invalid code")
    user = store.one(
        "SELECT u.*, o.openid, m.high_risk, m.closed_at FROM users u JOIN openids o ON o.user_id = u.id AND o.appid = ? "
        "LEFT JOIN user_marks m ON m.user_id = u.id WHERE u.id = ?", appid, row["user_id"],
    )  # fmt: skip
    assert user is not None
    if user["closed_at"] is not None:
        raise Refusal(40029, "invalid code")
    return user


def use_code(call: Call, code: str) -> None:
    call.platform.store.run("UPDATE codes SET used_at = ? WHERE code = ?", call.platform.clock.now(), code)


def new_session_key(platform: "Platform", openid: str) -> str:
    """A new session key; with the one before nothing can be opened or signed any more."""
    key = base64.b64encode(os.urandom(16)).decode()
    platform.store.run("UPDATE openids SET session_key = ? WHERE openid = ?", key, openid)
    return key


def session_key_of(platform: "Platform", user_id: int, appid: str) -> str:
    """Her present session key; NotPossible before her first login."""
    key: str | None = platform.store.value("SELECT session_key FROM openids WHERE appid = ? AND user_id = ?", appid, user_id)
    if key is None:
        raise NotPossible("该用户还没有登录过这个小程序")
    return key
