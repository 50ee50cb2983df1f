"""The service account's door."""

from __future__ import annotations

from app.wechat.endpoints.service_account.templates import Templates
from app.wechat.endpoints.service_account.users import Users


class ServiceAccount(Templates, Users):
    """A service account: who follows it, and messages to them."""
