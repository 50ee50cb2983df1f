"""Personal data is ciphertext at rest and can still be found."""

from __future__ import annotations

import hmac

import pytest
from cryptography.exceptions import InvalidTag

from app.kit import crypto
from app.kit.phone import PhoneInvalid, mask, normalise
from app.kit.settings import settings


def test_one_value_is_never_the_same_ciphertext_twice(database: str) -> None:
    assert crypto.encrypt(b"13800000000") != crypto.encrypt(b"13800000000")
    assert crypto.decrypt(crypto.encrypt("周宇航".encode())).decode() == "周宇航"


@pytest.mark.parametrize("at", [0, 5, 20, -1])
def test_a_changed_byte_is_noticed(database: str, at: int) -> None:
    sealed = bytearray(crypto.encrypt(b"13800000000"))
    sealed[at] ^= 1
    with pytest.raises(InvalidTag):
        crypto.decrypt(bytes(sealed))


def test_the_blind_index_finds_a_value_and_does_not_reveal_it(database: str) -> None:
    assert crypto.blind_index("+8613800000000") == crypto.blind_index("+8613800000000")
    assert "138" not in crypto.blind_index("+8613800000000")
    assert crypto.blind_index("+8613800000000") != crypto.blind_index("+8613800000001")


def test_the_blind_index_is_what_was_kept_years_ago(database: str) -> None:
    pepper = settings().phone_pepper.get_secret_value().encode()
    for value in ("+8613800000000", "", "周" * 100):
        assert crypto.blind_index(value) == hmac.new(pepper, value.encode(), "sha256").hexdigest()


@pytest.mark.parametrize("raw", ["13812345678", "+86 138 1234 5678", "0086-138-1234-5678", "8613812345678", "(138)12345678"])
def test_every_spelling_of_a_mobile_number_is_one_number(raw: str) -> None:
    assert normalise(raw) == "+8613812345678"


@pytest.mark.parametrize("raw", ["", "12345678901", "1381234567", "138123456789", "+1 202 555 0100", "1381234567a"])
def test_what_is_no_mobile_number_is_refused_by_name(raw: str) -> None:
    with pytest.raises(PhoneInvalid) as refused:
        normalise(raw)
    assert "phone" in refused.value.details


def test_a_masked_number_keeps_seven_digits() -> None:
    assert mask("+8613812345678") == "138****5678"
    assert mask(None) is None
