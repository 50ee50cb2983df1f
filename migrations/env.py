"""Alembic's environment: the metadata of every domain, the database of the settings."""

from __future__ import annotations

import re
from typing import Any

from alembic import context
from sqlalchemy import text

from app import factory
from app.kit import db

factory.assemble()


def include(_object: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    """Monthly partitions are made by the database, not by migrations."""
    return not (kind == "table" and name and re.fullmatch(r"(events|walk_steps)_(\d{6}|rest)", name))


def run() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        _migrate(given)
        return
    with db.engine().connect() as connection:
        # Two processes that migrate at once would trip over each other; the second waits and then finds nothing to do.
        connection.execute(text("SELECT pg_advisory_lock(hashtext('marque migrations'))"))
        connection.commit()
        _migrate(connection)


def _migrate(connection: Any) -> None:
    context.configure(connection=connection, target_metadata=db.Base.metadata, include_object=include, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


run()
