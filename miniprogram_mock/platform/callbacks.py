"""Callbacks to the merchant: message pushes and Pay notifications, with Tencent's retry schedules on the business clock."""

import asyncio
import json
import secrets
import time
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

import aiohttp
from yarl import URL

from miniprogram_mock.platform import pushes
from miniprogram_mock.platform.faults import AREA, CALLBACK, Strike, kind
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.pushes import crypt_of as crypt_of
from miniprogram_mock.platform.pushes import pay_signature as pay_signature
from miniprogram_mock.platform.pushes import xml as xml
from miniprogram_mock.platform.store import Row, declare, declare_column
from miniprogram_mock.platform.weather import CALLBACK_WEATHER, blown
from miniprogram_mock.platform.world import Account, Corp, Merchant

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("""
CREATE TABLE IF NOT EXISTS callback_attempts (
    id INTEGER PRIMARY KEY, callback INTEGER NOT NULL REFERENCES callbacks, at REAL NOT NULL, status INTEGER, error TEXT, answer TEXT,
    ms REAL NOT NULL, fault TEXT);
CREATE INDEX IF NOT EXISTS callback_attempts_of ON callback_attempts (callback);
CREATE INDEX IF NOT EXISTS callbacks_held ON callbacks (account, id) WHERE state = 'held';
""")
declare_column("callbacks", "format", "TEXT NOT NULL DEFAULT 'xml'")
declare_column("callbacks", "fault", "TEXT")

ANSWER_SECONDS = 5
_ANSWER = limit("callback.answer_seconds", ANSWER_SECONDS, "1.11, 2.7, 3.5, 4.3")
# Seconds between attempts: three tries for messages, 24 h 4 min for payments.
_MESSAGE_RETRIES = tuple(
    limit(f"callback.message.retry_{n}_seconds", 5, "1.11, 2.7: up to 3 tries; the delays are [K], not verified") for n in (1, 2)
)
_PAY_RETRIES = tuple(
    limit(f"callback.pay.retry_{n:02}_seconds", seconds, "3.5")
    for n, seconds in enumerate((15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600), 1)
)
RETRIES = {"message": _MESSAGE_RETRIES, "pay": _PAY_RETRIES}

LOST = kind("lose_callbacks", "不发出回调", on=CALLBACK)
DUPLICATE = kind("duplicate_callbacks", "同一回调发 copies 份", on=CALLBACK, copies=2)
LATE = kind("late_callbacks", "回调晚 by 秒", on=CALLBACK, by=60)
SWAPPED = kind("swap_callbacks", "回调在该账号的下一个之后才发", on=CALLBACK)
# These spoil the first attempt only: the retry is right, as it is with Tencent.
SPOILT = (
    kind("bad_signature", "首次投递签名错误", on=CALLBACK),
    kind("wrong_receiver", "首次投递的接收方 appid（支付为 mchid）不对", on=CALLBACK),
    kind("wrong_serial", "首次投递的 Wechatpay-Serial 没人认识", on=CALLBACK),
    kind("signtest", "首次投递（或支付应答）是 WECHATPAY/SIGNTEST/ 探测流量", on=(CALLBACK, AREA)),
)
_PAY_ONLY = ("wrong_serial", "signtest")
# A swapped callback waits for the next one no longer than this.
_LONGEST_SWAP = 60
_AT_ONCE = 50
_LONGEST_SLEEP = 30.0
_LONGEST_ANSWER = 1000


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
        self.push(account, {"MsgType": "event", "Event": event, **fields}, recipient=recipient, after=after)

    def push(self, account: Account, content: dict[str, Any], *, recipient: str, after: float = 0) -> None:
        """Schedule a push of anything: what a user wrote, or an event. `content` begins with MsgType; the addresses are put before it.

        A list is its element several times in XML and an array in JSON; `{"List": [...]}` is what the subscribe events have.
        """
        if not self._platform.switches[account.appid, pushes.PUSH_ON]:
            return
        receiver = account.corpid if isinstance(account, Corp) else account.original_id
        addressed = {"ToUserName": receiver, "FromUserName": recipient, "CreateTime": int(self._platform.clock.now()), **content}
        text, format_ = pushes.content(self._platform, account, addressed)
        self._schedule(
            wire="message", account=account.appid, event=content.get("Event", content["MsgType"]), event_id=secrets.token_hex(8),
            recipient=recipient, url=self._platform.world.callback_url(account), content=text, format=format_, after=after,
        )  # fmt: skip

    def pay_notice(
        self, merchant: Merchant, event: str, *, url: str, resource: dict[str, Any], copies: int = 1, lost: bool = False
    ) -> None:
        """Schedule a Pay notification; `copies` sends the same one more than once, `lost` keeps it from ever being sent."""
        event_id = f"EV-{uuid.uuid4()}"
        for _ in range(copies):
            self._schedule(
                wire="pay", account=merchant.mchid, event=event, event_id=event_id, recipient=resource["out_trade_no"], url=url,
                content=json.dumps(resource, ensure_ascii=False), format="json", after=0, lost=lost,
            )  # fmt: skip

    def _schedule(self, *, after: float, lost: bool = False, **row: Any) -> None:
        now, copies, state = self._platform.clock.now(), 1, "lost" if lost else "pending"
        strikes = self._strikes(row)
        for strike in strikes:
            if strike.kind == LOST:
                state = "lost"
            elif strike.kind == SWAPPED and state == "pending":
                state, after = "held", after + _LONGEST_SWAP
            elif strike.kind == DUPLICATE:
                copies = int(strike.params["copies"])
            elif strike.kind == LATE:
                after += float(strike.params["by"])
        row |= {"fault": ",".join(strike.kind for strike in strikes) or None, "created_at": now}
        if state == "lost":
            self._platform.store.insert("callbacks", **row, state=state, finished_at=now)
            return
        for _ in range(copies):
            self._platform.store.insert("callbacks", **row, state=state, next_at=now + after)
        self.wake()

    def _strikes(self, row: Row) -> list[Strike]:
        """The faults that strike this callback; the name of its event is the path that they match."""
        faults = self._platform.faults
        if not faults.any_on(CALLBACK):
            return []
        struck = faults.strikes_on(
            CALLBACK, path=row["event"], host=row["wire"], account=row["account"],
            applies=lambda name: row["wire"] == "pay" or name not in _PAY_ONLY,
        )  # fmt: skip
        return [blown(one, CALLBACK) if one.kind == CALLBACK_WEATHER else one for one in struck]

    async def run(self) -> None:
        """Send what is due, for ever; also rings the timers whose moment has come."""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
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
        strikes = (row["fault"] or "").split(",") if row["attempts"] == 0 else []
        spoilt = next((one for one in strikes if one in SPOILT), None)
        request = pushes.pay_request if row["wire"] == "pay" else pushes.message_request
        url, body, headers = request(self._platform, row, spoilt=spoilt)
        status, answer, error, began = None, "", None, time.perf_counter()
        patience = aiohttp.ClientTimeout(total=self._platform.limits[_ANSWER])
        try:
            async with session.post(
                URL(url, encoded=True), data=body, headers=headers, allow_redirects=False, timeout=patience
            ) as response:
                status, answer = response.status, (await response.read()).decode(errors="replace")
                error = pushes.complaint(row, status, answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            error = type(failure).__name__
        attempt = {
            "callback": row["id"], "at": self._platform.clock.now(), "status": status, "error": error, "answer": answer[:_LONGEST_ANSWER],
            "ms": round((time.perf_counter() - began) * 1000, 2), "fault": spoilt,
        }  # fmt: skip
        await self._platform.group.run(partial(self._write_outcome, row, attempt))

    def _write_outcome(self, row: Row, attempt: Row) -> None:
        now, delays, store = attempt["at"], RETRIES[row["wire"]], self._platform.store
        attempts = row["attempts"] + 1
        if attempt["error"] is None:
            state, next_at = "delivered", None
        elif attempts <= len(delays):
            state, next_at = "pending", now + self._platform.limits[delays[attempts - 1]]
        else:
            state, next_at = "given_up", None
        store.insert("callback_attempts", **attempt)
        store.run(
            "UPDATE callbacks SET state = ?, attempts = ?, next_at = ?, last_status = ?, last_error = ?, finished_at = ? WHERE id = ?",
            state, attempts, next_at, attempt["status"], attempt["error"], None if next_at else now, row["id"],
        )  # fmt: skip
        if attempts == 1 and store.run(
            "UPDATE callbacks SET state = 'pending', next_at = ? WHERE state = 'held' AND account = ? AND id < ?",
            now, row["account"], row["id"],
        ):  # fmt: skip
            self.wake()
