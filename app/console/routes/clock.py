"""The door that moves the platform's clock forward, for demo and tests."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app.console import schemas
from app.kit import clock
from app.kit.clock import ClockFixed
from app.kit.errors import Unauthorized
from app.kit.settings import settings
from app.kit.web import Caller, blueprint, raises, transactional

platform = blueprint("clock", audience="platform")


@platform.before_request
def knows_the_token() -> None:
    """A stranger is turned away before anything she sent is read."""
    expected = settings().clock_token.get_secret_value()
    given = request.headers.get("X-Clock-Token", "")
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise Unauthorized


@platform.post("/advance")
@raises(ClockFixed)
@platform.input(schemas.AdvanceIn)
@platform.output(schemas.ClockOut)
@transactional
def advance(session: Session, _who: Caller, json_data: dict[str, Any]) -> Any:
    """Move the clock forward; needs the header `X-Clock-Token`. Production has no such token and refuses everybody."""
    return {"now": clock.advance(session, timedelta(seconds=json_data["seconds"]))}
