"""Who receives the money: the brand's own merchant, or a dealer's sub-merchant under the brand's service provider."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.dealers.models import Dealer
from app.payments.errors import PayeeMissing
from app.wechat import queries as wechat
from app.wechat.models import AccountKind, WechatAccount


@dataclass(frozen=True)
class Payee:
    """`account` is the merchant who speaks to WeChat Pay; with a `sub_mchid` it speaks for that sub-merchant, whose money it is."""

    account: WechatAccount
    sub_mchid: str | None
    name: str


def payee(session: Session, brand_id: uuid.UUID, *, dealer_id: uuid.UUID | None) -> Payee:
    """The dealer, or without one the brand itself: its only direct merchant, or of several the one with the setting `is_payee`.

    Raises:
        PayeeMissing: the dealer has no merchant number that a service provider of the brand knows, or it is not clear which merchant the
            brand receives its money with.
    """
    merchants = wechat.accounts(session, brand_id, AccountKind.merchant)
    return _brand(merchants) if dealer_id is None else _dealer(merchants, session.get_one(Dealer, dealer_id))


def _brand(merchants: Any) -> Payee:
    direct = [one for one in merchants if not one.settings.get("sub_mchids")]
    chosen = direct if len(direct) == 1 else [one for one in direct if one.settings.get("is_payee")]
    if len(chosen) != 1:
        raise PayeeMissing(of="brand")
    return Payee(chosen[0], None, chosen[0].name)


def _dealer(merchants: Any, dealer: Dealer) -> Payee:
    for account in merchants:
        for sub in account.settings.get("sub_mchids", ()):
            if dealer.sub_mchid is not None and sub["sub_mchid"] == dealer.sub_mchid:
                return Payee(account, dealer.sub_mchid, sub["name"])
    raise PayeeMissing(of="dealer")


def knows(account: WechatAccount, sub_mchid: str | None) -> bool:
    """Whether money that is said to be this one's can be the account's own, or that of one whom it speaks for."""
    subs: list[Mapping[str, str]] = account.settings.get("sub_mchids") or []
    return sub_mchid in [one["sub_mchid"] for one in subs] if subs else sub_mchid is None
