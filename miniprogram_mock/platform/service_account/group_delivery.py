"""How a group send goes out: whom it reaches, the administrator who may have to confirm it, the report at the end (spec 2.5, 2.7)."""

import hashlib
import json
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.service_account import inbox
from miniprogram_mock.platform.service_account.console import account_of
from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.timers import on_timer

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("""
CREATE TABLE IF NOT EXISTS group_sends (
    msg_id INTEGER PRIMARY KEY, appid TEXT NOT NULL, client_id TEXT, content TEXT NOT NULL, audience TEXT NOT NULL, state TEXT NOT NULL,
    submitted_at REAL NOT NULL, finished_at REAL, total INTEGER, filtered INTEGER, sent INTEGER, errors INTEGER);
CREATE INDEX IF NOT EXISTS group_sends_of_account ON group_sends (appid, client_id);
CREATE TABLE IF NOT EXISTS group_received (
    openid TEXT NOT NULL, month TEXT NOT NULL, received INTEGER NOT NULL, PRIMARY KEY (openid, month));
""")
PER_MONTH = limit("group_send.per_person_and_month", 4, "2.5")
CONFIRM_SECONDS = limit("group_send.confirm_seconds", 1800, "2.5")
SENDING_SECONDS = limit("group_send.sending_seconds", 5, "[K], not verified")
_CONFIRM, _FINISH = "group_send.confirm", "group_send.finish"
REFUSED, NOBODY_CONFIRMED = "err(40001)", "err(40002)"

# Everybody meant by a tag, by a list or (with neither) all followers. Parameters: appid, month, most a month, tag_id, openids.
_AUDIENCE = """
    SELECT o.openid, f.following AND NOT f.blacklisted AS reachable, coalesce(r.received, 0) >= ?3 AS satisfied,
        f.refuses_messages OR coalesce(r.received, 0) >= ?3 AS filtered
    FROM openids o JOIN follows f ON f.appid = o.appid AND f.user_id = o.user_id
    LEFT JOIN group_received r ON r.openid = o.openid AND r.month = ?2
    WHERE o.appid = ?1 AND CASE
        WHEN ?5 IS NOT NULL THEN o.openid IN (SELECT value FROM json_each(?5))
        WHEN ?4 IS NOT NULL THEN f.following AND o.openid IN (SELECT openid FROM service_taggings t WHERE t.appid = ?1 AND t.tag_id = ?4)
        ELSE f.following END
"""
_COUNTS = f"""
    SELECT count(*) AS total, coalesce(sum(satisfied), 0) AS satisfied, coalesce(sum(NOT filtered), 0) AS prepared,
        coalesce(sum(reachable AND NOT filtered), 0) AS sent
    FROM ({_AUDIENCE})
"""  # noqa: S608
_INTO_INBOXES = f"""
    INSERT INTO messages (channel, account, recipient, msgid, state, content, sent_at)
    SELECT ?6, ?1, openid, ?7, 'delivered', ?8, ?9 FROM ({_AUDIENCE}) WHERE reachable AND NOT filtered
"""  # noqa: S608


def has_quota(platform: "Platform", appid: str, audience: dict[str, Any]) -> bool:
    """Whether anybody meant may still get a group send this month."""
    counts = _counted(platform, appid, audience)
    return counts["total"] == 0 or counts["satisfied"] < counts["total"]


def submit(
    platform: "Platform", appid: str, content: dict[str, Any], *, audience: dict[str, Any], client_id: str | None, waits: bool
) -> int:
    """Take a group send on; it goes out a moment later, or once an administrator has confirmed it. Gives its msg_id."""
    msg_id = 10**9 + (platform.store.value("SELECT count(*) FROM group_sends") or 0) * 2
    platform.store.insert(
        "group_sends", msg_id=msg_id, appid=appid, client_id=client_id, content=json.dumps(content, ensure_ascii=False),
        audience=json.dumps(audience), state="confirming" if waits else "sending", submitted_at=platform.clock.now(),
    )  # fmt: skip
    if waits:
        platform.timers.set(_CONFIRM, str(msg_id), after=platform.limits[CONFIRM_SECONDS])
    else:
        platform.timers.set(_FINISH, str(msg_id), after=platform.limits[SENDING_SECONDS])
    return msg_id


def decide(platform: "Platform", appid: str, msg_id: int, *, confirmed: bool) -> None:
    """The administrator confirms or refuses on her phone."""
    row = platform.store.one("SELECT * FROM group_sends WHERE appid = ? AND msg_id = ? AND state = 'confirming'", appid, msg_id)
    if row is None:
        raise NotPossible("没有等待确认的这次群发", status=404)
    platform.timers.stop(_CONFIRM, str(msg_id))
    if confirmed:
        platform.store.run("UPDATE group_sends SET state = 'sending' WHERE msg_id = ?", msg_id)
        platform.timers.set(_FINISH, str(msg_id), after=platform.limits[SENDING_SECONDS])
    else:
        _fail(platform, row, REFUSED)


def listed(platform: "Platform", appid: str, *, limit: int, after: int) -> list[dict[str, Any]]:
    """Group sends of an account, newest first; with `after` (a msg_id) those before it."""
    rows = platform.store.all(
        "SELECT * FROM group_sends WHERE appid = ? AND (? = 0 OR msg_id < ?) ORDER BY msg_id DESC LIMIT ?", appid, after, after, limit
    )
    return [{**row, "content": json.loads(row["content"]), "audience": json.loads(row["audience"])} for row in rows]


@on_timer(_CONFIRM)
def _nobody_confirmed(platform: "Platform", msg_id: str) -> None:
    row = platform.store.one("SELECT * FROM group_sends WHERE msg_id = ?", int(msg_id))
    assert row is not None
    _fail(platform, row, NOBODY_CONFIRMED)


@on_timer(_FINISH)
def _finish(platform: "Platform", msg_id: str) -> None:
    """Everybody who can be reached gets it now: one statement for the inboxes, one for the monthly count."""
    row = platform.store.one("SELECT * FROM group_sends WHERE msg_id = ?", int(msg_id))
    assert row is not None
    store, meant = platform.store, _bound(platform, row["appid"], json.loads(row["audience"]))
    counts = _counted(platform, row["appid"], json.loads(row["audience"]))
    store.run(
        _INTO_INBOXES, *meant, inbox.CHANNEL, msg_id, inbox.as_kept(json.loads(row["content"])), platform.clock.now(),
    )  # fmt: skip
    store.run(
        "INSERT INTO group_received SELECT recipient, ?, 1 FROM messages WHERE msgid = ? ON CONFLICT DO UPDATE SET received = received + 1",
        _month(platform), msg_id,
    )  # fmt: skip
    _report(platform, row, state="sent", status="send success", counts={**counts, "errors": counts["prepared"] - counts["sent"]})


def _fail(platform: "Platform", row: Row, status: str) -> None:
    total = _counted(platform, row["appid"], json.loads(row["audience"]))["total"]
    _report(platform, row, state="failed", status=status, counts={"total": total, "prepared": 0, "sent": 0, "errors": 0})


def _report(platform: "Platform", row: Row, *, state: str, status: str, counts: dict[str, int]) -> None:
    platform.store.run(
        "UPDATE group_sends SET state = ?, finished_at = ?, total = ?, filtered = ?, sent = ?, errors = ? WHERE msg_id = ?",
        state, platform.clock.now(), counts["total"], counts["prepared"], counts["sent"], counts["errors"], row["msg_id"],
    )  # fmt: skip
    account = account_of(platform, row["appid"])
    fields = {
        "MsgID": row["msg_id"], "Status": status, "TotalCount": counts["total"], "FilterCount": counts["prepared"],
        "SentCount": counts["sent"], "ErrorCount": counts["errors"],
    }  # fmt: skip
    # The sender is Tencent's own helper account.
    helper = f"o{hashlib.sha256(account.appid.encode()).hexdigest()[:27]}"
    platform.callbacks.message(account, "MASSSENDJOBFINISH", recipient=helper, fields=fields)


def _counted(platform: "Platform", appid: str, audience: dict[str, Any]) -> dict[str, int]:
    """How many it is meant for, how many of them had their fill this month, are left after filtering, and will get it."""
    row = platform.store.one(_COUNTS, *_bound(platform, appid, audience))
    assert row is not None
    return row


def _bound(platform: "Platform", appid: str, audience: dict[str, Any]) -> tuple[Any, ...]:
    """The parameters of _AUDIENCE."""
    openids = json.dumps(audience["openids"]) if "openids" in audience else None
    return appid, _month(platform), platform.limits[PER_MONTH], audience.get("tag_id"), openids


def _month(platform: "Platform") -> str:
    return platform.clock.window("%Y-%m")
