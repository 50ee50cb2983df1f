"""What people want to hear: what they said last counts, per channel and purpose, and nothing leaves against it."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Role
from app.events.models import Event
from app.identity import queries, service
from app.identity.errors import ConsentTextFixed, ConsentTextUnknown
from app.identity.models import Consent, Customer, Purpose, Refusal
from app.messaging import service as messaging
from app.messaging.models import Lane, Send
from app.messaging.service import claiming
from app.wechat import client as doors
from app.wechat.fake import FakeGateway
from app.wechat.models import WechatAccount
from tests.factories import broadcasts, dealers
from tests.factories import identity as people
from tests.factories import messaging as towns
from tests.factories import wechat as accounts

MARKETING = Purpose.marketing


@pytest.fixture
def brand(session: Session) -> Brand:
    return dealers.brand(session)


@pytest.fixture
def lin(session: Session, brand: Brand) -> Customer:
    return people.customer(session, brand)


def allows(session: Session, who: Customer, channel: str = "sms") -> str | None:
    return queries.wishes(session, [who.id])[who.id].allows(channel)


def agree(session: Session, who: Customer, channel: str | None = None) -> None:
    service.give_consent(session, who, purpose=MARKETING, text_version="1", channel=channel)


class TestWhatCounts:
    def test_nobody_is_written_to_who_never_agreed(self, session: Session, lin: Customer) -> None:
        assert allows(session, lin) == "no_consent"
        agree(session, lin, "sms")
        assert allows(session, lin) is None
        assert allows(session, lin, "inbox") == "no_consent", "she agreed to short messages only"

    def test_the_last_word_counts_whatever_was_said_before(self, session: Session, lin: Customer) -> None:
        """Every order of saying something, against the rule in plain words: the word about this channel alone before the one about all,
        and of two words the later.
        """
        words = [(verb, channel) for verb in ("agree", "refuse", "lift") for channel in (None, "sms")]
        chance = random.Random(7)
        stories = [list(story) for length in (1, 2) for story in itertools.product(words, repeat=length)]
        stories += [[chance.choice(words) for _ in range(5)] for _ in range(30)]
        for story in stories:
            who = people.customer(session, session.get_one(Brand, lin.brand_id))
            refused: dict[str | None, int] = {}
            agreed: dict[str | None, int] = {}
            for turn, (verb, channel) in enumerate(story, 1):
                if verb == "agree":
                    agree(session, who, channel)
                    agreed[channel] = turn
                    refused.pop(channel, None)
                elif verb == "refuse":
                    service.refuse(session, who, purpose=MARKETING, channel=channel)
                    if channel not in refused or channel is None:
                        refused[channel] = turn
                else:
                    service.lift_refusal(session, who, purpose=MARKETING, channel=channel)
                    refused.pop(channel, None)
            last = max(agreed.get(None, 0), agreed.get("sms", 0))
            expected = "refused" if "sms" in refused or refused.get(None, 0) > last else None if last else "no_consent"
            assert allows(session, who) == expected, story

    def test_a_refusal_is_one_row_however_often_it_is_said(self, session: Session, lin: Customer) -> None:
        for _ in range(3):
            service.refuse(session, lin, purpose=MARKETING)
        assert session.execute(select(func.count()).select_from(Refusal)).scalar_one() == 1
        assert session.execute(select(func.count()).select_from(Event).filter_by(name="customer.refused")).scalar_one() == 1

    def test_what_she_had_agreed_to_holds_again_when_the_refusal_is_taken_back(self, session: Session, lin: Customer) -> None:
        agree(session, lin)
        service.refuse(session, lin, purpose=MARKETING)
        assert allows(session, lin) == "refused"
        service.lift_refusal(session, lin, purpose=MARKETING)
        assert allows(session, lin) is None

    def test_other_purposes_stay_as_they_are(self, session: Session, lin: Customer) -> None:
        for purpose in Purpose:
            service.give_consent(session, lin, purpose=purpose, text_version="1")
        service.refuse(session, lin, purpose=MARKETING)
        service.withdraw_consent(session, lin, purpose=Purpose.location)
        left = {purpose for purpose in Purpose if queries.wishes(session, [lin.id], purpose)[lin.id].allows("sms") is None}
        assert left == {Purpose.phone, Purpose.dealer_sharing}

    def test_many_are_asked_after_in_one_statement(self, session: Session, brand: Brand, lin: Customer) -> None:
        agreed = [people.customer(session, brand) for _ in range(5)]
        for one in agreed:
            agree(session, one)
        found = queries.wishes(session, [lin.id, *(one.id for one in agreed)])
        assert [found[one.id].allows("sms") for one in agreed] == [None] * 5
        assert found[lin.id].allows("sms") == "no_consent"


class TestEvidence:
    def test_a_consent_names_a_version_that_was_published(self, session: Session, brand: Brand, lin: Customer) -> None:
        service.publish_text(session, brand.id, purpose=MARKETING, version="2026-11", words="我同意接收活动信息。")
        with pytest.raises(ConsentTextUnknown):
            service.give_consent(session, lin, purpose=MARKETING, text_version="2025-01")
        service.give_consent(session, lin, purpose=MARKETING, text_version="2026-11")
        assert allows(session, lin) is None
        service.give_consent(session, lin, purpose=Purpose.phone, text_version="1")

    def test_the_words_of_a_version_never_change(self, session: Session, brand: Brand) -> None:
        for _ in range(2):
            service.publish_text(session, brand.id, purpose=MARKETING, version="1", words="甲")
        with pytest.raises(ConsentTextFixed):
            service.publish_text(session, brand.id, purpose=MARKETING, version="1", words="乙")

    def test_who_wrote_it_down_and_where_stays_with_it_until_she_is_forgotten(self, session: Session, brand: Brand, lin: Customer) -> None:
        clerk = dealers.staff(session, brand, Role.marketer)
        evidence = service.Evidence(source="staff", ip="203.0.113.7", scene="showroom", recorded_by=clerk.id)
        service.give_consent(session, lin, purpose=MARKETING, text_version="1", evidence=evidence)
        row = session.execute(select(Consent)).scalar_one()
        assert (row.source, row.ip, row.scene, row.recorded_by) == ("staff", "203.0.113.7", "showroom", clerk.id)
        service.erase(session, lin)
        session.refresh(row)
        assert (row.ip, row.scene) == (None, None)
        assert allows(session, lin) == "no_consent"


class TestTwoWhoAreOne:
    @pytest.mark.parametrize("who_refuses", [0, 1])
    def test_what_either_refused_is_refused(self, session: Session, brand: Brand, who_refuses: int) -> None:
        both = people.customer(session, brand), people.customer(session, brand)
        for one in both:
            agree(session, one)
        service.refuse(session, both[who_refuses], purpose=MARKETING)
        kept = service.merge(session, *both)
        assert allows(session, kept) == "refused"

    def test_both_refused_and_one_row_stays_in_force(self, session: Session, brand: Brand) -> None:
        both = people.customer(session, brand), people.customer(session, brand)
        for one in both:
            for channel in (None, "sms"):
                service.refuse(session, one, purpose=MARKETING, channel=channel)
        kept = service.merge(session, *both)
        rows = session.execute(select(Refusal.channel).filter_by(customer_id=kept.id, lifted_at=None)).scalars().all()
        assert sorted(rows, key=str) == [None, "sms"]

    def test_she_is_asked_after_by_the_id_she_had(self, session: Session, brand: Brand) -> None:
        kept, merged = people.customer(session, brand), people.customer(session, brand)
        agree(session, kept)
        service.merge(session, kept, merged)
        assert allows(session, merged) is None


class TestInTheMiniProgram:
    @pytest.fixture
    def account(self, session: Session, brand: Brand) -> WechatAccount:
        return accounts.account(session, brand)

    def test_she_decides_channel_by_channel_and_sees_what_she_said(
        self, session: Session, client: Any, brand: Brand, account: WechatAccount, lin: Customer
    ) -> None:
        service.publish_text(session, brand.id, purpose=MARKETING, version="2026-11", words="我同意接收活动信息。")
        headers = people.signed_in(session, lin, account)
        session.commit()

        def say(**body: Any) -> Any:
            return client.put("/api/customer/wishes/", json=body, headers=headers)

        assert say(channel=None, wanted=True).status_code == 422, "she has to see what she agrees to"
        assert client.get("/api/customer/wishes/", headers=headers).json["text"]["words"] == "我同意接收活动信息。"
        assert say(channel=None, wanted=True, text_version="2026-11").json["wanted"] is True
        told = say(channel="service_template", wanted=False).json
        wanted = {one["channel"]: one["wanted"] for one in told["channels"]}
        assert wanted.pop("service_template") is False
        assert all(wanted.values())
        assert not {"wecom_card", "wecom_card_update"} & wanted.keys(), "what staff get is not hers to refuse"
        told = say(channel="service_template", wanted=True).json
        assert all(one["wanted"] for one in told["channels"]), "she agreed to it before; nothing new is to be read"
        assert say(channel="pigeon", wanted=False).status_code == 422
        say(channel=None, wanted=False)
        service.withdraw_consent(session, lin, purpose=MARKETING)
        unpublished = say(channel=None, wanted=True, text_version="2020-01")
        assert (unpublished.status_code, unpublished.json["error"]) == (422, "identity.consent_text_unknown")


class TestRaces:
    def test_two_words_at_once_leave_one_in_force(self, committed: Callable[[], Any]) -> None:
        with committed() as session:
            who = people.customer(session, dealers.brand(session))
        failed: list[Exception] = []

        def say(number: int) -> None:
            try:
                with committed() as own:
                    if number % 2:
                        service.refuse(own, who, purpose=MARKETING)
                    else:
                        agree(own, who)
            except IntegrityError as error:
                failed.append(error)

        with ThreadPoolExecutor(8) as hands:
            list(hands.map(say, range(24)))
        assert failed == []
        with committed() as session:
            in_force = session.execute(select(func.count()).select_from(Refusal).filter_by(lifted_at=None)).scalar_one()
            assert in_force <= 1
            assert allows(session, who) in (None, "refused")

    def test_no_message_leaves_that_was_refused_before_it_was_claimed(
        self, committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """When a refusal is committed, each message of hers is claimed already, or is never sent: hundreds of races, none lost."""
        tencent = FakeGateway()
        monkeypatch.setattr(doors, "replacement", tencent)
        for size, number in (("URGENT", 1), ("MANY", 2)):
            monkeypatch.setattr(claiming, size, number)
        with committed() as session:
            town = towns.town(session)
            broadcasts.news(session, town)
            readers = broadcasts.readers(session, town, 160)
        too_late: set[str] = set()

        def take_back(start: threading.Barrier, group: Sequence[Customer]) -> None:
            start.wait()
            for number, one in enumerate(reversed(group)):
                with committed() as own:
                    if number % 2:
                        service.refuse(own, one, purpose=MARKETING)
                    else:
                        service.withdraw_consent(own, one, purpose=MARKETING)
                with committed() as own:
                    send = own.execute(select(Send).filter_by(customer_id=one.id)).scalar_one()
                    if send.status in ("planned", "skipped"):
                        too_late.add(send.client_msg_id)

        def deliver(start: threading.Barrier) -> None:
            start.wait()
            messaging.send_due()

        # They come from both ends of a small group, again and again, and meet in its middle.
        with ThreadPoolExecutor(3) as hands:
            for begin in range(0, len(readers), 8):
                group = readers[begin : begin + 8]
                with committed() as session:
                    for one in group:
                        towns.plan(session, town, one, broadcasts.NEWS, purpose="marketing", lane=Lane.journey)
                start = threading.Barrier(3)
                running = [hands.submit(take_back, start, group), *(hands.submit(deliver, start) for _ in range(2))]
                for hand in running:
                    hand.result()
        messaging.send_due()
        sent = {call["client_msg_id"] for call in tencent.calls_of("send_template")}
        assert sent, "the race was over before it began"
        assert too_late, "the race was over before it began"
        assert not too_late & sent
        with committed() as session:
            rows = dict(session.execute(select(Send.error_code, func.count()).filter_by(status="skipped").group_by(Send.error_code)).all())
        assert rows.keys() <= {"refused", "no_consent"}
        assert sum(rows.values()) + len(sent) == len(readers)
