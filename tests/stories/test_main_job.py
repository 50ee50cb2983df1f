"""A consumer finds a car near her, shares it, holds it with a deposit, is written to, changes her mind, and has her money back."""

from __future__ import annotations

from collections.abc import Callable

from redis import Redis

from dev.stack import Stack
from miniprogram_mock.story import Story
from tests.stories.books import the_books_are_right
from tests.stories.limits import within_its_limits

# Every managed Redis serves at least this.
OLDEST_REDIS = (6, 2)


def test_the_main_job_from_a_phone_to_a_dealer_and_back(town: Stack, story: Callable[..., Story]) -> None:
    within_its_limits(story().run().seconds)
    the_books_are_right(town)
    no_command_is_too_new(town)


def no_command_is_too_new(town: Stack) -> None:
    """All that web, workers and scheduler said to their Redis in a whole story, `OLDEST_REDIS` would have understood."""
    with Redis.from_url(town.env["REDIS_URL"], decode_responses=True, protocol=3) as line:
        said = {name.removeprefix("cmdstat_").split("|")[0] for name in line.info("commandstats")}
        since = {name: about["since"] for name, about in line.execute_command("COMMAND DOCS", *said).items()}
    assert "blpop" in said
    too_new = {name: version for name, version in since.items() if tuple(map(int, version.split(".")[:2])) > OLDEST_REDIS}
    assert too_new == {}
