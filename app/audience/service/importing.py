"""One page of a file of people or of tags, from its copy into customers and what they carry: one transaction, wholly or not at all."""

from __future__ import annotations

import uuid

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audience.models import PeoplePage, PeopleRun, RunKind, Source
from app.audience.reading import Page
from app.audience.service import deciding_many
from app.identity.service import importing as people
from app.kit.crypto import encrypt

# Reports of what only the database knows stand behind those of what the file itself told.
BEHIND = 1_000
_TAGS = "CREATE TEMPORARY TABLE arriving_tags (line integer, tag_id uuid, active boolean, value text) ON COMMIT DROP"
# Of two words about the same tag of one person the later counts.
_DECIDING = """
    INSERT INTO deciding (customer_id, tag_id, active, value)
    SELECT DISTINCT ON (a.customer_id, t.tag_id) a.customer_id, t.tag_id, t.active, t.value
    FROM arriving_tags t JOIN arriving a USING (line)
    WHERE a.refused_field IS NULL ORDER BY a.customer_id, t.tag_id, t.line DESC
"""


def take_over(session: Session, run: PeopleRun, page: Page) -> None:
    """Let the rows of a page be customers and tags; what becomes of it is kept with it. A page that was taken over changes nothing.

    Pages of different runs, and of the same one, may be taken over at once.
    """
    made = insert(PeoplePage).values(run_id=run.id, number=page.number, read_bytes=page.read_bytes, rows=page.rows)
    if session.execute(made.on_conflict_do_nothing().returning(PeoplePage.number)).first() is None:
        return
    _copy(session, page)
    _report(session, run.id, page)
    makes_people = run.kind == RunKind.people
    found = people.take_in(session, run.brand_id, makes_people=makes_people, staff_id=run.staff_id)
    _report_found(session, run.id, [(*one, True) for one in found.refused] + [(*one, False) for one in found.unheeded])
    decided = deciding_many.Decided()
    if page.tags:
        session.execute(text(_DECIDING))
        actor = ("staff", run.staff_id) if run.staff_id else ("system", None)
        remembered = None if makes_people else run.id
        decided = deciding_many.carry_out(session, run.brand_id, source=Source.import_, actor=actor, run_id=remembered)
    session.execute(
        text(
            "UPDATE people_pages SET created = :created, updated = :updated, unchanged = :unchanged, rejected = :rejected, "
            "tags_added = :added, tags_removed = :removed, tags_changed = :changed WHERE run_id = :run_id AND number = :number"
        ),
        {
            "run_id": run.id,
            "number": page.number,
            "created": found.created,
            "updated": found.updated,
            "unchanged": found.unchanged if makes_people else 0,
            "rejected": page.left_out + len(found.refused),
            **vars(decided),
        },
    )


def _copy(session: Session, page: Page) -> None:
    people.begin(session)
    deciding_many.begin(session)
    session.execute(text("DROP TABLE IF EXISTS arriving_tags"))
    session.execute(text(_TAGS))
    cursor = session.connection().connection.cursor()
    for table, rows in ((f"arriving ({', '.join(people.GIVEN)})", page.people), ("arriving_tags", page.tags)):
        with cursor.copy(f"COPY {table} FROM STDIN") as copy:
            copy.write(rows)
    # A temporary table that nobody looked at is taken for one of a few rows.
    session.execute(text("ANALYZE arriving (line)"))


def _report(session: Session, run_id: uuid.UUID, page: Page) -> None:
    if not page.unfit:
        return
    session.execute(text("CREATE TEMPORARY TABLE unfit (LIKE people_rows) ON COMMIT DROP"))
    session.execute(text("ALTER TABLE unfit ALTER run_id DROP NOT NULL"))
    cursor = session.connection().connection.cursor()
    with cursor.copy("COPY unfit (line, number, field, value, reason, left_out) FROM STDIN") as copy:
        copy.write(page.unfit)
    session.execute(
        text("INSERT INTO people_rows SELECT :run_id, line, number, field, value, reason, left_out FROM unfit ON CONFLICT DO NOTHING"),
        {"run_id": run_id},
    )
    session.execute(text("DROP TABLE unfit"))


def _report_found(session: Session, run_id: uuid.UUID, unfit: list[tuple[int, str, str, bool]]) -> None:
    if not unfit:
        return
    nothing = encrypt(b"")
    told = [
        {"run_id": run_id, "line": line, "number": BEHIND + at, "field": field, "value": nothing, "reason": reason, "left_out": left_out}
        for at, (line, field, reason, left_out) in enumerate(unfit)
    ]
    session.execute(
        text(
            "INSERT INTO people_rows (run_id, line, number, field, value, reason, left_out) "
            "VALUES (:run_id, :line, :number, :field, :value, :reason, :left_out)"
        ),
        told,
    )
