"""At night it stays quiet, in whatever zone she is and whatever clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.messaging.models import MessagingPolicy
from app.messaging.service import limits
from app.wechat.fake import FakeGateway
from tests.factories import messaging as make
from tests.messaging.news import agreeing, at, news, policy


def test_in_her_quiet_hours_it_waits_for_her_morning_and_not_for_all_of_them_at_once(
    session: Session, town: make.Town, tencent: FakeGateway, later: Any
) -> None:
    policy(session, town, quiet_from=time(22), quiet_until=time(8))
    here, kolkata, nowhere = (agreeing(session, town, time_zone=zone) for zone in (None, "Asia/Kolkata", "Moon/Crater"))
    at(session, 23)
    sends = [news(session, town, one) for one in (here, kolkata, nowhere)]
    assert make.send_due(session) == 1, "it is half past eight in the evening in Kolkata"
    assert [one.status for one in sends] == ["planned", "accepted", "planned"]
    waiting = [sends[0], sends[2]]
    assert {one.error_code for one in waiting} == {"quiet_hours"}
    mornings = [one.due_at.astimezone(limits.CHINA) for one in waiting]
    assert all(time(8) <= one.time() <= time(8, 20) for one in mornings)
    assert mornings[0] != mornings[1]
    later(hours=8, minutes=59)
    assert make.send_due(session) == 0
    later(minutes=22)
    assert make.send_due(session) == 2


def test_a_brand_may_let_go_of_what_falls_into_the_night(session: Session, town: make.Town, tencent: FakeGateway) -> None:
    policy(session, town, quiet_from=time(22), quiet_until=time(8), quiet_drops=True)
    at(session, 3)
    sent = news(session, town, agreeing(session, town))
    assert make.send_due(session) == 0
    assert (sent.status, sent.error_code) == ("skipped", "quiet_hours")


@pytest.mark.parametrize(
    ("zone", "moment", "until"),
    [
        ("Asia/Shanghai", "2026-11-22T14:00:00+00:00", "2026-11-23T00:00:00+00:00"),
        ("Asia/Shanghai", "2026-11-22T13:59:59+00:00", None),
        ("Asia/Shanghai", "2026-11-23T00:00:00+00:00", None),
        ("Asia/Kathmandu", "2026-11-22T16:15:00+00:00", "2026-11-23T02:15:00+00:00"),
        ("Australia/Lord_Howe", "2026-11-22T11:00:00+00:00", "2026-11-22T21:00:00+00:00"),
        # The night in which an hour is left out, and the one in which an hour comes twice.
        ("Europe/Berlin", "2026-03-28T22:00:00+00:00", "2026-03-29T06:00:00+00:00"),
        ("Europe/Berlin", "2026-10-24T21:00:00+00:00", "2026-10-25T07:00:00+00:00"),
        ("no zone at all", "2026-11-22T14:00:00+00:00", "2026-11-23T00:00:00+00:00"),
        ("../etc/passwd", "2026-11-22T13:59:59+00:00", None),
    ],
)
def test_the_night_is_as_long_as_the_clock_on_her_wall_says(zone: str, moment: str, until: str | None) -> None:
    nights = MessagingPolicy(quiet_from=time(22), quiet_until=time(8), time_zone="Asia/Shanghai")
    ends = limits.quiet_until(nights, zone, datetime.fromisoformat(moment))
    assert ends == (until and datetime.fromisoformat(until))


def test_no_moment_of_a_year_in_any_zone_is_in_the_night_and_leaves() -> None:
    """Every quarter of an hour around the changes of clocks, in zones with halves, quarters and both directions."""
    nights = MessagingPolicy(quiet_from=time(22), quiet_until=time(8), time_zone="Asia/Shanghai")
    for zone in ("Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Chatham", "America/St_Johns", "UTC"):
        for first in (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 9, 20, tzinfo=UTC)):
            for quarter in range(0, 60 * 24 * 4, 3):
                moment = first + timedelta(minutes=15 * quarter)
                wall = moment.astimezone(limits.zone(zone)).time()
                until = limits.quiet_until(nights, zone, moment)
                assert (until is not None) == (wall >= time(22) or wall < time(8)), (zone, moment)
                assert until is None or until.astimezone(limits.zone(zone)).time() == time(8), (zone, moment)
