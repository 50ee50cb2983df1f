"""Benches that measure from inside: the platform in their own process, beside the one that serves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from dev.stack import Stack


@contextmanager
def platform(stack: Stack) -> Iterator[None]:
    """The platform in this process, too, on the stack's servers."""
    os.environ.update(stack.env | {"LOG_LEVEL": "ERROR"})
    from app.factory import assemble
    from app.kit import db, logging
    from app.kit.settings import settings

    settings.cache_clear()
    logging.configure()
    assemble()
    try:
        yield
    finally:
        db.engine().dispose()
