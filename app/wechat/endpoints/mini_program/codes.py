"""Ways into the mini-program: codes to scan."""

from __future__ import annotations

from app.wechat.endpoints import Ask, Repeat, Reply, post
from app.wechat.endpoints.mini_program.door import MiniProgramDoor


class Codes(MiniProgramDoor):
    @post("/wxa/getwxacodeunlimit", repeat=Repeat.harmless, per_minute=5000)
    def mini_program_code(self, scene: str, page: str) -> Ask[bytes]:
        """The picture (PNG or JPEG) of an unlimited code. `scene` ≤ 32 visible ASCII characters, `page` without a leading slash."""
        return Ask(_picture, body={"scene": scene, "page": page}, raw=True)


def _picture(reply: Reply) -> bytes:
    if not reply.headers.get("content-type", "").startswith("image/"):
        raise ValueError("not a picture")
    return reply.body
