"""Answers to somebody who writes to the mini-program (spec 1.10)."""

from __future__ import annotations

from app.wechat.endpoints import Ask, Repeat, done, post
from app.wechat.endpoints.customer_service import Content, message
from app.wechat.endpoints.mini_program.door import MiniProgramDoor


class CustomerService(MiniProgramDoor):
    @post("/cgi-bin/message/custom/send", repeat=Repeat.never)
    def answer(self, openid: str, content: Content) -> Ask[None]:
        """Write to her: five times within 48 hours after she wrote, twice within a minute after she came into the conversation.

        Refusals: 45015 (too late), 45047 (that many have been sent), 40003, 40007 (picture), 40165 (page), 45002 (too long), 48001.
        """
        return Ask(done, body=message(openid, content))
