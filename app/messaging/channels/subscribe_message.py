"""Subscribe messages of the mini-program: one for each time that she allowed it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from apiflask import Schema
from apiflask.fields import String
from apiflask.validators import Length
from sqlalchemy.orm import Session

from app.identity import queries as identity
from app.kit import clock
from app.kit.texts import t
from app.messaging import credits, drafts, wording
from app.messaging.channels import Address, CallPerLetter, Letter, Receipt, SendFailed
from app.messaging.drafts import Draft, Problem
from app.messaging.models import MessageTemplate, Send
from app.wechat.client import gateway
from app.wechat.endpoints import Exchange
from app.wechat.models import AccountKind, WechatAccount

# What WeChat says when she allows no more: 订阅消息, "43101 用户拒绝接受消息".
REFUSED_BY_HER = "wechat.43101"


class SubscribeMessage(CallPerLetter):
    """developers.weixin.qq.com/miniprogram/dev/framework/open-ability/subscribe-message.html: nothing makes a repeated call harmless, so
    what may have left is never sent again.
    """

    kind = "subscribe_message"
    label = t("messaging.channels.subscribe_message")
    account_kind = AccountKind.mini_program
    parts = None
    dedupe_window = None
    endpoint = "mini_program.send_subscribe"

    class Config(Schema):
        template_key = String(required=True, validate=Length(1, 64), metadata={"description": "消息模板"})

    def reach(self, session: Session, sends: Sequence[Send], accounts: Sequence[WechatAccount]) -> dict[uuid.UUID, Address | SendFailed]:
        """An account where she has a credit for the template."""
        templates = wording.templates_of(session, self.kind, sends)
        known = identity.identities_at(session, {send.customer_id for send in sends}, [one.appid for one in accounts])
        wanted: dict[uuid.UUID, list[tuple[WechatAccount, credits.Wanted]]] = {}
        found: dict[uuid.UUID, Address | SendFailed] = {}
        for send in sends:
            try:
                ids = wording.usable(templates, send).template_ids
            except SendFailed as failed:
                found[send.id] = failed
                continue
            wanted[send.id] = [
                (account, (account.appid, hers.openid, ids[account.appid]))
                for account in accounts
                if account.appid in ids and (hers := known.get((send.customer_id, account.appid)))
            ]
        there = credits.available(session, {one for ways in wanted.values() for _, one in ways})
        for send_id, ways in wanted.items():
            best = next(((account, one) for account, one in ways if one in there), None)
            found[send_id] = Address(best[0], best[1][1]) if best else SendFailed.because("no_credit")
        return found

    def render(self, session: Session, sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]) -> wording.Written:
        def write(send: Send, template: MessageTemplate, known: Mapping[str, Any]) -> dict[str, Any]:
            to = addresses[send.id]
            return {
                "openid": to.name,
                "template_id": wording.id_at(template, to.appid),
                "data": wording.typed(template, known),
            } | wording.way_on(template, known)

        return wording.each_written(session, self.kind, sends, write)

    def check(self, draft: Draft) -> list[Problem]:
        return [*drafts.typed(draft), *drafts.marketing(draft)]

    def take(self, session: Session, sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]) -> dict[uuid.UUID, SendFailed]:
        templates = wording.templates_of(session, self.kind, sends)
        wanted = {}
        for send in sends:
            to = addresses[send.id]
            wanted[send.id] = to.appid, to.name, templates[send.template_key].template_ids[to.appid]
        got = credits.take(session, wanted)
        return {send.id: SendFailed.because("no_credit") for send in sends if send.id not in got}

    def give_back(self, session: Session, sends: Sequence[Send]) -> None:
        credits.give_back(session, [send.id for send in sends])

    def refused(self, session: Session, sends: Sequence[Send]) -> None:
        """What WeChat refuses for another reason than hers costs her nothing."""
        by_her = [send.id for send in sends if send.error_code == REFUSED_BY_HER]
        credits.revoke(session, credits.taken_by(session, by_her), said_at=clock.now(session))
        credits.give_back(session, [send.id for send in sends if send.error_code != REFUSED_BY_HER])

    def exchange(self, letter: Letter) -> Exchange[Any]:
        assert letter.account is not None
        given = letter.payload
        send = gateway().mini_program(letter.account).send_subscribe
        return send.prepare(given["openid"], given["template_id"], given["data"], page=given["page"])

    def told(self, letter: Letter, answer: Any) -> Receipt:
        return Receipt(msgid=answer)
