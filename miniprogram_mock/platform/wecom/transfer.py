"""Customers and groups handed to another member: by those who stay, and of those who have left (spec 4.5).

The codes of single customers and groups are not in the contract [K]. "At most 2 times, 90-day protection" is read as: within 90 days
a customer can be handed over twice.
"""

from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.endpoints import Call, Refusal
from miniprogram_mock.platform.errcode import Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.shapes import Int, Many, Shape, Text
from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.timers import on_timer
from miniprogram_mock.platform.wecom import customers, directory, groups, paging
from miniprogram_mock.platform.wecom.access import work
from miniprogram_mock.platform.wecom.customer_reads import serving
from miniprogram_mock.platform.wecom.events import tell

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

# `resigned`: whether the member who hands over has left.
declare("""
CREATE TABLE IF NOT EXISTS wecom_transfers (
    seq INTEGER PRIMARY KEY, corpid TEXT NOT NULL, external_userid TEXT NOT NULL, handover TEXT NOT NULL COLLATE NOCASE,
    takeover TEXT NOT NULL COLLATE NOCASE, resigned INTEGER NOT NULL, message TEXT NOT NULL, at REAL NOT NULL, status INTEGER NOT NULL,
    done_at REAL);
CREATE INDEX IF NOT EXISTS wecom_transfers_of ON wecom_transfers (external_userid);
CREATE TABLE IF NOT EXISTS wecom_group_transfers (id INTEGER PRIMARY KEY, corpid TEXT NOT NULL, owner TEXT NOT NULL, at REAL NOT NULL);
""")

BATCH = limit("wecom.transfer_customers", 100, "4.5")
TIMES = limit("wecom.transfers_per_customer", 2, "4.5")
PROTECTED_SECONDS = limit("wecom.transfer_protected_seconds", 90 * 86400, "4.5")
WAITING_SECONDS = limit("wecom.transfer_seconds", 24 * 3600, "4.5")
MESSAGE = limit("wecom.transfer_message_chars", 200, "4.5 [K], not verified")
MEMBER_CUSTOMERS = limit("wecom.customers_per_member", 20_000, "4.5 [K], not verified")
GROUP_BATCH = limit("wecom.transfer_groups", 100, "4.5 [K], not verified")
GROUPS_DAY = limit("wecom.transferred_groups_per_owner_day", 300, "4.5")
PAGE = limit("wecom.transfer_page", 1000, "4.5 [K], not verified")

DONE, WAITING, REFUSED, OVER_LIMIT = 1, 2, 3, 4
_TIMER = "wecom.transfer"
_PAIR: Shape = {"handover_userid": Text(required=True), "takeover_userid": Text(required=True)}
_CUSTOMERS: Shape = {**_PAIR, "external_userid": Many(Text(), most=BATCH, required=True)}
_CHATS: Shape = {"chat_id_list": Many(Text(), most=GROUP_BATCH, required=True), "new_owner": Text(required=True)}


@work("POST", "externalcontact/transfer_customer", customers=True, fields={**_CUSTOMERS, "transfer_success_msg": Text(most=MESSAGE)})
def transfer_customer(call: Call) -> Result:
    """A member who stays hands customers over; each moves after 24 hours unless the customer refuses."""
    handover = serving(call, call.data["handover_userid"])["userid"]
    return _begin(call, handover, resigned=False)


@work("POST", "externalcontact/resigned/transfer_customer", customers=True, fields=_CUSTOMERS)
def transfer_of_resigned(call: Call) -> Result:
    """Customers of a member who has left."""
    return _begin(call, _resigned(call)["userid"], resigned=True)


def _begin(call: Call, handover: str, *, resigned: bool) -> Result:
    takeover = serving(call, call.data["takeover_userid"])["userid"]
    results = []
    for external in dict.fromkeys(call.data["external_userid"]):
        code = _problem_with(call, external, handover, takeover, resigned=resigned)
        results.append({"external_userid": external, "errcode": code})
        if code:
            continue
        seq = call.platform.store.insert(
            "wecom_transfers", corpid=call.account.corpid, external_userid=external, handover=handover, takeover=takeover,
            resigned=int(resigned), message=call.data.get("transfer_success_msg", ""), at=call.platform.clock.now(), status=WAITING,
        )  # fmt: skip
        call.platform.timers.set(_TIMER, str(seq), after=call.platform.limits[WAITING_SECONDS])
    return ok(customer=results)


def _problem_with(call: Call, external: str, handover: str, takeover: str, *, resigned: bool) -> int:
    """The code for one customer, 0 when she can be handed over."""
    platform, corpid = call.platform, call.account.corpid
    if customers.customer(platform, corpid, external) is None:
        return 40096
    if customers.follow(platform, corpid, external, handover) is None:
        return 40131
    if handover.lower() == takeover.lower():
        return 40130
    earlier = platform.store.all("SELECT * FROM wecom_transfers WHERE corpid = ? AND external_userid = ?", corpid, external)
    if any(row["status"] == WAITING for row in earlier):
        return 40129
    since = platform.clock.now() - platform.limits[PROTECTED_SECONDS]
    recent = [row for row in earlier if row["status"] == DONE and row["done_at"] > since and not row["resigned"]]
    return 40128 if not resigned and len(recent) >= platform.limits[TIMES] else 0


@work("POST", "externalcontact/transfer_result", customers=True, fields={**_PAIR, "cursor": Text(least=0)})
def transfer_result(call: Call) -> Result:
    """Each customer's status: 1 done, 2 waiting, 3 refused, 4 the other has too many, 5 there is none."""
    return _results(call, serving(call, call.data["handover_userid"])["userid"], resigned=False)


@work("POST", "externalcontact/resigned/transfer_result", customers=True, fields={**_PAIR, "cursor": Text(least=0)})
def transfer_result_of_resigned(call: Call) -> Result:
    return _results(call, _resigned(call)["userid"], resigned=True)


def _results(call: Call, handover: str, *, resigned: bool) -> Result:
    most = call.platform.limits[PAGE]
    rows = call.platform.store.all(
        "SELECT seq, external_userid, status, done_at FROM wecom_transfers WHERE corpid = ? AND handover = ? AND takeover = ? "
        "AND resigned = ? AND seq > ? ORDER BY seq LIMIT ?",
        call.account.corpid, handover, call.data["takeover_userid"], int(resigned), paging.start(call), most + 1,
    )  # fmt: skip
    page, cursor = paging.cut(call, rows, most)
    listed = [{**row, "takeover_time": int(row.pop("done_at") or 0)} for row in page]
    return ok(customer=listed, next_cursor=cursor)


@work(
    "POST", "externalcontact/get_unassigned_list", customers=True,
    fields={"page_id": Int(least=0), "page_size": Int(least=1, most=PAGE), "cursor": Text(least=0)},
)  # fmt: skip
def get_unassigned_list(call: Call) -> Result:
    """Customers whose member has left and whom nobody has taken over."""
    most = call.data.get("page_size", call.platform.limits[PAGE])
    rows = call.platform.store.all(
        "SELECT f.seq, f.userid AS handover_userid, f.external_userid, m.left_at FROM wecom_follows f JOIN wecom_members m "
        "ON m.corpid = f.corpid AND m.userid = f.userid AND m.left_at IS NOT NULL WHERE f.corpid = ? AND f.ended_at IS NULL AND f.seq > ? "
        "AND NOT EXISTS (SELECT 1 FROM wecom_transfers t WHERE t.external_userid = f.external_userid AND t.handover = f.userid "
        "AND t.status = ?) ORDER BY f.seq LIMIT ?", call.account.corpid, paging.start(call), WAITING, most + 1,
    )  # fmt: skip
    page, cursor = paging.cut(call, rows, most)
    listed = [{**row, "dimission_time": int(row.pop("left_at"))} for row in page]
    return ok(info=listed, is_last=not cursor, next_cursor=cursor)


def _resigned(call: Call) -> Row:
    row = call.platform.store.one(
        "SELECT * FROM wecom_members WHERE corpid = ? AND userid = ? AND left_at IS NOT NULL",
        call.account.corpid, call.data["handover_userid"],
    )  # fmt: skip
    if row is None:
        raise Refusal(40003, "invalid handover_userid, she has not left")
    return row


@on_timer(_TIMER)
def _take_effect(platform: "Platform", ref: str) -> None:
    row = platform.store.one("SELECT * FROM wecom_transfers WHERE seq = ?", int(ref))
    if row is None or row["status"] != WAITING:
        return
    corpid, external, handover, takeover = (row[name] for name in ("corpid", "external_userid", "handover", "takeover"))
    has = "SELECT count(*) FROM wecom_follows WHERE corpid = ? AND userid = ? AND ended_at IS NULL"
    member = directory.member(platform, corpid, takeover)
    if member is None or not member["serves_customers"] or customers.follow(platform, corpid, external, handover) is None:
        _settle(platform, row, REFUSED)
    elif platform.store.value(has, corpid, takeover) >= platform.limits[MEMBER_CUSTOMERS]:
        _settle(platform, row, OVER_LIMIT)
        _tell_failure(platform, row, "customer_limit_exceed")
    else:
        _settle(platform, row, DONE)
        customers.part(platform, corpid, external, handover, by="transfer")
        if customers.follow(platform, corpid, external, takeover) is None:
            user_id = platform.store.value("SELECT user_id FROM wecom_customers WHERE external_userid = ?", external)
            customers.befriend(platform, corpid, takeover, user_id, add_way=customers.BY_ASSIGNMENT, oper_userid=takeover, welcome=False)
        text = row["message"] or "您好，您的服务已升级，后续将由我为您服务。"
        customers.say(platform, corpid, external, takeover, sender=takeover, kind="transfer", content={"text": {"content": text}})


def refuse(platform: "Platform", external: str) -> None:
    """The customer refuses to be handed over, within the 24 hours."""
    row = platform.store.one("SELECT * FROM wecom_transfers WHERE external_userid = ? AND status = ?", external, WAITING)
    if row is None:
        raise NotPossible("没有等待接替的转接")
    platform.timers.stop(_TIMER, str(row["seq"]))
    _settle(platform, row, REFUSED)
    _tell_failure(platform, row, "customer_refused")


def _settle(platform: "Platform", row: Row, status: int) -> None:
    platform.store.run("UPDATE wecom_transfers SET status = ?, done_at = ? WHERE seq = ?", status, platform.clock.now(), row["seq"])


def _tell_failure(platform: "Platform", row: Row, reason: str) -> None:
    tell(
        platform, row["corpid"], customers.EVENT, "transfer_fail", FailReason=reason, UserID=row["takeover"],
        ExternalUserID=row["external_userid"],
    )  # fmt: skip


@work("POST", "externalcontact/groupchat/transfer", customers=True, fields=_CHATS)
def transfer_groups(call: Call) -> Result:
    """Groups of owners who have left get a new one at once."""
    return _transfer_groups(call, resigned=True)


@work("POST", "externalcontact/groupchat/onjob_transfer", customers=True, fields=_CHATS)
def transfer_groups_on_job(call: Call) -> Result:
    return _transfer_groups(call, resigned=False)


def _transfer_groups(call: Call, *, resigned: bool) -> Result:
    owner = serving(call, call.data["new_owner"])["userid"]
    failed = []
    for chat_id in dict.fromkeys(call.data["chat_id_list"]):
        problem = _group_problem(call, chat_id, owner, resigned=resigned)
        if problem:
            failed.append({"chat_id": chat_id, "errcode": problem[0], "errmsg": problem[1]})
            continue
        row = groups.existing(call, chat_id)
        groups.change(call.platform, row, owner=owner)
        call.platform.store.insert("wecom_group_transfers", corpid=call.account.corpid, owner=owner, at=call.platform.clock.now())
    return ok(failed_chat_list=failed)


def _group_problem(call: Call, chat_id: str, owner: str, *, resigned: bool) -> tuple[int, str] | None:
    platform, corpid = call.platform, call.account.corpid
    row: Any = groups.group(platform, corpid, chat_id)
    if row is None:
        return 90501, "chat is not an external group chat"
    has_left = directory.member(platform, corpid, row["owner"]) is None
    if resigned and not has_left:
        return 90500, "the owner of this chat is not resigned"
    if not resigned and has_left:
        return 90502, "the owner of this chat has resigned"
    if row["owner"].lower() == owner.lower():
        return 90504, "the owner of this chat is the new owner already"
    since = platform.clock.now() - 86400
    done = platform.store.value(
        "SELECT count(*) FROM wecom_group_transfers WHERE corpid = ? AND owner = ? AND at > ?", corpid, owner, since
    )
    if done >= platform.limits[GROUPS_DAY]:
        return 90507, "the new owner took over too many groups today"
    return None
