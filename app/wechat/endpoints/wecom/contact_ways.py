"""Contact ways (联系我): a code or a button by which people add a member. Spec 4.5.

A corp has 500,000 that last, ways into groups included, and 100,000 temporary ones a day. Their `state` (30 characters) comes back when
somebody was added, in the event and in `Follow.state`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.wechat.endpoints import Ask, Repeat, done, post
from app.wechat.endpoints.wecom.door import PER_MINUTE, Page, WeComDoor, given

_SINGLE, _MULTI = 1, 2
_BUTTON, _CODE = 1, 2


@dataclass(frozen=True)
class Temporary:
    """A way that ends by itself: the code after `expires_seconds`, and the chat that came of it after `chat_expires_seconds`.

    `unionid`: only for this person. `conclusions` is what the member says at the end, {text: {content}, …}.
    """

    expires_seconds: int | None = None
    chat_expires_seconds: int | None = None
    unionid: str | None = None
    conclusions: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class ContactWay:
    """`qr_code` is the address of a picture; a way that is a button has none."""

    config_id: str
    qr_code: str | None
    userids: tuple[str, ...] = ()
    party_ids: tuple[int, ...] = ()
    state: str = ""
    remark: str = ""
    skips_confirmation: bool = True

    @classmethod
    def read(cls, told: dict[str, Any]) -> ContactWay:
        return cls(
            config_id=told["config_id"],
            qr_code=told.get("qr_code"),
            userids=tuple(told.get("user") or ()),
            party_ids=tuple(told.get("party") or ()),
            state=told.get("state", ""),
            remark=told.get("remark", ""),
            skips_confirmation=told.get("skip_verify", True),
        )


class ContactWays(WeComDoor):
    """Refusals: 60111, 60011, 84074 (a member who may have no customers), 40058, 45009 (too many ways)."""

    @post("/cgi-bin/externalcontact/add_contact_way", repeat=Repeat.never, per_minute=PER_MINUTE)
    def add_contact_way(
        self,
        userids: Sequence[str],
        *,
        state: str,
        party_ids: Sequence[int] = (),
        is_button: bool = False,
        style: int | None = None,
        remark: str | None = None,
        skip_confirmation: bool = True,
        exclusive: bool = False,
        temporary: Temporary | None = None,
    ) -> Ask[ContactWay]:
        """A way to one member, or in turn to several and to whole departments; `exclusive` leads a customer back to the member she has.

        A code to scan, or with `is_button` a button in a mini-program (`style` 1 to 3). A temporary one is to one member.
        """
        is_single = len(userids) == 1 and not party_ids
        body = {
            "type": _SINGLE if is_single else _MULTI,
            "scene": _BUTTON if is_button else _CODE,
            "state": state,
            "skip_verify": skip_confirmation,
            **given(style=style, remark=remark, user=list(userids) or None, party=list(party_ids) or None),
            **({"is_exclusive": True} if exclusive else {}),
        }
        if temporary is not None:
            body |= {"is_temp": True} | given(
                expires_in=temporary.expires_seconds,
                chat_expires_in=temporary.chat_expires_seconds,
                unionid=temporary.unionid,
                conclusions=temporary.conclusions,
            )
        return Ask(
            lambda told: ContactWay(
                told["config_id"], told.get("qr_code"), tuple(userids), tuple(party_ids), state, remark or "", skip_confirmation
            ),
            body=body,
        )

    @post("/cgi-bin/externalcontact/get_contact_way", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def contact_way(self, config_id: str) -> Ask[ContactWay]:
        """One way. Refusal: 40058."""
        return Ask(lambda told: ContactWay.read(told["contact_way"]), body={"config_id": config_id})

    @post("/cgi-bin/externalcontact/list_contact_way", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def contact_ways(
        self, cursor: str = "", *, since: datetime | None = None, until: datetime | None = None, limit: int = 1000
    ) -> Ask[Page[str]]:
        """The config_ids of the ways that last, made within a time, up to 1,000 a page; those from before July 2021 are not listed [K]."""
        body = {"cursor": cursor, "limit": limit, **given(start_time=_seconds(since), end_time=_seconds(until))}
        return Ask(lambda told: Page(tuple(one["config_id"] for one in told["contact_way"]), told.get("next_cursor", "")), body=body)

    @post("/cgi-bin/externalcontact/update_contact_way", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def update_contact_way(
        self,
        config_id: str,
        *,
        userids: Sequence[str] | None = None,
        party_ids: Sequence[int] | None = None,
        state: str | None = None,
        remark: str | None = None,
        style: int | None = None,
        skip_confirmation: bool | None = None,
    ) -> Ask[None]:
        """Change what is not None; a way to one member stays a way to one."""
        changes = given(
            user=None if userids is None else list(userids),
            party=None if party_ids is None else list(party_ids),
            state=state,
            remark=remark,
            style=style,
            skip_verify=skip_confirmation,
        )
        return Ask(done, body={"config_id": config_id, **changes})

    @post("/cgi-bin/externalcontact/del_contact_way", repeat=Repeat.harmless, per_minute=PER_MINUTE)
    def delete_contact_way(self, config_id: str) -> Ask[None]:
        """Its code leads nowhere from now on. Refusal: 40058 when there is none."""
        return Ask(done, body={"config_id": config_id})


def _seconds(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())
