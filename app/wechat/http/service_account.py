"""The service account's door."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from app.wechat.client import UserInfo
from app.wechat.http.api import ApiClient
from app.wechat.models import WechatAccount


class ServiceAccountDoor:
    def __init__(self, account: WechatAccount) -> None:
        self._client = ApiClient(account)
        self._mini_program = account.linked_appid

    def send_template(self, openid: str, template_id: str, data: dict[str, str], *, client_msg_id: str, page: str | None = None) -> str:
        body: dict[str, Any] = {"touser": openid, "template_id": template_id, "client_msg_id": client_msg_id}
        if page and self._mini_program:
            body["miniprogram"] = {"appid": self._mini_program, "pagepath": page}
        body["data"] = {key: {"value": value} for key, value in data.items()}
        return str(self._client.post("message/template/send", data=body)["msgid"])

    def user_info(self, openid: str) -> UserInfo:
        return _user(self._client.user.get(openid))

    def user_infos(self, openids: Sequence[str]) -> dict[str, UserInfo]:
        told = self._client.user.get_batch([{"openid": openid, "lang": "zh_CN"} for openid in openids])
        return {one["openid"]: _user(one) for one in told}

    def followers(self, after: str = "") -> list[str]:
        told = self._client.user.get_followers(after)
        return list(told.get("data", {}).get("openid", []))


def _user(told: dict[str, Any]) -> UserInfo:
    since = told.get("subscribe_time")
    return UserInfo(
        subscribe=bool(told.get("subscribe")),
        unionid=told.get("unionid") or None,
        subscribed_at=datetime.fromtimestamp(since, UTC) if since else None,
    )
