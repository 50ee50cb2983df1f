"""Messages to customers in WeCom by their members' own hands: what we make is a task, which a member has to confirm."""

from __future__ import annotations

import uuid
from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from apiflask import Schema
from apiflask.fields import String
from apiflask.validators import Length
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.identity.models import WechatIdentity
from app.kit import clock
from app.kit.settings import settings
from app.kit.texts import t
from app.messaging import drafts, facts, wording
from app.messaging.channels import Address, Letter, Receipt, SendFailed, TencentChannel
from app.messaging.channels.group_send import month_began
from app.messaging.drafts import Draft, Problem
from app.messaging.models import Contact, MemberTask, MessageTemplate, Send, SendStatus
from app.wechat.client import gateway
from app.wechat.endpoints import Exchange
from app.wechat.models import AccountKind, WechatAccount

LONGEST_BYTES = 4_000
MOST_AT_ONCE = 10_000
# A member has to see the task and confirm it before there is anything to hear.
ASK_AFTER = timedelta(minutes=5)
_MAY_HAVE_LEFT = (SendStatus.claimed, SendStatus.accepted, SendStatus.unknown)


class WecomCustomerTask(TencentChannel):
    """developer.work.weixin.qq.com/document/path/92135: accepted is that the task is there, delivered that a member confirmed it and WeCom
    sent it. Nothing makes a repeated call harmless. Messages of one claim that say the same to customers of one member are one task.
    """

    kind = "wecom_customer_task"
    label = t("messaging.channels.wecom_customer_task")
    account_kind = AccountKind.corp
    dedupe_window = None

    class Config(Schema):
        template_key = String(required=True, validate=Length(1, 64), metadata={"description": "消息模板"})

    def reach(self, session: Session, sends: Sequence[Send], accounts: Sequence[WechatAccount]) -> dict[uuid.UUID, Address | SendFailed]:
        """The corp in which she has a member of ours."""
        hers = _contacts(session, sends, [one.appid for one in accounts])
        had, most = _had(session, sends), _most(clock.now(session))
        found: dict[uuid.UUID, Address | SendFailed] = {}
        for send in sends:
            contact = hers.get(send.id)
            if contact is None:
                found[send.id] = SendFailed.because("no_contact")
            elif had[send.customer_id] >= most:
                found[send.id] = SendFailed.because("member_tasks_used_up")
            else:
                account = next(one for one in accounts if one.appid == contact.appid)
                found[send.id] = Address(account, contact.openid)
        return found

    def render(self, session: Session, sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]) -> wording.Written:
        hers = _contacts(session, sends, {to.appid for to in addresses.values()})

        def write(send: Send, template: MessageTemplate, known: Mapping[str, Any]) -> dict[str, Any]:
            text = wording.text_of(template, known, longest_bytes=LONGEST_BYTES)
            return {"external_userid": hers[send.id].openid, "userid": hers[send.id].userid, "text": text}

        return wording.each_written(session, self.kind, sends, write)

    def take(self, session: Session, sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]) -> dict[uuid.UUID, SendFailed]:
        hers = _contacts(session, sends, {to.appid for to in addresses.values()})
        moment, had = clock.now(session), _had(session, sends)
        failed, tasks = {}, []
        for send in sends:
            if had[send.customer_id] >= _most(moment):
                failed[send.id] = SendFailed.because("member_tasks_used_up")
                continue
            had[send.customer_id] += 1
            contact = hers[send.id]
            tasks.append({"send_id": send.id, "identity_id": contact.identity_id, "userid": contact.userid, "due_at": moment + ASK_AFTER})
        if tasks:
            session.execute(insert(MemberTask), tasks)
        return failed

    def check(self, draft: Draft) -> list[Problem]:
        return drafts.parts(draft, "content", longest_bytes=LONGEST_BYTES)

    def give_back(self, session: Session, sends: Sequence[Send]) -> None:
        gone = delete(MemberTask).where(MemberTask.send_id.in_([send.id for send in sends]))
        session.execute(gone.execution_options(synchronize_session=False))

    refused = give_back

    def send(self, batch: Sequence[Letter]) -> list[Receipt | SendFailed]:
        tasks: dict[tuple[str, str, str], list[Letter]] = defaultdict(list)
        for letter in batch:
            assert letter.account is not None
            tasks[letter.account.appid, letter.payload["userid"], letter.payload["text"]].append(letter)
        answers = gateway().carry_out_all([self._task(letters) for letters in tasks.values()])
        outcomes: dict[uuid.UUID, Receipt | SendFailed] = {}
        for letters, answer in zip(tasks.values(), answers, strict=True):
            outcomes |= {letter.send_id: self._heard(letter, answer) for letter in letters}
        return [outcomes[letter.send_id] for letter in batch]

    def told(self, letter: Letter, answer: Any) -> Receipt:
        if letter.payload["external_userid"] in answer.unreachable:
            raise SendFailed.because("no_contact")
        return Receipt(msgid=answer.msgid)

    @staticmethod
    def _task(letters: Sequence[Letter]) -> Exchange[Any]:
        account, given = letters[0].account, letters[0].payload
        assert account is not None
        whom = list(dict.fromkeys(letter.payload["external_userid"] for letter in letters))
        return gateway().wecom(account).add_message_task.prepare(given["text"], external_userids=whom, sender=given["userid"])


def _contacts(session: Session, sends: Sequence[Send], appids: Any) -> dict[uuid.UUID, Any]:
    """Of each send's customer the member to send it: of the dealer that the message is about before others, then the one she added last.

    Gives appid, openid (her external_userid), identity_id, userid by send.
    """
    rows = session.execute(
        select(
            WechatIdentity.customer_id, WechatIdentity.appid, WechatIdentity.openid, Contact.identity_id, Contact.userid, Staff.dealer_id
        )
        .join(Contact, Contact.identity_id == WechatIdentity.id)
        .join(Staff, (Staff.brand_id == WechatIdentity.brand_id) & (func.lower(Staff.wecom_userid) == func.lower(Contact.userid)))
        .where(
            WechatIdentity.customer_id.in_({send.customer_id for send in sends}),
            WechatIdentity.appid.in_(list(appids)),
            Contact.ended_at.is_(None),
            Staff.active.is_(True),
        )
        .order_by(Contact.since.desc().nulls_last(), Contact.userid)
    ).all()
    hers: dict[uuid.UUID | None, list[Any]] = defaultdict(list)
    for row in rows:
        hers[row.customer_id].append(row)
    found = {}
    for send in sends:
        those, dealer_id = hers[send.customer_id], send.context.get("dealer_id")
        if those:
            found[send.id] = next((row for row in those if str(row.dealer_id) == dealer_id), those[0])
    return found


def _had(session: Session, sends: Sequence[Send]) -> Counter[uuid.UUID | None]:
    """How many tasks each of these customers was in this month, by the ledger."""
    rows = session.execute(
        select(Send.customer_id, func.count())
        .where(
            Send.customer_id.in_({send.customer_id for send in sends}),
            Send.channel == WecomCustomerTask.kind,
            Send.claimed_at >= month_began(clock.now(session)),
            Send.status.in_(_MAY_HAVE_LEFT),
        )
        .group_by(Send.customer_id)
    )
    return Counter({row[0]: row[1] for row in rows})


def _most(moment: datetime) -> int:
    """As many as the month has days, unless the corp's console says less."""
    here = moment.astimezone(facts.CHINA)
    return settings().member_tasks_per_month or monthrange(here.year, here.month)[1]
