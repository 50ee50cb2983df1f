"""The clock moves forward for those who hold its token, and for nobody else."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy.orm import Session

from app.kit import clock
from app.kit.settings import settings

DAY = {"seconds": 86400}


def _token() -> dict[str, str]:
    return {"X-Clock-Token": settings().clock_token.get_secret_value()}


def test_the_clock_moves_by_the_seconds_asked_for(session: Session, client: Any) -> None:
    before = clock.now(session)
    answer = client.post("/api/platform/clock/advance", json=DAY, headers=_token())
    assert answer.status_code == 200
    session.commit()
    assert timedelta(days=1) <= clock.now(session) - before < timedelta(days=1, minutes=1)


@pytest.mark.parametrize("headers", [{}, {"X-Clock-Token": ""}, {"X-Clock-Token": "guess"}, {"X-Clock-Token": "时钟"}])
def test_a_stranger_moves_nothing(session: Session, client: Any, headers: dict[str, str]) -> None:
    before = clock.now(session)
    encoded = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    assert client.post("/api/platform/clock/advance", json=DAY, headers=encoded).status_code == 401
    session.commit()
    assert clock.now(session) - before < timedelta(minutes=1)


@pytest.mark.parametrize("body", [{}, {"seconds": 0}, {"seconds": -1}, {"seconds": "86400"}, {"seconds": 1e12}])
def test_it_never_moves_back_nor_by_a_figure_that_makes_no_sense(session: Session, client: Any, body: dict[str, Any]) -> None:
    answer = client.post("/api/platform/clock/advance", json=body, headers=_token())
    assert answer.status_code == 422
    assert set(answer.json["details"]) == {"seconds"}


def test_where_the_clock_is_fixed_not_even_an_empty_token_opens_the_door(
    session: Session, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixed = settings().model_copy(update={"clock_movable": False, "clock_token": SecretStr("")})
    monkeypatch.setattr("app.console.routes.clock.settings", lambda: fixed)
    assert client.post("/api/platform/clock/advance", json=DAY, headers={"X-Clock-Token": ""}).status_code == 401
