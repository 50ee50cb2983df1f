"""Template messages: to followers only, the same once, with quotas and a delivery report (spec 2.3)."""

from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.errcode import Refusal, Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.service_account import inbox, templates
from miniprogram_mock.platform.service_account.door import MINI_PROGRAM, OPENID, check_mini_program, follower, service
from miniprogram_mock.platform.service_account.template_values import DATA, checked_values
from miniprogram_mock.platform.shapes import Text
from miniprogram_mock.platform.store import Row

SAME_SECONDS = limit("template.client_msg_id_seconds", 600, "2.3: ten minutes [K], not verified")
CLIENT_MSG_ID_CHARACTERS = limit("template.client_msg_id_characters", 32, "2.3 [K], not verified")
PER_DAY = limit("template.per_day", 100_000, "2.3")
# From so many followers on there is a higher daily quota; by how much the contract leaves to the console.
_GROWTH = tuple(
    (
        limit(f"template.fans_for_step_{step}", fans, "2.3"),
        limit(f"template.per_day_at_step_{step}", fans * 10, "2.3: see the console's number [K], not verified"),
    )
    for step, fans in ((3, 10_000_000), (2, 1_000_000), (1, 100_000))
)
TO_ONE = limit("template.to_one_openid", 100, "2.3 names 43117, not the number [K], not verified")
TO_ONE_SECONDS = limit("template.to_one_openid_seconds", 60, "2.3 names 43117, not the window [K], not verified")
# "Sent" means delivered to the client, which WeChat reports a moment later.
DELIVERY_SECONDS = 0.3


@service("POST", "/cgi-bin/message/template/send", fields={
    "touser": OPENID, "template_id": Text(required=True, missing=40036, wrong=40036), "url": Text(least=0), "miniprogram": MINI_PROGRAM,
    "client_msg_id": Text(most=CLIENT_MSG_ID_CHARACTERS, too_long=40097), "data": DATA,
})  # fmt: skip
def send(call: Call) -> Result:
    """Send a template message; TEMPLATESENDJOBFINISH follows.

    The same `client_msg_id` to the same person within ten minutes gives the same msgid and shows nothing new.
    """
    store, data = call.platform.store, call.data
    template = templates.find(call.platform, call.account, data["template_id"], kind="template")
    person = follower(call, data["touser"])
    if template is None:
        raise Refusal(40037, "invalid template_id")
    if template["state"] == "withdrawn":
        raise Refusal(43116, "the template can no longer be used, its category is gone")
    shown = checked_values(call, template)
    check_mini_program(call, call.data.get("miniprogram"))
    once = f"{person['openid']}:{data['client_msg_id']}" if "client_msg_id" in data else None
    if once and (sent := _sent_before(call, once)):
        store.attempt("template", once, effect=False)
        return ok(msgid=int(sent))
    _count_to_one(call, person["openid"])
    _count_of_day(call)
    msgid = _deliver(call, person, template, shown)
    if once:
        store.attempt("template", once, effect=True)
        store.run("INSERT OR REPLACE INTO sent_once VALUES ('template', ?, ?, ?)", once, call.platform.clock.now(), str(msgid))
    return ok(msgid=msgid)


def _sent_before(call: Call, once: str) -> str | None:
    since = call.platform.clock.now() - call.platform.limits[SAME_SECONDS]
    answer: str | None = call.platform.store.value(
        "SELECT answer FROM sent_once WHERE kind = 'template' AND key = ? AND at > ?", once, since
    )  # fmt: skip
    return answer


def _count_to_one(call: Call, openid: str) -> None:
    since = call.platform.clock.now() - call.platform.limits[TO_ONE_SECONDS]
    lately = call.platform.store.value(
        "SELECT count(*) FROM messages WHERE recipient = ? AND sent_at > ? AND channel = ?", openid, since, inbox.CHANNEL
    )
    if lately >= call.platform.limits[TO_ONE]:
        raise Refusal(43117, "Sending messages to this openid too frequently")


def _count_of_day(call: Call) -> None:
    """The followers are counted only when the quota that was known is used up, so that a send stays quick."""
    store, limits, appid, day = call.platform.store, call.platform.limits, call.account.appid, call.platform.clock.today()
    used = store.count_up(f"template:{appid}", day)
    if used <= limits[PER_DAY] or used <= (
        store.value("SELECT used FROM counters WHERE name = ? AND window = ?", f"grown:{appid}", day) or 0
    ):
        return
    fans = store.value("SELECT count(*) FROM follows WHERE appid = ? AND following", appid)
    quota = next((limits[per_day] for from_fans, per_day in _GROWTH if fans >= limits[from_fans]), limits[PER_DAY])
    store.run("INSERT OR REPLACE INTO counters VALUES (?, ?, ?)", f"grown:{appid}", day, quota)
    if used > quota:
        raise Refusal(45009, "reach max api daily quota limit")


def _deliver(call: Call, person: Row, template: Row, shown: list[dict[str, str]]) -> int:
    """Put the message into the inbox (unless its owner refuses messages) and schedule the delivery report."""
    platform, msgid = call.platform, inbox.new_msgid()
    planted = platform.faults.take("template_status", path=call.path, account=call.account.appid)
    status = "failed:user block" if person["refuses_messages"] else planted or "success"
    content = {
        "kind": "template", "template": template["name"], "title": template["title"], "url": call.data.get("url"),
        "miniprogram": call.data.get("miniprogram"), "fields": shown,
    }  # fmt: skip
    state = "delivered" if status == "success" else status
    inbox.put(platform, call.account.appid, person["openid"], content, msgid=msgid, state=state)
    platform.callbacks.message(
        call.account, "TEMPLATESENDJOBFINISH", recipient=person["openid"], fields={"MsgID": msgid, "Status": status}, after=DELIVERY_SECONDS
    )
    return msgid
