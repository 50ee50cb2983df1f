"""A notification is checked with the key that its serial names: WeChat Pay's public key, one of its certificates, or now this, now that."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events.models import Event
from app.kit import queue
from app.wechat import client as doors
from app.wechat import queries, service
from app.wechat.client import Outcome, WechatError
from app.wechat.models import AccountKind, WechatAccount, WechatCallback
from tests.factories import dealers as make
from tests.factories import tencent
from tests.factories import wechat as accounts

SERIAL = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
NEW, NEW_SERIAL = 0x7132D72A03E93CDDF8C03BBD1F37EEDF, "7132D72A03E93CDDF8C03BBD1F37EEDF".zfill(40)
PAID = {
    "sp_appid": "wx-brand",
    "sp_mchid": "1900000109",
    "sub_mchid": "1900000110",
    "out_trade_no": "PAY0000001",
    "transaction_id": "4200001",
    "trade_state": "SUCCESS",
    "payer": {"sp_openid": "open-1"},
    "amount": {"total": 100_000, "currency": "CNY"},
}
REFRESH = "wechat.refresh_certificates"
TAKES = {"public key": {"public key"}, "certificates": {"certificate"}, "both": {"public key", "certificate"}}


@pytest.fixture(params=list(TAKES))
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def merchant(session: Session, mode: str) -> WechatAccount:
    return of_mode(session, mode)


def of_mode(session: Session, mode: str, *, mchid: str = "1900000109") -> WechatAccount:
    made = accounts.account(session, make.brand(session), AccountKind.merchant, appid=mchid)
    settings = dict(made.settings)
    if mode != "public key":
        settings["platform_certificates"] = [accounts.certificate("certified")]
    if mode == "certificates":
        del settings["public_key_id"], settings["public_key"]
    made.settings = settings
    session.commit()
    return made


def headers(body: bytes, how: str) -> dict[str, str]:
    """Signed with the public key's private half, or with a certificate's."""
    if how == "public key":
        return tencent.pay_headers(body)
    return tencent.pay_headers(body, key=accounts.key_pair("certified")[0], serial=SERIAL)


class Certificates:
    """WeChat Pay's door, of which only the certificates are asked for."""

    def __init__(self, *pems: str) -> None:
        self.pems, self.asked, self.error = list(pems), 0, None

    def pay(self, _account: WechatAccount) -> Certificates:
        return self

    def certificates(self) -> list[str]:
        self.asked += 1
        if self.error:
            raise self.error
        return self.pems


@pytest.fixture
def tenpay(monkeypatch: pytest.MonkeyPatch) -> Certificates:
    made = Certificates(accounts.certificate("certified"), accounts.certificate("renewed", NEW))
    monkeypatch.setattr(doors, "replacement", made)
    return made


@pytest.mark.parametrize("how", ["public key", "certificate"])
@pytest.mark.parametrize("partner", [True, False])
def test_each_mode_takes_what_is_signed_with_its_keys_and_nothing_else(
    session: Session, client: Any, merchant: WechatAccount, mode: str, *, how: str, partner: bool
) -> None:
    direct = {"appid": "wx-brand", "mchid": "1900000109", "payer": {"openid": "open-1"}}
    resource = PAID if partner else {key: value for key, value in PAID.items() if not key.startswith("s")} | direct
    body = tencent.notification(merchant, resource)
    expected = 204 if how in TAKES[mode] else 401
    assert tencent.notify(client, merchant, body, headers(body, how)).status_code == expected
    told = session.execute(select(Event.data)).scalars().all()
    assert [one["out_trade_no"] for one in told] == (["PAY0000001"] if expected == 204 else [])
    for one in told:
        trade = queries.trade(session, one["inbox_id"])
        assert (trade.state, trade.amount_fen, trade.transaction_id) == ("SUCCESS", 100_000, "4200001")


@pytest.mark.parametrize("how", ["public key", "certificate"])
def test_a_key_signs_only_under_its_own_serial(session: Session, client: Any, how: str) -> None:
    merchant = of_mode(session, "both")
    body = tencent.notification(merchant, PAID)
    good = headers(body, how)
    other = SERIAL if how == "public key" else accounts.PUBLIC_KEY_ID
    assert tencent.notify(client, merchant, body, good | {"Wechatpay-Serial": other}).status_code == 401
    assert tencent.notify(client, merchant, body, good).status_code == 204


@pytest.mark.parametrize("years", [(2019, 2024), (2098, 2099)])
def test_a_certificate_out_of_its_time_signs_nothing(session: Session, client: Any, years: tuple[int, int]) -> None:
    merchant = of_mode(session, "certificates")
    merchant.settings = merchant.settings | {"platform_certificates": [accounts.certificate("certified", years=years)]}
    session.commit()
    body = tencent.notification(merchant, PAID)
    assert tencent.notify(client, merchant, body, headers(body, "certificate")).status_code == 401


def test_a_serial_is_the_same_in_small_letters(session: Session, client: Any) -> None:
    merchant = of_mode(session, "certificates")
    body = tencent.notification(merchant, PAID)
    assert tencent.notify(client, merchant, body, headers(body, "certificate") | {"Wechatpay-Serial": SERIAL.lower()}).status_code == 204


def test_a_new_certificate_is_fetched_in_the_background_and_what_it_signed_is_taken_when_told_again(
    session: Session, client: Any, tenpay: Certificates, rings: list[Any]
) -> None:
    merchant = of_mode(session, "both")
    body = tencent.notification(merchant, PAID)
    renewed = tencent.pay_headers(body, key=accounts.key_pair("renewed")[0], serial=NEW_SERIAL)
    assert tencent.notify(client, merchant, body, renewed).status_code == 401
    assert tenpay.asked == 0, "a stranger made us call somebody"
    ((name, ids),) = [ring for ring in rings if ring[0] == REFRESH]
    queue.run(name, ids)
    assert tenpay.asked == 1
    again = tencent.pay_headers(body, key=accounts.key_pair("renewed")[0], serial=NEW_SERIAL)
    assert tencent.notify(client, merchant, body, again).status_code == 204
    assert session.execute(select(Event.name)).scalars().all() == ["wechat.payment_notified"]


def test_strangers_with_serials_of_their_own_make_us_ask_once_a_minute(
    session: Session, client: Any, tenpay: Certificates, rings: list[Any], later: Any
) -> None:
    merchant = of_mode(session, "certificates")
    body = tencent.notification(merchant, PAID)

    def pester() -> None:
        for number in range(5):
            forged = tencent.pay_headers(body, serial=f"{number:040X}")
            assert tencent.notify(client, merchant, body, forged).status_code == 401

    for minute in range(1, 4):
        pester()
        assert [ring[0] for ring in rings].count(REFRESH) == minute
        later(seconds=61)
    assert tenpay.asked == 0


def test_a_merchant_that_wechat_moves_to_a_public_key_needs_nobody_to_say_so(
    session: Session, client: Any, tenpay: Certificates, rings: list[Any]
) -> None:
    """For some days notifications are signed with this or that. Without such a day, nobody asks for certificates."""
    merchant = of_mode(session, "public key")
    queue.run(REFRESH)
    assert tenpay.asked == 0
    body = tencent.notification(merchant, PAID)
    assert tencent.notify(client, merchant, body, headers(body, "certificate")).status_code == 401
    ((name, ids),) = [ring for ring in rings if ring[0] == REFRESH]
    queue.run(name, ids)
    for how in ("certificate", "public key"):
        again = tencent.notification(merchant, PAID)
        assert tencent.notify(client, merchant, again, headers(again, how)).status_code == 204


@pytest.mark.parametrize("spoilt", [{"Wechatpay-Timestamp": "1"}, {"Wechatpay-Signature": "WECHATPAY/SIGNTEST/abc"}])
def test_nobody_asks_for_certificates_because_of_an_old_request_or_a_probe(
    session: Session, client: Any, tenpay: Certificates, rings: list[Any], spoilt: dict[str, str]
) -> None:
    merchant = of_mode(session, "certificates")
    body = tencent.notification(merchant, PAID)
    assert tencent.notify(client, merchant, body, tencent.pay_headers(body, serial="AB") | spoilt).status_code == 401
    assert REFRESH not in [ring[0] for ring in rings]


def test_certificates_are_looked_at_every_twelve_hours_and_old_ones_go(session: Session, tenpay: Certificates, later: Any) -> None:
    merchant = of_mode(session, "both")
    other = of_mode(session, "public key", mchid="1900000200")
    tenpay.pems = [accounts.certificate("renewed", NEW)]
    for hours, asked in ((0, 1), (1, 1), (11, 2)):
        later(hours=hours) if hours else None
        queue.run(REFRESH)
        assert tenpay.asked == asked
    session.expire_all()
    assert merchant.settings["platform_certificates"] == tenpay.pems
    assert merchant.settings["public_key_id"] == accounts.PUBLIC_KEY_ID
    assert "platform_certificates" not in other.settings


def test_a_merchant_that_has_none_yet_is_asked_for_sooner(session: Session, tenpay: Certificates, later: Any) -> None:
    merchant = of_mode(session, "certificates")
    merchant.settings = merchant.settings | {"platform_certificates": []}
    session.commit()
    tenpay.error = WechatError(Outcome.retry_later, "SYSTEM_ERROR")
    queue.run(REFRESH)
    queue.run(REFRESH)
    assert tenpay.asked == 1
    tenpay.error = None
    later(minutes=11)
    queue.run(REFRESH)
    session.expire_all()
    assert len(merchant.settings["platform_certificates"]) == 2


@pytest.mark.parametrize(
    "pems",
    [[], ["no certificate"], [accounts.key_pair("certified")[1]], [accounts.certificate("certified"), ""], [None]],
    ids=["none at all", "a text", "a bare key", "one good, one empty", "nothing"],
)
def test_what_is_no_certificate_replaces_nothing(session: Session, pems: list[Any], tenpay: Certificates) -> None:
    merchant = of_mode(session, "both")
    with pytest.raises(service.FieldMalformed):
        service.keep_platform_certificates(session, merchant, pems)
    tenpay.pems = pems
    queue.run(REFRESH)
    session.expire_all()
    assert merchant.settings["platform_certificates"] == [accounts.certificate("certified")]


def test_certificates_are_kept_once_each_in_the_order_of_their_serials(session: Session) -> None:
    merchant = of_mode(session, "certificates")
    old, new = accounts.certificate("certified"), accounts.certificate("renewed", NEW)
    service.keep_platform_certificates(session, merchant, [old, new, old])
    session.expire_all()
    assert merchant.settings["platform_certificates"] == [new, old]


def test_a_refused_notification_leaves_what_it_was_signed_with_for_a_person_to_see(session: Session, client: Any) -> None:
    merchant = of_mode(session, "certificates")
    body = tencent.notification(merchant, PAID)
    tencent.notify(client, merchant, body, tencent.pay_headers(body, serial=NEW_SERIAL))
    row = session.execute(select(WechatCallback)).scalar_one()
    assert (row.state, row.reason, row.raw["headers"]["Wechatpay-Serial"]) == ("refused", "unknown serial", NEW_SERIAL)
