"""Whatever is killed, and whenever, the story ends the same: nothing twice, nothing lost.

`make soak-story` kills twenty times a story; STORY_KILLS says otherwise.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dev.stack import Stack
from miniprogram_mock.story import Story
from tests.stories.books import the_books_are_right

# So many deaths a story: then the killer rests, so that the end depends on the platform and not on how fast the machine is.
MOST_KILLS, ENOUGH_KILLS = int(os.environ.get("STORY_KILLS", "8")), 5
# Longer than the followers' list takes to be read again: WeChat tells of a follow three times within seconds, and we may be dead then.
PATIENCE = 300

# One after the other in one town: the second story begins where the first was a battlefield.
SEEDS = (1, 2)
VICTIMS = ("web", "worker", "scheduler", "simulator", "valkey")


def seconds_to_come_back(town: Stack) -> float:
    """How long the web server needs to start here and now.

    Killed without a break faster than that, nothing would ever be up: that would test the machine, not the platform.
    """
    start = time.monotonic()
    town.restart("web")
    town.wait_healthy()
    return time.monotonic() - start


@contextmanager
def killer(town: Stack, seed: int, killed: list[str]) -> Iterator[None]:
    """Kill -9 a process at random moments, leave it dead for a moment, and start it again, until the story is over."""
    pace = seconds_to_come_back(town)
    chance = random.Random(seed)
    over = threading.Event()

    def rage() -> None:
        while len(killed) < MOST_KILLS and not over.wait(chance.uniform(0.1, 0.7) * pace):
            victim = chance.choice(VICTIMS)
            town.kill(victim)
            killed.append(victim)
            over.wait(chance.uniform(0, 1))
            town.restart(victim)

    thread = threading.Thread(target=rage, name="killer")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_kill_any_process_at_any_moment_and_the_story_ends_the_same(town: Stack, story: Callable[..., Story]) -> None:
    told = 0
    for seed in SEEDS:
        killed: list[str] = []
        with killer(town, seed, killed):
            # On a slow machine the killer is slow, too: then he hears another story.
            while len(killed) < ENOUGH_KILLS:
                story(patience=PATIENCE).run()
                told += 1
        town.wait_healthy()
        the_books_are_right(town, stories=told)
