"""Journeys and people on them, for tests."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.dealers.models import Brand, Staff
from app.events import service as events
from app.events.models import Event
from app.identity.models import Customer
from app.journeys import service
from app.journeys.models import Journey, StaffTask
from app.kit import clock

_count = itertools.count(1)


def node(node_id: str, kind: str, **config: Any) -> dict[str, Any]:
    return {"id": node_id, "kind": kind, "config": config}


def graph(nodes: Sequence[dict[str, Any]], *, ways: str, trigger: str | dict[str, Any] = "share.opened", **rules: Any) -> dict[str, Any]:
    """A graph that starts at its first node. `ways` wires it: "ask.yes>end ask.no>pause pause>end"; the port is "done" when left out.

    `trigger` is the name of an event, or a whole trigger; `exit_on` among the rules may be names of events.
    """
    edges = []
    for way in ways.split():
        source, target = way.split(">")
        start, _, port = source.partition(".")
        edges.append({"from": start, "port": port or "done", "to": target})
    drawn = {"triggers": [event(trigger) if isinstance(trigger, str) else trigger], "start": nodes[0]["id"], "nodes": list(nodes)}
    if "exit_on" in rules:
        rules["exit_on"] = [{"event": one} if isinstance(one, str) else one for one in rules["exit_on"]]
    return drawn | {"edges": edges, "rules": rules}


def event(name: str, **where: Any) -> dict[str, Any]:
    """A trigger: an event of this name, whose data is as `where` says."""
    return {"kind": "event", "config": {"event": name, "where": where}}


def message_wait_message(**more: Any) -> dict[str, Any]:
    """A message, a day, another message, the end; a cancelled order or a refund ends it."""
    return graph(
        [
            node("hello", "send_message", template="deposit_paid"),
            node("pause", "wait", amount=1, unit="day"),
            node("again", "send_message", template="test_drive_invitation"),
            node("end", "end"),
        ],
        ways="hello>pause pause>again again>end",
        **{"exit_on": ["order.cancelled", "deposit.refunded"], **more},
    )


def journey(session: Session, of: Brand, drawn: dict[str, Any] | None = None) -> Journey:
    """A running journey; `message_wait_message` when no graph is given."""
    number = next(_count)
    made = service.create(session, of.id, key=f"journey{number}", name=f"旅程{number}")
    service.publish(session, made, drawn or message_wait_message())
    return made


def triggered(session: Session, customer: Customer, *, name: str = "share.opened", order: uuid.UUID | None = None, **data: Any) -> Event:
    """Something that happens to a customer, about an order when one is given."""
    subject = ("order", order) if order else None
    references = {"order_id": order} if order else {}
    return events.record(session, name, brand_id=customer.brand_id, customer_id=customer.id, subject=subject, data={**references, **data})


def task(session: Session, about: Customer, to: Staff, **fields: Any) -> StaffTask:
    """A task that a journey has given to a member of staff."""
    row = {"title": "回访客户", "to_whom": "owner", "ends_at": clock.now(session) + timedelta(days=1), "node_id": "task", "visit_no": 1}
    about_her = {"brand_id": about.brand_id, "customer_id": about.id, "staff_id": to.id, "dealer_id": to.dealer_id}
    made = StaffTask(journey_id=uuid.uuid4(), walk_id=uuid.uuid4(), **row | about_her | fields)
    session.add(made)
    session.flush()
    return made
