"""People come by a code, answer once, and are let in once a day; two who are one count once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.campaigns import errors, queries, service
from app.campaigns.models import CampaignAnswer, CampaignCheckIn, CampaignTouch
from app.events import service as events
from app.events.models import Event
from app.identity import queries as identity_queries
from app.identity import service as identity
from app.identity.models import Customer
from app.kit import clock, db
from app.leads.errors import PhoneNeeded
from app.leads.models import Lead, LeadActivity, LeadInterest
from app.wechat import service as platform
from app.wechat.models import AccountKind
from tests.campaigns.conftest import Show
from tests.factories import campaigns as make
from tests.factories import orders, tencent, wechat


def count(session: Session, model: Any) -> int:
    return session.execute(select(func.count()).select_from(model)).scalar_one()


def test_whoever_opens_a_code_again_counts_once(session: Session, show: Show, later: Any) -> None:
    guest = show.guest()
    assert show.opens(guest)
    assert not show.opens(guest)
    later(minutes=31)
    assert show.opens(guest)
    assert show.opens(visitor_id="some-device")
    assert show.figures().opens == 2
    assert show.figures().people == 1


def test_machines_and_the_nameless_count_for_nobody(session: Session, show: Show) -> None:
    assert not show.opens(visitor_id="some-device", agent="mpcrawler")
    assert not show.opens()
    assert count(session, CampaignTouch) == 0


def test_a_code_counts_for_nothing_before_the_start_and_after_the_end(session: Session, show: Show) -> None:
    draft = make.draft(session, show.manager)
    assert not show.opens(show.guest(), code=make.code(session, draft, show.manager))
    service.end(session, show.manager, show.campaign.id)
    assert not show.opens(show.guest())


def test_the_device_is_hers_who_signs_in_on_it(session: Session, show: Show, deliver: Any) -> None:
    guest = show.guest()
    show.opens(visitor_id="her-device")
    events.record(session, "customer.logged_in", brand_id=guest.brand_id, customer_id=guest.id, data={"visitor_id": "her-device"})
    deliver()
    assert show.opens(visitor_id="her-device") is False
    assert session.execute(select(CampaignTouch.customer_id)).scalars().all() == [guest.id]


def test_two_devices_of_one_person_count_once(session: Session, show: Show) -> None:
    guest = show.guest()
    for device in ("her-phone", "her-tablet"):
        show.opens(visitor_id=device)
    assert show.figures().opens == 2
    for device in ("her-phone", "her-tablet", "her-tablet"):
        service.recognise(session, guest.brand_id, guest.id, visitor_id=device)
    assert (show.figures().opens, show.figures().people) == (1, 1)


def test_a_device_that_changes_hands_keeps_what_was_anothers(session: Session, show: Show) -> None:
    first, second = show.guest(), show.guest()
    show.opens(visitor_id="a-phone")
    service.recognise(session, first.brand_id, first.id, visitor_id="a-phone")
    service.recognise(session, second.brand_id, second.id, visitor_id="a-phone")
    assert session.execute(select(CampaignTouch.customer_id)).scalars().all() == [first.id]


def test_whoever_scans_a_code_of_the_service_account_is_known_by_it_sooner_or_later(session: Session, show: Show, deliver: Any) -> None:
    guest, account = show.guest(), wechat.account(session, show.market.brand, AccountKind.service_account)

    def told(event: str, key: str) -> None:
        head = {"ToUserName": "gh_1", "FromUserName": "open-1", "CreateTime": int(clock.now(session).timestamp()), "MsgType": "event"}
        platform.receive_message(session, account, tencent.xml(**head, Event=event, EventKey=key))
        deliver()

    told("subscribe", f"qrscene_{show.code.id}")
    told("SCAN", "AnothersScene")
    assert session.execute(select(CampaignTouch.customer_id, CampaignTouch.how)).all() == [(None, "scanned")]
    identity.recognise(session, account, openid="open-1", unionid=guest.unionid)
    deliver()
    assert session.execute(select(CampaignTouch.customer_id)).scalars().all() == [guest.id]
    told("SCAN", show.code.id)
    assert (show.figures().opens, show.figures().people) == (1, 1)


def test_an_answer_makes_a_lead_that_says_whence_it_came(session: Session, show: Show) -> None:
    guest = show.guest()
    kept = show.answers(guest)
    lead = session.get_one(Lead, kept.lead_id)
    assert (lead.customer_id, lead.dealer_id) == (guest.id, show.market.dealer.id)
    words = session.execute(select(LeadInterest.message).filter_by(lead_id=lead.id)).scalar_one()
    assert words == "来自活动“春季车展”\n渠道：一号展台\n姓名：林小姐"
    logged = session.execute(select(LeadActivity.data).filter_by(lead_id=lead.id, kind="contact")).scalar_one()
    assert (logged["campaign_id"], logged["code_id"]) == (str(show.campaign.id), show.code.id)
    assert show.figures().leads == 1


def test_answering_twice_is_one_answer(session: Session, show: Show) -> None:
    guest = show.guest()
    first = show.answers(guest)
    asked = count(session, LeadActivity)
    assert show.answers(guest).id == first.id
    assert count(session, LeadActivity) == asked
    changed = show.answers(guest, given={"name": "林女士", "store": str(show.market.store.id)})
    assert (changed.id, changed.given["name"]) == (first.id, "林女士")
    assert (count(session, CampaignAnswer), count(session, Lead)) == (1, 1)
    assert session.execute(select(func.count()).select_from(Event).filter_by(name="campaign.answered")).scalar_one() == 1


def test_the_form_is_closed_before_and_after_its_days(session: Session, show: Show, later: Any) -> None:
    day = queries.today(session)
    show.campaign = make.running(session, show.manager, begins_on=day + timedelta(days=1), ends_on=day + timedelta(days=2))
    guest = show.guest()
    with pytest.raises(errors.NotBegun) as refused:
        show.answers(guest, code=None)
    assert refused.value.details["begins_on"] == (day + timedelta(days=1)).isoformat()
    later(days=1)
    show.answers(guest, code=None)
    later(days=2)
    with pytest.raises(errors.Over):
        show.answers(show.guest(), code=None)


def test_what_is_missing_is_named_by_the_words_of_the_form(session: Session, show: Show) -> None:
    with pytest.raises(errors.AnswerUnfit) as refused:
        show.answers(show.guest(), given={"name": " ", "store": str(show.market.vehicle.id), "shoe": "38"})
    assert refused.value.details["fields"] == "姓名（必填）、到店门店（不在可选范围内）、shoe（表单没有这一项）"
    with pytest.raises(PhoneNeeded):
        show.answers(show.guest(phone=None))
    assert count(session, CampaignAnswer) == 0


def test_nobody_answers_without_agreeing_to_the_text_that_is_shown(session: Session, show: Show) -> None:
    consent = {"purpose": "dealer_sharing", "version": "2026-11"}
    show.campaign = make.running(session, show.manager, form=make.FORM | {"consent": consent})
    guest = show.guest()
    with pytest.raises(errors.ConsentNeeded):
        show.answers(guest, code=None, consent_version="2020-01")
    show.answers(guest, code=None, consent_version="2026-11")
    assert [one.scene for one in identity_queries.consents(session, guest.id)] == [f"campaign:{show.campaign.id}"]


def test_scanning_her_code_twice_lets_her_in_once_a_day(session: Session, show: Show, later: Any) -> None:
    guest, door = show.guest(), show.manager
    show.opens(guest)
    token, _ = service.ticket(session, guest, show.campaign)
    first, is_first = service.check_in(session, door, show.campaign, token=token)
    again, is_first_again = service.check_in(session, door, show.campaign, token=token)
    assert (is_first, is_first_again, again.id, first.code_id) == (True, False, first.id, show.code.id)
    assert service.check_in(session, door, show.campaign, phone=guest.phone)[1] is False
    later(days=1)
    assert service.check_in(session, door, show.campaign, phone=guest.phone)[1] is True
    assert show.figures().check_ins == 2


def test_a_code_that_is_old_or_anothers_or_made_up_opens_no_door(session: Session, show: Show, later: Any) -> None:
    guest, door = show.guest(), show.manager
    token, _ = service.ticket(session, guest, show.campaign)
    other = make.running(session, show.manager)
    with pytest.raises(errors.TicketUnfit):
        service.check_in(session, door, other, token=token)
    flipped = token[:-3] + ("A" if token[-3] != "A" else "B") + token[-2:]
    for made_up in (flipped, "x", "", "图"):
        with pytest.raises(errors.TicketUnfit):
            service.check_in(session, door, show.campaign, token=made_up)
    later(minutes=11)
    with pytest.raises(errors.TicketExpired):
        service.check_in(session, door, show.campaign, token=token)
    assert count(session, CampaignCheckIn) == 0


def test_a_walk_in_becomes_herself_when_she_binds_her_number(session: Session, show: Show, deliver: Any) -> None:
    row, is_first = service.check_in(session, show.manager, show.campaign, phone="139 0000 1111")
    assert is_first
    guest = show.guest(phone=None)
    show.answers(bound := identity.bind_phone(session, guest, "+8613900001111"))
    deliver()
    assert session.get_one(CampaignCheckIn, row.id).customer_id == bound.id
    assert show.figures(code=None).people == 1


def test_two_doors_at_once_let_one_person_in_once(committed: Any, app: Any) -> None:
    with committed() as session:
        market = orders.market(session)
        manager = make.manager(session, market.dealer)
        campaign = make.running(session, manager)
        guest = orders.buyer(session, market)
        ids = manager.id, campaign.id
        token, _ = service.ticket(session, guest, campaign)
    start, seen = threading.Barrier(6), []

    def door() -> None:
        start.wait()
        with db.transaction() as session:
            staff, held = session.get_one(type(manager), ids[0]), session.get_one(type(campaign), ids[1])
            seen.append(service.check_in(session, staff, held, token=token)[1])

    threads = [threading.Thread(target=door) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=30)
    assert sorted(seen) == [False] * 5 + [True]
    with committed() as session:
        assert (count(session, CampaignCheckIn), count(session, CampaignTouch)) == (1, 1)
        assert session.execute(select(func.count()).select_from(Event).filter_by(name="campaign.checked_in")).scalar_one() == 1


def test_two_taps_at_once_are_one_answer_and_one_lead(committed: Any, app: Any) -> None:
    with committed() as session:
        market = orders.market(session)
        manager = make.manager(session, market.dealer)
        campaign = make.running(session, manager)
        guest = orders.buyer(session, market)
        given = {"name": "林小姐", "store": str(market.store.id)}
    start, seen = threading.Barrier(4), set()

    def tap() -> None:
        start.wait()
        with db.transaction() as session:
            of, her = session.get_one(type(campaign), campaign.id), session.get_one(Customer, guest.id)
            seen.add(service.answer(session, her, of, given=given).id)

    threads = [threading.Thread(target=tap) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=30)
    assert len(seen) == 1
    with committed() as session:
        assert (count(session, CampaignAnswer), count(session, Lead), count(session, CampaignTouch)) == (1, 1, 1)


def merged(session: Session, kept: Customer, other: Customer, deliver: Any) -> None:
    identity.merge(session, kept, other)
    deliver()


def test_two_guests_who_are_one_count_once(session: Session, show: Show, deliver: Any) -> None:
    one, two = show.guest(), show.guest()
    for guest in (one, two):
        show.opens(guest)
        show.answers(guest, given={"name": guest.nickname, "store": str(show.market.store.id)})
        service.check_in(session, show.manager, show.campaign, phone=guest.phone)
    before = show.figures()
    assert (before.opens, before.answers, before.check_ins, before.leads) == (2, 2, 2, 2)
    merged(session, one, two, deliver)
    after = show.figures()
    assert (after.opens, after.people, after.answers, after.check_ins, after.leads) == (1, 1, 1, 1, 1)
    # What she said last stays.
    assert session.execute(select(CampaignAnswer)).scalar_one().given["name"] == two.nickname
    service.merge(session, kept_id=one.id, merged_id=two.id)
    assert show.figures() == after


def test_of_her_who_leaves_only_the_figures_stay(session: Session, show: Show, deliver: Any) -> None:
    guest = show.guest()
    show.opens(guest, visitor_id="her-device")
    show.answers(guest)
    assert identity_queries.everything_about(session, guest)["more"]["campaigns"]["answers"][0]["given"]["name"] == "林小姐"
    before = show.figures()
    identity.erase(session, guest)
    deliver()
    assert session.execute(select(CampaignAnswer.given)).scalar_one() is None
    assert session.execute(select(CampaignTouch.visitor_id)).scalars().all() == [None, None]
    assert show.figures() == before
