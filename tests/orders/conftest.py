"""The same workers as in the tests of payments."""

from tests.payments.conftest import works

__all__ = ["works"]
