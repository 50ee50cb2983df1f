"""A file of people with tags, from the upload to the last of its facts, against a bare COPY of the same file: same server, same run."""

from __future__ import annotations

import csv
import os
import random
import resource
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.import_ import copied, database, timed
from bench.report import Figure, Report

ROWS, FEWER_ROWS = 1_000_000, 100_000
SECONDS_PER_MILLION = 60
PIECE = 1 << 20
CITIES = ("上海", "北京", "广州", "深圳", "杭州", "成都", "武汉", "西安")
TAGS = ("老客户", "试驾过", "展会", "转介绍", "置换意向")


def made_up(path: Path, rows: int) -> Path:
    """People that nobody is: each with a number and the CRM's id, most with a name, a city and one tag."""
    dice = random.Random(1)
    numbers = list(range(rows))
    dice.shuffle(numbers)
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["phone", "external_id", "nickname", "city", "time_zone", "tags"])
        for number in numbers:
            phone = f"1{3 + number % 7}{number * 7919 % 10**9:09d}"
            lines.writerow([phone, f"CRM{number:08d}", f"客户{number}", dice.choice(CITIES), "Asia/Shanghai", dice.choice(TAGS)])
    return path


def pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def brand() -> Any:
    """A marketer of a brand with the tags of the file."""
    from app.audience import service
    from app.audience.models import TagKind
    from app.dealers import service as dealers
    from app.dealers.models import Role, Staff
    from app.kit import db

    with db.transaction() as session:
        made = dealers.found_brand(session, key=uuid.uuid4().hex, name="bench")
        for at, label in enumerate(TAGS):
            service.create(session, made.id, key=f"t{at}", label=label, kind=TagKind.manual)
        staff = Staff(brand_id=made.id, username=uuid.uuid4().hex, password_hash="", name="bench", role=Role.marketer)
        session.add(staff)
    return staff


def taken_over(staff: Any, path: Path) -> tuple[float, dict[str, int]]:
    """Seconds from the first page to the last, and what became of the rows."""
    from app.audience import service
    from app.audience.models import PeopleRun, RunKind
    from app.audience.queries import runs
    from app.kit import db

    with db.transaction() as session:
        run_id = service.hand_in(session, staff, pieces(path), kind=RunKind.people, file_name=path.name).id
    seconds, _ = timed(lambda: service.take_up(run_id))
    with db.transaction() as session:
        run = session.get_one(PeopleRun, run_id)
        if run.status != "done":
            raise RuntimeError(f"{run.status}: {run.error}")
        return seconds, runs.progress(session, [run_id])[run_id]


def read(staff: Any, path: Path) -> float:
    """Seconds that reading, sealing and hashing take alone, on one processor."""
    from app.audience import reading
    from app.audience.models import PeopleRun
    from app.audience.queries import runs
    from app.kit import db

    with db.transaction() as session:
        given = runs.given(session, PeopleRun(id=uuid.uuid4(), brand_id=staff.brand_id, kind="people"))
    return timed(lambda: [page.rows for page in reading.pages(path, given)])[0]


def processor_seconds() -> float:
    """What this process, those that it started and waited for, and the database's own have used so far; the last where it runs here."""
    from sqlalchemy import text

    from app.kit import db

    with db.transaction() as session:
        backend = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    ours = sum(one.ru_utime + one.ru_stime for one in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
    stats = {int(path.parent.name): _stat(path) for path in Path("/proc").glob("[0-9]*/stat")}
    server = stats.get(backend, (0, 0.0))[0]
    return ours + sum(used for parent, used in stats.values() if server and parent == server)


def _stat(path: Path) -> tuple[int, float]:
    """A process's parent, and its seconds."""
    try:
        told = path.read_text().rpartition(")")[2].split()
    except OSError:
        return 0, 0.0
    return int(told[1]), (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def run(*, small: bool = False) -> Report:
    """The file into an empty brand, and the same file again."""
    rows = FEWER_ROWS if small else ROWS
    with tempfile.TemporaryDirectory() as folder, database() as url:
        from app.factory import assemble
        from app.kit import queue

        assemble()
        # Nobody answers here; whoever listens finds what is due in the database.
        silent: Callable[..., None] = lambda _job, _ids: None  # noqa: E731
        queue.ring = silent
        path = made_up(Path(folder) / "people.csv", rows)
        copy = copied(url, path)
        staff = brand()
        alone = read(staff, path)
        used = processor_seconds()
        first, told = taken_over(staff, path)
        used = processor_seconds() - used
        again, told_again = taken_over(staff, path)
        if (told["created"], told["tags_added"], told_again["unchanged"], told_again["tags_added"]) != (rows, rows, rows, 0):
            raise RuntimeError(f"{told} and then {told_again}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = [
        Figure("a million profiles with tags", first * 1_000_000 / rows, "s", at_most=SECONDS_PER_MILLION),
        Figure("rows", rows / first, "rows/s"),
        Figure("the same file again", rows / again, "rows/s"),
        Figure("bare COPY", rows / copy, "rows/s"),
        Figure("share of the bare COPY", copy / first, "ratio"),
        Figure("reading, sealing and hashing alone", rows / alone, "rows/s"),
        Figure("processors for a million: worker, reader, database", used * 1_000_000 / rows, "s"),
        Figure("memory of the worker", memory, "MB"),
    ]
    return Report(
        figures, [f"{rows:,} rows, each with a number, the CRM's id, a name, a city, a time zone and a tag; a fact for each of them"]
    )
