"""A brand in a phone: its mini-program's header on every request."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.kit import files
from app.kit.settings import settings
from app.vehicles import service
from tests.factories import dealers
from tests.factories import wechat as accounts
from tests.factories.desk import Desk


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


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where files are kept in this test; a car has at most four photographs."""
    given = settings().model_copy(update={"media_dir": str(tmp_path), "photos_per_vehicle": 4})
    monkeypatch.setattr(files, "settings", lambda: given)
    monkeypatch.setattr(service.photos, "settings", lambda: given)
    return tmp_path


@pytest.fixture
def desk(session: Session, app: Any, folder: Path) -> Desk:
    """Who photographs a car at the dealer's."""
    return Desk(session, app)
