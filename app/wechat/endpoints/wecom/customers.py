"""Customers (客户联系): people in WeChat whom members have added. developer.work.weixin.qq.com/document/path/96315 (spec 4.5).

The app has to be among 客户联系「可调用接口的应用」, else 48002. A customer's unionid is there only for people of WeChat, and only when the
corp has bound a developer account; it is how a customer and the platform's customer are known to be one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.wechat.endpoints import Ask, Repeat, done, get, post
from app.wechat.endpoints.wecom.door import PER_MINUTE, Page, WeComDoor, at_most, given, moment


@dataclass(frozen=True)
class Customer:
    """Somebody outside the corp. `is_wechat`: in WeChat, else in another corp's WeCom. `gender`: 1 male, 2 female, 0 not said."""

    external_userid: str
    name: str
    is_wechat: bool
    unionid: str | None
    avatar: str | None
    gender: int

    @classmethod
    def read(cls, told: dict[str, Any]) -> Customer:
        return cls(
            external_userid=told["external_userid"],
            name=told["name"],
            is_wechat=told["type"] == 1,
            unionid=told.get("unionid") or None,
            avatar=told.get("avatar") or None,
            gender=told.get("gender", 0),
        )


@dataclass(frozen=True)
class Follow:
    """A member's own view of a customer. `state` is that of the contact way she came by, `added_by` WeCom's number of how she came."""

    userid: str
    since: datetime | None
    state: str
    remark: str
    description: str
    mobiles: tuple[str, ...]
    tag_ids: tuple[str, ...]
    added_by: int | None

    @classmethod
    def read(cls, told: dict[str, Any]) -> Follow:
        """From one customer's answer, where tags are objects, or from a batch's, where they are ids."""
        tag_ids = told["tag_id"] if "tag_id" in told else [tag["tag_id"] for tag in told.get("tags", ()) if tag.get("tag_id")]
        return cls(
            userid=told["userid"],
            since=moment(told.get("createtime")),
            state=told.get("state", ""),
            remark=told.get("remark", ""),
            description=told.get("description", ""),
            mobiles=tuple(told.get("remark_mobiles") or ()),
            tag_ids=tuple(tag_ids),
            added_by=told.get("add_way"),
        )


@dataclass(frozen=True)
class FollowedCustomer:
    """A customer and those members who follow her and whom the app sees; more of them with `next_cursor`, until it is ""."""

    customer: Customer
    follows: tuple[Follow, ...]
    next_cursor: str = ""


class Customers(WeComDoor):
    """Refusals: 60111 and 60011 (no such member, or not in sight), 84061 (not her customer), 84074 (no right), 40096 (external_userid)."""

    @get("/cgi-bin/externalcontact/get_follow_user_list", per_minute=PER_MINUTE)
    def customer_servers(self) -> Ask[list[str]]:
        """The userids of the members who may have customers."""
        return Ask(lambda told: list(told["follow_user"]))

    @get("/cgi-bin/externalcontact/list", per_minute=PER_MINUTE)
    def customer_ids(self, userid: str) -> Ask[list[str]]:
        """The external_userids of a member's customers."""
        return Ask(lambda told: list(told["external_userid"]), query={"userid": userid}, instead={"84061": []})

    @get("/cgi-bin/externalcontact/get", per_minute=PER_MINUTE)
    def customer(self, external_userid: str, cursor: str = "") -> Ask[FollowedCustomer]:
        """One customer, with up to 500 of the members who follow her [K]."""

        def read(told: dict[str, Any]) -> FollowedCustomer:
            follows = tuple(Follow.read(one) for one in told["follow_user"])
            return FollowedCustomer(Customer.read(told["external_contact"]), follows, told.get("next_cursor", ""))

        return Ask(read, query={"external_userid": external_userid} | ({"cursor": cursor} if cursor else {}))

    @post("/cgi-bin/externalcontact/batch/get_by_user", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def customers_of(self, userids: Sequence[str], cursor: str = "", *, limit: int = 100) -> Ask[Page[FollowedCustomer]]:
        """The customers of up to 100 members, each once per member, with that member's view; up to 100 a page."""

        def read(told: dict[str, Any]) -> Page[FollowedCustomer]:
            listed = told["external_contact_list"]
            pairs = (FollowedCustomer(Customer.read(one["external_contact"]), (Follow.read(one["follow_info"]),)) for one in listed)
            return Page(tuple(pairs), told.get("next_cursor", ""))

        body = {"userid_list": at_most("userids", userids, 100), "cursor": cursor, "limit": limit}
        return Ask(read, body=body)

    @post("/cgi-bin/externalcontact/remark", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def remark_customer(
        self,
        userid: str,
        external_userid: str,
        *,
        remark: str | None = None,
        description: str | None = None,
        company: str | None = None,
        mobiles: Sequence[str] | None = None,
    ) -> Ask[None]:
        """Change what a member noted on her customer: remark 20 characters, description 150 [K]. What is None stays; no mobiles: `[]`."""
        numbers = None if mobiles is None else list(mobiles) or [""]
        changes = given(remark=remark, description=description, remark_company=company, remark_mobiles=numbers)
        return Ask(done, body={"userid": userid, "external_userid": external_userid, **changes})
