"""Decide about the tags of ten thousand customers in a few statements: what `deciding` does one by one, for what a file or a count says.

Whoever uses it makes the temporary tables (`begin`), fills `deciding`, and calls `carry_out`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import CursorResult, text
from sqlalchemy.orm import Session

from app.audience.models import Source
from app.events.masses import record_selected
from app.kit import clock
from app.kit.json import dumps

# `active` False takes the tag. A value of NULL leaves the one that is there, an end of NULL is the tag's own.
_TABLES = (
    "DROP TABLE IF EXISTS deciding, decided",
    "CREATE TEMPORARY TABLE deciding (customer_id uuid, tag_id uuid, active boolean, value text, expires_at timestamptz) ON COMMIT DROP",
    """
    CREATE TEMPORARY TABLE decided (customer_id uuid, tag_id uuid, fact text, value text,
        was_active boolean, was_value text, was_source text, was_expires_at timestamptz) ON COMMIT DROP
    """,
)
_END = "coalesce(d.expires_at, CAST(:now AS timestamptz) + make_interval(days => t.ttl_days))"
_GIVE_NEW = f"""
    WITH given AS (
        INSERT INTO customer_tags (customer_id, tag_id, active, source, decided_at, value, expires_at)
        SELECT d.customer_id, d.tag_id, true, :source, :now, d.value, {_END}
        FROM deciding d JOIN tags t ON t.id = d.tag_id
        WHERE d.active ORDER BY d.customer_id, d.tag_id
        ON CONFLICT DO NOTHING RETURNING customer_id, tag_id, value
    )
    INSERT INTO decided (customer_id, tag_id, fact, value) SELECT customer_id, tag_id, 'tag.added', value FROM given
"""  # noqa: S608  # an expression of this module's own
# An end that is given by the caller is followed silently; one that the tag itself has begins anew only with the tag.
_CHANGE = f"""
    WITH old AS (
        SELECT c.*, d.active AS will_be, coalesce(d.value, c.value) AS new_value, d.expires_at AS given_end, {_END} AS new_end
        FROM deciding d JOIN customer_tags c USING (customer_id, tag_id) JOIN tags t ON t.id = d.tag_id
        WHERE c.decided_at <= :now AND (c.active <> d.active OR d.active AND (
            d.value IS NOT NULL AND d.value IS DISTINCT FROM c.value
            OR d.expires_at IS NOT NULL AND d.expires_at IS DISTINCT FROM c.expires_at))
            AND NOT EXISTS (SELECT FROM decided x WHERE x.customer_id = d.customer_id AND x.tag_id = d.tag_id)
        ORDER BY c.customer_id, c.tag_id FOR UPDATE OF c
    ), changed AS (
        UPDATE customer_tags c SET active = old.will_be, source = :source, subject_type = NULL, subject_id = NULL, event_id = NULL,
            decided_at = :now, value = CASE WHEN old.will_be THEN CASE WHEN old.active THEN old.new_value ELSE d.value END END,
            expires_at = CASE WHEN NOT old.will_be THEN NULL WHEN old.active THEN coalesce(old.given_end, c.expires_at) ELSE old.new_end END
        FROM old JOIN deciding d USING (customer_id, tag_id) WHERE c.customer_id = old.customer_id AND c.tag_id = old.tag_id
        RETURNING c.customer_id, c.tag_id, CASE WHEN old.active <> c.active THEN CASE WHEN c.active THEN 'tag.added' ELSE 'tag.removed' END
            WHEN old.value IS DISTINCT FROM c.value THEN 'tag.changed' END AS fact, c.value,
            old.active AS was_active, old.value AS was_value, old.source AS was_source, old.expires_at AS was_expires_at
    )
    INSERT INTO decided SELECT * FROM changed
"""  # noqa: S608  # an expression of this module's own
# What is the same for all who carry a tag is written once.
_FACTS = """
    WITH named AS MATERIALIZED (
        SELECT id, value_type, value_type NOT IN ('none', 'text') AS tells_value,
            CAST(:said AS jsonb) || jsonb_build_object('tag', key) AS data
        FROM tags WHERE id IN (SELECT tag_id FROM decided)
    )
    SELECT x.customer_id,
        CASE WHEN t.tells_value AND x.value IS NOT NULL THEN t.data || jsonb_build_object('value',
            CASE t.value_type WHEN 'number' THEN CAST(x.value AS jsonb) ELSE to_jsonb(x.value) END) ELSE t.data END AS data
    FROM decided x JOIN named t ON t.id = x.tag_id WHERE x.fact = :fact
"""
_REMEMBER = """
    INSERT INTO people_changes (run_id, customer_id, tag_id, decided_at, active, was_active, was_value, was_source, was_expires_at)
    SELECT :run_id, customer_id, tag_id, :now, fact IS DISTINCT FROM 'tag.removed',
        was_active, was_value, was_source, was_expires_at
    FROM decided ON CONFLICT (run_id, customer_id, tag_id) DO UPDATE SET decided_at = excluded.decided_at, active = excluded.active
"""


@dataclass(frozen=True)
class Decided:
    added: int = 0
    removed: int = 0
    changed: int = 0


def begin(session: Session) -> None:
    """Make `deciding` (customer_id, tag_id, active, value, expires_at; each pair once) anew in this transaction."""
    for statement in _TABLES:
        session.execute(text(statement))


def carry_out(
    session: Session,
    brand_id: uuid.UUID,
    *,
    source: Source,
    actor: tuple[str, Any] = ("system", None),
    said: Mapping[str, Any] | None = None,
    run_id: uuid.UUID | None = None,
) -> Decided:
    """Let the customers of `deciding` carry what it says; each real change is a fact with what is `said` (JSON values) beside the tag.

    With a `run_id` what was before is remembered. May be called twice: the second time nothing differs.
    """
    asked = {"source": source, "now": clock.now(session)}
    given = cast(CursorResult[Any], session.execute(text(_GIVE_NEW), asked)).rowcount
    # Mostly a tag is new to all, and then there is none to look for that differs.
    if given < session.execute(text("SELECT count(*) FROM deciding")).scalar_one():
        session.execute(text(_CHANGE), asked)
    if run_id is not None:
        session.execute(text(_REMEMBER), {"run_id": run_id, "now": asked["now"]})
    return record_decided(session, brand_id, {"source": source.value, **(said or {})}, actor=actor)


def record_decided(session: Session, brand_id: uuid.UUID, said: Mapping[str, Any], *, actor: tuple[str, Any]) -> Decided:
    """The facts of what stands in `decided`."""
    found: dict[str, int] = dict(session.execute(text("SELECT fact, count(*) FROM decided WHERE fact IS NOT NULL GROUP BY fact")).all())
    for fact in ("tag.removed", "tag.added", "tag.changed"):
        if fact in found:
            params = {"fact": fact, "said": dumps(dict(said)).decode()}
            record_selected(session, fact, _FACTS, brand_id=brand_id, actor=actor, params=params)
    return Decided(found.get("tag.added", 0), found.get("tag.removed", 0), found.get("tag.changed", 0))
