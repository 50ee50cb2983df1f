"""Tags that WeCom or a service account knows, too: made there, read there, and given up."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import case, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from app.audience.errors import LinkUnfit, LinkUnknown
from app.audience.models import Tag, TagLink, TagMark
from app.audience.service import hearing
from app.events import service as events
from app.events.models import Event
from app.kit import clock, db, queue
from app.kit.logging import logger
from app.kit.texts import t
from app.wechat.client import Outcome, WechatError, gateway
from app.wechat.models import AccountKind, WechatAccount

log = logger(__name__)

# Nobody else tends a link for so long; after it what a dead one left is tended anew.
LEASE = timedelta(minutes=10)
AGAIN_AFTER = timedelta(minutes=5)
# A service account tells of no change: it is asked.
READ_EVERY = timedelta(hours=24)
WECOM_CHARACTERS, SERVICE_BYTES = 30, 30


def link(session: Session, tag: Tag, account_id: uuid.UUID) -> TagLink:
    """From now on the tag is the same there and here. Again, a link that broke is mended.

    Raises:
        LinkUnknown: the brand has no WeCom or service account of this id.
        LinkUnfit: the tag's name is too long there.
    """
    account = session.get(WechatAccount, account_id)
    if account is None or account.brand_id != tag.brand_id or account.kind not in (AccountKind.corp, AccountKind.service_account):
        raise LinkUnknown
    _fits(account, tag)
    made = insert(TagLink).values(id=db.new_id(), brand_id=tag.brand_id, tag_id=tag.id, account_id=account.id, due_at=func.marque_now())
    mended = {"due_at": func.marque_now(), "broken_at": None, "error": None}
    session.execute(made.on_conflict_do_update(index_elements=["tag_id", "account_id"], set_=mended, where=TagLink.broken_at.is_not(None)))
    _listen(session)
    queue.enqueue(session, "audience.tend_links")
    return session.execute(select(TagLink).filter_by(tag_id=tag.id, account_id=account.id)).scalar_one()


def rename(session: Session, tag: Tag) -> None:
    """The tag has another label: it is to be called so wherever it is linked. Raises `LinkUnfit`."""
    linked = select(TagLink, WechatAccount).join(WechatAccount, WechatAccount.id == TagLink.account_id).where(TagLink.tag_id == tag.id)
    for found, account in session.execute(linked).all():
        _fits(account, tag)
        if found.remote_id is not None and found.broken_at is None and found.remote_name != tag.label:
            found.due_at = clock.now(session)
            queue.enqueue(session, "audience.tend_links")


def _fits(account: WechatAccount, tag: Tag) -> None:
    is_corp = account.kind == AccountKind.corp
    if len(tag.label if is_corp else tag.label.encode()) > (WECOM_CHARACTERS if is_corp else SERVICE_BYTES):
        raise LinkUnfit(label=tag.label)


def unlink(session: Session, tag: Tag, link_id: uuid.UUID) -> None:
    """Neither side hears of the other any more. Raises `LinkUnknown`."""
    if session.execute(select(TagLink.id).filter_by(tag_id=tag.id, id=link_id)).first() is None:
        raise LinkUnknown
    session.execute(delete(TagMark).filter_by(link_id=link_id))
    session.execute(delete(TagLink).filter_by(id=link_id))
    _listen(session)


def _listen(session: Session) -> None:
    """Every tag that somebody gets is heard of only where some tag is linked."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('audience subscriptions'))"))
    names = {"tag.added", "tag.removed"} if session.execute(select(TagLink.id).limit(1)).first() else set()
    events.subscribe(session, want, names)


_WANT = """
    INSERT INTO tag_marks (link_id, customer_id, wanted, there, due_at)
    SELECT l.id, c.customer_id, c.active, false, CASE WHEN c.active THEN marque_now() END
    FROM tag_links l JOIN customer_tags c ON c.tag_id = l.tag_id
    WHERE {whom} ORDER BY l.id, c.customer_id
    ON CONFLICT (link_id, customer_id) DO UPDATE SET wanted = excluded.wanted, attempts = 0, error = NULL,
        due_at = CASE WHEN excluded.wanted <> tag_marks.there THEN marque_now() END
    WHERE tag_marks.wanted <> excluded.wanted
"""


def want(session: Session, happened: Sequence[Event]) -> None:
    """What these customers carry now is to be so there, too; what is so there already, because it came from there, is not told."""
    people = {event.customer_id for event in happened if event.customer_id}
    keys = {event.data.get("tag") for event in happened}
    whom = "c.customer_id = ANY(:people) AND l.tag_id IN (SELECT id FROM tags WHERE key = ANY(:keys)) AND l.broken_at IS NULL"
    session.execute(text(_WANT.format(whom=whom)), {"people": list(people), "keys": list(keys)})
    queue.enqueue(session, "audience.tell_tags")


def tend(*, most: int = 100) -> int:
    """Make what is to be made at Tencent, and read who bears what; link by link, until nothing is due. How many links it were."""
    for done in range(most):
        with db.transaction() as session:
            due = select(TagLink.id).where(TagLink.due_at <= func.marque_now()).order_by(TagLink.due_at).limit(1)
            claimed = update(TagLink).where(TagLink.id == db.one_of(due.with_for_update(skip_locked=True)))
            link_id = session.execute(claimed.values(due_at=func.marque_now() + LEASE).returning(TagLink.id)).scalar_one_or_none()
            if link_id is None:
                return done
            found = session.execute(select(TagLink).filter_by(id=link_id)).scalar_one()
            tag = session.execute(select(Tag).filter_by(id=found.tag_id).options(joinedload(Tag.folder))).scalar_one()
            account = session.get_one(WechatAccount, found.account_id)
        try:
            if found.remote_id is None:
                _made(link_id, _make(account, tag), tag.label)
                continue
            if found.remote_name != tag.label:
                _name(found, account, tag.label)
            if account.kind == AccountKind.service_account:
                _read(found, account)
            else:
                _tended(link_id, due_at=None)
        except WechatError as error:
            _failed(link_id, error)
    return most


def _make(account: WechatAccount, tag: Tag) -> str:
    """What the tag is called there: the one of its name, which may be there from a call whose answer was lost, or a new one."""
    if account.kind == AccountKind.service_account:
        service_account = gateway().service_account(account)
        same = [one.id for one in service_account.tags() if one.name == tag.label]
        return str(same[0] if same else service_account.create_tag(tag.label).id)
    wecom, group = gateway().wecom(account), tag.folder.name if tag.folder else t("audience.tag_group")
    groups = [one for one in wecom.corp_tags() if one.name == group]
    known = [one.tag_id for known in groups for one in known.tags if one.name == tag.label]
    if known:
        return known[0]
    where: dict[str, Any] = {"group_id": groups[0].group_id} if groups else {"group_name": group}
    return wecom.add_corp_tags([tag.label], **where).tags[0].tag_id


def _name(found: TagLink, account: WechatAccount, label: str) -> None:
    """Call it there what it is called here; said twice, nothing happens."""
    if account.kind == AccountKind.service_account:
        gateway().service_account(account).rename_tag(int(found.remote_id or 0), label)
    else:
        gateway().wecom(account).edit_corp_tag(str(found.remote_id), name=label)
    _settle(found.id, remote_name=label)


def _made(link_id: uuid.UUID, remote_id: str, label: str) -> None:
    with db.transaction() as session:
        values = {"remote_id": remote_id, "remote_name": label, "due_at": func.marque_now(), "broken_at": None, "error": None}
        session.execute(update(TagLink).filter_by(id=link_id).values(**values))
        session.execute(text(_WANT.format(whom="l.id = :link_id AND c.active")), {"link_id": link_id})
        _tell_what_differs(session, link_id)


def _read(found: TagLink, account: WechatAccount) -> None:
    """Who bears a service account's tag: page by page, then compared with what we knew."""
    bearing: list[str] = []
    door = gateway().service_account(account)
    while page := door.tagged(int(found.remote_id or 0), bearing[-1] if bearing else ""):
        bearing += page
    with db.transaction() as session:
        hearing.hear_all(session, found, account.appid, bearing)
        # Who followed meanwhile can be told of now.
        _tell_what_differs(session, found.id)
    _tended(found.id, due_at=func.marque_now() + READ_EVERY)


def _tell_what_differs(session: Session, link_id: uuid.UUID) -> None:
    """Also what was given up: nobody there was known, or the tag was away."""
    left = update(TagMark).where(TagMark.link_id == link_id, TagMark.wanted != TagMark.there, TagMark.due_at.is_(None))
    session.execute(left.values(due_at=func.marque_now(), attempts=0, error=None))
    queue.enqueue(session, "audience.tell_tags")


def _tended(link_id: uuid.UUID, *, due_at: Any) -> None:
    """Nothing is left to do until then, unless the tag got another label while we were at it."""
    label = select(Tag.label).where(Tag.id == TagLink.tag_id).scalar_subquery()
    _settle(link_id, due_at=case((TagLink.remote_name.is_distinct_from(label), func.marque_now()), else_=due_at), error=None)


def _settle(link_id: uuid.UUID, **values: Any) -> None:
    with db.transaction() as session:
        changed = update(TagLink).filter_by(id=link_id).values(**values)
        session.execute(changed.execution_options(synchronize_session=False))


def _failed(link_id: uuid.UUID, error: WechatError) -> None:
    log.warning("a tag cannot be linked", link_id=str(link_id), error=error.code)
    if error.outcome in (Outcome.permanent_account, Outcome.permanent_person):
        _settle(link_id, due_at=None, broken_at=func.marque_now(), error=f"wechat.{error.code}")
    else:
        _settle(link_id, due_at=func.marque_now() + AGAIN_AFTER, error=f"wechat.{error.code}")


def gone(session: Session, account_id: uuid.UUID, remote_id: str) -> None:
    """The tag was deleted there: who carries it here keeps it, and somebody of ours decides whether it is made again."""
    lost = update(TagLink).filter_by(account_id=account_id, remote_id=remote_id)
    values = {"remote_id": None, "due_at": None, "broken_at": func.marque_now(), "error": "gone"}
    ids = session.execute(lost.values(**values).returning(TagLink.id)).scalars().all()
    session.execute(update(TagMark).where(TagMark.link_id.in_(ids)).values(there=False, due_at=None))
