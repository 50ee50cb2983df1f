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
from tests.factories.wechat import key_pair

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


def test_an_account_of_another_brand_is_not_taken_over(session: Session) -> None:
    service.import_accounts(session, make.brand(session).id, ENTRIES)
    with pytest.raises(ValueError, match="belongs to another brand"):
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
