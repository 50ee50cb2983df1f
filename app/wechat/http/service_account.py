"""The service account's door."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from app.wechat.client import UserInfo
from app.wechat.http.api import ApiClient
from app.wechat.http.transport import told
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
        return str(told(self._client.post("message/template/send", data=body), "msgid")["msgid"])

    def user_info(self, openid: str) -> UserInfo:
        return _user(told(self._client.user.get(openid), "subscribe"))

    def user_infos(self, openids: Sequence[str]) -> dict[str, UserInfo]:
        people = [{"openid": openid, "lang": "zh_CN"} for openid in openids]
        answer = told(self._client.post("user/info/batchget", data={"user_list": people}), "user_info_list")
        return {one["openid"]: _user(one) for one in answer["user_info_list"]}

    def followers(self, after: str = "") -> list[str]:
        answer = told(self._client.user.get_followers(after), "count")
        return list(answer.get("data", {}).get("openid", []))


def _user(info: dict[str, Any]) -> UserInfo:
    since = info.get("subscribe_time")
    return UserInfo(
        subscribe=bool(info.get("subscribe")),
        unionid=info.get("unionid") or None,
        subscribed_at=datetime.fromtimestamp(since, UTC) if since else None,
    )
