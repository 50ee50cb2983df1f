"""What is hers: each consent by itself, all of it to take away, and the end of it."""

from __future__ import annotations

import re

import pytest

from miniprogram_mock.phone.phone import Desk
from miniprogram_mock.phone.wire import Refused
from tests.e2e import acts
from tests.e2e.conftest import Phones


def test_a_consent_is_given_and_withdrawn_by_one_switch(phone: Phones) -> None:
    her = phone().open("pages/me/index")
    her.tap("授权管理")
    her.see("接收营销消息")
    her.tap("接收营销消息", among=-1)
    her.see(re.compile(r"同意，文本版本 2026-11$"))
    her.tap("接收营销消息", among=-1)
    her.tap("撤回")
    her.see(re.compile(r"已撤回$"))


def test_she_takes_away_what_is_known_of_her(phone: Phones) -> None:
    her = phone().open("packages/account/privacy")
    her.tap("导出我的信息")
    her.see("我的信息", "个人资料", "授权记录", "使用记录")
    her.tap("复制全部")
    her.tap("同意并继续")
    her.see("已复制，可粘贴到任何地方")
    assert acts.customer_id(her) in her.page.evaluate("window.phone.wx.getClipboardData().then(({ data }) => data)")


def test_her_account_ends_when_she_says_so_twice(phone: Phones, desk: Desk) -> None:
    her = phone().open()
    customer = acts.customer_id(her)
    her.open("packages/account/privacy")
    her.tap("注销账户并删除信息")
    her.tap("继续注销")
    her.see("请先勾选“我已了解以上内容”")
    her.tap("我已了解以上内容")
    her.tap("继续注销")
    her.tap("注销", among=-1)
    her.see("账户已注销，个人信息已删除")
    with pytest.raises(Refused, match="404"):
        desk.look(f"customers/{customer}")
