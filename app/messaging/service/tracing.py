"""Find members' tasks whose calls had no answer among those that WeCom has: nothing is made a second time to find out."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kit import db
from app.kit.logging import logger
from app.messaging.models import Send, SendStatus
from app.messaging.service import writing
from app.wechat import queries as wechat
from app.wechat.client import gateway
from app.wechat.endpoints.wecom.group_messages import CustomerDelivery, ListedTask
from app.wechat.models import WechatAccount

log = logger(__name__)

# What WeCom does not list by then it has not made.
TRACED_FOR = timedelta(hours=1)
# When the task was made, as far from the claim as a call may take and two clocks may differ.
_BEFORE, _AFTER = timedelta(minutes=1), timedelta(minutes=5)


@dataclass(frozen=True)
class Lost:
    """One task for one member of which nobody knows whether it is there, and whom it is about: the send by her external_userid."""

    account: WechatAccount
    userid: str
    text: str
    claimed_at: datetime
    sends: Mapping[str, uuid.UUID]


# A message, its member's userid and her external_userid.
Unheard = tuple[Send, str, str]


def is_lost(send: Send, moment: datetime) -> bool:
    """Whether nobody knows so far if its task is there, and there is what to look for it by."""
    known = send.status != SendStatus.unknown or send.msgid is not None
    return not known and send.payload is not None and send.claimed_at is not None and moment - send.claimed_at < TRACED_FOR


def tasks_of(session: Session, unheard: Iterable[Unheard]) -> list[Lost]:
    """Messages that were one call are one task."""
    calls: dict[tuple[str, str, str, datetime], dict[str, uuid.UUID]] = defaultdict(dict)
    for send, userid, openid in unheard:
        if send.appid and send.payload and send.claimed_at:
            calls[send.appid, userid, send.payload["text"], send.claimed_at][openid] = send.id
    found = []
    for (appid, userid, text, claimed_at), sends in calls.items():
        if account := wechat.by_appid(session, appid):
            found.append(Lost(account, userid, text, claimed_at, sends))
    return found


def trace(lost: Lost) -> bool:
    """Whether the task is there: then its messages are accepted. Of two that it could be nobody can say which it is."""
    same = {one.msgid for one in _listed(lost) if one.text == lost.text}
    with db.transaction() as session:
        wanted = select(Send.msgid).where(Send.brand_id == lost.account.brand_id, Send.msgid.in_(same))
        same -= set(session.execute(wanted).scalars())
    theirs = {msgid: {one.external_userid for one in results(lost.account, msgid, lost.userid)} for msgid in same}
    found = [msgid for msgid, people in theirs.items() if people >= lost.sends.keys()]
    if len(found) != 1:
        return False
    log.info("a task without an answer is there", msgid=found[0])
    with db.transaction() as session:
        rows = select(Send).where(Send.id.in_(lost.sends.values()), Send.status == SendStatus.unknown).order_by(Send.id).with_for_update()
        for send in session.execute(rows).scalars():
            send.msgid, send.error_code, send.error_message = found[0], None, None
            writing.end(session, send, SendStatus.accepted)
    return True


def results(account: WechatAccount, msgid: str, userid: str) -> Iterator[CustomerDelivery]:
    """What became of a member's part of a task, customer by customer."""
    door, cursor = gateway().wecom(account), ""
    while True:
        page = door.message_task_results(msgid, userid, cursor)
        yield from page.items
        if not (cursor := page.next_cursor):
            return


def _listed(lost: Lost) -> Iterator[ListedTask]:
    door, cursor = gateway().wecom(lost.account), ""
    while True:
        page = door.message_tasks(lost.claimed_at - _BEFORE, lost.claimed_at + _AFTER, cursor)
        yield from page.items
        if not (cursor := page.next_cursor):
            return
