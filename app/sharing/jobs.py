"""Posters, which take a code of WeChat's and a drawing."""

from __future__ import annotations

from app.kit.queue import job
from app.sharing import service


@job("sharing.make_posters", every=20, transactional=False, timeout=600)
def make_posters() -> None:
    """Whoever is rung for one makes all that wait."""
    service.make_due_posters()
