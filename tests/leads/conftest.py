"""The town where messages go is the town where leads are."""

from tests.messaging.conftest import tencent, town

__all__ = ["tencent", "town"]
