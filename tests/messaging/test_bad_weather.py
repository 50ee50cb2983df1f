"""A platform that is not sure: a tenth of the calls goes wrong, half of those after it has taken the message."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select

from app.events.models import Event
from app.kit.settings import settings
from app.messaging import service
from app.messaging.models import Send
from app.wechat import http
from tests.factories import messaging as make
from tests.messaging.test_channels_at_tencent import PROGRESS, World, subscribe, world
from tests.wechat.conftest import accounts, gateway, simulator

__all__ = ["accounts", "gateway", "simulator", "world"]

PEOPLE, EACH = 30, 3
SEED = 20261122
FAULTS: list[dict[str, Any]] = [
    {"kind": "timeout_after_accept", "percent": 5},
    {"kind": "errcode", "percent": 2.5, "code": -1},
    {"kind": "http", "percent": 2.5, "status": 502},
]


def test_of_an_unsure_platform_everybody_gets_each_message_once_or_we_say_that_nobody_knows(
    world: World, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WECHAT_READ_TIMEOUT_SECONDS", "1")
    settings.cache_clear()
    http.forget()
    session, sends = world.session, {}
    account = world.accounts["mini_program"]
    template_id = next(one["template_id"] for one in account.settings["subscribe_templates"] if one["moment"] == "deposit_paid")
    fields = PROGRESS | {"character_string3": "TD20261122"}
    key = make.template(session, world.town, "subscribe_message", fields, template_ids={account.appid: template_id}).key
    service.install_defaults(session, world.town.brand_id, world.simulator.accounts["templates"])
    people = [world.customer() for _ in range(PEOPLE)]
    for her, person in people:
        subscribe(world, person, template_id)
        about = {"vehicle_id": world.town.market.vehicle.id}
        for number in range(EACH):
            sends[world.plan(her, "service_template", "test_drive_invitation", context=about).id] = (person["id"], number)
        sends[world.plan(her, "subscribe_message", key, context=about).id] = (person["id"], None)
    session.commit()
    world.simulator.ask("faults", faults=[{"seed": SEED, **one} for one in FAULTS])
    open_ones = select(Send.id).where(Send.status.in_(("planned", "claimed")))
    for _ in range(14):
        make.send_due(session)
        if not session.execute(open_ones).first():
            break
        later(minutes=1)
    world.simulator.ask("faults", clear=True)
    make.send_due(session)

    fates = Counter(tuple(row) for row in session.execute(select(Send.channel, Send.status)))
    assert set(fates) <= {(channel, "accepted") for channel in ("service_template", "subscribe_message")} | {
        ("subscribe_message", "unknown")
    }
    assert fates["subscribe_message", "unknown"], "no answer was lost: the test tests nothing"
    assert fates["service_template", "accepted"] == PEOPLE * EACH
    told = session.execute(select(Event.subject_id).filter_by(name="message.unknown")).scalars().all()
    unknown = session.execute(select(Send.id).filter_by(status="unknown")).scalars().all()
    assert sorted(map(uuid.UUID, told)) == sorted(unknown), "each of which nobody knows is a fact within a quarter of an hour"

    assert world.simulator.look("duplicates", twice=1)["duplicates"] == []
    for _, person in people:
        assert len(world.simulator.look(f"users/{person['id']}/inbox")["messages"]) == EACH
        assert len(world.simulator.look(f"users/{person['id']}/notices")["notices"]) <= 1
    repeated = [one for one in world.attempts("template").values() if one[0] > 1]
    assert repeated, "no message was asked for again: the test tests nothing"
