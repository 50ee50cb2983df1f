"""Pass a car or a list on, and open what was passed on."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.events import service as events
from app.identity import queries as identity
from app.identity.models import Customer
from app.kit import clock
from app.sharing import queries
from app.sharing.cards import card, known
from app.sharing.errors import NothingToShare
from app.sharing.models import Share, ShareOpen, ShareVisitor
from app.sharing.service.crediting import touch

SAME_OPEN = timedelta(minutes=30)
# Crawlers and link previews, WeChat's own (mpcrawler) among them: they see the page and count for nobody.
_BOT = re.compile(r"bot\b|spider|crawl|slurp|headless|preview", re.I)


def share(session: Session, customer: Customer, *, kind: str, channel: str, config: dict[str, Any]) -> Share:
    """A share of a thing by a customer over a channel; the same again is the same share.

    Raises:
        NothingToShare: there is no such kind, or `config` has not what the kind is named by.
        And what the kind's card raises when there is no such thing.
    """
    if kind not in known():
        raise NothingToShare(fields="kind")
    thing = card(kind)
    if missing := thing.Config().fields.keys() - config.keys():
        raise NothingToShare(fields="、".join(sorted(missing)))
    customer = identity.standing_still(session, customer)
    target = thing.target(session, customer.brand_id, config)
    # Two taps at once are one share.
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": f"share {customer.id} {target.canonical}"})
    same = session.execute(
        select(Share).filter_by(customer_id=customer.id, target=target.canonical, channel=channel).order_by(Share.created_at).limit(1)
    ).scalar_one_or_none()
    if same is not None:
        return same
    came_by = queries.last_touch(session, customer.id, at=clock.now(session))
    made = Share(
        brand_id=customer.brand_id,
        customer_id=customer.id,
        kind=kind,
        channel=channel,
        vehicle_id=target.vehicle_id,
        filters=target.filters,
        target=target.canonical,
        parent_id=came_by.share_id if came_by else None,
    )
    session.add(made)
    session.flush()
    events.record(
        session,
        "share.created",
        brand_id=made.brand_id,
        customer_id=customer.id,
        subject=("share", made.id),
        data={"share_id": made.id, "kind": kind, "channel": channel} | ({"vehicle_id": made.vehicle_id} if made.vehicle_id else {}),
        actor=("customer", customer.id),
    )
    return made


def open(session: Session, opened: Share, *, customer: Customer | None, visitor_id: str | None, scene: str | None, user_agent: str) -> bool:
    """Note that somebody opened a share.

    False, and nothing is noted, for the sharer herself, for machines, for a device that does not name itself, and for the same person
    or device once more within half an hour.
    """
    opener_id = customer.id if customer else _owner_of(session, opened.brand_id, visitor_id)
    nobody = opener_id is None and visitor_id is None
    if nobody or opener_id == opened.customer_id or is_machine(user_agent):
        return False
    moment = clock.now(session)
    if opener_id is not None:
        touch(session, opened, opener_id, at=moment)
    same = ShareOpen.customer_id == opener_id if opener_id else ShareOpen.visitor_id == visitor_id
    just_now = select(ShareOpen.id).where(ShareOpen.share_id == opened.id, same, ShareOpen.opened_at > moment - SAME_OPEN)
    if session.execute(just_now.limit(1)).first():
        return False
    session.add(ShareOpen(share_id=opened.id, visitor_id=visitor_id, customer_id=opener_id, scene=scene, opened_at=moment))
    # In the timeline of her who shared; of the opener we may know nothing but a device.
    events.record(
        session,
        "share.opened",
        brand_id=opened.brand_id,
        customer_id=opened.customer_id,
        subject=("share", opened.id),
        data={"share_id": opened.id, "scene": scene},
        actor=("customer", opener_id) if opener_id else ("visitor", None),
    )
    return True


def is_machine(user_agent: str) -> bool:
    """Whether this names a crawler or a preview, who count for nobody."""
    return _BOT.search(user_agent) is not None


def _owner_of(session: Session, brand_id: uuid.UUID, visitor_id: str | None) -> uuid.UUID | None:
    if visitor_id is None:
        return None
    wanted = select(ShareVisitor.customer_id).filter_by(brand_id=brand_id, visitor_id=visitor_id)
    return session.execute(wanted).scalar_one_or_none()


def keep_code(session: Session, share_id: str, image: bytes) -> None:
    """Remember a share's mini-program code, which never changes."""
    session.get_one(Share, share_id).code_image = image
