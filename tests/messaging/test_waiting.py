"""Who waits for a car hears in WeChat that it is her turn, and until when; and that it is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.events import service as events
from app.kit import clock
from app.messaging import facts
from app.wechat.fake import FakeGateway
from tests.factories import messaging as make


@pytest.mark.parametrize(
    ("name", "template", "key", "value"),
    [
        ("waitlist.offered", "waitlist_offered", "time3", None),
        ("waitlist.lapsed", "waitlist_ended", "phrase3", "已过期"),
        ("waitlist.ended", "waitlist_ended", "phrase3", "不再出售"),
    ],
)
def test_her_turn_and_its_end_are_told_once_with_the_car_and_the_time(
    session: Session, tencent: FakeGateway, deliver: Any, name: str, template: str, key: str, value: str | None
) -> None:
    town = make.town(session)
    her, car = make.follower(session, town), town.market.vehicle
    until = clock.now(session) + timedelta(minutes=15)
    data = {"vehicle_id": car.id, "store_id": car.store_id, "dealer_id": car.dealer_id, "offered_until": until.isoformat()}
    events.record(session, name, brand_id=town.brand_id, customer_id=her.id, subject=("waitlist", car.id), data=data)
    deliver()
    make.send_due(session)
    make.send_due(session)
    (told,) = tencent.calls_of("send_template")
    assert told["template_id"] == make.TEMPLATES[template]
    assert told["data"]["thing1"] == car.title[:20]
    assert told["data"][key] == (value or facts.minute(until))
    assert told["page"] == f"pages/vehicles/detail?id={car.id}"
