"""Group chats of members with customers, and the codes that lead into them. Spec 4.5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.wechat.endpoints import Ask, Repeat, done, post
from app.wechat.endpoints.wecom.door import PER_MINUTE, Page, WeComDoor, at_most, given, moment

_BUTTON, _CODE = 1, 2


@dataclass(frozen=True)
class GroupMember:
    """A member of the corp, or with `is_customer` somebody outside. `state` is that of the join way she came by."""

    userid: str
    is_customer: bool
    name: str
    unionid: str | None
    joined_at: datetime | None
    invited_by: str | None
    state: str

    @classmethod
    def read(cls, told: dict[str, Any]) -> GroupMember:
        return cls(
            userid=told["userid"],
            is_customer=told["type"] == 2,
            name=told.get("name", ""),
            unionid=told.get("unionid") or None,
            joined_at=moment(told.get("join_time")),
            invited_by=(told.get("invitor") or {}).get("userid"),
            state=told.get("state", ""),
        )


@dataclass(frozen=True)
class CustomerGroup:
    chat_id: str
    name: str
    owner: str
    created_at: datetime | None
    notice: str
    members: tuple[GroupMember, ...]
    admins: tuple[str, ...]

    @classmethod
    def read(cls, told: dict[str, Any]) -> CustomerGroup:
        return cls(
            chat_id=told["chat_id"],
            name=told.get("name", ""),
            owner=told["owner"],
            created_at=moment(told.get("create_time")),
            notice=told.get("notice", ""),
            members=tuple(GroupMember.read(one) for one in told["member_list"]),
            admins=tuple(one["userid"] for one in told.get("admin_list") or ()),
        )


@dataclass(frozen=True)
class JoinWay:
    """A way into up to 5 groups, one after the other as they fill; with `opens_new` WeCom opens another when all are full."""

    config_id: str
    chat_ids: tuple[str, ...]
    qr_code: str | None
    state: str
    remark: str
    opens_new: bool

    @classmethod
    def read(cls, told: dict[str, Any]) -> JoinWay:
        return cls(
            config_id=told["config_id"],
            chat_ids=tuple(told["chat_id_list"]),
            qr_code=told.get("qr_code"),
            state=told.get("state", ""),
            remark=told.get("remark", ""),
            opens_new=bool(told.get("auto_create_room", 0)),
        )


class CustomerGroups(WeComDoor):
    """Refusals: 40050 (chat_id), 84074 (the owner is not in sight), 40058, 45009 (too many ways)."""

    @post("/cgi-bin/externalcontact/groupchat/list", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def customer_group_ids(self, cursor: str = "", *, owners: Sequence[str] = (), limit: int = 1000) -> Ask[Page[str]]:
        """The chat_ids of the groups, or of those whose owners these are (up to 100); up to 1,000 a page."""
        body: dict[str, Any] = {"cursor": cursor, "limit": limit}
        body |= {"owner_filter": {"userid_list": at_most("owners", owners, 100)}} if owners else {}
        return Ask(lambda told: Page(tuple(one["chat_id"] for one in told["group_chat_list"]), told.get("next_cursor", "")), body=body)

    @post("/cgi-bin/externalcontact/groupchat/get", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def customer_group(self, chat_id: str) -> Ask[CustomerGroup]:
        """A group with everybody in it, by name."""
        return Ask(lambda told: CustomerGroup.read(told["group_chat"]), body={"chat_id": chat_id, "need_name": 1})

    @post("/cgi-bin/externalcontact/groupchat/add_join_way", repeat=Repeat.never, per_minute=PER_MINUTE)
    def add_join_way(
        self, chat_ids: Sequence[str], *, state: str, remark: str | None = None, is_button: bool = False, opens_new: bool = False
    ) -> Ask[str]:
        """A way into groups; gives its config_id, `join_way` its code."""
        body = {"scene": _BUTTON if is_button else _CODE, **_way(chat_ids, state=state, remark=remark, opens_new=opens_new)}
        return Ask(lambda told: str(told["config_id"]), body=body)

    @post("/cgi-bin/externalcontact/groupchat/get_join_way", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def join_way(self, config_id: str) -> Ask[JoinWay]:
        return Ask(lambda told: JoinWay.read(told["join_way"]), body={"config_id": config_id})

    @post("/cgi-bin/externalcontact/groupchat/update_join_way", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def update_join_way(
        self,
        config_id: str,
        chat_ids: Sequence[str],
        *,
        state: str,
        remark: str | None = None,
        is_button: bool = False,
        opens_new: bool = False,
    ) -> Ask[None]:
        """Set a way anew; its code stays."""
        way = {"scene": _BUTTON if is_button else _CODE, **_way(chat_ids, state=state, remark=remark, opens_new=opens_new)}
        return Ask(done, body={"config_id": config_id, **way})

    @post("/cgi-bin/externalcontact/groupchat/del_join_way", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def delete_join_way(self, config_id: str) -> Ask[None]:
        return Ask(done, body={"config_id": config_id})


def _way(chat_ids: Sequence[str], *, state: str, remark: str | None, opens_new: bool) -> dict[str, Any]:
    return {
        "chat_id_list": at_most("chat_ids", chat_ids, 5),
        "state": state,
        "auto_create_room": int(opens_new),
        **given(remark=remark),
    }
