"""The service account's followers: their unionids, lists of them, remarks (spec 2.2)."""

from typing import Any

from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.errcode import Refusal, Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.rates import per_day
from miniprogram_mock.platform.service_account import following, tags
from miniprogram_mock.platform.service_account.console import OPEN_PLATFORM
from miniprogram_mock.platform.service_account.door import OPENID, person, service
from miniprogram_mock.platform.shapes import Many, Object, Text
from miniprogram_mock.platform.store import Row

PER_BATCH = limit("followers.per_batch", 100, "2.2")
PER_PAGE = limit("followers.per_page", 10_000, "2.2")
INFO_PER_DAY = limit("followers.info_per_day", 5_000_000, "[K], not verified")
LIST_PER_DAY = limit("followers.list_per_day", 500, "[K], not verified")
REMARK_CHARACTERS = limit("followers.remark_characters", 30, "[K], not verified")
_LANGUAGES = ("zh_CN", "zh_TW", "en")
_LANG = Text(choices=_LANGUAGES)


@service("GET", "/cgi-bin/user/info", rates=(per_day(INFO_PER_DAY),))
def user_info(call: Call) -> Result:
    if not call.query.get("openid"):
        raise Refusal(40003, "invalid openid")
    return _profile(call, person(call, call.query["openid"]), call.query.get("lang", "zh_CN"))


@service("POST", "/cgi-bin/user/info/batchget", fields={
    "user_list": Many(Object({"openid": OPENID, "lang": _LANG}), most=PER_BATCH, too_long=45008, required=True),
})  # fmt: skip
def user_info_batch(call: Call) -> Result:
    asked = call.data["user_list"]
    return {"user_info_list": [_profile(call, person(call, one["openid"]), one.get("lang", "zh_CN")) for one in asked]}


@service("GET", "/cgi-bin/user/get", rates=(per_day(LIST_PER_DAY),))
def followers(call: Call) -> Result:
    """A page of openids after `next_openid`, in the order in which they were first known."""
    store, appid, after = call.platform.store, call.account.appid, call.query.get("next_openid")
    start = person(call, after)["user_id"] if after else 0
    where = "FROM follows f JOIN openids o ON o.appid = f.appid AND o.user_id = f.user_id WHERE f.appid = ? AND f.following"
    total = store.value(f"SELECT count(*) {where}", appid)
    rows = store.all(f"SELECT o.openid {where} AND f.user_id > ? ORDER BY f.user_id LIMIT ?", appid, start, call.platform.limits[PER_PAGE])
    openids = [row["openid"] for row in rows]
    page = {"data": {"openid": openids}} if openids else {}
    return {"total": total, "count": len(openids), **page, "next_openid": openids[-1] if openids else ""}


@service("POST", "/cgi-bin/user/info/updateremark", fields={
    "openid": OPENID, "remark": Text(least=0, most=REMARK_CHARACTERS, required=True),
})  # fmt: skip
def update_remark(call: Call) -> Result:
    """The account's own note on a follower, for `user/info` alone. Not in the contract: [K], not verified."""
    following.set_remark(call.platform, person(call, call.data["openid"])["openid"], call.data["remark"])
    return ok()


def _profile(call: Call, row: Row, language: str) -> dict[str, Any]:
    """Nickname and picture are empty since 2021-12-27; of somebody who does not follow there is almost nothing."""
    unionid = {"unionid": row["unionid"]} if call.platform.switches[call.account.appid, OPEN_PLATFORM] else {}
    if not row["following"]:
        return {"subscribe": 0, "openid": row["openid"], **unionid}
    card, tagged = following.card(call.platform, row["openid"]), tags.of_person(call.platform, row["openid"])
    return {
        "subscribe": 1, "openid": row["openid"], "nickname": "", "sex": 0, "language": language, "city": "", "province": "",
        "country": "", "headimgurl": "", "subscribe_time": int(row["followed_at"]), **unionid, "remark": card["remark"],
        "groupid": tagged[0] if tagged else 0, "tagid_list": tagged, "subscribe_scene": card["came_by"], "qr_scene": card["qr_scene"],
        "qr_scene_str": card["qr_scene_str"],
    }  # fmt: skip
