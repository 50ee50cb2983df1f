"""What is committed is in the index a moment later, once, whatever else goes on in the database."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from sqlalchemy import update

from app.dealers.models import Store
from app.vehicles.models import Vehicle
from app.vehicles.search.follower import Follower
from dev.testing import wait_until
from tests.vehicles.search.conftest import Shop

WAN = 1_000_000


def test_a_new_index_has_what_is_visible_and_each_change_moves_it(shop: Shop) -> None:
    shop.change(4, status="draft")
    follower, index = shop.follower(), shop.index()
    follower.look()
    assert shop.prices(index) == [10 * WAN, 11 * WAN, 12 * WAN, 13 * WAN]
    shop.change(0, price_fen=12_500_000)
    shop.change(1, status="sold")
    shop.change(4, status="listed")
    assert follower.look() == 3
    assert shop.prices(index) == [12 * WAN, 12_500_000, 13 * WAN, 14 * WAN]
    assert follower.look() == 0


def test_a_long_transaction_loses_nothing_and_has_nothing_read_twice(shop: Shop) -> None:
    follower, index = shop.follower(), shop.index()
    follower.look()
    with shop.connect() as slow, slow.transaction():
        slow.execute("UPDATE vehicles SET price_fen = 20000000 WHERE id = %s", [shop.cars[0]])
        shop.change(1, price_fen=21_000_000)
        assert [follower.look() for _ in range(3)] == [1, 0, 0]
        shop.change(2, price_fen=22_000_000)
        assert [follower.look() for _ in range(3)] == [1, 0, 0]
    assert [follower.look() for _ in range(2)] == [1, 0]
    assert shop.prices(index) == [13 * WAN, 14 * WAN, 20 * WAN, 21 * WAN, 22 * WAN]


def test_who_follows_on_after_an_end_reads_what_happened_meanwhile_also_in_a_transaction_that_began_before(shop: Shop) -> None:
    with shop.connect() as slow, slow.transaction():
        slow.execute("UPDATE vehicles SET price_fen = 20000000 WHERE id = %s", [shop.cars[0]])
        first = shop.follower()
        first.look()
        first.close()
        shop.change(1, price_fen=21_000_000)
    index, second = shop.index(), shop.follower()
    before = shop.folders.pointed_at()
    assert second.look() == 2
    assert shop.folders.pointed_at() == before  # followed, not made anew
    assert shop.prices(index) == [12 * WAN, 13 * WAN, 14 * WAN, 20 * WAN, 21 * WAN]


def test_a_store_that_gets_another_city_takes_its_cars_along(shop: Shop) -> None:
    follower, index = shop.follower(), shop.index()
    follower.look()
    with shop.transaction() as session:
        session.execute(update(Store).filter_by(number=shop.stores.numbers[0]).values(city="苏州"))
    assert follower.look() == 5
    assert shop.find(index, city=("苏州",)).total == 5
    assert shop.find(index, city=("上海",)).total == 0


class Counting(Follower):
    """Has the stock changed while it reads all of it."""

    shop: Shop
    seen: list[list[int]]

    def _meanwhile(self) -> None:
        if self._following is None:
            return
        self.shop.change(0, price_fen=30_000_000 + len(self.seen))
        super()._meanwhile()
        self.seen.append(self.shop.prices(self.shop.index()))


def test_while_everything_is_read_anew_the_old_index_is_kept_and_in_the_end_nothing_is_missing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.vehicles.search.writer.ROWS_AT_ONCE", 2)
    monkeypatch.setattr("app.vehicles.search.follower.LOOK_EVERY_SECONDS", 0.0)
    follower = shop.follower(Counting)
    assert isinstance(follower, Counting)
    follower.shop, follower.seen = shop, []
    follower.look()
    before = shop.folders.pointed_at()
    shop.folders.want_new()
    follower.look()
    assert shop.folders.pointed_at() != before
    assert len(follower.seen) == 2
    assert [prices[-1] for prices in follower.seen] == [30_000_000, 30_000_001]
    assert shop.prices(shop.index())[-1] == 30_000_001
    assert len([entry for entry in shop.folder.iterdir() if entry.is_dir()]) == 1


def _run(follower: Follower) -> threading.Thread:
    thread = threading.Thread(target=follower.run)
    thread.start()
    return thread


def test_a_change_is_found_within_a_second_and_a_second_follower_waits_for_the_end_of_the_first(shop: Shop) -> None:
    first, second, index = shop.follower(), shop.follower(), shop.index()
    threads = [_run(first)]
    try:
        wait_until(lambda: shop.folders.current())
        threads.append(_run(second))
        for car, end_of_the_first in ((0, False), (1, True)):
            if end_of_the_first:
                first.stop.set()
                threads[0].join(5)
                wait_until(lambda: second._following, what="nobody took over")
            shop.change(car, price_fen=50_000_000 + car)
            committed = time.monotonic()
            wait_until(lambda price=50_000_000 + car: price in shop.prices(index))
            assert time.monotonic() - committed < 1.0
            assert end_of_the_first or second._following is None
    finally:
        for follower in (first, second):
            follower.stop.set()
        for thread in threads:
            thread.join(5)
    assert not any(thread.is_alive() for thread in threads)


def test_the_database_may_be_away_for_a_while(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.vehicles.search.follower.PAUSE_SECONDS", 0.05)
    follower, index = shop.follower(), shop.index()
    thread = _run(follower)
    try:
        wait_until(lambda: shop.folders.current())
        with shop.connect() as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s", [_pid(follower)])
        shop.change(0, price_fen=50_000_000)
        wait_until(lambda: 50_000_000 in shop.prices(index))
    finally:
        follower.stop.set()
        thread.join(5)


def _pid(follower: Follower) -> Any:
    return wait_until(lambda: follower._connection and follower._connection.info.backend_pid)


def test_changes_by_the_thousand_are_one_commit(shop: Shop) -> None:
    follower, index = shop.follower(), shop.index()
    follower.look()
    with shop.transaction() as session:
        for _ in range(3):
            session.execute(update(Vehicle).values(price_fen=Vehicle.price_fen + 1))
    assert follower.look() == 5
    assert shop.find(index).total == 5
