"""Template messages of the service account, to customers who follow it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from apiflask import Schema
from apiflask.fields import String
from apiflask.validators import Length
from sqlalchemy.orm import Session

from app.identity import queries as identity
from app.identity.models import WechatIdentity
from app.identity.service import SYNC_EVERY
from app.kit import clock
from app.kit.texts import t
from app.messaging import drafts, wording
from app.messaging.channels import Address, CallPerLetter, Letter, Receipt, SendFailed
from app.messaging.drafts import Draft, Problem
from app.messaging.models import MessageTemplate, Purpose, Send
from app.wechat.client import gateway
from app.wechat.endpoints import Exchange
from app.wechat.models import AccountKind, WechatAccount

# The list of followers has been read on by then, whatever that takes.
FOLLOWERS_READ_WITHIN = SYNC_EVERY + timedelta(minutes=2)


class ServiceTemplate(CallPerLetter):
    """developers.weixin.qq.com/doc/service/api/notify/template/api_sendtemplatemessage: notices only, marketing needs her consent."""

    kind = "service_template"
    label = t("messaging.channels.service_template")
    account_kind = AccountKind.service_account
    # WeChat knows a client_msg_id again for ten minutes; the last one is for a slow call and a clock that is not ours.
    dedupe_window = timedelta(minutes=9)
    parts = None
    opens_web = True
    endpoint: ClassVar[str | None] = "service_account.send_template"

    class Config(Schema):
        template_key = String(required=True, validate=Length(1, 64), metadata={"description": "消息模板"})

    def reach(self, session: Session, sends: Sequence[Send], accounts: Sequence[WechatAccount]) -> dict[uuid.UUID, Address | SendFailed]:
        """Of several accounts the one sends that she follows: one that has the template before others, her dealer's before the brand's,
        then the oldest.
        """
        ids = {key: template.template_ids for key, template in wording.templates_of(session, self.kind, sends).items()}
        known = identity.identities_at(session, {send.customer_id for send in sends}, [one.appid for one in accounts])
        now = clock.now(session)
        found: dict[uuid.UUID, Address | SendFailed] = {}
        for send in sends:
            dealer_id = send.context.get("dealer_id")
            dealers = [one for one in accounts if dealer_id and one.settings.get("dealer_id") == dealer_id]
            dealers_first = [*dealers, *(one for one in accounts if one not in dealers)]
            here = [(account, hers) for account in dealers_first if (hers := known.get((send.customer_id, account.appid)))]
            noted = ids.get(send.template_key, {})
            here = [one for one in here if one[0].appid in noted] + [one for one in here if one[0].appid not in noted]
            followed = next((Address(account, hers.openid) for account, hers in here if hers.followed), None)
            found[send.id] = followed or self._not_following(send, [hers for _, hers in here], now)
        return found

    @staticmethod
    def _not_following(send: Send, known: Sequence[WechatIdentity], now: Any) -> SendFailed:
        # WeChat tells of a follow three times within seconds. If we were away, the next reading of the list of followers finds her.
        untold = all(hers.followed is None for hers in known)
        waits = untold and send.purpose == Purpose.transactional and now - send.created_at < FOLLOWERS_READ_WITHIN
        return SendFailed.because("not_following", permanent=not waits)

    def render(
        self, session: Session, sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]
    ) -> dict[uuid.UUID, dict[str, Any] | SendFailed]:
        def write(send: Send, template: MessageTemplate, known: Mapping[str, Any]) -> dict[str, Any]:
            to = addresses[send.id]
            assert to.account is not None
            return {
                "openid": to.name,
                "template_id": wording.id_at(template, to.account.appid),
                "data": wording.typed(template, known),
            } | wording.way_on(template, known)

        return wording.each_written(session, self.kind, sends, write)

    def check(self, draft: Draft) -> list[Problem]:
        return [*drafts.typed(draft), *drafts.marketing(draft)]

    def exchange(self, letter: Letter) -> Exchange[Any]:
        assert letter.account is not None
        given = letter.payload
        send = gateway().service_account(letter.account).send_template
        # What was claimed before there were addresses has none.
        to = {"page": given["page"], "url": given.get("url")}
        return send.prepare(given["openid"], given["template_id"], given["data"], client_msg_id=letter.client_msg_id, **to)

    def told(self, letter: Letter, answer: Any) -> Receipt:
        return Receipt(msgid=str(answer))
