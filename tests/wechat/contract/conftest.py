"""A simulator of this folder's own, whose clock may be moved: payments are shared a minute later, bills are made the next day."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.wechat import service
from app.wechat.http import HttpGateway
from app.wechat.models import WechatAccount
from tests import simulator as platform
from tests.wechat.conftest import CALLBACK_PORT
from tests.wechat.contract.support import Person, Shop
from tests.wechat.contract.wecom import Corp


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[platform.Simulator]:
    folder: Path = tmp_path_factory.mktemp("contract")
    with platform.running(folder, f"http://127.0.0.1:{CALLBACK_PORT}") as running:
        # Otherwise the tests of what is refused would shut each other out on a fast machine.
        running.ask("limits", name="pay.refund_errors_per_second", value=1000)
        yield running


@pytest.fixture
def partner(session: Session, simulator: platform.Simulator, accounts: dict[str, WechatAccount]) -> WechatAccount:
    """The service provider of the simulator's world, with two dealers under it."""
    [taken] = service.import_accounts(session, accounts["mini_program"].brand_id, simulator.accounts["partners"])
    session.commit()
    return taken


@pytest.fixture
def shop(gateway: HttpGateway, accounts: dict[str, WechatAccount], simulator: platform.Simulator, buyer: dict[str, Any]) -> Shop:
    """The brand's own merchant with a customer who pays."""
    return Shop(gateway.pay(accounts["merchant"]), simulator, buyer, openid=buyer["openids"][accounts["mini_program"].appid])


@pytest.fixture
def dealer_shop(gateway: HttpGateway, partner: WechatAccount, simulator: platform.Simulator, buyer: dict[str, Any]) -> Shop:
    """The service provider, for its first dealer, with the same customer."""
    openid = buyer["openids"][partner.linked_appid]
    return Shop(gateway.partner_pay(partner), simulator, buyer, openid=openid, sub_mchid=partner.settings["sub_mchids"][0]["sub_mchid"])


@pytest.fixture
def visitor(gateway: HttpGateway, accounts: dict[str, WechatAccount], simulator: platform.Simulator, buyer: dict[str, Any]) -> Person:
    """Somebody who has just logged in to the mini-program; she also is the customer of `shop`."""
    account = accounts["mini_program"]
    person = Person(gateway.mini_program(account), simulator, buyer, account.appid)
    person.login()
    return person


@pytest.fixture
def follower(gateway: HttpGateway, accounts: dict[str, WechatAccount], simulator: platform.Simulator, buyer: dict[str, Any]) -> Person:
    """Somebody who follows the service account."""
    account = accounts["service_account"]
    return Person(gateway.service_account(account), simulator, buyer, account.appid)


@pytest.fixture
def stranger(follower: Person) -> Person:
    """Somebody who does not follow the service account."""
    return Person(follower.door, follower.simulator, follower.simulator.ask("users", nickname="路人", follow=False), follower.appid)


@pytest.fixture
def corp(gateway: HttpGateway, accounts: dict[str, WechatAccount], simulator: platform.Simulator) -> Corp:
    """The corp's main application."""
    return Corp(gateway.wecom(accounts["corp"]), simulator)
