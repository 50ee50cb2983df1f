"""Template messages: notices of the brand's own service to who follows it."""

from __future__ import annotations

from typing import Any

from app.wechat.endpoints import Ask, Repeat, post
from app.wechat.endpoints.service_account.door import ServiceAccountDoor


class Templates(ServiceAccountDoor):
    @post("/cgi-bin/message/template/send", repeat=Repeat.keyed, per_day=100_000)
    def send_template(
        self, openid: str, template_id: str, data: dict[str, str], *, client_msg_id: str, page: str | None = None
    ) -> Ask[str]:
        """Send a template message and give its msgid. The same `client_msg_id` (≤ 32 characters) within ten minutes sends nothing twice.

        `data` is value by key (thing1, amount2, …); `page` opens in the linked mini-program.
        """
        body: dict[str, Any] = {"touser": openid, "template_id": template_id, "client_msg_id": client_msg_id}
        if page and self.account.linked_appid:
            body["miniprogram"] = {"appid": self.account.linked_appid, "pagepath": page}
        body["data"] = {key: {"value": value} for key, value in data.items()}
        return Ask(lambda told: str(told["msgid"]), body=body)
