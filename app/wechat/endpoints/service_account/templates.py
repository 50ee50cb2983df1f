"""Template messages: notices of the brand's own service to who follows it, never marketing; and their templates (spec 2.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.wechat.endpoints import Ask, Repeat, done, get, post
from app.wechat.endpoints.service_account.door import ServiceAccountDoor


@dataclass(frozen=True)
class ServiceTemplate:
    """A template of the account's own. `content` shows its keys: `意向车型:{{thing1.DATA}}`, one a line."""

    template_id: str
    title: str
    content: str


class Templates(ServiceAccountDoor):
    @post("/cgi-bin/message/template/send", repeat=Repeat.keyed, per_day=100_000)
    def send_template(
        self,
        openid: str,
        template_id: str,
        data: Mapping[str, str],
        *,
        client_msg_id: str,
        page: str | None = None,
        url: str | None = None,
    ) -> Ask[str]:
        """Send a template message and give its msgid. The same `client_msg_id` (≤ 32 characters) within ten minutes sends nothing twice.

        `data` is value by key (thing1, amount2, …), without line breaks; `page` opens in the linked mini-program, `url` where that cannot
        be. That WeChat took it is no delivery: `TEMPLATESENDJOBFINISH` tells. Refusals: 43004 (does not follow), 43019 (blacklisted), 43117
        (too often to her), 47003 (a value, which it names), 40003, 40036, 40037, 43116 (template withdrawn), 40013, 40165 (page), 48001,
        48004, 50002; 45009 beyond 100,000 a day, more with many followers.
        """
        body: dict[str, Any] = {"touser": openid, "template_id": template_id, "client_msg_id": client_msg_id}
        if page and self.account.linked_appid:
            body["miniprogram"] = {"appid": self.account.linked_appid, "pagepath": page}
        if url is not None:
            body["url"] = url
        body["data"] = {key: {"value": value} for key, value in data.items()}
        return Ask(lambda told: str(told["msgid"]), body=body)

    @get("/cgi-bin/template/get_all_private_template")
    def templates(self) -> Ask[list[ServiceTemplate]]:
        """All templates that the account has, 25 at the most."""
        return Ask(lambda told: [ServiceTemplate(one["template_id"], one["title"], one["content"]) for one in told["template_list"]])

    @post("/cgi-bin/template/api_add_template", repeat=Repeat.never)
    def add_template(self, number: str, keywords: Sequence[str]) -> Ask[str]:
        """Take a template out of WeChat's library, with the keywords in the order wanted, and give its id; again would take it twice.

        Refusals, not verified: 40097 (number or keywords), 45026 (25 are in use).
        """
        return Ask(lambda told: str(told["template_id"]), body={"template_id_short": number, "keyword_name_list": list(keywords)})

    @post("/cgi-bin/template/del_private_template", repeat=Repeat.harmless)
    def delete_template(self, template_id: str) -> Ask[None]:
        """Nothing can be sent with it from then on. Refusal: 40037."""
        return Ask(done, body={"template_id": template_id})
