"""What a corp's application is told: presses on cards, customers of its staff, their groups and tags, and changes of its address book.

Sources: developer.work.weixin.qq.com, "模板卡片事件推送", "客户联系" (events), "通讯录管理" (events).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from app.wechat.messages.base import Message, Reader, UnknownMessage
from app.wechat.messages.told import Told


@dataclass(frozen=True, kw_only=True)
class CardPressed(Message):
    """A member pressed a button, or sent in what she chose. `response_code` changes the card once, within 72 hours.

    `selections` is what she chose, by the key of the question.
    """

    event: ClassVar[str] = "wechat.card_pressed"

    task_id: str
    key: str
    card_type: str
    agentid: str
    response_code: str = field(repr=False)
    selections: dict[str, tuple[str, ...]]

    @property
    def facts(self) -> dict[str, Any]:
        return {"task_id": self.task_id, "key": self.key, "userid": self.sender}

    @classmethod
    def read(cls, told: Told, **common: Any) -> CardPressed:
        chosen: dict[str, tuple[str, ...]] = {}
        for item in told.part("SelectedItems").parts("SelectedItem"):
            # Tencent's own sample spells it wrong.
            options = item.texts("OptionIds", "OptionId") or item.texts("OpitonIds", "OpitonId")
            chosen[item.text("QuestionKey")] = options
        return cls(
            task_id=told.text("TaskId"),
            key=told.text("EventKey"),
            card_type=told.text("CardType"),
            agentid=told.text("AgentID", "AgentId"),
            response_code=told.text("ResponseCode"),
            selections=chosen,
            **common,
        )


@dataclass(frozen=True, kw_only=True)
class ContactMessage(Message):
    """About a customer of a member. `change` is Tencent's ChangeType, `state` that of the contact way she came by."""

    change: str
    userid: str
    external_userid: str
    state: str

    @property
    def facts(self) -> dict[str, Any]:
        return {"change": self.change, "userid": self.userid, "state": self.state}

    @classmethod
    def _of_contact(cls, told: Told) -> dict[str, Any]:
        return {
            "change": told.text("ChangeType"),
            "userid": told.text("UserID"),
            "external_userid": told.text("ExternalUserID"),
            "state": told.text("State"),
        }


@dataclass(frozen=True, kw_only=True)
class ContactAdded(ContactMessage):
    """`welcome_code` sends one welcome, within 20 seconds of `sent_at`; there is none where an administrator has set a welcome up."""

    event: ClassVar[str] = "wechat.contact_added"

    welcome_code: str = field(repr=False)

    @classmethod
    def read(cls, told: Told, **common: Any) -> ContactAdded:
        return cls(welcome_code=told.text("WelcomeCode"), **cls._of_contact(told), **common)


@dataclass(frozen=True, kw_only=True)
class ContactDeleted(ContactMessage):
    """`change`: del_follow_user when the customer left, del_external_contact when the member (or, by `source`, a transfer) ended it."""

    event: ClassVar[str] = "wechat.contact_deleted"

    source: str

    @property
    def facts(self) -> dict[str, Any]:
        return {**super().facts, "source": self.source}

    @classmethod
    def read(cls, told: Told, **common: Any) -> ContactDeleted:
        return cls(source=told.text("Source"), **cls._of_contact(told), **common)


@dataclass(frozen=True, kw_only=True)
class ContactChanged(ContactMessage):
    """Edited, agreed to be recorded, or (transfer_fail, with `fail_reason`) not handed over."""

    event: ClassVar[str] = "wechat.contact_changed"

    fail_reason: str

    @property
    def facts(self) -> dict[str, Any]:
        return {**super().facts, "fail_reason": self.fail_reason}

    @classmethod
    def read(cls, told: Told, **common: Any) -> ContactChanged:
        return cls(fail_reason=told.text("FailReason"), **cls._of_contact(told), **common)


@dataclass(frozen=True, kw_only=True)
class GroupChanged(Message):
    """A customer group was made, changed (`detail` says how) or dismissed; `members` are those who came or went, where it is told."""

    event: ClassVar[str] = "wechat.group_changed"

    change: str
    detail: str
    chat_id: str
    member_count: int | None
    members: tuple[str, ...]

    @property
    def facts(self) -> dict[str, Any]:
        return {"change": self.change, "detail": self.detail, "chat_id": self.chat_id}

    @classmethod
    def read(cls, told: Told, **common: Any) -> GroupChanged:
        return cls(
            change=told.text("ChangeType"),
            detail=told.text("UpdateDetail"),
            chat_id=told.text("ChatId"),
            member_count=told.number("MemChangeCnt"),
            members=told.texts("MemChangeList"),
            **common,
        )


@dataclass(frozen=True, kw_only=True)
class TagChanged(Message):
    """A tag for customers, or a group of tags (`tag_type`), was made, changed, deleted or put elsewhere."""

    event: ClassVar[str] = "wechat.tag_changed"

    change: str
    tag_type: str
    tag_id: str

    @property
    def facts(self) -> dict[str, Any]:
        return {"change": self.change, "tag_type": self.tag_type, "tag_id": self.tag_id}

    @classmethod
    def read(cls, told: Told, **common: Any) -> TagChanged:
        return cls(change=told.text("ChangeType"), tag_type=told.text("TagType"), tag_id=told.text("Id"), **common)


@dataclass(frozen=True, kw_only=True)
class MemberChanged(Message):
    """A member came, changed or left, or (`change` is subscribe or unsubscribe) began or ceased to see the application.

    `departments` is empty where it did not change. Her name and number are not read: whoever needs them asks for them.
    """

    event: ClassVar[str] = "wechat.member_changed"

    change: str
    userid: str
    new_userid: str
    departments: tuple[str, ...]

    @property
    def facts(self) -> dict[str, Any]:
        return {"change": self.change, "userid": self.userid, "new_userid": self.new_userid}

    @classmethod
    def read(cls, told: Told, **common: Any) -> MemberChanged:
        return cls(
            change=told.text("ChangeType"),
            userid=told.text("UserID"),
            new_userid=told.text("NewUserID"),
            departments=told.texts("Department"),
            **common,
        )

    @classmethod
    def of_visibility(cls, _told: Told, **common: Any) -> MemberChanged:
        return cls(change=common["name"], userid=common["sender"], new_userid="", departments=(), **common)


@dataclass(frozen=True, kw_only=True)
class DepartmentChanged(Message):
    event: ClassVar[str] = "wechat.department_changed"

    change: str
    department_id: str
    parent_id: str

    @property
    def facts(self) -> dict[str, Any]:
        return {"change": self.change, "department_id": self.department_id, "parent_id": self.parent_id}

    @classmethod
    def read(cls, told: Told, **common: Any) -> DepartmentChanged:
        return cls(change=told.text("ChangeType"), department_id=told.text("Id"), parent_id=told.text("ParentId"), **common)


@dataclass(frozen=True, kw_only=True)
class AppEntered(Message):
    """A member opened the application."""

    agentid: str

    @classmethod
    def read(cls, told: Told, **common: Any) -> AppEntered:
        return cls(agentid=told.text("AgentID", "AgentId"), **common)


_CONTACTS: dict[str, Reader] = {
    "add_external_contact": ContactAdded.read,
    "add_half_external_contact": ContactAdded.read,
    "del_external_contact": ContactDeleted.read,
    "del_follow_user": ContactDeleted.read,
}


def _contact(told: Told, **common: Any) -> Message:
    return _CONTACTS.get(told.text("ChangeType"), ContactChanged.read)(told, **common)


def _address_book(told: Told, **common: Any) -> Message:
    change = told.text("ChangeType")
    if change.endswith("_user"):
        return MemberChanged.read(told, **common)
    return DepartmentChanged.read(told, **common) if change.endswith("_party") else UnknownMessage(**common)


CORP: dict[str, Reader] = {
    "template_card_event": CardPressed.read,
    "change_external_contact": _contact,
    "change_external_chat": GroupChanged.read,
    "change_external_tag": TagChanged.read,
    "change_contact": _address_book,
    "subscribe": MemberChanged.of_visibility,
    "unsubscribe": MemberChanged.of_visibility,
    "enter_agent": AppEntered.read,
}
