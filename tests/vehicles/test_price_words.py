"""A price that a shopper types among her words asks for that price, and nothing else that has a number does."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.vehicles.queries import Filters, search, with_price_said
from app.vehicles.words import Priced, priced
from tests.factories import dealers, vehicles

WAN = 1_000_000
SAYS_A_PRICE: dict[str, tuple[str, float | None, float | None]] = {
    "30万以内": ("", None, 30),
    "30万": ("", None, 30),
    "30W": ("", None, 30),
    "不超过 29.98 万": ("", None, 29.98),
    "预算30万元": ("", None, 30),
    "20-30万": ("", 20, 30),
    "20万到30万": ("", 20, 30),
    "３０～２０万": ("", 20, 30),
    "50万以上": ("", 50, None),
    "高于50万": ("", 50, None),
    "30万左右": ("", 27, 33),
    "三十万以内": ("", None, 30),
    "十万以下": ("", None, 10),
    "一百零五万": ("", None, 105),
    "两百万起": ("", 200, None),
    "J5 30万以内": ("J5", None, 30),
    "30万以内的SUV": ("的SUV", None, 30),
    "一汽大众十万以内": ("一汽大众", None, 10),
    "极曜J5 20-30万 白色": ("极曜J5 白色", 20, 30),
    "20万以上 30万以内": ("", 20, 30),
    "3万公里 30万内": ("3万公里", None, 30),
    "30万内饰": ("内饰", None, 30),
}


@pytest.mark.parametrize("q", SAYS_A_PRICE)
def test_a_price_is_read_and_the_other_words_stay(q: str) -> None:
    rest, least, most = SAYS_A_PRICE[q]
    assert priced(q) == Priced(rest, least and round(least * WAN), most and round(most * WAN))


@pytest.mark.parametrize(
    "q", ["3万公里以内", "1-3 万公里", "J5", "911", "x330万", "200kw", "30wd", "0万", "百百万", "万", "2024款", "", "  白色  J5 "]
)
def test_what_says_no_price_stays_as_it_was_typed(q: str) -> None:
    assert priced(q) == Priced(q)


def test_the_search_finds_what_the_price_says_and_a_price_chosen_beside_the_words_goes_before_it(session: Session, brand: Brand) -> None:
    store = dealers.store(session, dealers.dealer(session, brand))
    j5 = vehicles.series(session, brand, key="j5", name="极曜 J5")
    for wan in (25, 35, 45):
        vehicles.vehicle(session, store, j5, price_fen=wan * WAN)

    def found(**asked: Any) -> list[int]:
        page = search(session, brand.id, Filters(**asked))
        return sorted(car["price_fen"] // WAN for car in page.items)

    assert found(q="30万以内") == found(q="J5 30万以内") == [25]
    assert found(q="J5 三十万以上") == [35, 45]
    assert found(q="J5 30万以内", price_min_fen=40 * WAN) == [45]
    assert with_price_said(Filters(q="J5 30万以内")) == Filters(q="J5", price_max_fen=30 * WAN)
