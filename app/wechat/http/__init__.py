"""The real doors to Tencent, over HTTP; the simulator is reached through the same code by other base addresses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from app.wechat.http.mini_program import MiniProgramDoor
from app.wechat.http.pay import PayDoor
from app.wechat.http.service_account import ServiceAccountDoor
from app.wechat.http.wecom import WeComDoor
from app.wechat.models import WechatAccount

Door = TypeVar("Door")


class HttpGateway:
    """Keeps one door per account, so that connections and tokens are shared by the threads of a process."""

    def __init__(self) -> None:
        self._doors: dict[str, tuple[Any, Any]] = {}
        self._lock = threading.Lock()

    def mini_program(self, account: WechatAccount) -> MiniProgramDoor:
        return self._door(account, MiniProgramDoor)

    def service_account(self, account: WechatAccount) -> ServiceAccountDoor:
        return self._door(account, ServiceAccountDoor)

    def wecom(self, account: WechatAccount) -> WeComDoor:
        return self._door(account, WeComDoor)

    def pay(self, account: WechatAccount) -> PayDoor:
        return self._door(account, PayDoor)

    def _door(self, account: WechatAccount, make: Callable[[WechatAccount], Door]) -> Door:
        # A changed secret or key makes a new door.
        credentials = (account.secrets, account.settings, account.linked_appid)
        with self._lock:
            kept = self._doors.get(account.appid)
            if kept is None or kept[0] != credentials:
                kept = (credentials, make(account))
                self._doors[account.appid] = kept
            return kept[1]
