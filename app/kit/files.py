"""Files that are kept by name: in a folder that all processes share, or wherever else a `Files` keeps them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Protocol

from app.kit.settings import settings


class Files(Protocol):
    """What an object store gives, too. Names are ours, with slashes: `photos/4f/4f53…/750.webp`."""

    def keep(self, name: str, content: bytes) -> None:
        """Whole or not at all; again under the same name is harmless."""

    def read(self, name: str) -> bytes | None:
        """None when there is no such file."""

    def drop(self, name: str) -> None:
        """Also when there is no such file."""


class Folder:
    """Files of the machine. Processes on several machines need a folder that all of them mount."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def keep(self, name: str, content: bytes) -> None:
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as unfinished:
            unfinished.write(content)
            unfinished.flush()
            # The database will say that it is there, and a machine may lose its power.
            os.fsync(unfinished.fileno())
        os.replace(unfinished.name, path)

    def read(self, name: str) -> bytes | None:
        try:
            return self._path(name).read_bytes()
        except (FileNotFoundError, IsADirectoryError):
            return None

    def drop(self, name: str) -> None:
        path = self._path(name)
        path.unlink(missing_ok=True)
        try:
            path.parent.rmdir()
        except OSError:
            return  # others are in it

    def _path(self, name: str) -> Path:
        path = (self._root / name).resolve()
        if not path.is_relative_to(self._root):
            raise ValueError(f"{name!r} leads out of the folder")
        return path


def files() -> Files:
    """Where this process keeps files."""
    return Folder(Path(settings().media_dir))
