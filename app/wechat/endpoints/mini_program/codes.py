"""Ways into the mini-program: codes to scan (spec 1.6)."""

from __future__ import annotations

from typing import Any, Literal

from app.wechat.endpoints import Ask, Repeat, Reply, post
from app.wechat.endpoints.mini_program.door import MiniProgramDoor

Version = Literal["release", "trial", "develop"]


class Codes(MiniProgramDoor):
    @post("/wxa/getwxacodeunlimit", repeat=Repeat.harmless, per_minute=5000)
    def mini_program_code(
        self,
        scene: str,
        page: str | None = None,
        *,
        check_path: bool = True,
        version: Version = "release",
        width: int = 430,
        color: tuple[int, int, int] | None = None,
        transparent: bool = False,
    ) -> Ask[bytes]:
        """The picture (PNG or JPEG) of a code that never expires; there may be any number of them.

        `scene`: at most 32 of 0-9A-Za-z and !#$&'()*+,/:;=?@-._~ ; `page` without a leading slash or a query, the home page if None;
        without `check_path` one that is not published yet (60,000 different ones). `width` 280 to 1280 pixels; `color` red, green, blue.
        Refusals: 40169 (scene too long), 40129 (scene), 41030 (page), 40097; 45009 beyond 5,000 a minute.
        """
        body: dict[str, Any] = {"scene": scene, "check_path": check_path, "env_version": version, "width": width}
        if page is not None:
            body["page"] = page
        if color is not None:
            body |= {"auto_color": False, "line_color": dict(zip("rgb", color, strict=True))}
        if transparent:
            body["is_hyaline"] = True
        return Ask(_picture, body=body, raw=True)


def _picture(reply: Reply) -> bytes:
    if not reply.headers.get("content-type", "").startswith("image/"):
        raise ValueError("not a picture")
    return reply.body
