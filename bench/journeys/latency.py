"""From a tag that a marketer gives over HTTP to the message at the simulated WeChat: while nothing else happens, and while everybody is let
into another journey and walks it.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from bench.journeys.stage import Stage, node, p95, trigger
from bench.journeys.steps import straight, watched_figures
from bench.report import Figure
from miniprogram_mock.phone.phone import Desk
from miniprogram_mock.phone.wechat import WeChat

IDLE_S, BUSY_S = 1.0, 3.0
# At most four a second: each tag is a request of its own.
TIMES, MOST_BUSY, EVERY_S = 60, 400, 0.25
TAG = TEMPLATE = "bench_told"
FIELDS = {"thing1": "极曜 S7", "amount2": "¥1000", "character_string3": "A1", "time4": "2026年11月22日 09:05"}
ANSWERED_WITHIN_S = 120


def run(stage: Stage) -> list[Figure]:
    from app.console.demo.people import PASSWORD

    # What one waits for here is written down when the simulator has answered.
    stage.stack.env["WECHAT_QUOTAS"] = '{"/cgi-bin/message/template/send": {"per_day": 100000000}}'
    stage.rest()
    stage.work()
    for name in ("web", "simulator"):
        if name not in stage.stack.running:
            stage.stack.restart(name)
    stage.stack.wait_healthy()
    tencent = WeChat(stage.stack.simulator)
    people = _followers(stage, tencent, TIMES + MOST_BUSY + 3)
    stage.tag(TAG)
    stage.template(TEMPLATE, fields=FIELDS)
    nodes = [node("tell", "send_message", template=TEMPLATE), node("end", "end")]
    stage.journey("told", trigger("tag", tag=TAG), nodes, ways="tell>end")
    desk = Desk(stage.stack.web, username="marketer", password=PASSWORD)
    _tagged(stage, desk, people[:3], lambda: False)  # everybody is awake by then
    idle = _tagged(stage, desk, people[3 : TIMES + 3], lambda: False)
    segment_id = stage.segment()
    stage.tag("bench_flood")
    with stage.watched() as seen:
        flood = straight(stage, "flood", segment_id)
        began = time.perf_counter()
        busy = _tagged(stage, desk, people[TIMES + 3 :], lambda: stage.ended(flood) >= stage.members)
        took = stage.wait(lambda: stage.ended(flood) >= stage.members, "everybody at the end") - began
    got = tencent.line.call("GET", "/_sim/received", params={"appid": tencent.service_account})
    if got["people"] < len(idle) + len(busy) + 3:
        raise RuntimeError(f"the simulator knows of {got} only")
    stage.notes.append(f"{len(idle)} tags while nothing happens, {len(busy)} while {stage.members:,} were let in and walked: {seen.told()}")
    return [
        Figure("tag over HTTP to the message, p95 while nothing happens", p95(idle), "s", at_most=IDLE_S),
        Figure(f"tag over HTTP to the message, p95 while {stage.members:,} are let in and walk", p95(busy), "s", at_most=BUSY_S),
        Figure("of which the longest", max(busy), "s"),
        Figure("let in and taken to the end at the same time", stage.members / took, "people/s"),
        *watched_figures(seen),
    ]


def _followers(stage: Stage, tencent: WeChat, count: int) -> list[uuid.UUID]:
    """People who follow the service account and agreed, there and here."""
    (appid,) = stage.database.execute("SELECT appid FROM wechat_accounts WHERE kind = 'service_account'").fetchone() or ("",)
    openids = tencent.line.call("POST", "/_sim/users/crowd", json={"count": count, "follow": True})["openids"][appid]
    ids = stage.somebody(count)
    with stage.database.cursor() as cursor:
        columns = "id, brand_id, appid, openid, customer_id, followed"
        with cursor.copy(f"COPY wechat_identities ({columns}) FROM STDIN") as copy:
            for one, openid in zip(ids, openids, strict=True):
                copy.write_row((uuid.uuid4(), stage.brand_id, appid, openid, one, True))
        with cursor.copy("COPY consents (id, brand_id, customer_id, purpose, text_version) FROM STDIN") as copy:
            for one in ids:
                copy.write_row((uuid.uuid4(), stage.brand_id, one, "marketing", "1"))
    return ids


def _tagged(stage: Stage, desk: Desk, people: list[uuid.UUID], enough: Callable[[], bool]) -> list[float]:
    """Tag one after the other until it is enough: seconds of each from before the request until it is written down that the message was
    taken. By the clock of the database, which for the last is the beginning of a transaction after the call.
    """
    asked: dict[uuid.UUID, Any] = {}
    over = threading.Event()
    for one in people:
        if enough():
            break
        asked[one] = stage.one("SELECT marque_now()")
        desk.line.call("POST", f"/api/staff/customers/{one}/tags", json={"tag": TAG})
        over.wait(EVERY_S * (0.5 + random.random()))
    told = "SELECT customer_id, settled_at FROM sends WHERE customer_id = ANY(%s) AND status = 'accepted' AND template_key = %s"
    until = time.monotonic() + ANSWERED_WITHIN_S
    while len(rows := stage.database.execute(told, [list(asked), TEMPLATE]).fetchall()) < len(asked):
        if time.monotonic() > until:
            fates = stage.database.execute("SELECT status, error_code, count(*) FROM sends GROUP BY 1, 2").fetchall()
            raise RuntimeError(f"{len(asked) - len(rows)} messages are not there: {fates}")
        over.wait(0.1)
    return [(at - asked[one]).total_seconds() for one, at in rows]
