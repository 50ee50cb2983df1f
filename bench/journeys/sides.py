"""The journey that was measured on another platform, on such a machine: a branch on an attribute, half and half, one webhook, the end."""

from __future__ import annotations

import json
import time
from typing import Any

from bench.journeys.stage import Made, Stage, node, trigger
from bench.report import Figure
from bench.sink import serving

PEOPLE = 50_000
# What Parcelvoy did (issue 8): people a second through three steps, and the same with one webhook.
THEIR_STEPS, THEIR_STEPS_WITH_A_WEBHOOK, STEPS = 745, 240, 3
STEPS_PER_SECOND, SENDS_PER_SECOND = 50 * THEIR_STEPS, 30 * THEIR_STEPS_WITH_A_WEBHOOK / STEPS
TEMPLATE = "bench_webhook"
FIELDS = {"name": "{{ customer_name }}", "greeting": "您好，{{ customer_name }}", "again": "{{ customer_name }}，再会"}


def run(stage: Stage) -> list[Figure]:
    with serving(stage.stack.folder) as (address, kind):
        host = address.removeprefix("http://")
        stage.stack.env["WEBHOOK_HOSTS_ALLOWED"] = json.dumps([host])
        stage.rest()
        stage.work()
        without = _through(stage, "without", [node("end", "end")], "ask.yes>end ask.no>end")
        sends, seconds = _with_a_webhook(stage, host)
        stage.notes.append(f"webhooks are answered at once by {kind}")
    return [
        Figure(f"side by side: {PEOPLE:,} people, entry, branch, end", STEPS * without, "steps/s", at_least=STEPS_PER_SECOND),
        Figure("side by side: with one webhook of three variables", sends / seconds, "sends/s", at_least=SENDS_PER_SECOND),
        Figure("side by side: to the other platform, without", STEPS * without / THEIR_STEPS, "times"),
        Figure("side by side: to the other platform, with it", sends / seconds / (THEIR_STEPS_WITH_A_WEBHOOK / STEPS), "times"),
    ]


def people(stage: Stage) -> int:
    return min(PEOPLE, stage.count)


def _through(stage: Stage, key: str, ends: list[dict[str, Any]], ways: str) -> float:
    """People a second from their list until the last has come to the end."""
    wanted = people(stage)
    made = stage.journey(key, trigger("list"), [_branch(), *ends], ways=ways)
    began = _let_in(stage, made, wanted)
    took = stage.wait(lambda: stage.ended(made) >= wanted, f"{key}: everybody at the end") - began
    return wanted / took


def _branch() -> dict[str, Any]:
    tree = {"all": [{"kind": "profile", "config": {"attribute": "city"}}]}
    return node("ask", "branch", condition={"kind": "audience", "tree": tree})


def _let_in(stage: Stage, made: Made, wanted: int) -> float:
    """A list of so many people enters, 5,000 at a time, as the console sends them; when it began."""
    from app.journeys.models import Journey
    from app.journeys.service import naming
    from app.kit import db

    rows = stage.database.execute("SELECT id FROM customers WHERE unionid LIKE 'bench%%' ORDER BY id LIMIT %s", [wanted]).fetchall()
    ids = [row[0] for row in rows]
    began = time.perf_counter()
    for start in range(0, len(ids), 5_000):
        with db.transaction() as session:
            journey = session.get_one(Journey, made.journey_id)
            naming.let_in_listed(session, journey, phones=[], customer_ids=ids[start : start + 5_000])
    return began


def _with_a_webhook(stage: Stage, host: str) -> tuple[int, float]:
    """How many webhooks were answered, and how many seconds it took from the list to the last person's end."""
    _template(stage, host)
    ends = [node("tell", "webhook", template=TEMPLATE), node("end", "end")]
    with stage.watched() as seen:
        rate = _through(stage, "webhook", ends, "ask.yes>tell ask.no>tell tell.answered>end tell.failed>end")
    answered = int(stage.one("SELECT count(*) FROM sends WHERE template_key = %s AND status = 'accepted'", TEMPLATE))
    if answered != people(stage):
        raise RuntimeError(f"{answered} webhooks were answered")
    stage.notes.append(f"with a webhook: {seen.told()}")
    return answered, people(stage) / rate


def _template(stage: Stage, host: str) -> None:
    from app.kit import db
    from app.messaging.models import MessageTemplate

    stage.template(TEMPLATE, channel="webhook", fields=FIELDS, template_ids={})
    with db.transaction() as session:
        made = session.query(MessageTemplate).filter_by(key=TEMPLATE).one()
        made.target = {"url": f"http://{host}/hook", "secret": "a secret of the bench"}
