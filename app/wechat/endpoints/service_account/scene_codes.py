"""Codes that lead into the service account and say where they were scanned (spec 2.6: limits and codes are not verified)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from app.kit.settings import settings
from app.wechat.endpoints import Ask, Repeat, post
from app.wechat.endpoints.service_account.door import ServiceAccountDoor

LONGEST_SECONDS = 2_592_000


@dataclass(frozen=True)
class SceneCode:
    """`ticket` gives the picture, `url` is what a picture of our own would have to hold; `seconds` None for a code that never expires."""

    ticket: str
    url: str
    seconds: int | None

    @property
    def picture_url(self) -> str:
        """The address of the picture, for whoever wants to see it; it needs no token."""
        return f"{settings().wechat_mp_base.rstrip('/')}/cgi-bin/showqrcode?{urlencode({'ticket': self.ticket})}"


class SceneCodes(ServiceAccountDoor):
    @post("/cgi-bin/qrcode/create", repeat=Repeat.harmless)
    def scene_code(self, scene: str | int, *, seconds: int | None) -> Ask[SceneCode]:
        """A code for so many `seconds`, 30 days at the most, or for ever (None): of those there are 100,000 to an account.

        `scene` is 1 to 64 characters, or a number: up to 100,000 for ever, else any of 32 bits. `SCAN` tells who scanned it, or `subscribe`
        with "qrscene_" before the scene. Refusals: 40053 (scene), 45029 (too many for ever), 40097.
        """
        if seconds is not None and not 1 <= seconds <= LONGEST_SECONDS:
            raise ValueError(f"seconds: 1 to {LONGEST_SECONDS}")
        is_number = isinstance(scene, int)
        kind = {
            (True, True): "QR_LIMIT_SCENE",
            (True, False): "QR_SCENE",
            (False, True): "QR_LIMIT_STR_SCENE",
            (False, False): "QR_STR_SCENE",
        }
        body: dict[str, Any] = {
            "action_name": kind[is_number, seconds is None],
            "action_info": {"scene": {"scene_id" if is_number else "scene_str": scene}},
        }
        if seconds is not None:
            body["expire_seconds"] = seconds
        return Ask(lambda told: SceneCode(told["ticket"], told["url"], told.get("expire_seconds")), body=body)
