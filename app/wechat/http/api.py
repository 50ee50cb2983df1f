"""wechatpy's client for api.weixin.qq.com with the stable token: what mini-programs and service accounts have in common."""

from __future__ import annotations

from typing import Any

import wechatpy

from app.wechat.http.transport import API, Tokened, timeouts, told
from app.wechat.models import WechatAccount


class ApiClient(Tokened, wechatpy.WeChatClient):
    """For one appid."""

    def __init__(self, account: WechatAccount) -> None:
        super().__init__(account.appid, account.secrets["secret"], timeout=timeouts(), auto_retry=False)
        self.prepare()

    def _fetch_token(self, force: bool) -> dict[str, Any]:
        body = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret, "force_refresh": force}
        return told(self.open_call("post", f"{API}/cgi-bin/stable_token", data=body), "access_token", "expires_in")
