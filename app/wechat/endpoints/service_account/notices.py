"""Subscription notices: one for each time that she allowed it on a page or in an article of the account (spec 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.wechat.endpoints import Ask, Repeat, done, post
from app.wechat.endpoints.service_account.door import ServiceAccountDoor


class Notices(ServiceAccountDoor):
    @post("/cgi-bin/message/subscribe/bizsend", repeat=Repeat.never)
    def send_notice(
        self, openid: str, template_id: str, data: Mapping[str, str], *, page: str | None = None, url: str | None = None
    ) -> Ask[None]:
        """Send one notice for one accept of hers, whether she follows or not. A repeated call sends and spends again.

        `data` is value by key; `page` opens in the linked mini-program, `url` where there is none. Refusals: 43101 (nothing left of what
        she allowed), 40003, 40037, 47003 (a value), 40013, 40165 (page), 45009.
        """
        body: dict[str, Any] = {"touser": openid, "template_id": template_id}
        if page is not None and self.account.linked_appid:
            body["miniprogram"] = {"appid": self.account.linked_appid, "pagepath": page}
        if url is not None:
            body["page"] = url
        body["data"] = {key: {"value": value} for key, value in data.items()}
        return Ask(done, body=body)
