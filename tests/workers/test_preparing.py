"""What works and answers nobody starts without the doors, and misses nothing that it is rung for."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

KNOWN = """
import json, sys
from app import factory
from app.events import service
from app.exports.lists import offers
from app.kit import db, queue

factory.{start}()
ears = sorted([name, sorted(keys)] for name, keys in service._listeners.items())
known = [sorted(queue.jobs()), ears, sorted(offers()), sorted(db.Base.metadata.tables)]
print(json.dumps([known, sorted(name for name in sys.modules if name.startswith("app.") and ".routes" in name)]))
"""


def known_after(start: str) -> Any:
    return json.loads(subprocess.run([sys.executable, "-c", KNOWN.format(start=start)], capture_output=True, text=True, check=True).stdout)


def test_a_worker_knows_every_job_every_ear_every_file_and_every_table_and_has_no_doors(database: str) -> None:
    (whole, doors), (worker, none) = known_after("create_app"), known_after("prepare_work")
    assert worker == whole
    assert doors
    assert none == []
