"""Every job has a worker that listens for it."""

from __future__ import annotations

import ast
import re
from typing import Any

from app.kit import queue
from tests.house.sources import ROOT, called, modules


def _processes() -> dict[str, str]:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return dict(re.split(r":\s*", line, maxsplit=1) for line in lines if line.strip())  # type: ignore[misc]


def test_every_queue_has_a_worker() -> None:
    listening = {name for command in _processes().values() if "workers.worker" in command for name in command.split()}
    assert set(queue.QUEUES) <= listening


def test_a_scheduler_runs_what_is_periodic(app: Any) -> None:
    assert any("workers.scheduler" in command for command in _processes().values())
    assert any(job.every or job.cron for job in queue.jobs().values())


def test_every_job_is_named_after_its_domain_and_a_verb(app: Any) -> None:
    for job in queue.jobs().values():
        domain = job.work.__module__.split(".")[1]
        assert re.fullmatch(rf"{domain}\.[a-z_]+", job.name), job.name


def test_everything_that_is_rung_for_by_name_exists(app: Any) -> None:
    """A ring whose name is written out names a job; one that a sweep does not repeat could be lost for good, so there is a sweep."""
    rung: set[str] = set()
    for _path, tree in modules("app"):
        for node in ast.walk(tree):
            if called(node) in ("queue.enqueue", "enqueue") and len(getattr(node, "args", [])) > 1:
                name = getattr(node.args[1], "value", None)
                if isinstance(name, str):
                    rung.add(name)
    assert rung
    assert rung <= set(queue.jobs())
