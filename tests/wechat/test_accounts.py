"""Accounts are taken in from what Tencent's consoles show, and their secrets are kept as ciphertext."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.wechat import queries, service
from app.wechat.errors import AccountMissing
from app.wechat.models import AccountKind, WechatAccount
from tests.factories import dealers as make
from tests.factories.wechat import certificate, key_pair

KEYS = {"token": "t", "aes_key": "a" * 43}
ENTRIES: list[dict[str, Any]] = [
    {"kind": "mini_program", "appid": "wxmini", "name": "小程序", "secret": "mini-secret", **KEYS},
    {"kind": "service_account", "appid": "wxservice", "original_id": "gh_1", "name": "服务号", "secret": "s", **KEYS},
    {"kind": "corp", "corpid": "ww1", "agentid": 1000002, "name": "企业微信", "secret": "s", **KEYS},
    {
        "kind": "merchant",
        "mchid": "1900000109",
        "appid": "wxmini",
        "name": "商户",
        "merchant_serial": "AB12",
        "merchant_private_key": key_pair("merchant")[0],
        "apiv3_key": "k" * 32,
        "public_key_id": "PUB_KEY_ID_1",
        "public_key": key_pair("platform")[1],
    },
]


def test_a_brands_accounts_are_taken_in_once_and_brought_up_to_date(session: Session) -> None:
    brand = make.brand(session)
    first = service.import_accounts(session, brand.id, ENTRIES)
    changed = [{**ENTRIES[0], "secret": "a new one"}, *ENTRIES[1:]]
    again = service.import_accounts(session, brand.id, changed)
    assert [account.id for account in first] == [account.id for account in again]
    assert session.execute(select(func.count()).select_from(WechatAccount)).scalar_one() == 4
    merchant = queries.account(session, brand.id, AccountKind.merchant)
    assert (merchant.appid, merchant.linked_appid) == ("1900000109", "wxmini")
    assert queries.account(session, brand.id, "service_account").linked_appid == "wxmini"
    mini_program = queries.by_appid(session, "wxmini")
    assert mini_program is not None
    assert mini_program.secrets["secret"] == "a new one"


def test_secrets_are_ciphertext_at_rest(session: Session) -> None:
    service.import_accounts(session, make.brand(session).id, ENTRIES)
    stored = b"".join(bytes(row) for row in session.execute(text("SELECT secrets FROM wechat_accounts")).scalars())
    assert b"mini-secret" not in stored
    assert b"PRIVATE KEY" not in stored


def test_a_missing_field_is_named(session: Session) -> None:
    with pytest.raises(ValueError, match=r"merchant 商户: apiv3_key, public_key missing"):
        service.import_accounts(session, make.brand(session).id, [{**ENTRIES[3], "apiv3_key": "", "public_key": None}])


MINI, SERVICE, CORP, MERCHANT = ENTRIES
SECOND = {**MINI, "appid": "wxmini2", "name": "第二个小程序"}


def _without(entry: dict[str, Any], *fields: str) -> dict[str, Any]:
    return {field: value for field, value in entry.items() if field not in fields}


def test_a_brand_has_several_accounts_of_each_kind_and_the_first_is_the_oldest(session: Session) -> None:
    brand = make.brand(session)
    seconds = [
        SECOND,
        {**SERVICE, "appid": "wxservice2", "mini_program": "wxmini2"},
        {**CORP, "corpid": "ww2"},
        {**MERCHANT, "mchid": "1900000200", "appid": "wxmini2"},
    ]
    service.import_accounts(
        session, brand.id, [{**SERVICE, "mini_program": "wxmini"} if one is SERVICE else one for one in ENTRIES] + seconds
    )
    for kind in AccountKind:
        listed = queries.accounts(session, brand.id, kind)
        assert len(listed) == 2
        assert queries.account(session, brand.id, kind) == listed[0]
    assert queries.accounts(session, make.brand(session).id, AccountKind.corp) == []
    links = {one.appid: one.linked_appid for kind in AccountKind for one in queries.accounts(session, brand.id, kind)}
    assert links["wxservice"] == links["1900000109"] == "wxmini"
    assert links["wxservice2"] == links["1900000200"] == "wxmini2"
    assert links["ww2"] is None
    for appid, mchid in (("wxmini", "1900000109"), ("wxmini2", "1900000200"), ("wx-neither", "1900000109")):
        assert queries.account(session, brand.id, AccountKind.merchant, linked_appid=appid).appid == mchid


def test_a_link_may_lead_to_what_was_taken_in_before(session: Session) -> None:
    brand = make.brand(session)
    service.import_accounts(session, brand.id, [MINI])
    service.import_accounts(session, brand.id, [SERVICE, MERCHANT])
    assert queries.account(session, brand.id, AccountKind.service_account).linked_appid == "wxmini"
    service.import_accounts(session, brand.id, [SECOND])
    with pytest.raises(service.LinkUnknown, match="service_account 服务号: mini_program missing, the brand has several"):
        service.import_accounts(session, brand.id, [SERVICE])
    (account,) = service.import_accounts(session, brand.id, [{**SERVICE, "linked_appid": "wxmini2"}])
    assert account.linked_appid == "wxmini2"


def test_one_name_of_tencents_is_one_account_whatever_its_kind(session: Session) -> None:
    brand = make.brand(session)
    service.import_accounts(session, brand.id, [MINI])
    with pytest.raises(service.DuplicateAccount, match="service_account wxmini: there is a mini_program with this name"):
        service.import_accounts(session, brand.id, [{**SERVICE, "appid": "wxmini"}])


def test_a_service_account_without_any_mini_program_opens_none(session: Session) -> None:
    (account,) = service.import_accounts(session, make.brand(session).id, [SERVICE])
    assert account.linked_appid is None


SUBS = [{"sub_mchid": "1900000110", "name": "经销商甲"}, {"sub_mchid": "1900000111", "name": "经销商乙", "sub_appid": "wxsub"}]


@pytest.mark.parametrize(
    ("entries", "refusal", "named"),
    [
        ([MINI, MINI], service.DuplicateAccount, "wxmini: twice in the list"),
        ([MINI, {**SERVICE, "appid": "wxmini"}], service.DuplicateAccount, "wxmini"),
        ([{**MINI, "appid": ""}], service.FieldMissing, "mini_program 小程序: appid missing"),
        ([MINI, SECOND, SERVICE], service.LinkUnknown, "service_account 服务号: mini_program missing"),
        ([MINI, {**SERVICE, "mini_program": "wxother"}], service.LinkUnknown, "no mini-program wxother"),
        ([MINI, {**SERVICE, "mini_program": "wxservice"}], service.LinkUnknown, "no mini-program wxservice"),
        ([MINI, {**MERCHANT, "appid": "wxother"}], service.LinkUnknown, "merchant 商户: the brand has no mini-program wxother"),
        ([MINI, _without(MERCHANT, "public_key", "public_key_id")], service.FieldMissing, "public_key, public_key_id missing"),
        ([MINI, _without(MERCHANT, "public_key") | {"platform_certificates": []}], service.FieldMissing, "public_key missing"),
        ([MINI, {**MERCHANT, "platform_certificates": ["x"]}], service.FieldMalformed, "platform_certificates"),
        ([MINI, {**MERCHANT, "public_key": key_pair("platform")[1][:-60]}], service.FieldMalformed, "public_key is not"),
        ([MINI, {**MERCHANT, "public_key_id": "AB12"}], service.FieldMalformed, "public_key_id is not"),
        ([MINI, {**MERCHANT, "merchant_private_key": key_pair("platform")[1]}], service.FieldMalformed, "merchant_private_key is not"),
        ([MINI, {**MERCHANT, "apiv3_key": "k" * 31}], service.FieldMalformed, "apiv3_key is not"),
        ([MINI, {**MERCHANT, "sub_mchids": [SUBS[0], SUBS[0]]}], service.DuplicateAccount, "merchant 商户: a sub_mchid twice"),
        (
            [MINI, {**MERCHANT, "sub_mchids": [{"sub_mchid": "1900000110"}]}],
            service.FieldMalformed,
            "each of sub_mchids has sub_mchid, name",
        ),
        ([MINI, {**MERCHANT, "sub_mchids": ["1900000110"]}], service.FieldMalformed, "sub_mchids"),
        ([{**MINI, "aes_key": "a" * 42}], service.FieldMalformed, "aes_key is not"),
        ([{**MINI, "aes_key": "a" * 42 + "!"}], service.FieldMalformed, "aes_key is not"),
        ([{**MINI, "aes_key": 7}], service.FieldMalformed, "aes_key is not"),
    ],
)
def test_what_cannot_be_taken_in_is_refused_by_name(
    session: Session, entries: list[dict[str, Any]], refusal: type[service.AccountRefused], named: str
) -> None:
    with pytest.raises(refusal, match=named):
        service.import_accounts(session, make.brand(session).id, entries)


def test_a_merchant_has_public_key_certificates_or_both(session: Session) -> None:
    brand = make.brand(session)
    pems = [certificate("certified")]
    modes = {
        "a": MERCHANT,
        "b": _without(MERCHANT, "public_key", "public_key_id") | {"platform_certificates": pems},
        "c": MERCHANT | {"platform_certificates": []},
    }
    entries = [MINI, *(entry | {"mchid": f"190000{name}"} for name, entry in modes.items())]
    for _ in range(2):
        _, public, certified, both = service.import_accounts(session, brand.id, entries)
        assert set(public.settings) == {"merchant_serial", "public_key_id", "public_key"}
        assert set(certified.settings) == {"merchant_serial", "platform_certificates"}
        assert set(both.settings) == {"merchant_serial", "public_key_id", "public_key", "platform_certificates"}
        assert certified.settings["platform_certificates"] == pems


def test_certificates_that_were_fetched_outlive_the_next_import(session: Session) -> None:
    brand = make.brand(session)
    entries = [MINI, MERCHANT | {"platform_certificates": []}]
    _, merchant = service.import_accounts(session, brand.id, entries)
    service.keep_platform_certificates(session, merchant, [certificate("certified")])
    service.import_accounts(session, brand.id, entries)
    session.expire_all()
    assert merchant.settings["platform_certificates"] == [certificate("certified")]
    service.import_accounts(session, brand.id, ENTRIES)
    assert "platform_certificates" not in merchant.settings


def test_a_service_provider_names_those_it_takes_payments_for(session: Session) -> None:
    _, provider = service.import_accounts(session, make.brand(session).id, [MINI, MERCHANT | {"sub_mchids": SUBS}])
    assert provider.settings["sub_mchids"] == SUBS


def test_an_account_of_another_brand_is_not_taken_over(session: Session) -> None:
    service.import_accounts(session, make.brand(session).id, ENTRIES)
    with pytest.raises(service.AnothersAccount, match="belongs to another brand"):
        service.import_accounts(session, make.brand(session).id, ENTRIES[:1])


def test_a_brand_without_an_account_hears_it_in_chinese(session: Session) -> None:
    from app.kit.web import message_of

    with pytest.raises(AccountMissing) as missing:
        queries.account(session, make.brand(session).id, AccountKind.corp)
    assert message_of(missing.value) == "品牌尚未接入所需的微信账号，请联系管理员"


def test_the_command_takes_a_file_and_says_what_is_wrong_with_it(session: Session, app: Any, tmp_path: Path) -> None:
    brand = make.brand(session)
    session.commit()
    file = tmp_path / "accounts.json"
    file.write_text(json.dumps({"accounts": ENTRIES}), encoding="utf-8")
    run = app.test_cli_runner().invoke
    done = run(args=["wechat", "accounts", "import", str(file), "--brand", brand.key])
    assert done.exit_code == 0, done.output
    assert "1900000109" in done.output
    assert "mini-secret" not in done.output
    assert "no brand 'nobody'" in run(args=["wechat", "accounts", "import", str(file), "--brand", "nobody"]).output
    file.write_text(json.dumps({"accounts": [{"kind": "car"}]}), encoding="utf-8")
    wrong = run(args=["wechat", "accounts", "import", str(file), "--brand", brand.key])
    assert wrong.exit_code == 1
    assert "'car'" in wrong.output
