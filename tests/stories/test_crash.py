"""Whatever is killed, and whenever, the story ends the same: nothing twice, nothing lost."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from dev.stack import Stack
from miniprogram_mock.story import Story
from tests.stories.books import the_books_are_right

MOST_KILLS = 10
VICTIMS = ("web", "worker", "scheduler", "simulator", "valkey")


@contextmanager
def killer(town: Stack, seed: int, killed: list[str]) -> Iterator[None]:
    """Kill -9 a process at random moments, leave it dead for a moment, and start it again, `MOST_KILLS` times at most."""
    chance = random.Random(seed)
    over = threading.Event()

    def rage() -> None:
        # A bounded number, so that a slow machine that needs long to start a process comes to the end of the story as well.
        for _ in range(MOST_KILLS):
            if over.wait(chance.uniform(0.3, 2)):
                return
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


@pytest.mark.parametrize("seed", [1, 2])
def test_kill_any_process_at_any_moment_and_the_story_ends_the_same(town: Stack, story: Callable[..., Story], seed: int) -> None:
    teller = story(patience=90)
    killed: list[str] = []
    with killer(town, seed, killed):
        teller.run()
    town.wait_healthy()
    the_books_are_right(town, orders=2)
    assert len(killed) >= 5, f"the story was over before enough was killed: {killed}"
