"""Staff read Chinese or English; what customers read is Chinese, and is said here by name."""

from __future__ import annotations

import re
import string

from app.kit import texts

# What is said to customers or printed for them, and what was written for whoever installs us: in Chinese alone.
CHINESE_ONLY = (
    "console.not_built",
    "campaigns.lead_",
    "errors.interests.",
    "errors.sharing.",
    "interests.",
    "leads.finance_wish",
    "messaging.cards.",
    "messaging.order.",
    "messaging.refusal.",
    "messaging.waitlist.",
    "orders.payment_description",
    "orders.refund_reasons.",
    "orders.shipping.description",
    "orders.states.",
    "orders.terms.",
    "orders.waiting.",
    "sharing.",
)
# Of cars customers read everything, staff these.
OF_CARS = ("feed_columns", "photo_refused.", "plan_kind.", "status.", "withdrawn_for.", "run_status.", "condition.")
CHINESE = texts.catalogue()
ENGLISH = texts.catalogue("en")


def _for_staff(key: str) -> bool:
    if key.startswith("vehicles."):
        return key.removeprefix("vehicles.").startswith(OF_CARS)
    return not key.startswith(CHINESE_ONLY)


def test_whatever_staff_read_is_said_in_english_too() -> None:
    missing = sorted(key for key in CHINESE if _for_staff(key) and key not in ENGLISH)
    assert missing == [], "add them to app/texts/en, too, or say here that customers read them"


def test_english_says_nothing_that_chinese_does_not_and_nothing_to_customers() -> None:
    assert sorted(key for key in ENGLISH if key not in CHINESE or not _for_staff(key)) == []


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_an_english_text_tells_what_the_chinese_one_tells() -> None:
    assert {key for key, said in ENGLISH.items() if _placeholders(said) != _placeholders(CHINESE[key])} == set()


def test_a_table_has_the_same_columns_in_english() -> None:
    tables = {key: said for key, said in CHINESE.items() if "columns" in key and "," in said and key in ENGLISH}
    assert len(tables) > 10
    for key, said in tables.items():
        names = [[column.partition("=")[0] if "=" in column else "" for column in one.split(",")] for one in (said, ENGLISH[key])]
        assert names[0] == names[1], key


# WeChat takes a date or an amount with Chinese signs, as these say.
WITH_CHINESE_SIGNS = {"messaging.types.date", "messaging.types.amount"}


def test_no_english_text_has_chinese_in_it() -> None:
    stray = {key for key, said in ENGLISH.items() if re.search(r"[　-〿一-鿿＀-￯]", said)}
    assert stray == WITH_CHINESE_SIGNS
