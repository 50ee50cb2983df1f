"""A member gets no more at a time than WeCom shows him: what is beyond waits with us instead of being dropped there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.kit.settings import settings
from app.messaging import service
from app.messaging.models import Send
from app.messaging.service import claiming
from app.wechat.fake import TIMEOUT, FakeGateway
from tests.factories import messaging as make


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, int], None]]:
    """Set one of WeCom's limits, for this test."""

    def limit(name: str, most: int) -> None:
        monkeypatch.setenv(name, str(most))
        settings.cache_clear()

    yield limit
    monkeypatch.undo()
    settings.cache_clear()


def messages(session: Session, town: make.Town, to: Staff, count: int) -> list[Send]:
    key = make.template(session, town, "wecom_text", {"content": "{{ store_name }} 有新预约"}).key
    about = {"store_id": town.market.store.id}
    return [make.plan(session, town, to, key, channel="wecom_text", recipient=("staff", to.id), context=about) for _ in range(count)]


def fates(sends: list[Send]) -> Counter[tuple[str, str | None]]:
    return Counter((one.status, one.error_code) for one in sends)


def test_what_is_beyond_a_members_minute_waits_and_nobody_else_does(
    session: Session, town: make.Town, tencent: FakeGateway, later: Any
) -> None:
    sends = messages(session, town, town.adviser, 70)
    others = messages(session, town, town.colleague, 5)
    make.send_due(session)
    assert fates(sends) == {("accepted", None): 30, ("planned", "member_pace"): 40}
    assert fates(others) == {("accepted", None): 5}
    later(seconds=50)
    assert make.send_due(session) == 0
    for expected in (60, 70):
        later(seconds=11 if expected == 60 else 61)
        make.send_due(session)
        assert fates(sends)["accepted", None] == expected
    assert len(tencent.calls) == 75


def test_an_hour_has_an_end_too(session: Session, town: make.Town, tencent: FakeGateway, later: Any, limited: Any) -> None:
    limited("MEMBER_MESSAGES_PER_HOUR", 4)
    sends = messages(session, town, town.adviser, 6)
    for _ in range(3):
        make.send_due(session)
        later(minutes=15)
    assert fates(sends) == {("accepted", None): 4, ("planned", "member_pace"): 2}
    later(minutes=16)
    make.send_due(session)
    assert fates(sends) == {("accepted", None): 6}


def test_a_message_that_may_have_left_counts_until_its_answer_is_known(
    session: Session, town: make.Town, tencent: FakeGateway, later: Any, limited: Any
) -> None:
    limited("MEMBER_MESSAGES_PER_MINUTE", 1)
    first, second = messages(session, town, town.adviser, 2)
    tencent.fail("send_text", TIMEOUT)
    make.send_due(session)
    assert fates([first, second]) == {("claimed", "wechat.timeout"): 1, ("planned", "member_pace"): 1}
    later(minutes=2)
    make.send_due(session)
    assert fates([first, second]) == {("accepted", None): 1, ("planned", "member_pace"): 1}
    later(seconds=61)
    make.send_due(session)
    assert fates([first, second]) == {("accepted", None): 2}


def test_many_workers_at_once_do_not_exceed_it(committed: Callable[[], Any], tencent: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claiming, "URGENT", 4)
    with committed() as session:
        town = make.town(session)
        messages(session, town, town.adviser, 50)
    with ThreadPoolExecutor(8) as workers:
        list(workers.map(lambda _: service.send_due(), range(8)))
    with committed() as session:
        sends = list(session.execute(select(Send)).scalars())
    assert fates(sends) == {("accepted", None): 30, ("planned", "member_pace"): 20}
