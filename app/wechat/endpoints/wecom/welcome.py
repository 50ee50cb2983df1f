"""The welcome that a customer gets when she has added a member. Spec 4.5."""

from __future__ import annotations

from collections.abc import Sequence

from app.wechat.endpoints import Ask, Repeat, done, post
from app.wechat.endpoints.wecom.content import Attachment, message
from app.wechat.endpoints.wecom.door import PER_MINUTE, WeComDoor


class Welcome(WeComDoor):
    @post("/cgi-bin/externalcontact/send_welcome_msg", repeat=Repeat.keyed, per_minute=PER_MINUTE)
    def send_welcome(self, welcome_code: str, text: str = "", attachments: Sequence[Attachment] = ()) -> Ask[None]:
        """Once per WelcomeCode, within 20 seconds of the event that brought it. There is none when an administrator has set a welcome.

        Refusals: 41050 (too late, or used), 41051 (they talk already) [K].
        """
        return Ask(done, body={"welcome_code": welcome_code, **message(text, attachments)})
