"""Everybody's wait ends within one minute."""

from __future__ import annotations

from bench.journeys.stage import Made, Stage, node, trigger
from bench.journeys.steps import watched_figures
from bench.report import Figure

WAITS_PER_SECOND = 20_000
# They stand where an hour ago they were let stand, and the hour of each ended at some moment of the last minute.
_STAND = """
    INSERT INTO walks (id, brand_id, journey_id, version_id, customer_id, entry_key, status, node_id, visit_no, arrived_at, due_at,
        triggered_at, context)
    SELECT marque_new_id(), c.brand_id, %s, %s, c.id, 'once', 'active', 'pause', 1, d.at - interval '1 hour', d.at,
        d.at - interval '1 hour', '{}'
    FROM customers c, marque_now() AS now (now), LATERAL (SELECT now.now - random() * interval '1 minute' AS at WHERE c.id IS NOT NULL) d
    WHERE c.unionid LIKE 'bench%%'
"""


def run(stage: Stage) -> list[Figure]:
    stage.work()
    made = stand(stage, "wave")
    with stage.watched() as seen:
        began = stage.resume(made)
        took = stage.wait(lambda: stage.ended(made) >= stage.count, "everybody at the end") - began
    stage.notes.append(f"the wave: {seen.told()}")
    return [
        Figure("waits that ended in one minute: people taken on to the end", stage.count / took, "people/s", at_least=WAITS_PER_SECOND),
        *watched_figures(seen),
    ]


def stand(stage: Stage, key: str) -> Made:
    """A paused journey in which all people stand on a wait that is over."""
    nodes = [node("pause", "wait", amount=1, unit="hour"), node("end", "end")]
    made = stage.journey(key, trigger("list"), nodes, ways="pause>end", paused=True)
    stage.database.execute(_STAND, [made.journey_id, made.version_id])
    # In an hour PostgreSQL looks at its tables by itself.
    stage.database.execute("ANALYZE walks")
    return made
