"""Looks at files of people and of tags: what they are read by, what became of them, and which rows did not hold."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from app.audience.errors import PeopleRunUnknown
from app.audience.models import PeoplePage, PeopleRow, PeopleRun, Tag
from app.audience.reading import Given, KnownTag
from app.identity.models import ConsentText
from app.kit import clock
from app.wechat.models import WechatAccount

COUNTS = ("rows", "created", "updated", "unchanged", "rejected", "tags_added", "tags_removed", "tags_changed")


def given(session: Session, run: PeopleRun) -> Given:
    """What a file of the run's brand is read by. A tag goes by its key, and by its label where no other has it."""
    tags: dict[str, KnownTag] = {}
    found = (
        session.execute(select(Tag).filter_by(brand_id=run.brand_id).order_by(Tag.archived_at.desc().nulls_last(), Tag.id)).scalars().all()
    )
    for naming in ("label", "key"):
        for one in found:
            known = KnownTag(str(one.id), one.kind, one.value_type, tuple(one.choices), one.archived_at is not None)
            tags[getattr(one, naming)] = known
    versions: dict[str, tuple[str, ...]] = {}
    for purpose, version in session.execute(select(ConsentText.purpose, ConsentText.version).filter_by(brand_id=run.brand_id)):
        versions[purpose] = (*versions.get(purpose, ()), version)
    return Given(
        kind=run.kind,
        tags=tags,
        appids=frozenset(session.execute(select(WechatAccount.appid).filter_by(brand_id=run.brand_id)).scalars()),
        versions=versions,
        now=clock.now(session),
        done=frozenset(session.execute(select(PeoplePage.number).filter_by(run_id=run.id)).scalars()),
    )


def run_of_brand(session: Session, brand_id: uuid.UUID, run_id: uuid.UUID) -> PeopleRun:
    """A file of the brand. Raises `PeopleRunUnknown`."""
    found = session.execute(select(PeopleRun).filter_by(brand_id=brand_id, id=run_id)).scalar_one_or_none()
    if found is None:
        raise PeopleRunUnknown
    return found


def runs_of_brand(session: Session, brand_id: uuid.UUID, *, before: uuid.UUID | None, limit: int) -> Sequence[PeopleRun]:
    """Files of the brand, the newest first, continuing before an id."""
    wanted = select(PeopleRun).filter_by(brand_id=brand_id).order_by(PeopleRun.id.desc()).limit(limit)
    return session.execute(wanted if before is None else wanted.where(PeopleRun.id < before)).scalars().all()


def progress(session: Session, run_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """How many rows of each file became what so far, and how many of its bytes were read for them."""
    nothing = dict.fromkeys((*COUNTS, "read_bytes"), 0)
    sums = [func.coalesce(func.sum(getattr(PeoplePage, name)), 0).label(name) for name in COUNTS]
    told = select(PeoplePage.run_id, func.max(PeoplePage.read_bytes).label("read_bytes"), *sums)
    rows = session.execute(told.where(PeoplePage.run_id.in_(run_ids)).group_by(PeoplePage.run_id))
    found = {row.run_id: {name: int(getattr(row, name)) for name in nothing} for row in rows}
    return {run_id: found.get(run_id, nothing) for run_id in run_ids}


def unfit_rows(session: Session, run_id: uuid.UUID, *, after: tuple[int, int], limit: int) -> Sequence[PeopleRow]:
    """What did not hold of a file, by its line, continuing after a line and its number."""
    wanted = select(PeopleRow).where(PeopleRow.run_id == run_id, tuple_(PeopleRow.line, PeopleRow.number) > tuple_(*after))
    return session.execute(wanted.order_by(PeopleRow.line, PeopleRow.number).limit(limit)).scalars().all()


def every_unfit_row(session: Session, run_id: uuid.UUID) -> Iterator[PeopleRow]:
    """All of them, one after the other, however many there are."""
    wanted = select(PeopleRow).filter_by(run_id=run_id).order_by(PeopleRow.line, PeopleRow.number)
    yield from session.execute(wanted.execution_options(yield_per=1000)).scalars()
