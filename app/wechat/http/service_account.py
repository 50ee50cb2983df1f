"""The service account's door."""

from __future__ import annotations

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
        told = self._client.user.get(openid)
        return UserInfo(subscribe=bool(told.get("subscribe")), unionid=told.get("unionid") or None)
