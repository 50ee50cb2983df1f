"""A brand in a phone: its mini-program's header on every request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from tests.factories import dealers
from tests.factories import wechat as accounts


@pytest.fixture
def brand(session: Session) -> Brand:
    return dealers.brand(session)


@pytest.fixture
def get(session: Session, client: Any, brand: Brand) -> Callable[..., Any]:
    """GET as an anonymous visitor of the brand's mini-program: `get("/vehicles/", limit=2)`."""
    appid = accounts.account(session, brand).appid

    def ask(path: str, **query: Any) -> Any:
        session.commit()
        session.expire_all()
        return client.get(f"/api/visitor{path}", query_string=query, headers={"X-Appid": appid})

    return ask
