"""Callbacks to the merchant: encrypted message pushes and signed Pay notices, with Tencent's retry schedules on the business clock."""

import asyncio
import json
import secrets
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import aiohttp
import orjson

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.world import Account, Corp, Merchant

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

ANSWER_SECONDS = 5
# Seconds between attempts: three tries for messages, 24 h 4 min for payments (spec 3.5).
RETRIES = {
    "message": [5, 5],
    "pay": [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600],
}
_AT_ONCE = 50
_LONGEST_SLEEP = 30.0


class Callbacks:
    """Pending callbacks live in the store; one task sends whatever is due. A callback cut off by a crash is sent again."""

    def __init__(self, platform: "Platform") -> None:
        self._platform = platform
        self._in_flight: dict[int, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look again at what is due: something was scheduled or the clock was moved."""
        self._wake.set()

    def message(self, account: Account, event: str, *, recipient: str, fields: dict[str, Any], after: float = 0) -> None:
        """Schedule an event of the message push; `fields` are the event's own elements."""
        now = self._platform.clock.now()
        receiver = account.corpid if isinstance(account, Corp) else account.original_id
        content = {"ToUserName": receiver, "FromUserName": recipient, "CreateTime": int(now), "MsgType": "event", "Event": event, **fields}
        self._schedule(
            wire="message", account=account.appid, event=event, event_id=secrets.token_hex(8), recipient=recipient,
            url=self._platform.world.callback_url(account), content=xml(content), after=after,
        )  # fmt: skip

    def pay_notice(
        self, merchant: Merchant, event: str, *, url: str, resource: dict[str, Any], copies: int = 1, lost: bool = False
    ) -> None:
        """Schedule a Pay notification; `copies` sends the same one more than once, `lost` keeps it from ever being sent."""
        event_id = f"EV-{uuid.uuid4()}"
        for _ in range(copies):
            self._schedule(
                wire="pay", account=merchant.mchid, event=event, event_id=event_id, recipient=resource["out_trade_no"], url=url,
                content=json.dumps(resource, ensure_ascii=False), after=0, lost=lost,
            )  # fmt: skip

    def _schedule(self, *, after: float, lost: bool = False, **row: Any) -> None:
        now = self._platform.clock.now()
        if lost or self._platform.faults.take("lose_callbacks") is not None:
            self._platform.store.insert("callbacks", **row, state="lost", created_at=now, finished_at=now)
        else:
            self._platform.store.insert("callbacks", **row, state="pending", created_at=now, next_at=now + after)
            self.wake()

    async def run(self) -> None:
        """Send what is due, for ever; also rings the timers whose moment has come."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS)) as session:
            try:
                while True:
                    self._wake.clear()
                    self._platform.timers.ring_due()
                    for row in self._due():
                        task = asyncio.create_task(self._send(session, row))
                        self._in_flight[row["id"]] = task
                        task.add_done_callback(partial(self._done, row["id"]))
                    try:
                        await asyncio.wait_for(self._wake.wait(), self._seconds_to_next())
                    except TimeoutError:
                        continue
            finally:
                for task in self._in_flight.values():
                    task.cancel()

    def _done(self, row_id: int, task: asyncio.Task[None]) -> None:
        del self._in_flight[row_id]
        # With a long backlog, refill in batches: one look at the store for many callbacks.
        if len(self._in_flight) <= _AT_ONCE // 2:
            self.wake()
        if not task.cancelled() and (error := task.exception()):
            raise error

    def _due(self) -> list[Row]:
        free = _AT_ONCE - len(self._in_flight)
        rows = self._platform.store.all(
            "SELECT * FROM callbacks WHERE next_at <= ? ORDER BY next_at, id LIMIT ?", self._platform.clock.now(), _AT_ONCE
        )
        return [row for row in rows if row["id"] not in self._in_flight][: max(free, 0)]

    def _seconds_to_next(self) -> float:
        if len(self._in_flight) >= _AT_ONCE:
            return _LONGEST_SLEEP
        store, now = self._platform.store, self._platform.clock.now()
        waiting = store.all("SELECT id, next_at FROM callbacks WHERE next_at IS NOT NULL ORDER BY next_at LIMIT ?", _AT_ONCE)
        moments = [row["next_at"] for row in waiting if row["id"] not in self._in_flight]
        timer = self._platform.timers.next_at()
        nearest = min([*moments[:1], *([timer] if timer else [])], default=now + _LONGEST_SLEEP)
        return max(0.0, min(nearest - now, _LONGEST_SLEEP))

    async def _send(self, session: aiohttp.ClientSession, row: Row) -> None:
        url, body, headers = self._pay_request(row) if row["wire"] == "pay" else self._message_request(row)
        status, error = None, None
        try:
            async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                status, answer = response.status, await response.text(errors="replace")
                error = _complaint(row["wire"], status, answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            error = type(failure).__name__
        self._write_outcome(row, status, error)

    def _write_outcome(self, row: Row, status: int | None, error: str | None) -> None:
        now, delays = self._platform.clock.now(), RETRIES[row["wire"]]
        attempts = row["attempts"] + 1
        if error is None:
            state, next_at = "delivered", None
        elif attempts <= len(delays):
            state, next_at = "pending", now + delays[attempts - 1]
        else:
            state, next_at = "given_up", None
        with self._platform.store.transaction():
            self._platform.store.run(
                "UPDATE callbacks SET state = ?, attempts = ?, next_at = ?, last_status = ?, last_error = ?, finished_at = ? WHERE id = ?",
                state, attempts, next_at, status, error, None if next_at else now, row["id"],
            )  # fmt: skip

    def _message_request(self, row: Row) -> tuple[str, bytes, dict[str, str]]:
        account = self._platform.world.accounts[row["account"]]
        crypt = crypt_of(account)
        encrypted = crypt.encrypt(row["content"])
        timestamp, nonce = str(self._platform.clock.wall()), str(secrets.randbelow(10**10))
        query = {"msg_signature": crypt.signature(timestamp, nonce, encrypted), "timestamp": timestamp, "nonce": nonce}
        if isinstance(account, Corp):
            envelope = {"ToUserName": account.corpid, "Encrypt": encrypted, "AgentID": account.agentid}
        else:
            query |= {"signature": crypt.signature(timestamp, nonce), "openid": row["recipient"], "encrypt_type": "aes"}
            envelope = {"ToUserName": account.original_id, "Encrypt": encrypted}
        return f"{row['url']}?{urlencode(query)}", xml(envelope).encode(), {"Content-Type": "text/xml"}

    def _pay_request(self, row: Row) -> tuple[str, bytes, dict[str, str]]:
        merchant = self._platform.world.merchant(row["account"])
        assert merchant is not None
        kind, summary = ("refund", "退款通知") if row["event"].startswith("REFUND") else ("transaction", "支付成功")
        body = orjson.dumps({
            "id": row["event_id"], "create_time": self._platform.clock.rfc3339(row["created_at"]), "resource_type": "encrypt-resource",
            "event_type": row["event"], "summary": summary, "resource": crypto.seal(merchant.apiv3_key, row["content"].encode(), kind=kind),
        })  # fmt: skip
        headers = pay_signature(merchant, str(self._platform.clock.wall()), body)
        return row["url"], body, {"Content-Type": "application/json", "User-Agent": "Mozilla/4.0", **headers}


def crypt_of(account: Account) -> crypto.MessageCrypt:
    return crypto.MessageCrypt(token=account.token, aes_key=account.aes_key, receive_id=account.appid)


def pay_signature(merchant: Merchant, timestamp: str, body: bytes) -> dict[str, str]:
    """The Wechatpay-* headers over a body, for answers and notifications alike (spec 3.2)."""
    nonce = crypto.random_text(32)
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": crypto.sign(merchant.platform_key, timestamp, nonce, body.decode()),
        "Wechatpay-Serial": merchant.public_key_id,
        "Wechatpay-Signature-Type": crypto.PAY_SCHEME,
    }


def xml(elements: dict[str, Any]) -> str:
    """Numbers plain, texts in CDATA, as Tencent writes its XML; a list is its element several times."""
    return f"<xml>{_inside(elements)}</xml>"


def _inside(elements: dict[str, Any]) -> str:
    each = ((name, one) for name, value in elements.items() for one in (value if isinstance(value, list) else [value]))
    return "".join(f"<{name}>{_value(one)}</{name}>" for name, one in each)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return _inside(value)
    return str(value) if isinstance(value, int) else _cdata(str(value))


def _cdata(text: str) -> str:
    return escape(text) if "]]>" in text else f"<![CDATA[{text}]]>"


def _complaint(wire: str, status: int, answer: str) -> str | None:
    """Why an answer does not count as received. For Pay the status alone decides; a message needs `success`, nothing, or a reply in XML."""
    if wire == "pay":
        return None if status in (200, 204) else f"HTTP {status}"
    if status != 200:
        return f"HTTP {status}"
    text = answer.strip()
    return None if text in ("", "success") or text.startswith("<xml>") else "the answer is neither success nor XML"
