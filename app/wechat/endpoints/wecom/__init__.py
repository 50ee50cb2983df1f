"""WeCom's door."""

from __future__ import annotations

from app.wechat.endpoints.wecom.messages import Messages


class WeCom(Messages):
    """One app of a corp: messages and cards to its members."""
