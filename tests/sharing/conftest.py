"""The town where messages go is the town where people share."""

from tests.messaging.conftest import tencent, town

__all__ = ["tencent", "town"]
