"""Journeys that carry a million people, by the product's own workers: `python -m bench journeys [--part NAME] [--people N]`."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from bench.beside import platform
from bench.journeys import latency, parked, sides, steps, wave
from bench.journeys.stage import Stage
from bench.report import Figure, Report
from dev.testing import servers
from dev.town import town

PEOPLE, SMALL_PEOPLE = 1_000_000, 20_000
PARTS: dict[str, Callable[[Stage], list[Figure]]] = {
    "sides": sides.run,
    "steps": steps.run,
    "wave": wave.run,
    "latency": latency.run,
    "parked": parked.run,
}


def run(*, small: bool = False, people: int = 0, part: str = "") -> Report:
    """Every part, or the one that is named, one after another in one town."""
    if part and part not in PARTS:
        raise SystemExit(f"--part is one of {', '.join(PARTS)}")
    count = people or (SMALL_PEOPLE if small else PEOPLE)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, servers() as lent, town(Path(folder), lent.database_url) as stack:
        stack.env["LOG_LEVEL"] = "WARNING"
        with platform(stack), psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as database:
            stage = Stage.of(stack, database, count)
            for name in [part] if part else PARTS:
                began = time.perf_counter()
                figures += PARTS[name](stage)
                stage.notes.append(f"{name}: {time.perf_counter() - began:.0f} s in all, load {os.getloadavg()[0]:.1f} at its end")
            fsync = stage.one("SHOW fsync")
    notes = [f"{count:,} people; two worker processes, PostgreSQL (fsync {fsync}) and Valkey beside them on {os.cpu_count()} cores"]
    return Report(figures, [*notes, *stage.notes])
