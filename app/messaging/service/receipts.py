"""Find out later what became of accepted messages, where nobody tells by himself: members' tasks, group sends, short messages."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.orm import Session

from app.identity.models import WechatIdentity
from app.kit import clock, db
from app.kit.logging import logger
from app.messaging import sms
from app.messaging.facts import CHINA
from app.messaging.models import MemberTask, Send, SendStatus
from app.messaging.service import tracing
from app.messaging.service.hearing import note
from app.messaging.service.tracing import Lost
from app.wechat import queries as wechat
from app.wechat.client import WechatError, gateway
from app.wechat.endpoints.wecom.group_messages import CustomerDelivery, Delivery
from app.wechat.models import WechatAccount

log = logger(__name__)

SWEEP = 200
ASK_AGAIN = timedelta(minutes=10)
# A task that nobody has confirmed by then is taken back, so that nobody sends it after we have said that it failed.
GIVE_UP_AFTER = timedelta(days=7)
# How long a task has waited when its member is told again; WeCom allows three reminders in 24 hours.
REMIND_AFTER = (timedelta(hours=4), timedelta(hours=24), timedelta(hours=72))
# Nobody is reminded at night: hours of the day in China.
REMIND_FROM, REMIND_UNTIL = 9, 20
_SENT = "send success"


@dataclass(frozen=True)
class _Asked:
    """One member's part of one task, and whom of it we want to know about: the send by her external_userid. `is_old`: it is given up."""

    account: WechatAccount
    msgid: str
    userid: str
    sends: Mapping[str, uuid.UUID]
    is_old: bool


def ask_members() -> int:
    """Ask WeCom what the members did with the tasks that are due to be asked about; returns how many messages it was about.

    May run many times at once: what one has claimed the others leave alone for ASK_AGAIN.
    """
    with db.transaction() as session:
        asked, lost = _claim_tasks(session)
    for task in lost:
        try:
            tracing.trace(task)
        except WechatError as error:
            log.warning("a task without an answer cannot be looked for", error=error.code)
    for one in asked:
        door = gateway().wecom(one.account)
        try:
            if one.is_old:
                door.cancel_message_task(one.msgid)
            told = {result.external_userid: result for result in tracing.results(one.account, one.msgid, one.userid)}
            with db.transaction() as session:
                waits = _note_results(session, one, told)
                is_reminded = waits and _reminds(session, one)
            if is_reminded:
                door.remind_of_message_task(one.msgid)
        except WechatError as error:
            log.warning("members' tasks cannot be asked about", msgid=one.msgid, error=error.code)
    return sum(len(one.sends) for one in asked) + sum(len(one.sends) for one in lost)


def _claim_tasks(session: Session) -> tuple[list[_Asked], list[Lost]]:
    due = select(MemberTask.send_id).where(MemberTask.due_at <= func.marque_now()).order_by(MemberTask.due_at).limit(SWEEP)
    claimed = (
        update(MemberTask)
        .where(MemberTask.send_id == db.one_of(due.with_for_update(skip_locked=True)))
        .values(due_at=func.marque_now() + ASK_AGAIN)
        .returning(MemberTask.send_id)
    )
    ids = session.execute(claimed.execution_options(synchronize_session=False)).scalars().all()
    rows = session.execute(
        select(Send, MemberTask.userid, WechatIdentity.openid, (func.marque_now() - Send.settled_at > GIVE_UP_AFTER).label("is_old"))
        .join(MemberTask, MemberTask.send_id == Send.id)
        .join(WechatIdentity, WechatIdentity.id == MemberTask.identity_id)
        .where(Send.id.in_(ids))
    ).all()
    groups: dict[tuple[str, str, str], dict[str, uuid.UUID]] = defaultdict(dict)
    unheard: list[tracing.Unheard] = []
    over, old, moment = [], set(), clock.now(session)
    for send, userid, openid, is_old in rows:
        if send.status in (SendStatus.claimed, SendStatus.planned):
            continue  # nobody has heard yet whether there is a task
        if tracing.is_lost(send, moment):
            unheard.append((send, userid, openid))
        elif send.status != SendStatus.accepted or send.delivery is not None or not send.msgid or not send.appid:
            over.append(send.id)
        else:
            groups[send.appid, send.msgid, userid][openid] = send.id
            old |= {send.msgid} if is_old else set()
    _drop(session, over)
    accounts = {appid: account for appid, _, _ in groups if (account := wechat.by_appid(session, appid))}
    asked = [
        _Asked(accounts[appid], msgid, userid, sends, msgid in old) for (appid, msgid, userid), sends in groups.items() if appid in accounts
    ]
    return asked, tracing.tasks_of(session, unheard)


def _note_results(session: Session, asked: _Asked, told: Mapping[str | None, CustomerDelivery]) -> bool:
    """Whether there is something left that waits for the member."""
    rows = select(Send).where(Send.id.in_(asked.sends.values())).order_by(Send.id).with_for_update()
    sends = {send.id: send for send in session.execute(rows).scalars()}
    over = []
    for external_userid, send_id in asked.sends.items():
        result = told.get(external_userid)
        status = result.status if result else Delivery.unsent
        if status == Delivery.unsent and not asked.is_old:
            continue
        note(
            session,
            sends[send_id],
            arrived=status == Delivery.sent,
            status="success" if status == Delivery.sent else f"failed: {status.name}",
        )
        over.append(send_id)
    _drop(session, over)
    return len(over) < len(asked.sends)


def _reminds(session: Session, asked: _Asked) -> bool:
    """Whether the member is to be told again, which is written down before it is done: better once too seldom than a second time."""
    if not REMIND_FROM <= clock.now(session).astimezone(CHINA).hour < REMIND_UNTIL:
        return False
    waited = func.marque_now() - select(func.min(Send.settled_at)).where(Send.id.in_(asked.sends.values())).scalar_subquery()
    times = sum(case((waited >= after, 1), else_=0) for after in REMIND_AFTER)
    due = update(MemberTask).where(MemberTask.send_id.in_(asked.sends.values()), MemberTask.reminded < times).values(reminded=times)
    done = session.execute(due.returning(MemberTask.send_id).execution_options(synchronize_session=False))
    return bool(done.all())


def _drop(session: Session, send_ids: Sequence[uuid.UUID]) -> None:
    session.execute(delete(MemberTask).where(MemberTask.send_id.in_(send_ids)).execution_options(synchronize_session=False))


def group_sent(session: Session, brand_id: uuid.UUID, *, msgid: str, status: str) -> None:
    """Tencent says how a group send ended: only that it reached nobody can be said of each of its messages. Again changes nothing."""
    if status == _SENT:
        return
    for send in session.execute(select(Send).filter_by(brand_id=brand_id, msgid=msgid, channel="group_send").with_for_update()).scalars():
        note(session, send, arrived=False, status=f"failed: {status}")


def fetch_sms_receipts() -> int:
    """Fetch what the carriers told of short messages, and write it down; returns how many receipts there were."""
    if not sms.is_set_up():
        return 0
    count = 0
    while True:
        try:
            reports = sms.reports()
        except sms.Unsent as unsent:
            log.warning("receipts of short messages cannot be fetched", error=unsent.code)
            return count
        with db.transaction() as session:
            # By our own key: a receipt, which is given once, may come before anybody has written down the serial number.
            told = {send_id: one for one in reports if (send_id := _id_of(one.key))}
            rows = select(Send).where(Send.id.in_(told), Send.channel == "sms").order_by(Send.id).with_for_update()
            for send in session.execute(rows).scalars():
                report = told[send.id]
                note(session, send, arrived=report.arrived, status="success" if report.arrived else f"failed: {report.description}")
        count += len(reports)
        if len(reports) < sms.MOST_RECEIPTS:
            return count


def _id_of(client_msg_id: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(hex=client_msg_id)
    except ValueError:
        # Somebody else sends with the same app.
        return None
