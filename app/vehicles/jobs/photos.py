"""The sizes of photographs, and what is left of those that were taken off."""

from __future__ import annotations

from app.kit.queue import job
from app.vehicles import service


@job("vehicles.make_photo_sizes", every=30, queue="bulk", transactional=False, timeout=1800)
def make_photo_sizes() -> None:
    """Whoever is rung for one makes all that wait."""
    service.make_due_sizes()


@job("vehicles.clear_photos_away", cron="41 3 * * *", queue="bulk", transactional=False, timeout=1800)
def clear_photos_away() -> None:
    service.clear_away()
