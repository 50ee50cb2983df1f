"""An index of what a test has put into its own transaction, which no follower could see."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from app.vehicles.search.folders import Folders
from app.vehicles.search.follower import EVERYTHING
from app.vehicles.search.index import Index
from app.vehicles.search.writer import Writer


def index_of(session: Session, folder: Path) -> Index:
    """Everything that this session sees, indexed in a folder; asked again, indexed anew."""
    session.flush()
    folders = Folders(folder)
    generation = folders.begin()
    writer = Writer(generation, 20_000_000)
    writer.put(session.connection().connection.cursor().execute(EVERYTHING), anew=True)
    writer.show("a test", "1:1:")
    writer.close()
    folders.use(generation)
    return Index(folder, away_seconds=60)
