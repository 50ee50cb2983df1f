"""The ticket with which pages of the account sign `wx.config`, and the check of that signature in her WeChat (spec 2.6)."""

import hashlib
from typing import TYPE_CHECKING

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.errcode import Refusal, Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.rates import per_day
from miniprogram_mock.platform.service_account.console import account_of, is_own_domain
from miniprogram_mock.platform.service_account.door import service
from miniprogram_mock.platform.store import declare

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("""
CREATE TABLE IF NOT EXISTS service_tickets (
    ticket TEXT PRIMARY KEY, appid TEXT NOT NULL, type TEXT NOT NULL, expires_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS service_tickets_of_account ON service_tickets (appid, type, expires_at);
""")
LIFETIME = limit("jsapi_ticket.seconds", 7200, "2.6 [K], not verified")
PER_DAY = limit("jsapi_ticket.per_day", 100_000, "[K], not verified")
_TYPES = ("jsapi", "wx_card")


@service("GET", "/cgi-bin/ticket/getticket", rates=(per_day(PER_DAY),))
def get_ticket(call: Call) -> Result:
    """The same ticket until it expires; whether Tencent renews it earlier is not verified."""
    store, now, kind = call.platform.store, call.platform.clock.now(), call.query.get("type", "")
    if kind not in _TYPES:
        raise Refusal(40097, "invalid args, type should be jsapi or wx_card")
    row = store.one(
        "SELECT ticket, expires_at FROM service_tickets WHERE appid = ? AND type = ? AND expires_at > ?", call.account.appid, kind, now
    )
    if row is None:
        row = {"ticket": crypto.random_text(86), "expires_at": now + call.platform.limits[LIFETIME]}
        store.run("DELETE FROM service_tickets WHERE appid = ? AND type = ?", call.account.appid, kind)
        store.insert("service_tickets", appid=call.account.appid, type=kind, **row)
    return ok(ticket=row["ticket"], expires_in=int(row["expires_at"] - now))


def check_config(platform: "Platform", appid: str, *, url: str, noncestr: str, timestamp: str, signature: str) -> None:
    """What WeChat checks when a page calls `wx.config`; NotPossible in the words of its error."""
    account = account_of(platform, appid)
    if not is_own_domain(platform, appid, url):
        raise NotPossible("config:invalid url domain")
    ticket = platform.store.value(
        "SELECT ticket FROM service_tickets WHERE appid = ? AND type = 'jsapi' AND expires_at > ?", account.appid, platform.clock.now()
    )
    signed = f"jsapi_ticket={ticket}&noncestr={noncestr}&timestamp={timestamp}&url={url.partition('#')[0]}"
    if ticket is None or not crypto.same(hashlib.sha1(signed.encode(), usedforsecurity=False).hexdigest(), signature):
        raise NotPossible("config:invalid signature")
