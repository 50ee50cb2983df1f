"""What has to be true of a town's books after any story, whatever was killed while it was told."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import dict_row

from dev.stack import Stack
from dev.testing import wait_until
from miniprogram_mock.phone.wechat import WeChat


def the_books_are_right(town: Stack, *, stories: int = 1) -> None:
    """After so many: two people and two deposits, paid and returned, in each; every message left once, every debit has its credit,
    nothing is left hanging.
    """
    people = orders = 2 * stories
    with psycopg.connect(town.env["DATABASE_URL"], autocommit=True, row_factory=dict_row) as books:

        def ask(query: str) -> Any:
            return next(iter(books.execute(query).fetchone().values()))  # type: ignore[union-attr,arg-type]

        # What was on its way when the story ended comes to rest by itself.
        wait_until(lambda: ask("SELECT count(*) FROM event_deliveries WHERE delivered_at IS NULL AND dead_at IS NULL") == 0, 300)
        wait_until(lambda: ask("SELECT count(*) FROM sends WHERE status IN ('planned', 'claimed') AND due_at <= marque_now()") == 0, 300)

        assert ask("SELECT count(*) FROM event_deliveries WHERE dead_at IS NOT NULL") == 0, "a handler gave up on an event"
        assert ask("SELECT count(*) FROM customers WHERE merged_into_id IS NULL") == people, "not one customer per person"
        assert ask("SELECT count(*) FROM orders") == orders, "more orders than people asked for"
        assert ask("SELECT count(*) FROM payment_attempts WHERE status = 'succeeded'") == orders, "not one payment per order"
        assert ask("SELECT count(*) FROM refunds WHERE status = 'succeeded'") == orders, "not one refund per order"
        assert ask("SELECT count(*) FROM refunds") == orders, "a refund too many"
        assert ask("SELECT count(*) FROM payment_incidents") == 0, "an incident"
        assert ask("SELECT coalesce(sum(debit_fen) - sum(credit_fen), 0) FROM ledger_lines") == 0, "the ledger is not balanced"
        assert ask("SELECT count(*) FROM vehicles WHERE status = 'reserved'") == 0, "a car is still held for nobody"
        assert ask("SELECT count(*) FROM leads") == people, "not one lead per person"
        assert ask("SELECT count(*) FROM walks WHERE status = 'active'") == 0, "somebody is still walking"
        assert ask("SELECT count(*) FROM sends WHERE status = 'unknown'") == 0, "nobody can say whether a message left"
        left = ask("SELECT count(*) FROM sends WHERE status = 'accepted' AND channel = 'service_template'")
        assert left == 5 * stories, "not five messages in each"

    tencent = WeChat(town.simulator)
    assert sorted(payment["state"] for payment in tencent.payments() if payment["state"] in ("SUCCESS", "REFUND")) == ["REFUND"] * orders
    assert [refund["state"] for refund in tencent.refunds()] == ["SUCCESS"] * orders
