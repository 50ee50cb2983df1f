"""A customer says how she wants to be called; WeChat tells us no names."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.factories import dealers as make
from tests.factories import identity as people
from tests.factories import wechat as accounts


@pytest.fixture
def her(session: Session) -> dict[str, str]:
    """The headers of a customer who is signed in."""
    brand = make.brand(session)
    account = accounts.account(session, brand)
    customer = people.customer(session, brand)
    people.identity(session, customer, account)
    headers = people.signed_in(session, customer, account)
    session.commit()
    return headers


def test_she_is_called_what_she_says(client: Any, her: dict[str, str]) -> None:
    assert client.put("/api/customer/identity/me", json={"nickname": "林晓雯"}, headers=her).json["nickname"] == "林晓雯"
    assert client.get("/api/customer/identity/me", headers=her).json["nickname"] == "林晓雯"


@pytest.mark.parametrize("wrong", ["", " 林", "林 ", "林" * 21, "林\n晓", "a\u202eb", "\u200b", 7, None])
def test_what_is_no_name_is_refused_and_changes_nothing(client: Any, her: dict[str, str], wrong: Any) -> None:
    client.put("/api/customer/identity/me", json={"nickname": "林晓雯"}, headers=her)
    refused = client.put("/api/customer/identity/me", json={"nickname": wrong}, headers=her)
    assert refused.status_code == 422
    assert "nickname" in refused.json["details"]
    assert client.get("/api/customer/identity/me", headers=her).json["nickname"] == "林晓雯"
