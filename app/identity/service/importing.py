"""Take in people whom somebody brings by the ten thousand: each of them is found by her keys, or made, in a few statements for all.

Whoever brings them makes the temporary table `arriving` (`begin`), fills its columns `GIVEN`, and calls `take_in`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.events.masses import record_selected
from app.kit import clock

# `customer_id` is who she becomes if nobody knows her, None where nobody is to be made; `phone` is sealed as `EncryptedText` does it,
# `phone_hash` its `blind_index`. `key_field` is the column that is named when nobody is found. `consents` are purposes, agreed to in the
# words of `text_version` at `consent_at`; None for none.
GIVEN = {
    "line": "integer",
    "customer_id": "uuid",
    "key_field": "text",
    "given_id": "uuid",
    "phone": "bytea",
    "phone_hash": "text",
    "unionid": "text",
    "appid": "text",
    "openid": "text",
    "external_id": "text",
    "nickname": "text",
    "city": "text",
    "time_zone": "text",
    "consents": "text[]",
    "text_version": "text",
    "consent_at": "timestamptz",
}
_FOUND = {
    # Most are new, and of them nothing has to be written here.
    "is_new": "boolean NOT NULL DEFAULT true",
    "by_phone": "boolean",
    "by_unionid": "boolean",
    "by_openid": "boolean",
    "attempt": "smallint NOT NULL DEFAULT 0",
    "is_changed": "boolean NOT NULL DEFAULT false",
    "refused_field": "text",
    "refused_reason": "text",
}
# Whoever was merged, or forgotten, between being looked up and being locked is looked up again.
ATTEMPTS = 5

# A key that she is not given by is not looked up: even to find nothing by it takes its time.
_FIND = """
    UPDATE arriving a SET customer_id = found.first, is_new = false,
        by_phone = found.p IS NOT NULL, by_unionid = found.u IS NOT NULL, by_openid = found.o IS NOT NULL,
        refused_field = found.field, refused_reason = found.reason
    FROM (
        SELECT line, first, p, u, o, coalesce(two, other, CASE WHEN first IS NULL AND NOT :makes_people THEN key_field END) AS field,
            CASE WHEN two IS NOT NULL THEN 'two_people' WHEN other IS NOT NULL THEN 'has_another'
                WHEN first IS NULL AND NOT :makes_people THEN 'no_person' END AS reason
        FROM (
            SELECT k.*,
                CASE WHEN k.p <> k.first THEN 'phone' WHEN k.u <> k.first THEN 'unionid' WHEN k.o <> k.first THEN 'openid'
                    WHEN k.e <> k.first THEN 'external_id' END AS two,
                CASE WHEN NOT :makes_people THEN NULL
                    WHEN k.p IS NULL AND c.phone_hash <> k.phone_hash THEN 'phone'
                    WHEN k.u IS NULL AND c.unionid <> k.unionid THEN 'unionid'
                    WHEN k.e IS NULL AND c.external_id <> k.external_id THEN 'external_id' END AS other
            FROM (
                SELECT k.*, coalesce(g, p, u, o, e) AS first FROM (
                    SELECT line, key_field, phone_hash, unionid, external_id,
                        CASE WHEN a.given_id IS NOT NULL THEN
                            (SELECT coalesce(c.merged_into_id, c.id) FROM customers c
                                WHERE c.id = a.given_id AND c.brand_id = :brand_id AND c.erased_at IS NULL) END AS g,
                        CASE WHEN a.phone_hash IS NOT NULL THEN
                            (SELECT coalesce(c.merged_into_id, c.id) FROM customers c
                                WHERE c.brand_id = :brand_id AND c.phone_hash = a.phone_hash) END AS p,
                        CASE WHEN a.unionid IS NOT NULL THEN coalesce(
                            (SELECT coalesce(c.merged_into_id, c.id) FROM customers c
                                WHERE c.brand_id = :brand_id AND c.unionid = a.unionid),
                            (SELECT coalesce(c.merged_into_id, c.id) FROM wechat_identities i JOIN customers c ON c.id = i.customer_id
                                WHERE i.brand_id = :brand_id AND i.unionid = a.unionid ORDER BY c.id LIMIT 1)
                        ) END AS u,
                        CASE WHEN a.openid IS NOT NULL THEN
                            (SELECT coalesce(c.merged_into_id, c.id) FROM wechat_identities i JOIN customers c ON c.id = i.customer_id
                                WHERE i.brand_id = :brand_id AND i.appid = a.appid AND i.openid = a.openid) END AS o,
                        CASE WHEN a.external_id IS NOT NULL THEN
                            (SELECT coalesce(c.merged_into_id, c.id) FROM customers c
                                WHERE c.brand_id = :brand_id AND c.external_id = a.external_id) END AS e
                    FROM arriving a WHERE attempt = :attempt
                    OFFSET 0
                ) k
            ) k LEFT JOIN customers c ON c.id = k.first
        ) told
    ) found WHERE found.line = a.line AND (found.first IS NOT NULL OR found.reason IS NOT NULL)
"""
_MAKE = """
    INSERT INTO customers (id, brand_id, created_at, unionid, phone, phone_hash, external_id, nickname, city, time_zone)
    SELECT customer_id, :brand_id, :now, unionid, phone, phone_hash, external_id, nickname, city, time_zone
    FROM arriving WHERE is_new AND attempt = :attempt ORDER BY phone_hash
"""
_NOT_MADE = """
    UPDATE arriving a SET customer_id = marque_new_id(), attempt = :attempt + 1
    WHERE a.is_new AND a.attempt = :attempt AND NOT EXISTS (SELECT FROM customers c WHERE c.id = a.customer_id)
"""
_LOCK = """
    SELECT c.id FROM customers c WHERE c.id IN (SELECT customer_id FROM arriving WHERE NOT is_new AND refused_field IS NULL)
    ORDER BY c.id FOR NO KEY UPDATE
"""
_LET_GO = """
    UPDATE arriving a SET customer_id = CASE WHEN :makes_people THEN marque_new_id() END, attempt = :attempt + 1, is_new = true,
        by_phone = NULL, by_unionid = NULL, by_openid = NULL
    FROM customers c
    WHERE c.id = a.customer_id AND NOT a.is_new AND a.refused_field IS NULL AND (c.merged_into_id IS NOT NULL OR c.erased_at IS NOT NULL)
"""
_LEFT = "SELECT count(*) FROM arriving WHERE attempt > :attempt"
# One person in two rows, each by another of her keys: the first counts.
_TWICE = """
    UPDATE arriving a SET refused_field = a.key_field, refused_reason = 'duplicate'
    FROM (
        SELECT line, row_number() OVER (PARTITION BY customer_id ORDER BY line) AS place
        FROM arriving WHERE NOT is_new AND refused_field IS NULL
    ) told
    WHERE told.line = a.line AND told.place > 1
"""
_UPDATE = """
    WITH updated AS (
        UPDATE customers c SET
            phone = CASE WHEN a.by_phone THEN c.phone ELSE coalesce(c.phone, a.phone) END,
            phone_hash = CASE WHEN a.by_phone THEN c.phone_hash ELSE coalesce(c.phone_hash, a.phone_hash) END,
            unionid = CASE WHEN a.by_unionid THEN c.unionid ELSE coalesce(c.unionid, a.unionid) END,
            external_id = coalesce(c.external_id, a.external_id), nickname = coalesce(c.nickname, a.nickname),
            city = coalesce(a.city, c.city), time_zone = coalesce(a.time_zone, c.time_zone)
        FROM arriving a
        WHERE c.id = a.customer_id AND NOT a.is_new AND a.refused_field IS NULL AND (
            NOT a.by_phone AND c.phone_hash IS NULL AND a.phone_hash IS NOT NULL
            OR NOT a.by_unionid AND c.unionid IS NULL AND a.unionid IS NOT NULL
            OR c.external_id IS NULL AND a.external_id IS NOT NULL OR c.nickname IS NULL AND a.nickname IS NOT NULL
            OR a.city <> coalesce(c.city, '') OR a.time_zone <> coalesce(c.time_zone, ''))
        RETURNING c.id
    )
    UPDATE arriving a SET is_changed = true FROM updated WHERE updated.id = a.customer_id
"""
# What an account calls her, told here for the first time; and followers whom nobody knew until her unionid came.
_IDENTITIES = """
    WITH hers AS (
        INSERT INTO wechat_identities (id, brand_id, appid, openid, unionid, customer_id)
        SELECT marque_new_id(), :brand_id, appid, openid, unionid, customer_id FROM arriving
        WHERE openid IS NOT NULL AND NOT coalesce(by_openid, false) AND refused_field IS NULL ORDER BY appid, openid
        ON CONFLICT (appid, openid) DO UPDATE SET customer_id = excluded.customer_id, look_up_at = NULL,
            unionid = coalesce(wechat_identities.unionid, excluded.unionid)
        WHERE wechat_identities.customer_id IS NULL AND wechat_identities.brand_id = excluded.brand_id
        RETURNING customer_id, appid, followed
    )
    INSERT INTO attached SELECT * FROM hers
"""
_FOLLOWERS = """
    WITH hers AS (
        UPDATE wechat_identities i SET customer_id = a.customer_id, look_up_at = NULL FROM arriving a
        WHERE i.brand_id = :brand_id AND i.unionid = a.unionid AND i.customer_id IS NULL AND a.refused_field IS NULL
        RETURNING i.customer_id, i.appid, i.followed
    )
    INSERT INTO attached SELECT * FROM hers
"""
# What she said last counts: nothing is agreed to again that she took back, or refused, since.
_SAID_SINCE = """
    (EXISTS (SELECT FROM consents c WHERE c.customer_id = a.customer_id AND c.purpose = p.purpose AND c.withdrawn_at >= a.consent_at)
    OR EXISTS (SELECT FROM refusals r WHERE r.customer_id = a.customer_id AND r.purpose = p.purpose AND r.lifted_at IS NULL))
"""
_CONSENTS = f"""
    WITH given AS (
        INSERT INTO consents (id, brand_id, customer_id, purpose, text_version, given_at, source, recorded_by)
        SELECT marque_new_id(), :brand_id, a.customer_id, p.purpose, a.text_version, a.consent_at, 'import', :staff_id
        FROM arriving a CROSS JOIN unnest(a.consents) AS p (purpose)
        WHERE a.consents IS NOT NULL AND a.refused_field IS NULL AND NOT {_SAID_SINCE}
        ON CONFLICT DO NOTHING RETURNING customer_id, purpose, text_version
    )
    INSERT INTO agreed SELECT * FROM given
"""  # noqa: S608  # a condition of this module's own
_UNHEEDED = f"""
    SELECT a.line, 'consent_' || p.purpose, 'refused_since' FROM arriving a CROSS JOIN unnest(a.consents) AS p (purpose)
    WHERE a.consents IS NOT NULL AND a.refused_field IS NULL AND {_SAID_SINCE}
"""  # noqa: S608  # as above


@dataclass(frozen=True)
class TakenIn:
    """How many became customers, whose profile is another now, and of whom everything was known; and what did not hold.

    `refused`: rows that were left out; `unheeded`: agreements that were. Each with its line, the field, and a reason of `import_reason`.
    """

    created: int
    updated: int
    unchanged: int
    refused: list[tuple[int, str, str]]
    unheeded: list[tuple[int, str, str]]


def begin(session: Session) -> None:
    """Make `arriving` anew in this transaction, and let what finds people in it do so by their keys, one by one, whatever the planner
    heard of the tables before.
    """
    columns = ", ".join(f"{name} {kind}" for name, kind in {**GIVEN, **_FOUND}.items())
    session.execute(text("DROP TABLE IF EXISTS arriving, attached, agreed"))
    session.execute(text(f"CREATE TEMPORARY TABLE arriving ({columns}) ON COMMIT DROP"))
    session.execute(text("CREATE TEMPORARY TABLE attached (customer_id uuid, appid text, followed boolean) ON COMMIT DROP"))
    session.execute(text("CREATE TEMPORARY TABLE agreed (customer_id uuid, purpose text, text_version text) ON COMMIT DROP"))
    session.execute(text("SET LOCAL enable_seqscan = off"))
    session.execute(text("SET LOCAL enable_mergejoin = off"))
    session.execute(text("SET LOCAL jit = off"))


def take_in(session: Session, brand_id: uuid.UUID, *, makes_people: bool, staff_id: uuid.UUID | None) -> TakenIn:
    """Let each row of `arriving` lead to its customer (`customer_id`), or say in it why it does not.

    Without `makes_people` only those who are there are found, and nothing about them changes. Where it does, keys and a name are filled in
    where there was none; the city and the time zone become these. Again the same rows change nothing. Those found are locked.
    """
    # The moment is asked for once: as a default of the column it would be for each row.
    asked: dict[str, Any] = {"brand_id": brand_id, "makes_people": makes_people, "now": clock.now(session)}
    for attempt in range(ATTEMPTS):
        asked["attempt"] = attempt
        session.execute(text(_FIND), asked)
        if makes_people:
            _make(session, asked)
        session.execute(text(_LOCK)).all()
        session.execute(text(_LET_GO), asked)
        if not session.execute(text(_LEFT), asked).scalar_one():
            break
    else:
        raise RuntimeError("people who arrive are merged faster than they are found")
    if makes_people:
        session.execute(text(_TWICE))
        session.execute(text(_UPDATE))
        _belongings(session, asked | {"staff_id": staff_id}, ("staff", staff_id) if staff_id else ("system", None))
    refused = session.execute(text("SELECT line, refused_field, refused_reason FROM arriving WHERE refused_field IS NOT NULL")).all()
    unheeded = session.execute(text(_UNHEEDED)).all() if makes_people else []
    counted = "count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE is_changed AND NOT is_new), count(*)"
    created, updated, every = session.execute(text(f"SELECT {counted} FROM arriving WHERE refused_field IS NULL")).one()  # noqa: S608
    return TakenIn(created, updated, every - created - updated, [tuple(row) for row in refused], [tuple(row) for row in unheeded])


def _make(session: Session, asked: dict[str, Any]) -> None:
    """Customers of those whom no key finds. Whoever is made by somebody else at this moment is looked up again."""
    try:
        with session.begin_nested():
            session.execute(text(_MAKE), asked)
    except IntegrityError:
        # To ask of each row whether it may be made costs a third more: only where it is needed.
        session.execute(text(f"{_MAKE} ON CONFLICT DO NOTHING"), asked)
        session.execute(text(_NOT_MADE), asked)


def _belongings(session: Session, asked: dict[str, Any], actor: tuple[str, Any]) -> None:
    """What the accounts call her, what she agreed to, and the facts of all of it."""
    session.execute(text(_IDENTITIES), asked)
    session.execute(text(_FOLLOWERS), asked)
    session.execute(text(_CONSENTS), asked)
    session.execute(
        text(
            "UPDATE arriving SET is_changed = true WHERE NOT is_new AND NOT is_changed AND refused_field IS NULL AND customer_id IN "
            "(SELECT customer_id FROM attached UNION SELECT customer_id FROM agreed)"
        )
    )
    nothing = "'{}'::jsonb AS data"
    told = {
        "customer.created": f"SELECT customer_id, {nothing} FROM arriving WHERE is_new",  # noqa: S608  # a constant
        "customer.followed": "SELECT customer_id, jsonb_build_object('appid', appid) AS data FROM attached WHERE followed",
        "customer.consent_given": (
            "SELECT customer_id, jsonb_build_object('purpose', purpose, 'text_version', text_version) AS data FROM agreed"
        ),
    }
    for name, source in told.items():
        record_selected(session, name, source, brand_id=asked["brand_id"], actor=actor, about_herself=True)
