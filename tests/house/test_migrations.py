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
