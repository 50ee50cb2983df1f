"""Marketing words in notices of service are found, however they are written, and only an administrator lets them pass."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.dealers.models import Role
from app.messaging.errors import AdministratorsOnly, NothingToOverride, TemplateUnfit
from app.messaging.lint import marketing_words
from app.messaging.service import templates
from app.wechat.fake import FakeGateway
from tests.factories import dealers
from tests.factories import messaging as make


@pytest.mark.parametrize(
    "form",
    [
        "本店优惠",
        "优 惠",
        "优-惠",
        "优\u200b惠",
        "优hui",
        "YOUHUI 来了",
        "ｙｏｕｈｕｉ",
        "y.o.u h.u.i",
        "{{ '优' }}{{ '惠' }}",
        "{{ vehicle_title | append: '优惠' }}",
        "优{% comment %}{% endcomment %}惠",
    ],
)
def test_a_word_is_found_however_it_is_written(form: str) -> None:
    assert marketing_words(form) == ("优惠",)


def test_a_word_of_the_other_script_is_found_too() -> None:
    assert marketing_words("本店優惠、紅包") == ("優惠", "紅包")


@pytest.mark.parametrize(("form", "word"), [("全场5折", "5折"), ("八折起", "八折"), ("0首付提车", "0首付"), ("618大促", "大促")])
def test_figures_advertise_too(form: str, word: str) -> None:
    assert word in marketing_words(form)


@pytest.mark.parametrize(
    "form",
    [
        "您的订单已确认，请按时到店",
        "试驾预约成功",
        "订单 6180001 已支付",
        "您有会议邀请",
        "限购城市请确认指标",
        "{{ youhui }}已到店",
        "Youhuizhang 顾问",
        "降价提醒：{{ vehicle_title }}",
    ],
)
def test_words_of_service_are_left_alone(form: str) -> None:
    assert marketing_words(form) == ()


def test_what_a_fact_says_is_not_the_templates_word() -> None:
    assert marketing_words("{{ vehicle_title }}") == ()


def test_a_notice_that_advertises_is_used_only_when_an_administrator_answers_for_it(session: Session, town: make.Town) -> None:
    brand = town.market.brand
    marketer, admin = (dealers.staff(session, brand, role) for role in (Role.marketer, Role.admin))
    appid = town.service_account.appid
    content = {"title": "提醒", "fields": {"thing1": "限时优惠"}, "template_ids": {appid: "t1"}}
    draft = templates.create(session, marketer, channel="service_template", key="spring", **content)
    with pytest.raises(TemplateUnfit) as unfit:
        templates.activate(session, marketer, draft.id, version=draft.version)
    assert "优惠、限时" in unfit.value.details["thing1"]
    with pytest.raises(AdministratorsOnly):
        templates.override(session, marketer, draft.id, version=draft.version, reason="只是活动名称")
    draft = templates.override(session, admin, draft.id, version=draft.version, reason="只是活动名称")
    assert draft.override is not None
    assert set(draft.override["words"]) == {"限时", "优惠"}
    assert (draft.override["staff_id"], draft.override["reason"]) == (str(admin.id), "只是活动名称")
    draft = templates.activate(session, marketer, draft.id, version=draft.version)
    with pytest.raises(TemplateUnfit):
        templates.edit(session, marketer, draft.id, version=draft.version, fields={"thing1": "限时优惠抽奖"})


def test_there_is_nothing_to_answer_for_where_no_word_is(session: Session, town: make.Town) -> None:
    admin = dealers.staff(session, town.market.brand, Role.admin)
    draft = make.brand_template(session, town.brand_id)
    with pytest.raises(NothingToOverride):
        templates.override(session, admin, draft.id, version=1, reason="没有什么")


def test_a_word_that_got_past_the_editor_does_not_leave(session: Session, town: make.Town, tencent: FakeGateway) -> None:
    buyer = make.follower(session, town)
    fields: dict[str, Any] = {"thing1": "抢购中"}
    key = make.template(session, town, "service_template", fields, template_ids={town.service_account.appid: "t1"}).key
    send = make.plan(session, town, buyer, key)
    make.send_due(session)
    assert (send.status, send.error_code) == ("skipped", "marketing_words")
    assert tencent.calls_of("send_template") == []
