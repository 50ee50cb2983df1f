"""By what an A/B test is decided: for how many of those who were sent a way it came to something, and how sure that is.

The scenes are WeChat's (developers.weixin.qq.com/miniprogram/dev/reference/scene-list.html): the mini-program was opened from a
subscribe message (1014, 1107) or from a template message of the service account (1043).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import CTE, Select, and_, func, or_, select, union, union_all

from app.events.models import Event
from app.identity.models import Customer
from app.journeys import filters, proportions
from app.journeys.models import Conversion, Tried, Walk
from app.journeys.visits import Standing
from app.messaging.models import Delivery, InboxMessage, Send, SendStatus

METRICS = ("goal", "event", "delivered", "clicked")
OPENED, FROM_A_MESSAGE = ("app.launched", "app.shown"), (1014, 1043, 1107)

Figures = dict[str, dict[str, int]]


def figures(here: Standing) -> Figures:
    """Of each way: how many people were sent it, and for how many of them the metric came true since."""
    config = here.config
    tested = (
        select(Tried.walk_id, Tried.port, Tried.sent_at, Walk.customer_id)
        .join(Walk, Walk.id == Tried.walk_id)
        .where(Tried.version_id == here.version.id, Tried.node_id == here.node_id)
        .cte("tested")
    )
    fulfilled = {"goal": _reached, "event": _happened, "delivered": _delivered, "clicked": _clicked}[config["metric"]](tested, config)
    converted = fulfilled.distinct().subquery("converted")
    told = select(tested.c.port, func.count(), func.count(converted.c.walk_id))
    told = told.outerjoin(converted, converted.c.walk_id == tested.c.walk_id).group_by(tested.c.port)
    found: Figures = {arm["port"]: {"people": 0, "converted": 0} for arm in config["arms"]}
    for port, people, times in here.session.execute(told):
        found[port] = {"people": people, "converted": times}
    return found


def best(found: Figures) -> tuple[str, dict[str, Any]]:
    """The way that did best, of equals the first; and by how much it did better than the next best, at 95 %: {against, low, high}."""
    rates = {port: told["converted"] / max(told["people"], 1) for port, told in found.items()}
    first = max(rates, key=lambda port: rates[port])
    against = max((port for port in rates if port != first), key=lambda port: rates[port])
    low, high = proportions.difference(_of(found[first]), _of(found[against]))
    return first, {"against": against, "low": round(low, 6), "high": round(high, 6)}


def _of(told: Mapping[str, int]) -> tuple[int, int]:
    return told["converted"], told["people"]


def _reached(tested: CTE, _config: dict[str, Any]) -> Select[Any]:
    """The journey's goal, as its results count it: within its days, once for each walk."""
    return select(tested.c.walk_id).join(
        Conversion, and_(Conversion.walk_id == tested.c.walk_id, Conversion.converted_at >= tested.c.sent_at)
    )


def _happened(tested: CTE, config: dict[str, Any]) -> Select[Any]:
    return _facts(tested, (config["event"],), filters.holds(config["where"], Event.data))


def _delivered(tested: CTE, _config: dict[str, Any]) -> Select[Any]:
    return _sent(tested).where(Send.delivery == Delivery.success)


def _clicked(tested: CTE, _config: dict[str, Any]) -> Select[Any]:
    """She read a message of this walk in her inbox, or opened the mini-program from a message after one had left."""
    scene = or_(*(Event.data["scene"].astext == str(one) for one in FROM_A_MESSAGE))
    left = _sent(tested).where(Send.status == SendStatus.accepted)
    opened = _facts(tested, OPENED, scene, among=left)
    read = _sent(tested).join(InboxMessage, InboxMessage.send_id == Send.id).where(InboxMessage.read_at.is_not(None))
    either = union(opened, read).subquery("either")
    return select(either.c.walk_id)


def _sent(tested: CTE) -> Select[Any]:
    """The walks with the messages that were planned in them since."""
    return select(tested.c.walk_id).join(Send, and_(Send.walk_id == tested.c.walk_id, Send.created_at >= tested.c.sent_at))


def _facts(tested: CTE, names: tuple[str, ...], where: Any, *, among: Select[Any] | None = None) -> Select[Any]:
    """The walks, or those among these, of those to whom such an event happened since, also under a profile that was merged into hers."""
    merged = select(tested.c.walk_id, tested.c.sent_at, Customer.id).join(Customer, Customer.merged_into_id == tested.c.customer_id)
    asked = union_all(select(tested.c.walk_id, tested.c.sent_at, tested.c.customer_id), merged).subquery("asked")
    done = and_(Event.customer_id == asked.c.customer_id, Event.recorded_at >= asked.c.sent_at, Event.name.in_(names))
    found = select(asked.c.walk_id).join(Event, done).where(where)
    return found if among is None else found.where(asked.c.walk_id.in_(among))
