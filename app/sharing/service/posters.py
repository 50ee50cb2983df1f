"""The poster of a share: asked for by her who shares, made by a job, and made anew when the car says something else."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.identity.models import Customer
from app.kit import clock, db, texts
from app.kit.errors import AppError
from app.kit.files import files
from app.kit.json import dumps
from app.kit.logging import logger
from app.kit.queue import enqueue
from app.kit.settings import settings
from app.sharing import drawing, queries
from app.sharing.cards import Sheet, card
from app.sharing.errors import PosterUnknown, ShareUnknown
from app.sharing.models import Poster, Share
from app.sharing.service.passing_on import keep_code
from app.vehicles import queries as vehicles
from app.wechat import queries as wechat
from app.wechat.client import gateway
from app.wechat.models import AccountKind, WechatAccount

log = logger(__name__)

CHINA = ZoneInfo("Asia/Shanghai")
# Longer than a code and a drawing take; after it another process takes over what a dead one left.
LEASE = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=1)
# After so many attempts she is told that it failed; it is tried on.
PATIENCE = 5


def ask_for_poster(session: Session, customer: Customer, share_id: str) -> dict[str, Any]:
    """The poster of her share as `PosterOut`: the one that there is, or one to come. As often as she likes.

    Raises:
        ShareUnknown: also for somebody else's. NoPoster: it is a list. And what says that the car is gone.
    """
    share = _hers(session, customer, share_id)
    says = _digest(card(share.kind).sheet(session, share))
    now = clock.now(session)
    session.execute(insert(Poster).values(share_id=share.id, says=says, due_at=now).on_conflict_do_nothing())
    poster = session.get_one(Poster, share.id, with_for_update=True, populate_existing=True)
    if poster.says != says or poster.attempts >= PATIENCE:
        if (old := poster.digest) is not None:
            db.after_commit(session, lambda: files().drop(file_name(old)))
        poster.says, poster.digest, poster.attempts, poster.due_at = says, None, 0, now
        session.flush()
    if poster.digest is None:
        enqueue(session, "sharing.make_posters")
    return _told(poster)


def poster_of(session: Session, customer: Customer, share_id: str) -> dict[str, Any]:
    """How far the poster of her share is, as `PosterOut`. Raises `ShareUnknown`; `PosterUnknown` when she has not asked for one."""
    poster = session.get(Poster, _hers(session, customer, share_id).id)
    if poster is None:
        raise PosterUnknown
    return _told(poster)


def _hers(session: Session, customer: Customer, share_id: str) -> Share:
    share = queries.get(session, customer.brand_id, share_id)
    if share.customer_id != customer.id:
        raise ShareUnknown
    return share


def _told(poster: Poster) -> dict[str, Any]:
    if poster.digest is not None:
        return {"status": "ready", "url": f"{settings().public_base_url.rstrip('/')}/media/posters/{poster.digest}.jpg"}
    return {"status": "failed" if poster.attempts >= PATIENCE else "pending", "url": None}


def file_name(digest: str) -> str:
    """Where `kit.files` keeps it."""
    return f"posters/{digest[:2]}/{digest}.jpg"


def _digest(sheet: Sheet) -> str:
    return hashlib.sha256(dumps(asdict(sheet))).hexdigest()


def make_due_posters() -> int:
    """Make every poster that waits, one after the other; how many. One that fails holds up no other."""
    done = 0
    while (share_id := _claim()) is not None:
        try:
            _make(share_id)
            done += 1
        except Exception:
            log.exception("poster could not be made", share_id=share_id)
    return done


def _claim() -> str | None:
    with db.transaction() as session:
        due = select(Poster.share_id).where(Poster.due_at <= func.marque_now()).order_by(Poster.due_at).limit(1)
        wait = func.least(LEASE * func.power(2.0, Poster.attempts), _LONGEST_WAIT)
        return session.execute(
            update(Poster)
            .where(Poster.share_id == db.one_of(due.with_for_update(skip_locked=True)))
            .values(due_at=func.marque_now() + wait, attempts=Poster.attempts + 1)
            .returning(Poster.share_id)
            .execution_options(synchronize_session=False)
        ).scalar_one_or_none()


@dataclass(frozen=True)
class _Order:
    """What a poster is made of, as it was when the job looked."""

    sheet: Sheet
    brand: str
    account: WechatAccount
    page: str
    code: bytes | None
    at: datetime


def _make(share_id: str) -> None:
    with db.transaction() as session:
        order = _order(session, share_id)
    if order is None:
        return
    code = order.code
    if code is None:
        code = gateway().mini_program(order.account).mini_program_code(share_id, order.page)
        with db.transaction() as session:
            keep_code(session, share_id, code)
    picture = vehicles.picture(order.sheet.picture) if order.sheet.picture else None
    image = drawing.draw(_words(order), picture=picture, code=code)
    digest = hashlib.sha256(image).hexdigest()
    files().keep(file_name(digest), image)
    with db.transaction() as session:
        # Asked for anew meanwhile, it says something else; then this one was made for nothing.
        session.execute(
            update(Poster).where(Poster.share_id == share_id, Poster.says == _digest(order.sheet)).values(digest=digest, due_at=None)
        )


def _order(session: Session, share_id: str) -> _Order | None:
    """None when the car is gone meanwhile; then there is no poster either."""
    share = session.get_one(Share, share_id)
    kind = card(share.kind)
    try:
        sheet = kind.sheet(session, share)
    except AppError:
        session.execute(delete(Poster).where(Poster.share_id == share_id))
        return None
    session.execute(update(Poster).where(Poster.share_id == share_id).values(says=_digest(sheet)))
    account = wechat.account(session, share.brand_id, AccountKind.mini_program)
    brand = session.get_one(Brand, share.brand_id)
    return _Order(sheet, brand.name, account, kind.page, share.code_image, clock.now(session))


def _words(order: _Order) -> drawing.Words:
    day = order.at.astimezone(CHINA)
    return drawing.Words(
        brand=order.brand,
        title=order.sheet.title,
        facts=order.sheet.facts,
        price=order.sheet.price,
        price_note=order.sheet.price_note,
        store=order.sheet.store,
        address=order.sheet.address,
        scan=texts.t("sharing.poster.scan"),
        made=texts.t("sharing.poster.made", year=day.year, month=day.month, day=day.day),
    )
