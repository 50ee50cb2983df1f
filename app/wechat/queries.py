"""Looks at accounts and at what Tencent told us."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.wechat import messages
from app.wechat.client import RefundState, Trade
from app.wechat.endpoints import ENDPOINTS
from app.wechat.errors import AccountMissing
from app.wechat.http.quota import DAY, limits
from app.wechat.messages import Message
from app.wechat.models import AccountKind, WechatAccount, WechatInbox

REMEMBERED_S = 2.0
_brands: dict[str, tuple[float, uuid.UUID]] = {}


def accounts(session: Session, brand_id: uuid.UUID, kind: AccountKind | str) -> Sequence[WechatAccount]:
    """All of the brand's accounts of a kind, oldest first."""
    found = select(WechatAccount).filter_by(brand_id=brand_id, kind=str(kind)).order_by(WechatAccount.created_at, WechatAccount.id)
    return session.execute(found).scalars().all()


def account(session: Session, brand_id: uuid.UUID, kind: AccountKind | str, *, linked_appid: str | None = None) -> WechatAccount:
    """The brand's account of a kind; of several, the first that belongs to the mini-program `linked_appid`, else its first.

    Raises:
        AccountMissing: the brand has none of this kind.
    """
    found = sorted(accounts(session, brand_id, kind), key=lambda one: linked_appid is not None and one.linked_appid != linked_appid)
    if not found:
        raise AccountMissing(kind=str(kind))
    return found[0]


def only_corp(session: Session) -> WechatAccount | None:
    """The corp of WeCom that staff sign in through; None when there is none, or several and nobody knows which."""
    found = session.execute(select(WechatAccount).filter_by(kind=AccountKind.corp).limit(2)).scalars().all()
    return found[0] if len(found) == 1 else None


def by_appid(session: Session, appid: str) -> WechatAccount | None:
    """The account that Tencent calls so: an appid, a corpid or a mchid."""
    return session.execute(select(WechatAccount).filter_by(appid=appid)).scalar_one_or_none()


def brand_of_mini_program(session: Session, appid: str) -> uuid.UUID | None:
    """The brand whose mini-program this is; None when it is nobody's. A process asks again after REMEMBERED_S: every visitor is
    recognised by it, and what it is asked for stays as it is for as long as an account lives.
    """
    read_on, brand_id = _brands.get(appid, (0.0, None))
    if brand_id is None or time.monotonic() - read_on > REMEMBERED_S:
        wanted = select(WechatAccount.brand_id).filter_by(appid=appid, kind=AccountKind.mini_program)
        brand_id = session.execute(wanted).scalar_one_or_none()
        if brand_id is None:
            _brands.pop(appid, None)
            return None
        _brands[appid] = time.monotonic(), brand_id
    return brand_id


def daily_quota(account: WechatAccount, endpoint: str) -> int | None:
    """How often a day an account may call an endpoint (`door.method`): as its settings say (`quotas`: by endpoint), since WeChat raises it
    with the number of followers, else as WeChat tells everybody. None where no limit is known.
    """
    own = account.settings.get("quotas", {}).get(endpoint)
    return int(own) if own is not None else dict(limits(ENDPOINTS[endpoint])).get(DAY)


def subscribe_templates(session: Session, appid: str) -> list[dict[str, str]]:
    """The subscribe templates of a mini-program: {moment, template_id, title}, where `moment` is when it asks for them."""
    found = by_appid(session, appid)
    return list(found.settings.get("subscribe_templates", [])) if found else []


def inbox(session: Session, inbox_id: uuid.UUID | str) -> WechatInbox:
    """A verified callback, which an event of this domain names."""
    return session.get_one(WechatInbox, uuid.UUID(str(inbox_id)))


def message(session: Session, inbox_id: uuid.UUID | str) -> Message:
    """The message push that an event of this domain names, in its typed form."""
    kept = inbox(session, inbox_id)
    return messages.read(session.get_one(WechatAccount, kept.account_id).kind, kept.payload)


def trade(session: Session, inbox_id: uuid.UUID | str) -> Trade:
    """The payment that a notification told of."""
    return Trade.read(inbox(session, inbox_id).payload["resource"])


def refund_state(session: Session, inbox_id: uuid.UUID | str) -> RefundState:
    """The refund that a notification told of."""
    return RefundState.read(inbox(session, inbox_id).payload["resource"])
