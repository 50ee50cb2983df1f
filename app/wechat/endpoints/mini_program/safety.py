"""What users write and show is checked before others see it (spec 1.9)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from app.wechat.endpoints import Ask, Repeat, post
from app.wechat.endpoints.mini_program.door import MiniProgramDoor


class Scene(IntEnum):
    """Where it would be shown."""

    profile = 1
    comment = 2
    forum = 3
    social = 4


class Media(IntEnum):
    audio = 1
    image = 2


class Suggestion(StrEnum):
    passed = "pass"
    # a person should look at it
    review = "review"
    risky = "risky"


@dataclass(frozen=True)
class Verdict:
    """What WeChat thinks of a text. `label`: 100 nothing, 10001 advertising, 20001 politics, 20002 pornography, 20003 abuse, 20006 crime,
    20008 fraud, 20012 vulgar, 20013 copyright, 21000 something else (not verified). `keywords`: the words it stumbled over.
    """

    suggestion: Suggestion
    label: int
    trace_id: str
    keywords: tuple[str, ...] = ()


class Safety(MiniProgramDoor):
    @post("/wxa/msg_sec_check", repeat=Repeat.harmless, per_day=2_000_000, per_minute=4000)
    def check_text(
        self,
        openid: str,
        text: str,
        scene: Scene,
        *,
        title: str | None = None,
        nickname: str | None = None,
        signature: str | None = None,
    ) -> Ask[Verdict]:
        """A text of somebody who was in the mini-program within two hours, ≤ 2,500 characters; `signature` for a profile only.

        Refusals: 61010 (she was not there, not verified), 40003, 45002 (too long), 45009 (the quotas are not verified).
        """
        more = {"title": title, "nickname": nickname, "signature": signature}
        body = {"version": 2, "openid": openid, "scene": int(scene), "content": text}
        return Ask(_verdict, body=body | {name: value for name, value in more.items() if value is not None})

    @post("/wxa/media_check_async", repeat=Repeat.harmless, per_day=200_000, per_minute=2000)
    def check_media(self, openid: str, url: str, kind: Media, scene: Scene) -> Ask[str]:
        """Have a picture or a recording (≤ 10 MB, at an address that WeChat can reach) looked at; gives the trace_id under which
        `wxa_media_check` tells within 30 minutes what came of it. Refusals: 61010, 40003, 40097, 45009.
        """
        body = {"version": 2, "openid": openid, "scene": int(scene), "media_url": url, "media_type": int(kind)}
        return Ask(lambda told: str(told["trace_id"]), body=body)


def _verdict(told: dict[str, Any]) -> Verdict:
    result = told["result"]
    keywords = tuple(dict.fromkeys(one["keyword"] for one in told.get("detail", ()) if one.get("keyword")))
    return Verdict(Suggestion(result["suggest"]), int(result["label"]), str(told["trace_id"]), keywords)
