"""Group sends of the service account: one message to many of its followers, of whom each gets only a few in a calendar month."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from apiflask import Schema
from apiflask.fields import String
from apiflask.validators import Length
from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.identity import queries as identity
from app.identity.models import WechatIdentity
from app.kit import clock, db
from app.kit.settings import settings
from app.kit.texts import t
from app.messaging import drafts, facts, wording
from app.messaging.channels import LONGEST_BYTES, Address, Letter, Receipt, SendFailed
from app.messaging.channels.service_template import ServiceTemplate
from app.messaging.drafts import Draft, Problem
from app.messaging.models import GroupLetter, MessageTemplate, Purpose, Send, SendStatus
from app.messaging.models.waits import SendWait
from app.wechat.client import WechatError, gateway
from app.wechat.endpoints.service_account.group_sends import GroupMaterial, GroupText
from app.wechat.models import WechatAccount

# WeChat sends to a list of two at least.
FEWEST = 2
# Who is left over alone; the moments (in seconds) when they meet are no closer than any pause between two tries.
WAITS_FOR_OTHERS = timedelta(minutes=10)
MEET_EVERY = 120
_GETS_IT = (SendStatus.claimed, SendStatus.accepted)
_MAY_HAVE_LEFT = (SendStatus.claimed, SendStatus.accepted, SendStatus.unknown)
# The same clientmsgid was asked for within the last minute: what became of it WeChat says later.
_ASKED_TOO_SOON = "45066"


class GroupSend(ServiceTemplate):
    """developers.weixin.qq.com, 群发接口: every message of one claim that says the same leaves in one call. What it says is the same for
    all, so its template speaks of no facts: `content` is a text, or `media_id` an article (mpnews) of the account.
    """

    kind = "group_send"
    label = t("messaging.channels.group_send")
    # WeChat knows a clientmsgid again for a day.
    dedupe_window = timedelta(hours=23)
    # One call for a whole group.
    at_once = 10_000
    endpoint = None
    opens_web = False

    class Config(Schema):
        template_key = String(required=True, validate=Length(1, 64), metadata={"description": "消息模板"})

    def reach(self, session: Session, sends: Sequence[Send], accounts: Sequence[WechatAccount]) -> dict[uuid.UUID, Address | SendFailed]:
        """The account that she follows, as long as she has not had all of this month."""
        found = super().reach(session, sends, accounts)
        had = self._had(session, sends, {to.appid for to in found.values() if isinstance(to, Address)})
        for send in sends:
            to = found[send.id]
            if isinstance(to, Address) and had[send.customer_id, to.appid] >= settings().group_sends_per_month:
                found[send.id] = SendFailed.because("group_sends_used_up")
        return found

    def render(self, session: Session, sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]) -> wording.Written:
        def write(_: Send, template: MessageTemplate, __: Mapping[str, Any]) -> dict[str, Any]:
            if media_id := template.fields.get("media_id"):
                return {"media_id": wording.filled("media_id", media_id, {})}
            return {"text": wording.text_of(template, {}, longest_bytes=LONGEST_BYTES)}

        return wording.each_written(session, self.kind, sends, write)

    def take(self, session: Session, sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]) -> dict[uuid.UUID, SendFailed]:
        had = self._had(session, sends, {to.appid for to in addresses.values()})
        failed: dict[uuid.UUID, SendFailed] = {}
        groups: dict[tuple[str, str], list[Send]] = defaultdict(list)
        for send in sends:
            appid = addresses[send.id].appid
            if had[send.customer_id, appid] >= settings().group_sends_per_month:
                failed[send.id] = SendFailed.because("group_sends_used_up")
            else:
                had[send.customer_id, appid] += 1
                groups[appid, send.template_key].append(send)
        alone = [send for one in groups.values() if len({send.customer_id for send in one}) < FEWEST for send in one]
        failed |= self._left_over(session, alone)
        self._join([one for one in groups.values() if one[0].id not in failed], session, addresses)
        return failed

    def check(self, draft: Draft) -> list[Problem]:
        wanted = "media_id" if "media_id" in draft.fields else "content"
        return [*drafts.parts(draft, wanted, longest_bytes=LONGEST_BYTES), *drafts.without_facts(draft)]

    def give_back(self, session: Session, sends: Sequence[Send]) -> None:
        gone = delete(GroupLetter).where(GroupLetter.send_id.in_([send.id for send in sends]))
        session.execute(gone.execution_options(synchronize_session=False))

    def send(self, batch: Sequence[Letter]) -> list[Receipt | SendFailed]:
        """One call for each group that has a letter in the batch, always to all of the group who are to get it."""
        group_of, members = self._groups(batch)
        first = {group: letter for letter in reversed(batch) if (group := group_of.get(letter.send_id))}
        calls = {group: self._call(letter, group, members[group]) for group, letter in first.items() if len(members[group]) >= FEWEST}
        answers = dict(zip(calls, gateway().carry_out_all(list(calls.values())), strict=True))
        outcomes: list[Receipt | SendFailed] = []
        for letter in batch:
            group = group_of.get(letter.send_id)
            if group in answers:
                outcomes.append(self._heard(letter, answers[group]))
            else:
                # The others were kept back after the group was made; the next claim says for how long she waits.
                outcomes.append(SendFailed.because("group_of_one", permanent=not letter.first))
        return outcomes

    def told(self, letter: Letter, answer: Any) -> Receipt:
        return Receipt(msgid=str(answer.msg_id))

    def failed(self, letter: Letter, error: WechatError) -> Receipt | SendFailed:
        if error.code == _ASKED_TOO_SOON:
            return SendFailed(f"wechat.{error.code}", error.message, permanent=False, maybe_sent=True, retry_after=60)
        return super().failed(letter, error)

    @staticmethod
    def _call(letter: Letter, group: uuid.UUID, openids: Sequence[str]) -> Any:
        assert letter.account is not None
        given = letter.payload
        message = GroupMaterial("mpnews", given["media_id"]) if "media_id" in given else GroupText(given["text"])
        return gateway().service_account(letter.account).send_to_people.prepare(message, openids, client_msg_id=group.hex)

    @staticmethod
    def _left_over(session: Session, sends: Sequence[Send]) -> dict[uuid.UUID, SendFailed]:
        """Whoever is alone waits for others who are, each until the same moments, so that they meet."""
        if not sends:
            return {}
        now = clock.now(session)
        waited = select(SendWait.send_id).where(
            SendWait.send_id.in_([send.id for send in sends]),
            SendWait.reason == "group_of_one",
            SendWait.first_at <= now - WAITS_FOR_OTHERS,
        )
        in_vain = set(session.execute(waited).scalars())
        seconds = MEET_EVERY - now.timestamp() % MEET_EVERY
        failed = {send.id: SendFailed.because("group_of_one", permanent=send.id in in_vain) for send in sends}
        for one in failed.values():
            one.retry_after = seconds if seconds >= MEET_EVERY / 2 else seconds + MEET_EVERY
        return failed

    @staticmethod
    def _groups(batch: Sequence[Letter]) -> tuple[dict[uuid.UUID, uuid.UUID], dict[uuid.UUID, list[str]]]:
        """Which group each of these belongs to, and the openids of all who belong to these groups and are still to get it: of a group that
        is sent again not who has refused since. Who was erased has no place in it any more.
        """
        with db.transaction() as session:
            groups = select(GroupLetter.group_id).where(GroupLetter.send_id.in_([letter.send_id for letter in batch]))
            rows = session.execute(
                select(GroupLetter.send_id, GroupLetter.group_id, WechatIdentity.openid, Send.customer_id, Send.purpose)
                .join(WechatIdentity, WechatIdentity.id == GroupLetter.identity_id)
                .join(Send, Send.id == GroupLetter.send_id)
                .where(GroupLetter.group_id.in_(groups), Send.withdrawn.is_(False), Send.status.in_(_GETS_IT))
                .order_by(WechatIdentity.openid)
            ).all()
            repeated = {letter.send_id for letter in batch if not letter.first}
            again = {row.group_id for row in rows if row.send_id in repeated}
            asked = {row.send_id: row.customer_id for row in rows if row.group_id in again and row.purpose == Purpose.marketing}
            wishes = identity.wishes(session, set(asked.values())) if asked else {}
        members: dict[uuid.UUID, list[str]] = defaultdict(list)
        group_of: dict[uuid.UUID, uuid.UUID] = {}
        for row in rows:
            if row.send_id not in asked or wishes[row.customer_id].allows(GroupSend.kind) is None:
                group_of[row.send_id] = row.group_id
                members[row.group_id].append(row.openid)
        return group_of, {group: list(dict.fromkeys(those)) for group, those in members.items()}

    @staticmethod
    def _join(groups: Sequence[Sequence[Send]], session: Session, addresses: Mapping[uuid.UUID, Address]) -> None:
        wanted = [(addresses[send.id].appid, addresses[send.id].name) for sends in groups for send in sends]
        if not wanted:
            return
        rows = select(WechatIdentity.appid, WechatIdentity.openid, WechatIdentity.id)
        rows = rows.where(tuple_(WechatIdentity.appid, WechatIdentity.openid).in_(wanted))
        ids = {(appid, openid): found for appid, openid, found in session.execute(rows)}
        letters = []
        for sends in groups:
            group_id = db.new_id()
            for send in sends:
                to = addresses[send.id]
                letters.append({"send_id": send.id, "group_id": group_id, "identity_id": ids[to.appid, to.name]})
        session.execute(insert(GroupLetter), letters)

    @staticmethod
    def _had(session: Session, sends: Sequence[Send], appids: Iterable[str]) -> Counter[tuple[uuid.UUID | None, str]]:
        """How many each of these people had from each account this month, by the ledger."""
        rows = session.execute(
            select(Send.customer_id, Send.appid, func.count())
            .where(
                Send.customer_id.in_({send.customer_id for send in sends}),
                Send.channel == GroupSend.kind,
                Send.appid.in_(list(appids)),
                Send.claimed_at >= month_began(clock.now(session)),
                Send.status.in_(_MAY_HAVE_LEFT),
            )
            .group_by(Send.customer_id, Send.appid)
        )
        return Counter({(customer_id, appid or ""): number for customer_id, appid, number in rows})


def month_began(moment: datetime) -> datetime:
    """When the calendar month began in China, which Tencent counts by."""
    return moment.astimezone(facts.CHINA).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
