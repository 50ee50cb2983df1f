"""Whether this process can serve: it is alive, and its database answers."""

from __future__ import annotations

from typing import Any

from apiflask.fields import DateTime, String
from sqlalchemy.orm import Session

from app.kit import clock
from app.kit.web import Caller, Schema, blueprint, transactional

public = blueprint("health", audience="public")


class HealthOut(Schema):
    status = String()
    now = DateTime(metadata={"description": "the platform's clock"})


@public.get("")
@public.output(HealthOut)
@transactional
def health(session: Session, _who: Caller) -> Any:
    """Answers once the database answers; a load balancer may ask every second."""
    return {"status": "ok", "now": clock.now(session)}
