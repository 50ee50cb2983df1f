"""One straight history: up from nothing, down to nothing, and exactly what the models say."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text

from tests.house.sources import ROOT


@pytest.fixture
def empty(servers: tuple[str, str]) -> Iterator[Connection]:
    """A connection to a database with nothing in it."""
    maintenance, _ = servers
    name = f"marque_law_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(maintenance, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    engine = create_engine(maintenance.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg://") + "/" + name)
    with engine.connect() as connection:
        yield connection
    engine.dispose()
    with psycopg.connect(maintenance, autocommit=True) as server:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def config(connection: Any = None) -> Config:
    made = Config(str(ROOT / "alembic.ini"))
    made.set_main_option("script_location", str(ROOT / "migrations"))
    made.attributes["connection"] = connection
    return made


def test_the_history_is_one_line() -> None:
    script = ScriptDirectory.from_config(config())
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1
    assert all(not revision.is_branch_point and not revision.is_merge_point for revision in script.walk_revisions())


def test_up_from_nothing_matches_the_models_and_down_leaves_nothing(empty: Connection, app: Any) -> None:
    command.upgrade(config(empty), "head")
    empty.commit()
    command.check(config(empty))
    command.downgrade(config(empty), "base")
    empty.commit()
    assert set(inspect(empty).get_table_names()) <= {"alembic_version"}
    left = "SELECT proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace LEFT JOIN pg_depend d ON d.objid = pg_proc.oid "
    left += "AND d.deptype = 'e' WHERE n.nspname = 'public' AND d.objid IS NULL"
    assert empty.execute(text(left)).scalars().all() == []
    command.upgrade(config(empty), "head")
    empty.commit()


def test_every_migration_is_named_by_its_time_and_waits_for_no_lock_for_long() -> None:
    for path in sorted((ROOT / "migrations" / "versions").glob("*.py")):
        assert re.fullmatch(r"\d{8}_\d{4}_[a-z0-9_]+\.py", path.name), path.name
        assert "SET lock_timeout" in path.read_text(), path.name


def test_journeys_go_down_with_the_steps_that_were_taken_and_come_up_with_them_again(empty: Connection, app: Any) -> None:
    command.upgrade(config(empty), "head")
    ids = {name: str(uuid.uuid4()) for name in ("brand", "customer", "journey", "version")} | {
        "walk": "01900000-0000-7000-8000-000000000001"
    }
    for statement in (
        "INSERT INTO brands (id, key, name) VALUES (:brand, 'b', 'b')",
        "INSERT INTO customers (id, brand_id) VALUES (:customer, :brand)",
        "INSERT INTO journeys (id, brand_id, key, name, status) VALUES (:journey, :brand, 'j', 'j', 'cancelled')",
        "INSERT INTO journey_versions (id, brand_id, journey_id, number, status, graph, hears, exit_on) "
        "VALUES (:version, :brand, :journey, 1, 'published', '{}', '{}', '{}')",
        "INSERT INTO walks (id, brand_id, journey_id, version_id, customer_id, entry_key, status, node_id, arrived_at, triggered_at, "
        "context) VALUES (:walk, :brand, :journey, :version, :customer, 'once', 'exited', 'end', now(), now(), '{}')",
        "INSERT INTO walk_steps (walk_id, visit_no, journey_id, version_id, node_id, port, arrived_at, left_at) "
        "VALUES (:walk, 1, :journey, :version, 'a', 'done', now(), now()), (:walk, 2, :journey, :version, 'a', 'done', now(), now())",
    ):
        empty.execute(text(statement), ids)
    empty.commit()
    command.downgrade(config(empty), "20261123_0200")
    empty.commit()
    taken = text("SELECT node_id, visit_no FROM walk_steps ORDER BY visit_no")
    assert empty.execute(taken).all() == [("a", 1), ("a", 2)]
    assert empty.execute(text("SELECT status FROM journeys")).scalars().all() == ["paused"]
    command.upgrade(config(empty), "head")
    empty.commit()
    assert empty.execute(taken).all() == [("a", 1), ("a", 2)]


def test_journeys_go_down_and_up_again_with_people_inside_tests_and_what_waits_to_be_heard(empty: Connection, app: Any) -> None:
    command.upgrade(config(empty), "head")
    ids = {name: str(uuid.uuid4()) for name in ("brand", "customer", "journey", "trial", "version", "event", "walk", "stuck", "held")}
    walks = "INSERT INTO walks (id, brand_id, journey_id, version_id, customer_id, entry_key, status, node_id, arrived_at, triggered_at, "
    for statement in (
        "INSERT INTO brands (id, key, name) VALUES (:brand, 'b', 'b')",
        "INSERT INTO customers (id, brand_id) VALUES (:customer, :brand)",
        "INSERT INTO journeys (id, brand_id, key, name, status) VALUES (:journey, :brand, 'j', 'j', 'active')",
        "INSERT INTO journeys (id, brand_id, key, name, status, test_of) VALUES (:trial, :brand, 't', 't', 'active', :journey)",
        "INSERT INTO journey_versions (id, brand_id, journey_id, number, status, graph, hears, exit_on) "
        "VALUES (:version, :brand, :journey, 1, 'published', '{}', '{share.opened}', '{order.cancelled}')",
        walks + "context) VALUES (:walk, :brand, :journey, :version, :customer, '1', 'exited', 'end', now(), now(), '{}')",
        walks + "context, problem) VALUES (:stuck, :brand, :journey, :version, :customer, '2', 'stuck', 'a', now(), now(), '{}', 'no_tag')",
        "INSERT INTO journey_counts (version_id, node_id, what, detail, times) VALUES (:version, 'a', 'stuck', 'no_tag', 3)",
        "INSERT INTO event_subscriptions (handler, event_name, about, brand_id) "
        "VALUES ('journeys.hear:' || :journey, 'share.opened', '{\"tag\": \"a\"}', :brand), "
        "('journeys.hear:' || :journey, 'share.opened', '{\"tag\": \"b\"}', :brand), "
        "('journeys.heed:order.cancelled', 'order.cancelled', '{}', NULL)",
        "INSERT INTO event_deliveries (handler, event_id, recorded_at, due_at, delivered_at) "
        "VALUES ('journeys.hear:' || :journey, :event, now(), now(), NULL), ('journeys.hear:' || :trial, :event, now(), now(), NULL), "
        "('journeys.heed:order.cancelled', :walk, now(), now(), now())",
    ):
        empty.execute(text(statement), ids)
    empty.commit()
    command.downgrade(config(empty), "20261123_0206")
    empty.commit()
    heard = text("SELECT handler, event_name FROM event_subscriptions ORDER BY 1, 2")
    waits = text("SELECT handler, event_id::text FROM event_deliveries WHERE delivered_at IS NULL")
    assert empty.execute(heard).all() == [("journeys.hear", "order.cancelled"), ("journeys.hear", "share.opened")]
    assert empty.execute(waits).all() == [("journeys.hear", ids["event"])]
    assert empty.execute(text("SELECT status FROM journeys ORDER BY key")).scalars().all() == ["active", "cancelled"]
    for down in ("20261123_0200", "20261123_0206"):
        command.upgrade(config(empty), "head")
        empty.commit()
        ours = [(f"journeys.hear:{ids['journey']}", "share.opened"), ("journeys.heed:order.cancelled", "order.cancelled")]
        assert empty.execute(heard).all() == ours
        assert empty.execute(waits).all() == [("journeys.hear", ids["event"])]
        assert empty.execute(text("SELECT what, times FROM journey_counts WHERE what IN ('let_in', 'freed') ORDER BY 1")).all()[-1:] == [
            ("let_in", 2)
        ]
        assert empty.execute(text("SELECT count(*) FROM walks")).scalar_one() == 2
        command.downgrade(config(empty), down)
        empty.commit()
