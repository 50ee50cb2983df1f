"""How a brand treats people is changed by people, and what is left of a quota says when something will be done."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Role
from app.events.models import Event
from app.kit import clock
from app.messaging.models import MessagingPolicy, QuotaDay, SenderStop
from app.messaging.service import forecasting, limits
from app.messaging.service.forecasting import Quota, finishes_on, for_marketing
from app.wechat.fake import FakeGateway
from tests.factories import broadcasts as make
from tests.factories import dealers
from tests.factories import messaging as towns

TODAY = date(2026, 12, 1)


@pytest.fixture
def marketer(session: Session, client: Any, town: towns.Town) -> Any:
    one = dealers.staff(session, town.market.brand, Role.marketer)
    session.commit()
    assert client.post("/api/public/staff/login", json={"username": one.username, "password": dealers.PASSWORD}).status_code == 200
    return client


class TestPolicy:
    def test_a_brand_that_decided_nothing_has_no_quiet_hours_and_no_caps(self, marketer: Any) -> None:
        told = marketer.get("/api/staff/messaging/policy").json
        assert (told["quiet_from"], told["most_per_day"], told["reserve_percent"], told["time_zone"]) == (None, None, 10, "Asia/Shanghai")

    def test_what_is_given_changes_and_who_changed_what_is_kept(self, session: Session, marketer: Any) -> None:
        first = marketer.put("/api/staff/messaging/policy", json={"quiet_from": "22:00", "quiet_until": "08:00", "most_per_day": 2})
        assert (first.status_code, first.json["quiet_from"], first.json["most_per_day"]) == (200, "22:00", 2)
        second = marketer.put("/api/staff/messaging/policy", json={"most_per_week": 5})
        assert (second.json["quiet_until"], second.json["most_per_week"]) == ("08:00", 5)
        marketer.put("/api/staff/messaging/policy", json={"most_per_week": 5})
        facts = list(session.execute(select(Event).filter_by(name="messaging.policy_changed").order_by(Event.id)).scalars())
        assert [one.data["changed"] for one in facts] == [
            {"quiet_from": [None, "22:00"], "quiet_until": [None, "08:00"], "most_per_day": [None, 2]},
            {"most_per_week": [None, 5]},
        ]
        assert {one.actor_type for one in facts} == {"staff"}

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"quiet_from": "22:00"}, "quiet_until"),
            ({"quiet_until": "08:00"}, "quiet_from"),
            ({"quiet_from": "08:00", "quiet_until": "08:00"}, "quiet_until"),
            ({"quiet_from": "25:00", "quiet_until": "08:00"}, "quiet_from"),
            ({"time_zone": "Asia/Atlantis"}, "time_zone"),
            ({"time_zone": "../etc/passwd"}, "time_zone"),
            ({"most_per_day": 0}, "most_per_day"),
            ({"most_per_week": -1}, "most_per_week"),
            ({"most_per_day": 5, "most_per_week": 2}, "most_per_week"),
            ({"most_per_day": 5, "most_per_month": 2}, "most_per_month"),
            ({"reserve_percent": 101}, "reserve_percent"),
            ({"stop_at_percent": -1}, "stop_at_percent"),
        ],
    )
    def test_what_does_not_hold_is_refused_by_its_name_and_changes_nothing(
        self, session: Session, marketer: Any, given: dict[str, Any], field: str
    ) -> None:
        answer = marketer.put("/api/staff/messaging/policy", json=given)
        assert (answer.status_code, field in answer.json["details"]) == (422, True), answer.json
        assert marketer.get("/api/staff/messaging/policy").json["most_per_day"] is None
        assert session.execute(select(Event).filter_by(name="messaging.policy_changed")).first() is None

    def test_finance_looks_and_does_not_change(self, session: Session, client: Any, town: towns.Town) -> None:
        one = dealers.staff(session, town.market.brand, Role.finance)
        session.commit()
        client.post("/api/public/staff/login", json={"username": one.username, "password": dealers.PASSWORD})
        assert client.get("/api/staff/messaging/policy").status_code == 200
        assert client.put("/api/staff/messaging/policy", json={"most_per_day": 1}).status_code == 403

    def test_a_stopped_sender_goes_on_when_a_person_says_so(
        self, session: Session, town: towns.Town, tencent: FakeGateway, marketer: Any
    ) -> None:
        make.news(session, town)
        (who,) = make.readers(session, town, 1)
        moment, appid = clock.now(session), town.service_account.appid
        session.add(
            SenderStop(
                brand_id=town.brand_id, channel="service_template", appid=appid, window_began_at=moment, stopped_at=moment, reason="60 %"
            )
        )
        towns.plan(session, town, who, make.NEWS, purpose="marketing")
        assert towns.send_due(session) == 0
        (stop,) = marketer.get("/api/staff/messaging/senders/stopped").json["items"]
        assert (stop["channel"], stop["reason"]) == ("service_template", "60 %")
        for _ in range(2):
            assert marketer.post(f"/api/staff/messaging/senders/service_template/{appid}/go-on").status_code == 200
        assert towns.send_due(session) == 1
        assert marketer.get("/api/staff/messaging/senders/stopped").json["items"] == []
        assert len(session.execute(select(Event).filter_by(name="messaging.sender_released")).all()) == 1
        assert marketer.post("/api/staff/messaging/senders/sms/nobody/go-on").status_code == 404


class TestForecast:
    @pytest.mark.parametrize(
        ("count", "quota", "days"),
        [
            (0, Quota(0, 90), 0),
            (90, Quota(90, 90), 0),
            (91, Quota(90, 90), 1),
            (1, Quota(0, 90), 1),
            (181, Quota(90, 90), 2),
            (1_000_000, Quota(90_000, 90_000), 11),
            (10**9, Quota(), 0),
            (1, Quota(0, 0), None),
            (5, Quota(5, 0), 0),
        ],
    )
    def test_the_day_on_which_it_is_done(self, count: int, quota: Quota, days: int | None) -> None:
        assert finishes_on(count, quota, TODAY) == (None if days is None else TODAY + timedelta(days=days))

    def test_transactional_messages_keep_their_reserve_and_what_they_use_beyond_it(self) -> None:
        assert for_marketing(1000, 10, used=0, used_by_marketing=0) == Quota(900, 900)
        assert for_marketing(1000, 10, used=350, used_by_marketing=300) == Quota(600, 900)
        assert for_marketing(1000, 10, used=500, used_by_marketing=300) == Quota(500, 900)
        assert for_marketing(1000, 10, used=1000, used_by_marketing=900) == Quota(0, 900)
        assert for_marketing(None, 10, used=7, used_by_marketing=7) == Quota()

    def test_what_is_foreseen_is_what_the_counter_of_the_engine_does_within_five_percent(self, session: Session) -> None:
        """A wave that takes twenty days and more, against `take_quota` itself, with transactional messages that come as they like."""
        chance = random.Random(11)
        policy = MessagingPolicy(reserve_percent=10)
        for wave in (23_000, 31_000):
            appid, limit = f"wx{wave}", 1_000
            transactional = [chance.randint(60, 240) for _ in range(120)]
            sender = (appid, "service_template")
            start = datetime.combine(TODAY, time(9), limits.CHINA)
            quota = for_marketing(limit, policy.reserve_percent, used=0, used_by_marketing=0)
            foreseen = finishes_on(wave, quota, TODAY)
            assert foreseen is not None
            left, day = wave, -1
            while left > 0:
                day += 1
                for part in range(4):
                    moment = start + timedelta(days=day, hours=2 * part)
                    asked = {sender: Counter(transactional=transactional[day] // 4, marketing=left)}
                    left -= limits.take_quota(session, policy, asked, limits={sender: limit}, moment=moment)[sender]["marketing"]
            assert abs((foreseen - TODAY).days - day) <= max(1, 0.05 * day), (wave, foreseen, day)

    def test_the_board_shows_each_sender_and_what_stands_before_a_new_one(
        self, session: Session, town: towns.Town, tencent: FakeGateway, marketer: Any
    ) -> None:
        make.news(session, town)
        town.service_account.settings = town.service_account.settings | {"quotas": {"service_account.send_template": 100}}
        today = limits.quota_day(clock.now(session))
        appid = town.service_account.appid
        session.add(QuotaDay(appid=appid, channel="service_template", day=today, used=30, used_by_marketing=25))
        session.add(QuotaDay(appid=appid, channel="service_template", day=today - timedelta(days=1), used=80, used_by_marketing=60))
        for one in make.readers(session, town, 3):
            towns.plan(session, town, one, make.NEWS, purpose="marketing")
        session.commit()
        board = marketer.get("/api/staff/messaging/quota").json
        (row,) = [one for one in board["today"] if one["channel"] == "service_template"]
        assert (row["limit"], row["used"], row["reserve"], row["planned"]) == (100, 30, 10, 3)
        # Of the ten that are kept for transactional messages five have left.
        assert (row["free_for_marketing"], row["marketing_per_day"]) == (65, 90)
        assert (row["account_name"], row["waiting"], row["done_on"]) == (town.service_account.name, 3, today.isoformat())
        assert [one["used"] for one in board["history"]] == [30, 80]

        def ask(count: int) -> Any:
            query = {"channel": "service_template", "appid": appid, "count": count}
            return marketer.get("/api/staff/messaging/quota/forecast", query_string=query).json

        assert ask(62) == {"done_on": today.isoformat(), "sentence": "这批消息预计今天发完"}
        later = today + timedelta(days=1)
        assert ask(63) == {"done_on": later.isoformat(), "sentence": f"这批消息预计 {later.month} 月 {later.day} 日发完"}
        assert marketer.get("/api/staff/messaging/quota/forecast").status_code == 422

    def test_a_quota_that_wechat_says_is_used_up_leaves_nothing_for_today(self, session: Session, town: towns.Town) -> None:
        town.service_account.settings = town.service_account.settings | {"quotas": {"service_account.send_template": 100}}
        limits.used_up(session, town.service_account.appid, "service_template", clock.now(session))
        (row,) = [one for one in forecasting.board(session, town.brand_id) if one.channel == "service_template"]
        assert (row.exhausted, row.quota) == (True, Quota(0, 90))
