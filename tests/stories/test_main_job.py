"""A consumer finds a car near her, shares it, holds it with a deposit, is written to, changes her mind, and has her money back."""

from __future__ import annotations

from collections.abc import Callable

from dev.stack import Stack
from miniprogram_mock.story import Story
from tests.stories.books import the_books_are_right


def test_the_main_job_from_a_phone_to_a_dealer_and_back(town: Stack, story: Callable[..., Story]) -> None:
    figures = story().run().seconds
    # The promises of the product, not of this machine: an adviser hears within five seconds, a search shows a hold within one.
    assert figures["顾问收到企业微信卡片"] < 5
    assert figures["车辆显示为已预订"] < 1
    the_books_are_right(town, orders=2)
