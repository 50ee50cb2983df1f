"""A campaign is written, started, paid for and ended by those whose it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.campaigns import errors, queries, service
from app.campaigns.models import Campaign, CampaignCost
from app.dealers.models import Role
from app.events.models import Event
from app.kit.states import Transition
from tests.campaigns.conftest import Show
from tests.factories import campaigns as make
from tests.factories import dealers


def spent(session: Session, of: Campaign) -> int:
    return queries.spent(session, [of.id]).get(of.id, 0)


def cost(session: Session, show: Show, amount_fen: int = 500_00, **fields: Any) -> CampaignCost:
    return make.cost(session, show.campaign, show.manager, amount_fen, **fields)


def test_a_cost_is_taken_back_by_an_entry_of_the_opposite_amount_once(session: Session, show: Show) -> None:
    wrong, right = cost(session, show, 500_00, code_id=show.code.id), cost(session, show, 50_00)
    back = service.reverse(session, show.manager, show.campaign.id, wrong.id, note="多输了一个零")
    assert (back.amount_fen, back.spent_on, back.category, back.code_id) == (-500_00, wrong.spent_on, wrong.category, show.code.id)
    assert spent(session, show.campaign) == right.amount_fen
    for again in (wrong, back):
        with pytest.raises(errors.AlreadyReversed):
            service.reverse(session, show.manager, show.campaign.id, again.id, note="再来一次")
    assert spent(session, show.campaign) == right.amount_fen


@pytest.mark.parametrize("statement", ["UPDATE campaign_costs SET amount_fen = 1", "DELETE FROM campaign_costs"])
def test_a_cost_that_was_entered_is_never_changed(session: Session, show: Show, statement: str) -> None:
    cost(session, show)
    with pytest.raises(ProgrammingError, match="append-only"):
        session.execute(text(statement))


def test_bills_that_come_after_the_end_are_entered_all_the_same(session: Session, show: Show) -> None:
    service.end(session, show.manager, show.campaign.id)
    cost(session, show)
    assert spent(session, show.campaign) == 500_00


def test_a_campaign_ends_with_its_last_day_in_china_and_says_so_once(session: Session, show: Show, later: Any) -> None:
    later(days=5)
    assert service.end_past(session) == 0
    later(days=1)
    assert (service.end_past(session), service.end_past(session)) == (1, 0)
    session.expire_all()
    assert session.get_one(Campaign, show.campaign.id).status == "ended"
    told = session.execute(select(Event).filter_by(name="campaign.ended")).scalars().all()
    assert [one.subject_id for one in told] == [str(show.campaign.id)]
    trail = select(Transition.after).filter_by(subject_type="campaigns", subject_id=show.campaign.id).order_by(Transition.id)
    assert session.execute(trail).scalars().all() == ["draft", "running", "ended"]


def test_what_people_were_told_does_not_change_while_it_runs(session: Session, show: Show) -> None:
    day = queries.today(session)
    with pytest.raises(errors.FixedByNow) as refused:
        service.change(session, show.manager, show.campaign.id, version=1, begins_on=day)
    assert refused.value.details["fields"] == "开始日期"
    changed = service.change(session, show.manager, show.campaign.id, version=1, name="夏季车展", ends_on=day + timedelta(days=9))
    assert (changed.name, changed.version) == ("夏季车展", 2)
    with pytest.raises(errors.Outdated):
        service.change(session, show.manager, show.campaign.id, version=1, name="另一个")
    service.cancel(session, show.manager, show.campaign.id, reason="场地取消")
    with pytest.raises(errors.NotEditable):
        service.change(session, show.manager, show.campaign.id, version=2, name="另一个")
    with pytest.raises(errors.StepImpossible):
        service.start(session, show.manager, show.campaign.id)


def test_what_does_not_hold_is_named_in_chinese(session: Session, show: Show) -> None:
    day = queries.today(session)
    with pytest.raises(errors.FieldsUnfit) as refused:
        make.draft(session, show.manager, kind="circus", ends_on=day - timedelta(days=9))
    assert refused.value.details["fields"] == "活动类型（无此选项）、结束日期（不能早于开始日期）"
    with pytest.raises(errors.FormUnfit) as refused_form:
        make.draft(session, show.manager, form={"fields": [make.NAME, make.NAME | {"key": "again"}], "consent": None})
    assert "姓名（重复）" in refused_form.value.details["fields"]


def test_a_form_that_nobody_would_call_about_does_not_start(session: Session, show: Show) -> None:
    lonely = make.draft(session, show.manager, form={"fields": [make.NAME], "consent": None})
    with pytest.raises(errors.FieldsUnfit):
        service.start(session, show.manager, lonely.id)
    assert service.change(session, show.manager, lonely.id, version=1, store_id=show.market.store.id).store_id
    assert service.start(session, show.manager, lonely.id).status == "running"


def test_a_store_or_car_of_another_dealer_is_not_shown(session: Session, show: Show) -> None:
    other = dealers.store(session, dealers.dealer(session, show.market.brand))
    with pytest.raises(errors.FieldsUnfit):
        make.draft(session, show.manager, store_id=other.id)


def test_another_dealers_manager_neither_sees_nor_runs_it(session: Session, show: Show) -> None:
    stranger = make.manager(session, dealers.dealer(session, show.market.brand))
    for verb in (service.end, service.start):
        with pytest.raises(errors.CampaignUnknown):
            verb(session, stranger, show.campaign.id)
    assert [one.id for one in queries.listing(session, stranger)] == []


def test_a_dealer_sees_what_the_brand_puts_on_but_does_not_run_it(session: Session, show: Show) -> None:
    marketer = make.manager(session, show.market.brand)
    hidden, seen = make.draft(session, marketer), make.running(session, marketer)
    listed = {one.id for one in queries.listing(session, show.manager)}
    assert seen.id in listed
    assert hidden.id not in listed
    with pytest.raises(errors.ManagersOnly):
        service.end(session, show.manager, seen.id)
    adviser = dealers.staff(session, show.market.dealer)
    with pytest.raises(errors.ManagersOnly):
        service.end(session, adviser, show.campaign.id)
    finance = dealers.staff(session, show.market.brand, Role.finance)
    assert queries.managed(session, finance, show.campaign.id, looking=True).id == show.campaign.id
    with pytest.raises(errors.ManagersOnly):
        service.end(session, finance, show.campaign.id)


def test_two_codes_of_a_campaign_have_two_labels(session: Session, show: Show) -> None:
    with pytest.raises(errors.LabelTaken):
        make.code(session, show.campaign, show.manager)
    assert len(make.code(session, show.campaign, show.manager, "二号展台").id) <= 32
