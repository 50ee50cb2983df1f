"""WeCom's door: messages of one app of a corp to its members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wechatpy.enterprise import WeChatClient

from app.wechat.client import CardReceipt
from app.wechat.http.transport import WORK, Tokened, timeouts, told
from app.wechat.models import WechatAccount


class _Client(Tokened, WeChatClient):
    def __init__(self, account: WechatAccount) -> None:
        super().__init__(account.appid, account.secrets["secret"], timeout=timeouts(), auto_retry=False)
        self.prepare()

    def _fetch_token(self, force: bool) -> dict[str, Any]:
        # There is nothing to force here: asking again gives the same token until WeCom itself replaces it.
        params = {"corpid": self.corp_id, "corpsecret": self.secret}
        return told(self.open_call("get", f"{WORK}/cgi-bin/gettoken", params=params), "access_token", "expires_in")


class WeComDoor:
    def __init__(self, account: WechatAccount) -> None:
        self._client = _Client(account)
        self._agentid = account.settings["agentid"]

    def send_card(self, userids: Sequence[str], card: dict[str, Any], *, duplicate_check_seconds: int = 1800) -> CardReceipt:
        return self._send(userids, {"msgtype": "template_card", "template_card": card}, duplicate_check_seconds)

    def send_text(self, userids: Sequence[str], text: str, *, duplicate_check_seconds: int = 1800) -> CardReceipt:
        return self._send(userids, {"msgtype": "text", "text": {"content": text}}, duplicate_check_seconds)

    def update_card(
        self, userids: Sequence[str], response_code: str, *, replace_name: str | None = None, card: dict[str, Any] | None = None
    ) -> None:
        body: dict[str, Any] = {"userids": list(userids), "agentid": self._agentid, "response_code": response_code}
        if card is not None:
            body["template_card"] = card
        else:
            body["button"] = {"replace_name": replace_name}
        told(self._client.post("message/update_template_card", data=body))

    def _send(self, userids: Sequence[str], content: dict[str, Any], duplicate_check_seconds: int) -> CardReceipt:
        body = {
            "touser": "|".join(userids),
            "agentid": self._agentid,
            **content,
            "enable_duplicate_check": 1,
            "duplicate_check_interval": duplicate_check_seconds,
        }
        answer = told(self._client.post("message/send", data=body), "msgid")
        invalid = tuple(userid for userid in answer.get("invaliduser", "").split("|") if userid)
        return CardReceipt(msgid=answer["msgid"], response_code=answer.get("response_code"), invalid_userids=invalid)
