"""Messages to many customers by their members' own hands (企业群发). developer.work.weixin.qq.com/document/path/92135 (spec 4.5).

Nothing is sent by these calls: each member finds a task and has to confirm it, and only she who last talked with a customer has him on her
list. A customer or group gets no more than the month has days, unless the console says less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from app.wechat.endpoints import Ask, Repeat, done, post
from app.wechat.endpoints.wecom.content import Attachment, message
from app.wechat.endpoints.wecom.door import PER_MINUTE, Page, WeComDoor, at_most, given, moment


@dataclass(frozen=True)
class MessageTask:
    """`unreachable` are the external_userids to whom nothing can be sent."""

    msgid: str
    unreachable: tuple[str, ...]


@dataclass(frozen=True)
class ListedTask:
    msgid: str
    creator: str | None
    created_at: datetime | None
    text: str = ""


@dataclass(frozen=True)
class MemberTask:
    """Whether a member has confirmed her part, and when."""

    userid: str
    confirmed: bool
    sent_at: datetime | None


class Delivery(IntEnum):
    unsent = 0
    sent = 1
    # he is no longer her customer
    not_friend = 2
    # he has had as many as he may get
    limit_reached = 3


@dataclass(frozen=True)
class CustomerDelivery:
    """What became of the message to one customer, or to one group."""

    userid: str
    status: Delivery
    external_userid: str | None
    chat_id: str | None
    sent_at: datetime | None


class GroupMessages(WeComDoor):
    """Refusals: 41048 (nobody to send to) [K], 40058, 60111, 40096."""

    @post("/cgi-bin/externalcontact/add_msg_template", repeat=Repeat.never, per_minute=PER_MINUTE)
    def add_message_task(
        self,
        text: str = "",
        attachments: Sequence[Attachment] = (),
        *,
        external_userids: Sequence[str] = (),
        sender: str | None = None,
        tag_ids: Sequence[Sequence[str]] = (),
        allow_select: bool = False,
    ) -> Ask[MessageTask]:
        """A task about up to 10,000 customers; without them `sender` sends to all of hers, or to those with the tags.

        `tag_ids`: a customer has one tag of each of these lists. `allow_select`: the member may leave some out.
        """
        groups = [{"tag_list": list(one)} for one in tag_ids]
        whom = given(
            external_userid=at_most("external_userids", external_userids, 10_000) or None,
            sender=sender,
            tag_filter={"group_list": groups} if groups else None,
        )
        if not external_userids and sender is None:
            raise ValueError("external_userids, sender: one of them, or it would go to everybody")
        body = {"chat_type": "single", **whom, "allow_select": allow_select, **message(text, attachments)}
        return Ask(_task, body=body)

    @post("/cgi-bin/externalcontact/add_msg_template", repeat=Repeat.never, per_minute=PER_MINUTE)
    def add_group_message_task(
        self, sender: str, text: str = "", attachments: Sequence[Attachment] = (), *, chat_ids: Sequence[str] = ()
    ) -> Ask[MessageTask]:
        """A task about the customer groups of a member, or up to 2,000 of them."""
        whom = given(chat_id_list=at_most("chat_ids", chat_ids, 2000) or None)
        body = {"chat_type": "group", "sender": sender, **whom, **message(text, attachments)}
        return Ask(_task, body=body)

    @post("/cgi-bin/externalcontact/get_groupmsg_list_v2", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def message_tasks(
        self, since: datetime, until: datetime, cursor: str = "", *, of_groups: bool = False, limit: int = 100
    ) -> Ask[Page[ListedTask]]:
        """Tasks made within a time of a month at most [K], up to 100 a page."""

        def read(told: dict[str, Any]) -> Page[ListedTask]:
            return Page(tuple(_listed(one) for one in told["group_msg_list"]), told.get("next_cursor", ""))

        times = {"start_time": int(since.timestamp()), "end_time": int(until.timestamp())}
        return Ask(read, body={"chat_type": "group" if of_groups else "single", **times, "limit": limit, "cursor": cursor})

    @post("/cgi-bin/externalcontact/get_groupmsg_task", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def message_task_members(self, msgid: str, cursor: str = "", *, limit: int = 1000) -> Ask[Page[MemberTask]]:
        """Which members have confirmed, up to 1,000 a page [K]."""

        def read(told: dict[str, Any]) -> Page[MemberTask]:
            members = (MemberTask(one["userid"], one["status"] == 2, moment(one.get("send_time"))) for one in told["task_list"])
            return Page(tuple(members), told.get("next_cursor", ""))

        return Ask(read, body={"msgid": msgid, "limit": limit, "cursor": cursor})

    @post("/cgi-bin/externalcontact/get_groupmsg_send_result", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def message_task_results(self, msgid: str, userid: str, cursor: str = "", *, limit: int = 1000) -> Ask[Page[CustomerDelivery]]:
        """What became of a member's part, customer by customer, up to 1,000 a page [K]."""

        def read(told: dict[str, Any]) -> Page[CustomerDelivery]:
            return Page(tuple(_delivery(one) for one in told["send_list"]), told.get("next_cursor", ""))

        return Ask(read, body={"msgid": msgid, "userid": userid, "limit": limit, "cursor": cursor})

    @post("/cgi-bin/externalcontact/remind_groupmsg_send", repeat=Repeat.never, per_minute=PER_MINUTE)
    def remind_of_message_task(self, msgid: str) -> Ask[None]:
        """Remind the members who have not confirmed: three times in 24 hours."""
        return Ask(done, body={"msgid": msgid})

    @post("/cgi-bin/externalcontact/cancel_groupmsg_send", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def cancel_message_task(self, msgid: str) -> Ask[None]:
        """Stop what is not confirmed yet; what was sent stays sent."""
        return Ask(done, body={"msgid": msgid})


def _task(told: dict[str, Any]) -> MessageTask:
    return MessageTask(told["msgid"], tuple(told.get("fail_list") or ()))


def _listed(told: dict[str, Any]) -> ListedTask:
    return ListedTask(told["msgid"], told.get("creator"), moment(told["create_time"]), told.get("text", {}).get("content", ""))


def _delivery(told: dict[str, Any]) -> CustomerDelivery:
    return CustomerDelivery(
        userid=told["userid"],
        status=Delivery(told["status"]),
        external_userid=told.get("external_userid") or None,
        chat_id=told.get("chat_id") or None,
        sent_at=moment(told.get("send_time")),
    )
