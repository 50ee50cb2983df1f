"""Ways into the mini-program from outside WeChat: links for text messages and pages (spec 1.7)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.wechat.endpoints import Ask, Repeat, post
from app.wechat.endpoints.mini_program.codes import Version
from app.wechat.endpoints.mini_program.door import MiniProgramDoor

# Links and schemes together, which nobody can count for us; each is held to it by itself.
_PER_DAY = 500_000


class Links(MiniProgramDoor):
    @post("/wxa/generate_urllink", repeat=Repeat.harmless, per_day=_PER_DAY)
    def url_link(
        self, path: str, query: str = "", *, days: int | None = None, until: datetime | None = None, version: Version = "release"
    ) -> Ask[str]:
        """An https address that opens a published page in WeChat, for `days` or `until` then, 30 days at the most.

        `query` ≤ 1,024 characters. Refusals: 40165 (page), 40212 (query), 85401 (time), 85400 (not for ever), 45009: codes not verified.
        """
        target = {"path": path, "query": query, "env_version": version}
        return Ask(lambda told: str(told["url_link"]), body=target | _end(days, until))

    @post("/wxa/generatescheme", repeat=Repeat.harmless, per_day=_PER_DAY)
    def scheme(
        self, path: str, query: str = "", *, days: int | None = None, until: datetime | None = None, version: Version = "release"
    ) -> Ask[str]:
        """A weixin:// address, for browsers that open such ones; otherwise as `url_link`."""
        target = {"path": path, "query": query, "env_version": version}
        return Ask(lambda told: str(told["openlink"]), body={"jump_wxa": target, "is_expire": True, **_end(days, until)})


def _end(days: int | None, until: datetime | None) -> dict[str, Any]:
    if (days is None) == (until is None):
        raise ValueError("a link ends after `days` or `until` a moment: give one of them")
    if until is not None:
        return {"expire_type": 0, "expire_time": int(until.timestamp())}
    return {"expire_type": 1, "expire_interval": days}
