"""The sizes of photographs, and what is left of those that were taken off."""

from __future__ import annotations

from app.kit import queue
from app.kit.queue import job
from app.vehicles import service

# After about so long a worker does what else waits in the queue, and is rung for again.
TURN_SECONDS = 2.0


@job("vehicles.make_photo_sizes", every=30, queue="bulk", transactional=False, timeout=1800)
def make_photo_sizes() -> None:
    """Whoever is rung for one makes those that wait."""
    if service.make_due_sizes(seconds=TURN_SECONDS):
        queue.ring_again("vehicles.make_photo_sizes")


@job("vehicles.fetch_photos", every=60, queue="bulk", transactional=False, timeout=600)
def fetch_photos() -> None:
    """The pictures that feeds name."""
    if service.bring_photos(seconds=TURN_SECONDS):
        queue.ring_again("vehicles.fetch_photos")


@job("vehicles.clear_photos_away", cron="41 3 * * *", queue="bulk", transactional=False, timeout=1800)
def clear_photos_away() -> None:
    service.clear_away()
