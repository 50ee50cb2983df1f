"""Broadcasts for tests: a brand with followers who want its news, and something to tell them."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.broadcasts import service
from app.broadcasts.models import Broadcast
from app.identity import service as identity
from app.identity.models import Customer, Purpose
from app.kit import clock
from app.messaging import service as messaging
from app.messaging.models import MessageTemplate, Send, SenderStop
from tests.factories import messaging as make

# Doors that may be opened twice: they only look, or change nothing the second time.
HONOURED = {
    "POST /api/staff/broadcasts/forecast",
    "POST /api/staff/templates/preview",
    "PUT /api/staff/broadcasts/<uuid:broadcast_id>",
}
_count = itertools.count(1)
NEWS = "spring_news"
LADDER = [{"channel": "service_template", "template_key": NEWS}]


def news(session: Session, of: make.Town) -> MessageTemplate:
    """A template of the service account that needs no facts."""
    return template(session, of.brand_id, of.service_account.appid)


def template(session: Session, brand_id: uuid.UUID, appid: str) -> MessageTemplate:
    """The same, of an account that may not be there."""
    made = MessageTemplate(
        brand_id=brand_id,
        channel="service_template",
        key=NEWS,
        title="新车到店",
        purpose="marketing",
        template_ids={appid: "news-at-wechat"},
        fields={"thing1": "新车到店"},
    )
    session.add(made)
    session.flush()
    return made


def readers(session: Session, of: make.Town, number: int, *, agreed: bool = True, **fields: Any) -> list[Customer]:
    """Followers of the service account, who agreed to marketing or never said a word."""
    made = [make.follower(session, of, **fields) for _ in range(number)]
    for one in made if agreed else ():
        identity.give_consent(session, one, purpose=Purpose.marketing, text_version="1")
    session.flush()
    return made


def broadcast(session: Session, of: make.Town, people: Sequence[Customer], **fields: Any) -> Broadcast:
    """A draft of a broadcast to a list of people."""
    return service.create(
        session,
        of.brand_id,
        staff_id=None,
        **{
            "name": f"群发{next(_count)}",
            "purpose": "marketing",
            "audience": {"kind": "list", "customer_ids": [one.id for one in people]},
            "ladder": LADDER,
        }
        | fields,
    )


def begun(session: Session, of: make.Town, people: Sequence[Customer], **fields: Any) -> Broadcast:
    """A broadcast whose time has come; nobody is planned for yet."""
    made = broadcast(session, of, people, **fields)
    service.schedule(session, of.brand_id, made.id)
    service.begin_due(session)
    session.refresh(made)
    return made


def in_states(session: Session, brand_id: uuid.UUID, person: Customer) -> dict[str, Broadcast]:
    """A broadcast to one person in each state that a door leads from."""
    template(session, brand_id, "")
    audience = {"kind": "list", "customer_ids": [person.id]}
    made = {}
    for state in ("draft", "scheduled", "sending", "paused"):
        one = service.create(session, brand_id, staff_id=None, name=state, purpose="marketing", audience=audience, ladder=LADDER)
        made[state] = one
        if state != "draft":
            later = clock.now(session) + timedelta(days=1) if state == "scheduled" else None
            service.schedule(session, brand_id, one.id, at=later)
    service.begin_due(session)
    service.pause(session, brand_id, made["paused"].id)
    return made


def planned(session: Session, brand_id: uuid.UUID, person: Customer) -> Send:
    """A message to one person that is planned."""
    return messaging.plan(
        session,
        brand_id=brand_id,
        channel="service_template",
        recipient=("customer", person.id),
        template_key=NEWS,
        dedupe_key=f"planned:{next(_count)}",
    )


def ids_of_doors(session: Session, brand_id: uuid.UUID, person: Customer) -> dict[str, Any]:
    """What the doors of broadcasts and messages name in their paths."""
    send_id = planned(session, brand_id, person).id
    return {"broadcast_id": in_states(session, brand_id, person)["draft"].id, "send_id": send_id, "channel": "sms", "appid": "wx0"}


def sends_of(session: Session, of: Broadcast) -> list[Send]:
    session.expire_all()
    return list(session.execute(select(Send).filter_by(broadcast_id=of.id).order_by(Send.id)).scalars())


def fed(session: Session) -> int:
    """Let the worker feed what is being sent; how many steps that took."""
    session.commit()
    steps = service.feed()
    session.expire_all()
    return steps


def ids(people: Sequence[Customer]) -> set[uuid.UUID]:
    return {one.id for one in people}


def doors(session: Session, brand_id: uuid.UUID, to: Customer) -> dict[str, dict[str, Any]]:
    """For each step of a broadcast one that can take it, and a sender that may go on."""
    moment, stopped = clock.now(session), {"channel": "sms", "appid": "wx0"}
    session.add(SenderStop(brand_id=brand_id, window_began_at=moment, stopped_at=moment, **stopped))
    states = in_states(session, brand_id, to)
    steps = {"": "draft", "/schedule": "draft", "/trial": "draft", "/unschedule": "scheduled"}
    steps |= {"/pause": "sending", "/cancel": "sending", "/resume": "paused"}
    session.commit()
    found = {f"/broadcasts/<uuid:broadcast_id>{step}": {"broadcast_id": states[state].id} for step, state in steps.items()}
    return found | {"/go-on": stopped}
