"""Ask for a list as a file, write it part by part, and give it up again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import ValidationError
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from app.dealers.models import Role, Staff
from app.exports.errors import ExportNotThere, ExportOver, ExportTooLong, TooManyExports
from app.exports.lists import Column, Offer, offered
from app.exports.models import EXPORT, UNFINISHED, Export, ExportDownload, ExportPart, ExportStatus
from app.kit import acting, clock, crypto, db, live, queue
from app.kit.errors import AppError, Forbidden, Invalid
from app.kit.rows import BOM, excel_line
from app.kit.settings import settings
from app.kit.states import arrive

CHINA = ZoneInfo("Asia/Shanghai")
PART = 1_000
MOST_AT_ONCE = 5
MOST_TRIES = 5
# A part takes a second or so; after this another worker goes on with what a dead one left.
SILENCE = timedelta(minutes=2)


def ask(session: Session, staff: Staff, key: str, asked: dict[str, Any]) -> Export:
    """Let a worker write a list into a file; while the same one is being written for her it is that one.

    Raises:
        Invalid: no such list, or not what it is asked by. TooManyExports: she waits for some already. What the list refuses her.
    """
    offer = offered(key)
    name = offer.may(session, staff, _read(offer, asked))
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 3))"), {"key": f"exports {staff.id}"})
    unfinished = select(Export).where(Export.staff_id == staff.id, Export.status.in_(UNFINISHED))
    under_way = session.execute(unfinished).scalars().all()
    if same := next((one for one in under_way if (one.list_key, one.asked) == (key, asked)), None):
        return same
    if len(under_way) >= MOST_AT_ONCE:
        raise TooManyExports
    export = Export(brand_id=staff.brand_id, staff_id=staff.id, list_key=key, asked=asked, name=name)
    session.add(export)
    arrive(session, export)
    queue.enqueue(session, "exports.write", export_id=export.id)
    return export


def _read(offer: Offer, asked: dict[str, Any]) -> dict[str, Any]:
    try:
        read: dict[str, Any] = offer.asked().load(asked)
    except ValidationError as error:
        raise Invalid(**{f"asked.{field}": told for field, told in error.normalized_messages().items()}) from error
    return read


def cancel(session: Session, export: Export) -> None:
    """Stop writing; what was written is dropped. `export` is locked. Raises `ExportOver`."""
    if export.status not in UNFINISHED:
        raise ExportOver
    _end(session, export, ExportStatus.cancelled)


def _end(session: Session, export: Export, status: ExportStatus, **values: Any) -> None:
    session.execute(delete(ExportPart).where(ExportPart.export_id == export.id))
    EXPORT.move(session, export, status, **values)
    live.tell(session, "exports", staff_id=export.staff_id)


def write(export_id: uuid.UUID) -> None:
    """Write a file to its end, each part in a transaction of its own. Two who do this at once do not write a line twice."""
    try:
        while _write_part(export_id):
            pass
    except AppError as error:
        # It is too long by now, or she may not have it any more.
        _refuse(export_id, error.code)
    except Exception:
        with db.transaction() as session:
            tried = update(Export).where(Export.id == export_id).values(tries=Export.tries + 1).returning(Export.tries)
            tries = session.execute(tried).scalar_one()
        if tries >= MOST_TRIES:
            _refuse(export_id, AppError.code)
        raise


def write_due() -> None:
    """Write every file at which nobody works: what the doorbell has not told of."""
    left = select(Export.id).where(Export.status.in_(UNFINISHED), Export.written_at < func.marque_now() - SILENCE)
    with db.transaction() as session:
        ids = session.execute(left.order_by(Export.written_at).limit(20)).scalars().all()
    for export_id in ids:
        write(export_id)


def _write_part(export_id: uuid.UUID) -> bool:
    """Whether there is more to write, and it is for us."""
    free = select(Export).where(Export.id == export_id, Export.status.in_(UNFINISHED)).with_for_update(skip_locked=True)
    with db.transaction() as session:
        export = session.execute(free).scalar_one_or_none()
        if export is None:
            return False
        # Its moves are those of whoever asked for it.
        with acting.acting(replace(acting.now(), actor=("staff", export.staff_id))):
            return _go_on(session, export)


def _go_on(session: Session, export: Export) -> bool:
    offer, staff = _still_hers(session, export)
    asked = _read(offer, export.asked)
    if export.status == ExportStatus.waiting:
        EXPORT.move(session, export, ExportStatus.running, of_rows=offer.count(session, staff, asked) if offer.count else None)
    page = offer.page(session, staff, asked, cursor=export.cursor, limit=PART)
    head = BOM + excel_line(column.title for column in offer.columns) if export.parts == 0 else ""
    lines = head + "".join(excel_line(_cells(staff, offer.columns, row)) for row in page.rows)
    content = lines.encode()
    session.add(ExportPart(export_id=export.id, number=export.parts, sealed=crypto.encrypt(content), about=sorted(page.about)))
    export.parts, export.rows, export.bytes = export.parts + 1, export.rows + len(page.rows), export.bytes + len(content)
    export.cursor, export.written_at = page.cursor, clock.now(session)
    live.tell(session, "exports", staff_id=export.staff_id)
    if export.rows > settings().export_max_rows:
        raise ExportTooLong
    if page.cursor is None:
        now = export.written_at
        days = timedelta(days=settings().export_days)
        EXPORT.move(session, export, ExportStatus.done, of_rows=export.rows, finished_at=now, expires_at=now + days)
    return page.cursor is not None


def _still_hers(session: Session, export: Export) -> tuple[Offer, Staff]:
    """The list and who asked. Raises what the list refuses her by now."""
    staff, offer = session.get_one(Staff, export.staff_id), offered(export.list_key)
    if not staff.active:
        raise Forbidden
    offer.may(session, staff, _read(offer, export.asked))
    return offer, staff


def _cells(staff: Staff, columns: Sequence[Column], row: Sequence[Any]) -> Iterator[Any]:
    for column, value in zip(columns, row, strict=True):
        if isinstance(value, datetime):
            yield value.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
        elif column.mask and value is not None and staff.role != Role.admin:
            yield column.mask(value)
        else:
            yield value


def _refuse(export_id: uuid.UUID, code: str) -> None:
    with db.transaction() as session:
        export = session.get_one(Export, export_id, with_for_update=True)
        if export.status in UNFINISHED:
            _end(session, export, ExportStatus.refused, error=code)


def fetch(session: Session, export: Export) -> None:
    """Write down that a file is fetched by whoever asked for it. Raises `ExportNotThere`, and what its list refuses her by now."""
    if export.status != ExportStatus.done or export.expires_at is None or export.expires_at <= clock.now(session):
        raise ExportNotThere
    _still_hers(session, export)
    session.add(ExportDownload(brand_id=export.brand_id, export_id=export.id, request_id=acting.now().request_id))


def parts(export: Export) -> Iterator[bytes]:
    """What is in a file, one part in memory at a time, each in a transaction of its own."""
    for number in range(export.parts):
        with db.transaction() as session:
            yield crypto.decrypt(session.get_one(ExportPart, (export.id, number)).sealed)


def forget_old(session: Session) -> None:
    """Drop the files whose days are over; that they were there, and who fetched them, stays."""
    old = select(Export).where(Export.status == ExportStatus.done, Export.expires_at <= func.marque_now())
    for export in session.execute(old.order_by(Export.id).limit(1_000).with_for_update(skip_locked=True)).scalars():
        _end(session, export, ExportStatus.expired)


def forget_people(session: Session, customer_ids: Sequence[uuid.UUID]) -> None:
    """Drop every file that tells of these people."""
    # Whoever writes a part just now has looked before they were erased: the lock waits for that part, and then it is found, too.
    unfinished = select(Export.id).where(Export.status.in_(UNFINISHED)).order_by(Export.id).with_for_update()
    session.execute(unfinished)
    telling = select(ExportPart.export_id).where(ExportPart.about.overlap(customer_ids))
    for export in session.execute(select(Export).where(Export.id.in_(telling)).order_by(Export.id).with_for_update()).scalars():
        if export.status == ExportStatus.done:
            _end(session, export, ExportStatus.expired)
        else:
            # From the beginning, without her.
            session.execute(delete(ExportPart).where(ExportPart.export_id == export.id))
            export.parts = export.rows = export.bytes = 0
            export.cursor = None
