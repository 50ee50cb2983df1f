"""Checks of what users write and show: texts at once, media later (spec 1.9).

The labels, 61010 and 40129 for a wrong scene are [K], not verified. What is found is planted: `WORDS` in a text, `MEDIA` in an address.
"""

import secrets
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.endpoints import API, Call
from miniprogram_mock.platform.errcode import Refusal, Result, business, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.mini_program.users import person
from miniprogram_mock.platform.rates import per_day, per_minute
from miniprogram_mock.platform.shapes import Int, Text
from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.timers import on_timer

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

ACTIVE_SECONDS = limit("mini_program.sec_check_active_seconds", 2 * 3600, "1.9")
LONGEST = limit("mini_program.sec_check_characters", 2500, "1.9")
TEXTS_PER_MINUTE = limit("mini_program.sec_checks_per_minute", 4000, "1.9 names none; [K], not verified")
TEXTS_PER_DAY = limit("mini_program.sec_checks_per_day", 2_000_000, "1.9 names none; [K], not verified")
MEDIA_PER_MINUTE = limit("mini_program.media_checks_per_minute", 2000, "1.9")
MEDIA_PER_DAY = limit("mini_program.media_checks_per_day", 200_000, "1.9")
MEDIA_SECONDS = limit("mini_program.media_check_seconds", 3, "1.9: the result comes within 30 minutes")

NORMAL = 100
# word -> suggest and label, worst first
WORDS = {
    "颠覆国家政权": ("risky", 20001), "裸聊": ("risky", 20002), "傻逼": ("risky", 20003), "代办假证": ("risky", 20006),
    "刷单返利": ("risky", 20008), "加微信返现": ("risky", 10001), "下流": ("review", 20012), "盗版资源": ("review", 20013),
    "内部渠道": ("review", 21000),
}  # fmt: skip
# part of a media address -> suggest, label, errcode (-1008: it could not be fetched; [K], not verified)
MEDIA = {"risky": ("risky", 20002, 0), "review": ("review", 21000, 0), "unreachable": ("pass", NORMAL, -1008)}
_SCENE = Int(required=True, choices=(1, 2, 3, 4), missing=40129, wrong=40129)
_VERSION = Int(required=True, choices=(2,))
_OPENID = Text(required=True, missing=40003, wrong=40003, least=0)

declare("""
CREATE TABLE IF NOT EXISTS media_checks (
    trace_id TEXT PRIMARY KEY, appid TEXT NOT NULL, openid TEXT NOT NULL, media_url TEXT NOT NULL, media_type INTEGER NOT NULL,
    scene INTEGER NOT NULL, asked_at REAL NOT NULL, answered_at REAL);
""")


@business(
    API, "POST", "/wxa/msg_sec_check", kind="mini_program",
    rates=(per_minute(TEXTS_PER_MINUTE, errcode=45009), per_day(TEXTS_PER_DAY)),
    fields={
        "version": _VERSION, "openid": _OPENID, "scene": _SCENE, "content": Text(required=True, most=LONGEST),
        "title": Text(least=0, most=LONGEST), "nickname": Text(least=0, most=LONGEST), "signature": Text(least=0, most=LONGEST),
    },
)  # fmt: skip
def msg_sec_check(call: Call) -> Result:
    """What a text of a user is thought of; she must have been in the mini-program within two hours. `signature` goes with scene 1 only."""
    data = call.data
    _check_active(call)
    if "signature" in data and data["scene"] != 1:
        raise Refusal(40097, "invalid args, signature: scene 1 only")
    text = "\n".join(data.get(name, "") for name in ("title", "nickname", "signature", "content"))
    word = next((word for word in WORDS if word in text), None)
    suggest, label = WORDS[word] if word else ("pass", NORMAL)
    detail = [{"strategy": "content_model", "errcode": 0, "suggest": suggest, "label": label, "prob": 90}]
    if word:
        detail.append({"strategy": "keyword", "errcode": 0, "suggest": suggest, "label": label, "level": 20, "keyword": word})
    return ok(trace_id=_trace_id(), result={"suggest": suggest, "label": label}, detail=detail)


@business(
    API, "POST", "/wxa/media_check_async", kind="mini_program",
    rates=(per_minute(MEDIA_PER_MINUTE, errcode=45009), per_day(MEDIA_PER_DAY)),
    fields={
        "media_url": Text(required=True, pattern=r"https?://\S+"), "media_type": Int(required=True, choices=(1, 2)),
        "version": _VERSION, "openid": _OPENID, "scene": _SCENE,
    },
)  # fmt: skip
def media_check_async(call: Call) -> Result:
    """Ask for a picture or a recording to be looked at; what came out is pushed as `wxa_media_check`."""
    data, platform = call.data, call.platform
    _check_active(call)
    trace_id = _trace_id()
    platform.store.insert(
        "media_checks", trace_id=trace_id, appid=call.account.appid, asked_at=platform.clock.now(),
        **{name: data[name] for name in ("openid", "media_url", "media_type", "scene")},
    )  # fmt: skip
    platform.timers.set("mini_program.media_check", trace_id, after=platform.limits[MEDIA_SECONDS])
    return ok(trace_id=trace_id)


@on_timer("mini_program.media_check")
def _tell(platform: "Platform", trace_id: str) -> None:
    row = platform.store.one("SELECT * FROM media_checks WHERE trace_id = ?", trace_id)
    assert row is not None
    platform.store.run("UPDATE media_checks SET answered_at = ? WHERE trace_id = ?", platform.clock.now(), trace_id)
    account = platform.world.accounts[row["appid"]]
    platform.callbacks.message(account, "wxa_media_check", recipient=row["openid"], fields=_outcome(row))


def _outcome(row: Row) -> dict[str, Any]:
    suggest, label, errcode = next((found for part, found in MEDIA.items() if part in row["media_url"]), ("pass", NORMAL, 0))
    detail: dict[str, Any] = {"strategy": "content_model", "errcode": errcode}
    if errcode == 0:
        detail |= {"suggest": suggest, "label": label, "prob": 90}
    return {
        "appid": row["appid"], "trace_id": row["trace_id"], "version": 2, "detail": [detail], "errcode": 0, "errmsg": "ok",
        "result": {"suggest": suggest, "label": label},
    }  # fmt: skip


def _check_active(call: Call) -> None:
    user = person(call, call.data["openid"])
    at = call.platform.store.value("SELECT at FROM visits WHERE appid = ? AND user_id = ?", call.account.appid, user["id"])
    if at is None or call.platform.clock.now() - at > call.platform.limits[ACTIVE_SECONDS]:
        raise Refusal(61010, "code is expired")


def _trace_id() -> str:
    return f"{secrets.token_hex(4)}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"
