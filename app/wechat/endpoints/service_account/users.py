"""Who follows the service account (spec 2.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.wechat.endpoints import Ask, Repeat, done, get, post
from app.wechat.endpoints.service_account.door import ServiceAccountDoor


@dataclass(frozen=True)
class UserInfo:
    """A person as the service account sees her; of somebody who does not follow there is little more than the unionid.

    `came_by` is WeChat's word for how she came to follow (ADD_SCENE_QR_CODE …), `scene` what the code carried that she scanned then.
    """

    subscribe: bool
    unionid: str | None
    subscribed_at: datetime | None = None
    tag_ids: tuple[int, ...] = ()
    remark: str = ""
    came_by: str | None = None
    scene: str | None = None


class Users(ServiceAccountDoor):
    @get("/cgi-bin/user/info", per_day=5_000_000)
    def user_info(self, openid: str) -> Ask[UserInfo]:
        """One person. Refusal: 40003."""
        return Ask(_user, query={"openid": openid, "lang": "zh_CN"})

    @post("/cgi-bin/user/info/batchget", repeat=Repeat.harmless)
    def user_infos(self, openids: Sequence[str]) -> Ask[dict[str, UserInfo]]:
        """At most 100 people at once, by openid. Refusal: 40003, for all when one is wrong."""
        if len(openids) > 100:
            raise ValueError("openids: at most 100 at once")
        people = [{"openid": openid, "lang": "zh_CN"} for openid in openids]
        return Ask(lambda told: {one["openid"]: _user(one) for one in told["user_info_list"]}, body={"user_list": people})

    @get("/cgi-bin/user/get", per_day=500)
    def followers(self, after: str = "") -> Ask[list[str]]:
        """The openids of up to 10,000 followers after this one, oldest first; none when there are no more. 500 calls a day."""

        def read(told: dict[str, Any]) -> list[str]:
            return list(told["data"]["openid"]) if told["count"] else []

        return Ask(read, query={"next_openid": after} if after else {})

    @post("/cgi-bin/user/info/updateremark", repeat=Repeat.harmless)
    def set_remark(self, openid: str, remark: str) -> Ask[None]:
        """The account's own note on a person, at most 30 characters (not verified). Refusals: 40003, 45002."""
        return Ask(done, body={"openid": openid, "remark": remark})


def _user(info: dict[str, Any]) -> UserInfo:
    since = info.get("subscribe_time")
    # A scene is a number, 0 where there is none, or a text.
    scene = info.get("qr_scene_str") or info.get("qr_scene") or None
    return UserInfo(
        subscribe=bool(info["subscribe"]),
        unionid=info.get("unionid") or None,
        subscribed_at=datetime.fromtimestamp(since, UTC) if since else None,
        tag_ids=tuple(info.get("tagid_list", ())),
        remark=info.get("remark", ""),
        came_by=info.get("subscribe_scene") or None,
        scene=None if scene is None else str(scene),
    )
