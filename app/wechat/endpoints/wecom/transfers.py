"""Customers and groups go over from one member to another. Spec 4.5.

A customer of somebody who still works here can go over twice at most, then is left alone for 90 days, and may refuse for 24 hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from app.wechat.endpoints import Ask, Repeat, post
from app.wechat.endpoints.wecom.door import PER_MINUTE, Page, WeComDoor, at_most, given, moment


class TransferStatus(IntEnum):
    done = 1
    waiting = 2
    refused = 3
    # the other member has as many customers as she may have
    limit_reached = 4
    none = 5


@dataclass(frozen=True)
class Transfer:
    external_userid: str
    status: TransferStatus
    at: datetime | None


@dataclass(frozen=True)
class Unassigned:
    """A customer of a member who has left."""

    handover_userid: str
    external_userid: str
    left_at: datetime | None


class Transfers(WeComDoor):
    """Asking gives, for each customer or group, WeCom's code: 0 says that it was asked for, not that it is done.

    Refusals for all: 60111, 60011, 84074, 40058.
    """

    @post("/cgi-bin/externalcontact/transfer_customer", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def transfer_customers(
        self, handover_userid: str, takeover_userid: str, external_userids: Sequence[str], *, message: str | None = None
    ) -> Ask[dict[str, int]]:
        """Ask for up to 100 customers of a member to go over in 24 hours; `message` is what they read then. Codes by external_userid."""
        body = {**_between(handover_userid, takeover_userid, external_userids), **given(transfer_success_msg=message)}
        return Ask(_codes, body=body)

    @post("/cgi-bin/externalcontact/transfer_result", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def transfer_results(self, handover_userid: str, takeover_userid: str, cursor: str = "") -> Ask[Page[Transfer]]:
        """What became of the customers between two members."""
        return Ask(_results, body={"handover_userid": handover_userid, "takeover_userid": takeover_userid, "cursor": cursor})

    @post("/cgi-bin/externalcontact/get_unassigned_list", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def unassigned_customers(self, cursor: str = "", *, limit: int = 1000) -> Ask[Page[Unassigned]]:
        """The customers of members who have left, up to 1,000 a page [K]."""

        def read(told: dict[str, Any]) -> Page[Unassigned]:
            listed = (Unassigned(one["handover_userid"], one["external_userid"], moment(one["dimission_time"])) for one in told["info"])
            return Page(tuple(listed), told.get("next_cursor", ""))

        return Ask(read, body={"cursor": cursor, "page_size": limit})

    @post("/cgi-bin/externalcontact/resigned/transfer_customer", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def transfer_resigned_customers(
        self, handover_userid: str, takeover_userid: str, external_userids: Sequence[str]
    ) -> Ask[dict[str, int]]:
        """Ask for up to 100 customers of somebody who has left to go over. Codes by external_userid."""
        return Ask(_codes, body=_between(handover_userid, takeover_userid, external_userids))

    @post("/cgi-bin/externalcontact/resigned/transfer_result", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def resigned_transfer_results(self, handover_userid: str, takeover_userid: str, cursor: str = "") -> Ask[Page[Transfer]]:
        """What became of the customers of somebody who has left."""
        return Ask(_results, body={"handover_userid": handover_userid, "takeover_userid": takeover_userid, "cursor": cursor})

    @post("/cgi-bin/externalcontact/groupchat/transfer", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def transfer_resigned_groups(self, chat_ids: Sequence[str], new_owner: str) -> Ask[dict[str, int]]:
        """Give up to 100 groups of members who have left a new owner, who takes 300 a day. Codes of those that did not go, by chat_id."""
        return Ask(_failed_groups, body={"chat_id_list": at_most("chat_ids", chat_ids, 100), "new_owner": new_owner})

    @post("/cgi-bin/externalcontact/groupchat/onjob_transfer", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def transfer_groups(self, chat_ids: Sequence[str], new_owner: str) -> Ask[dict[str, int]]:
        """Give up to 100 groups of members who work here a new owner. Codes of those that did not go, by chat_id."""
        return Ask(_failed_groups, body={"chat_id_list": at_most("chat_ids", chat_ids, 100), "new_owner": new_owner})


def _between(handover_userid: str, takeover_userid: str, external_userids: Sequence[str]) -> dict[str, Any]:
    customers = at_most("external_userids", external_userids, 100)
    return {"handover_userid": handover_userid, "takeover_userid": takeover_userid, "external_userid": customers}


def _codes(told: dict[str, Any]) -> dict[str, int]:
    return {one["external_userid"]: one["errcode"] for one in told["customer"]}


def _failed_groups(told: dict[str, Any]) -> dict[str, int]:
    return {one["chat_id"]: one["errcode"] for one in told["failed_chat_list"]}


def _results(told: dict[str, Any]) -> Page[Transfer]:
    listed = (Transfer(one["external_userid"], TransferStatus(one["status"]), moment(one.get("takeover_time"))) for one in told["customer"])
    return Page(tuple(listed), told.get("next_cursor", ""))
