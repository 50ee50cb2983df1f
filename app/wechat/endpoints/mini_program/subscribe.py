"""Subscribe messages, one for each time that she allowed it, and the templates for them (spec 1.8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.wechat.endpoints import Ask, Repeat, done, get, post
from app.wechat.endpoints.mini_program.door import MiniProgramDoor


@dataclass(frozen=True)
class SubscribeTemplate:
    """A template of the account's own. `content` shows its keys: `预订车型:{{thing1.DATA}}`, one a line."""

    template_id: str
    title: str
    content: str


class Subscribe(MiniProgramDoor):
    @post("/cgi-bin/message/subscribe/send", repeat=Repeat.never, per_day=10_000_000)
    def send_subscribe(
        self,
        openid: str,
        template_id: str,
        data: Mapping[str, str],
        *,
        page: str | None = None,
        state: Literal["developer", "trial", "formal"] = "formal",
        lang: Literal["zh_CN", "en_US", "zh_HK", "zh_TW"] = "zh_CN",
    ) -> Ask[str | None]:
        """Send one message for one accept of hers, and give its msgid where WeChat tells one. A repeated call sends and spends again.

        `data` is value by key (thing1, …); `page` may have a query, without one the message leads nowhere. Refusals: 43101 (nothing left
        of what she allowed), 47003 (a value, which it names), 40003, 40037, 41030 (page), 43107 (banned, not verified), 45009: 10 million
        a day, 30 with WeChat Pay.
        """
        body: dict[str, Any] = {"touser": openid, "template_id": template_id, "miniprogram_state": state, "lang": lang}
        if page is not None:
            body["page"] = page
        body["data"] = {key: {"value": value} for key, value in data.items()}
        return Ask(_msgid, body=body)

    @get("/wxaapi/newtmpl/gettemplate")
    def subscribe_templates(self) -> Ask[list[SubscribeTemplate]]:
        """All templates that the account has."""
        return Ask(lambda told: [SubscribeTemplate(one["priTmplId"], one["title"], one["content"]) for one in told["data"]])

    @post("/wxaapi/newtmpl/addtemplate", repeat=Repeat.never)
    def add_subscribe_template(self, tid: str, keywords: Sequence[int], description: str) -> Ask[str]:
        """Take a template out of WeChat's library and give its id; again would take it twice.

        `keywords`: kids in the order wanted, none for the live notices 10000001 and following; `description` says what it is for, in
        at most 15 characters. Refusals, none verified: 200014 (tid), 200020 (keywords), 200021 (description), 200012 (too many).
        """
        return Ask(lambda told: str(told["priTmplId"]), body={"tid": tid, "kidList": list(keywords), "sceneDesc": description})

    @post("/wxaapi/newtmpl/deltemplate", repeat=Repeat.harmless)
    def delete_subscribe_template(self, template_id: str) -> Ask[None]:
        """Nothing can be sent with it from then on. Refusal: 200014 (not verified)."""
        return Ask(done, body={"priTmplId": template_id})


def _msgid(told: dict[str, Any]) -> str | None:
    done(told)
    return str(told["msgid"]) if "msgid" in told else None
