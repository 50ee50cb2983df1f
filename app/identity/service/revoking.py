"""Follow what people decide in WeChat itself: they take back what they had let the mini-program know, or close their account.

WeChat obliges whoever is told of it to delete ("授权用户信息变更", developers.weixin.qq.com).
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from app.identity import queries
from app.identity.models import Customer, CustomerSession, Purpose, WechatIdentity
from app.identity.service.ground import in_a_row, record
from app.identity.service.people import erase
from app.identity.service.wishes import withdraw_consent
from app.wechat.messages import Revoked
from app.wechat.models import WechatAccount

_PURPOSES = {Revoked.phone: Purpose.phone, Revoked.location: Purpose.location}


def take_back(session: Session, account: WechatAccount, openid: str, scopes: Collection[Revoked]) -> None:
    """End her agreement to what she took back, and forget her nickname if that was hers to give. Again changes nothing."""
    customer = _customer(session, account, openid)
    if customer is None:
        return
    for scope in sorted(scopes):
        if scope in _PURPOSES:
            withdraw_consent(session, customer, purpose=_PURPOSES[scope])
    if Revoked.profile in scopes and customer.nickname is not None:
        customer.nickname = None
        record(session, customer, "customer.updated")


def close(session: Session, account: WechatAccount, openid: str) -> None:
    """She closed her WeChat account: forget her, unless she comes with another WeChat account, too; then forget only the closed one."""
    customer = _customer(session, account, openid)
    closed = session.execute(select(WechatIdentity).filter_by(appid=account.appid, openid=openid)).scalar_one_or_none()
    if closed is None:
        return
    same_account = WechatIdentity.id == closed.id
    if closed.unionid:
        same_account = or_(same_account, (WechatIdentity.brand_id == closed.brand_id) & (WechatIdentity.unionid == closed.unionid))
    # Elsewhere another openid may be hers all the same; at the same account of ours it is another account of hers.
    others = select(WechatIdentity.id).where(
        WechatIdentity.customer_id == closed.customer_id, WechatIdentity.appid == account.appid, ~same_account
    )
    if customer is not None and session.execute(others.limit(1)).first() is None:
        erase(session, customer)
        return
    unionid = closed.unionid
    session.execute(delete(WechatIdentity).where(same_account))
    if customer is not None:
        # Which of her accounts a session was opened with, nobody knows: she signs in again.
        session.execute(delete(CustomerSession).filter_by(customer_id=customer.id))
        customer.unionid = None if customer.unionid == unionid else customer.unionid


def _customer(session: Session, account: WechatAccount, openid: str) -> Customer | None:
    """Whom an account of Tencent calls so, waiting for whoever is about to find out at this moment, and locked."""
    in_a_row(session, account.appid, openid)
    known = select(Customer).join(WechatIdentity, WechatIdentity.customer_id == Customer.id)
    found = session.execute(known.where(WechatIdentity.appid == account.appid, WechatIdentity.openid == openid)).scalar_one_or_none()
    return queries.standing_still(session, found, alone=True) if found else None
