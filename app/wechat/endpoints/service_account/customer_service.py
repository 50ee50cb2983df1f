"""Answers to somebody who has just done something in the service account (spec 1.10)."""

from __future__ import annotations

from app.wechat.endpoints import Ask, Repeat, done, post
from app.wechat.endpoints.customer_service import Content, message
from app.wechat.endpoints.service_account.door import ServiceAccountDoor


class CustomerService(ServiceAccountDoor):
    @post("/cgi-bin/message/custom/send", repeat=Repeat.never)
    def answer(self, openid: str, content: Content) -> Ask[None]:
        """Write to her: five times within 48 hours after she wrote, three times within a minute after she chose from the menu, scanned a
        code or followed, as often as wanted within 48 hours after she paid. A page is of the linked mini-program.

        Refusals: 45015 (too late), 45047 (that many have been sent), 40003, 40007 (picture), 40013 (mini-program), 40165 (page), 44004,
        45002, 48001.
        """
        return Ask(done, body=message(openid, content, appid=self.account.linked_appid))
