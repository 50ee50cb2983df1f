"""Twenty times as many walks as people stand and wait, and nobody is due: what it costs to look."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.journeys.stage import Stage, node, trigger
from bench.report import Figure
from dev.plans import plans, scanning

JOURNEYS, TICK_MS, TICKS = 20, 50, 20
# Nobody may read these from one end to the other.
LARGE = {"walks", "walk_steps", "customers", "events", "event_deliveries", "sends"}
# In the order of customers, as they would have come.
_PARK = """
    INSERT INTO walks (id, brand_id, journey_id, version_id, customer_id, entry_key, status, node_id, visit_no, arrived_at, due_at,
        triggered_at, context, awaits)
    SELECT marque_new_id(), c.brand_id, %s, %s, c.id, 'once', 'active', 'pause', 1, now.now, now.now + interval '5 days',
        now.now, '{}', NULL
    FROM customers c, marque_now() AS now (now) WHERE c.unionid LIKE 'bench%%'
"""


def run(stage: Stage) -> list[Figure]:
    from app.kit import db, queue

    stage.rest()
    stage.stack.restart("valkey")
    began = time.perf_counter()
    with _without_indexes(stage):
        for number in range(JOURNEYS):
            nodes = [node("pause", "wait", amount=6, unit="day"), node("end", "end")]
            made = stage.journey(f"parked_{number}", trigger("list"), nodes, ways="pause>end")
            stage.database.execute(_PARK, [made.journey_id, made.version_id])
    stage.database.execute("VACUUM ANALYZE walks")
    walks = stage.one("SELECT count(*) FROM walks WHERE status = 'active' AND due_at > marque_now()")
    stage.notes.append(f"{walks:,} walks parked in {JOURNEYS} journeys in {time.perf_counter() - began:.0f} s, which is not measured")
    jobs = [one for one in queue.jobs().values() if one.name.startswith("journeys.") and one.every]
    took: dict[str, list[float]] = {one.name: [] for one in jobs}
    for _ in range(TICKS):
        for one in jobs:
            started = time.perf_counter()
            _do(one.name)
            took[one.name].append((time.perf_counter() - started) * 1e3)
    with plans(db.engine()) as found:
        for one in jobs:
            _do(one.name)
    if wrong := scanning(found, LARGE):
        raise RuntimeError("read from one end to the other:\n" + "\n\n".join(wrong))
    medians = {name: statistics.median(some) for name, some in took.items()}
    stage.notes.append("a look: " + ", ".join(f"{name} {ms:.1f} ms" for name, ms in sorted(medians.items(), key=lambda one: -one[1])))
    return [
        Figure(
            f"{walks:,} wait and nobody is due: all sweeps of journeys, one after another", sum(medians.values()), "ms", at_most=TICK_MS
        ),
        Figure("the dearest of them, p95", max(sorted(some)[int(TICKS * 0.95)] for some in took.values()), "ms", at_most=TICK_MS),
        Figure("statements of a look that read a large table to its end", 0, f"of {len(found)}", at_most=0),
    ]


def _do(name: str) -> None:
    from app.kit import db, queue

    wanted = queue.jobs()[name]
    if wanted.transactional:
        with db.transaction() as session:
            wanted.work(session)
    else:
        wanted.work()


@contextmanager
def _without_indexes(stage: Stage) -> Iterator[None]:
    """Millions of rows are written several times as fast before the indexes of `walks` are; all of them are there again afterwards."""
    rules = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'walks'::regclass AND contype IN ('p', 'u')"
    made = stage.database.execute(rules).fetchall()
    indexes = stage.database.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'walks' AND indexname <> ALL (%s)", [[name for name, _ in made]]
    ).fetchall()
    for name, _ in made:
        stage.database.execute(f'ALTER TABLE walks DROP CONSTRAINT "{name}"')
    for name, _ in indexes:
        stage.database.execute(f'DROP INDEX "{name}"')
    yield
    stage.database.execute("SET maintenance_work_mem = '1GB'")
    for name, definition in made:
        stage.database.execute(f'ALTER TABLE walks ADD CONSTRAINT "{name}" {definition}')
    for _, definition in indexes:
        stage.database.execute(definition)
    stage.database.execute("RESET maintenance_work_mem")
