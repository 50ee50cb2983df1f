"""Live notices: after a payment, one card that is written again as the order goes on, without a dialog (新版一次性订阅, spec 1.8).

Not verified against the live platform: whether categories of cars may use them, 85437, and what the states are called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

import orjson

from app.wechat.endpoints import Ask, Repeat, done, post
from app.wechat.endpoints.mini_program.door import MiniProgramDoor


class NoticeType(IntEnum):
    """For which trade; its template has to be added before (10000001 and following)."""

    delivered = 2001
    picked_up = 2002
    virtual = 2003


@dataclass(frozen=True)
class LiveNotice:
    """How a card stands. `state` is WeChat's number; `content` what the card says, None before it is shown."""

    state: int
    content: dict[str, Any] | None
    ends_at: datetime


class LiveNotices(MiniProgramDoor):
    @post("/wxa/set_user_notify", repeat=Repeat.harmless)
    def set_live_notice(
        self, openid: str, transaction_id: str, kind: NoticeType, *, content: Mapping[str, Any], check: Mapping[str, Any] | None = None
    ) -> Ask[None]:
        """Show her the card of a payment, or write it again. `check` says what was paid, and is needed the first time.

        Refusals: 40003, 40037 (template not added), 85437 (not a payment of hers, or too old), 40097.
        """
        texts = {"content_json": _json(content)} | ({"check_json": _json(check)} if check is not None else {})
        return Ask(done, body=_card(openid, transaction_id, kind) | texts)

    @post("/wxa/set_user_notifyext", repeat=Repeat.harmless)
    def extend_live_notice(self, openid: str, transaction_id: str, kind: NoticeType, *, extension: Mapping[str, Any]) -> Ask[None]:
        """Add to a card that she sees already. Refusals: 85437 (no such card), 40003, 40097."""
        return Ask(done, body=_card(openid, transaction_id, kind) | {"ext_json": _json(extension)})

    @post("/wxa/get_user_notify", repeat=Repeat.harmless)
    def live_notice(self, openid: str, transaction_id: str, kind: NoticeType) -> Ask[LiveNotice]:
        """How the card of a payment stands. Refusals: 85437, 40003."""
        return Ask(_notice, body=_card(openid, transaction_id, kind))


def _card(openid: str, transaction_id: str, kind: NoticeType) -> dict[str, Any]:
    return {"openid": openid, "notify_code": transaction_id, "notify_type": int(kind)}


def _json(content: Mapping[str, Any]) -> str:
    return orjson.dumps(content).decode()


def _notice(told: dict[str, Any]) -> LiveNotice:
    info = told["notify_info"]
    content = orjson.loads(info["content_json"]) if info["content_json"] else None
    return LiveNotice(int(info["code_state"]), content, datetime.fromtimestamp(info["code_expire_time"], UTC))
