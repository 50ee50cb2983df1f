"""What was tagged at WeCom, or at a service account, becomes ours; what we told there ourselves comes back as no news."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audience.models import ContactReading, CustomerTag, Source, Tag, TagKind, TagLink, TagMark
from app.audience.queries import who_now
from app.audience.service.deciding import Decision, decide
from app.identity.models import WechatIdentity
from app.kit import clock, db, queue
from app.messaging.service import contacts
from app.wechat.client import Outcome, WechatError, gateway
from app.wechat.endpoints.wecom.customers import FollowedCustomer
from app.wechat.models import WechatAccount

BATCH = 100
LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 8
PERMANENT = (Outcome.permanent_person, Outcome.permanent_account)
# Of one tag at a time.
AT_ONCE = 1_000


def contact_changed(session: Session, account_id: uuid.UUID, external_userid: str) -> None:
    """Ask WeCom in the background which tags she bears; where no tag is linked nobody wants to know."""
    if session.execute(select(TagLink.id).filter_by(account_id=account_id).limit(1)).first() is None:
        return
    wanted = insert(ContactReading).values(account_id=account_id, external_userid=external_userid, due_at=func.marque_now())
    again = {"due_at": func.marque_now(), "attempts": 0}
    session.execute(wanted.on_conflict_do_update(index_elements=["account_id", "external_userid"], set_=again))
    queue.enqueue(session, "audience.read_contact_tags")


_CLAIM = """
    WITH due AS MATERIALIZED (
        SELECT account_id, external_userid FROM contact_readings WHERE due_at <= marque_now()
        ORDER BY due_at LIMIT :batch FOR UPDATE SKIP LOCKED
    )
    UPDATE contact_readings r SET due_at = marque_now() + CAST(:lease AS interval), attempts = attempts + 1
    FROM due WHERE r.account_id = due.account_id AND r.external_userid = due.external_userid
    RETURNING r.account_id, r.external_userid, r.due_at, r.attempts
"""


def read_contacts() -> int:
    """Ask WeCom about those who were changed there, and take over what is news. How many were due."""
    with db.transaction() as session:
        due = session.execute(text(_CLAIM), {"batch": BATCH, "lease": LEASE}).all()
        accounts = {one: session.get_one(WechatAccount, one) for one in {row.account_id for row in due}}
    if not due:
        return 0
    asked = [gateway().wecom(accounts[row.account_id]).customer.prepare(row.external_userid) for row in due]
    for row, told in zip(due, gateway().carry_out_all(asked), strict=True):
        with db.transaction() as session:
            if not isinstance(told, WechatError):
                _take_over(session, accounts[row.account_id], told)
            elif told.outcome not in PERMANENT and row.attempts < MOST_ATTEMPTS:
                continue
            # Unless she was changed again meanwhile.
            hers = {"account_id": row.account_id, "external_userid": row.external_userid, "due_at": row.due_at}
            session.execute(delete(ContactReading).filter_by(**hers))
    return len(due)


def _take_over(session: Session, account: WechatAccount, told: FollowedCustomer) -> None:
    contacts.keep(session, account, [told], moment=clock.now(session))
    hers = select(WechatIdentity.customer_id).filter_by(appid=account.appid, openid=told.customer.external_userid)
    customer_id = session.execute(hers).scalar_one_or_none()
    if customer_id is None:
        return
    borne = {tag_id for follow in told.follows for tag_id in follow.tag_ids}
    links = select(TagLink).where(TagLink.account_id == account.id, TagLink.remote_id.is_not(None)).order_by(TagLink.id)
    for link in session.execute(links).scalars().all():
        hear(session, link, {customer_id: link.remote_id in borne}, Source.wecom)


def hear_all(session: Session, link: TagLink, appid: str, bearing: Sequence[str]) -> None:
    """These openids bear a service account's tag, and nobody else does."""
    session.execute(text("DROP TABLE IF EXISTS bearing"))
    session.execute(text("CREATE TEMPORARY TABLE bearing (openid text) ON COMMIT DROP"))
    db.copy_rows(session, "bearing", ["openid"], ([one] for one in bearing))
    known = "SELECT i.customer_id FROM bearing b JOIN wechat_identities i ON i.appid = :appid AND i.openid = b.openid"
    asked = {"appid": appid, "link_id": link.id}
    more = session.execute(
        text(
            f"SELECT DISTINCT customer_id FROM ({known}) k WHERE customer_id IS NOT NULL AND NOT EXISTS "  # noqa: S608  # a constant
            "(SELECT FROM tag_marks m WHERE m.link_id = :link_id AND m.customer_id = k.customer_id AND m.there)"
        ),
        asked,
    ).scalars()
    less = session.execute(
        text(f"SELECT customer_id FROM tag_marks WHERE link_id = :link_id AND there AND customer_id NOT IN ({known} "  # noqa: S608  # as above
             "WHERE i.customer_id IS NOT NULL)"),
        asked,
    ).scalars()  # fmt: skip
    news = [*((one, True) for one in more), *((one, False) for one in less)]
    for start in range(0, len(news), AT_ONCE):
        hear(session, link, dict(news[start : start + AT_ONCE]), Source.service_account)


def hear(session: Session, link: TagLink, there: Mapping[uuid.UUID, bool], source: Source) -> None:
    """Customers bear a linked tag there, or do not. What differs from ours becomes ours, unless we were about to tell otherwise.

    What rules give and take is theirs alone: there it is put right again.
    """
    tag = session.get_one(Tag, link.tag_id)
    ids = sorted(there)
    locked = select(TagMark).where(TagMark.link_id == link.id, TagMark.customer_id.in_(ids)).order_by(TagMark.customer_id)
    marks = {one.customer_id: one for one in session.execute(locked.with_for_update().execution_options(populate_existing=True)).scalars()}
    carried = select(CustomerTag.customer_id).where(CustomerTag.tag_id == tag.id, CustomerTag.customer_id.in_(ids), CustomerTag.active)
    ours, now = set(session.execute(carried).scalars()), clock.now(session)
    decisions, rows = [], []
    people = who_now(session, ids)
    for customer_id, is_there in there.items():
        mark, is_ours = marks.get(customer_id), customer_id in ours
        if customer_id not in people or (mark is None and is_ours == is_there is False):
            continue
        wanted, was_there = (mark.wanted, mark.there) if mark else (is_ours, False)
        follows = tag.kind == TagKind.manual and not (is_there and tag.archived_at)
        if is_there != was_there and follows and (mark is None or wanted == was_there):
            decisions.append(Decision(people[customer_id], tag, active=is_there, source=source, at=now))
            wanted = is_there
        rows.append(_mark(link, customer_id, wanted=wanted, there=is_there, due_at=now if wanted != is_there else None))
    if rows:
        kept = insert(TagMark).values(rows)
        changed = {name: kept.excluded[name] for name in ("wanted", "there", "due_at", "attempts", "error")}
        session.execute(kept.on_conflict_do_update(index_elements=["link_id", "customer_id"], set_=changed))
        queue.enqueue(session, "audience.tell_tags")
    decide(session, decisions)


def _mark(link: TagLink, customer_id: uuid.UUID, **values: Any) -> dict[str, Any]:
    return {"link_id": link.id, "customer_id": customer_id, "attempts": 0, "error": None, **values}
