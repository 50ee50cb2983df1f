"""The whole story of the main job, told several times in one town: what people wait for, and what the servers work for it."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from bench.report import Figure, Report
from dev.testing import servers
from dev.town import town
from miniprogram_mock.story import Story

TIMES = 5
# What the issue promises to people, in seconds.
TARGETS = {"顾问收到企业微信卡片": 5.0, "车辆显示为已预订": 1.0}


def run() -> Report:
    """Medians over several tellings, by new people each time; the first one warms everything and is left out."""
    waits: dict[str, list[float]] = {}
    worked: list[float] = []
    calls: list[int] = []
    with tempfile.TemporaryDirectory() as folder, servers() as lent, town(Path(folder), lent.database_url) as stack:
        stack.start()
        for telling in range(TIMES + 1):
            story = Story(stack.web, stack.simulator, say=lambda _line: None)
            figures = story.run()
            if telling == 0:
                continue
            for what, seconds in figures.seconds.items():
                waits.setdefault(what, []).append(seconds)
            lines = (story.buyer.line, story.friend.line, story.desk.line)
            worked.append(sum(line.server_seconds for line in lines))
            calls.append(sum(line.calls for line in lines))
    found = [
        Figure("全程: server side, all requests of one telling", statistics.median(worked), "s"),
        Figure("全程: requests of one telling", statistics.median(calls), "requests"),
    ]
    found += [Figure(what, statistics.median(seconds), "s", at_most=TARGETS.get(what)) for what, seconds in waits.items()]
    notes = (
        f"Medians of {TIMES} tellings; client, servers and the simulator share the machine's cores.",
        "全程 is by the clock on the wall and contains what the simulated WeChat takes its time for: refunds settle after a second.",
    )
    return Report(found, notes)
