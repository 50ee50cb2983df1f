"""Who follows the service account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.wechat.endpoints import Ask, Repeat, get, post
from app.wechat.endpoints.service_account.door import ServiceAccountDoor


@dataclass(frozen=True)
class UserInfo:
    """A person as the service account sees her."""

    subscribe: bool
    unionid: str | None
    subscribed_at: datetime | None = None


class Users(ServiceAccountDoor):
    @get("/cgi-bin/user/info", per_day=5_000_000)
    def user_info(self, openid: str) -> Ask[UserInfo]:
        return Ask(_user, query={"openid": openid, "lang": "zh_CN"})

    @post("/cgi-bin/user/info/batchget", repeat=Repeat.harmless)
    def user_infos(self, openids: Sequence[str]) -> Ask[dict[str, UserInfo]]:
        """At most 100 people at once, by openid."""
        people = [{"openid": openid, "lang": "zh_CN"} for openid in openids]
        return Ask(lambda told: {one["openid"]: _user(one) for one in told["user_info_list"]}, body={"user_list": people})

    @get("/cgi-bin/user/get", per_day=500)
    def followers(self, after: str = "") -> Ask[list[str]]:
        """The openids of up to 10,000 followers after this one, oldest first; none when there are no more. 500 calls a day."""

        def read(told: dict[str, Any]) -> list[str]:
            return list(told["data"]["openid"]) if told["count"] else []

        return Ask(read, query={"next_openid": after} if after else {})


def _user(info: dict[str, Any]) -> UserInfo:
    since = info.get("subscribe_time")
    return UserInfo(
        subscribe=bool(info["subscribe"]),
        unionid=info.get("unionid") or None,
        subscribed_at=datetime.fromtimestamp(since, UTC) if since else None,
    )
