"""Pages of ours inside WeChat may call its functions when the account signs them (JSSDK, spec 2.6: not verified)."""

from __future__ import annotations

from app.wechat.endpoints import Ask, Ticket, get
from app.wechat.endpoints.page_signature import PageSignature, sign_page
from app.wechat.endpoints.service_account.door import ServiceAccountDoor


class Pages(ServiceAccountDoor):
    @get("/cgi-bin/ticket/getticket")
    def jsapi_ticket(self) -> Ask[Ticket]:
        """A ticket to sign pages with, for two hours; `page_signature` keeps it."""
        return Ask(lambda told: Ticket(str(told["ticket"]), int(told["expires_in"])), query={"type": "jsapi"})

    def page_signature(self, url: str) -> PageSignature:
        """The signature for a page by its address, whatever follows #. Its domain has to be known to the console. Raises `WechatError`."""
        return sign_page(self.account.appid, self.line.kept(self.jsapi_ticket.prepare()), url)
