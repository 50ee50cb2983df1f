"""The door through which the mini-program tells what people do in it."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app.events import schemas, service
from app.kit.limits import limited
from app.kit.web import Caller, blueprint, transactional

visitor = blueprint("events", audience="visitor")

MAX_BYTES = 64 * 1024


@visitor.before_request
def limit_size() -> None:
    request.max_content_length = MAX_BYTES


@visitor.post("/")
@limited("event_batches_per_minute")
@visitor.input(schemas.BatchIn)
@visitor.output(schemas.BatchOut)
@transactional
def tell(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Tell what somebody did, up to 100 things at a time (64 KiB). Each counts once, however often it is told; wrong ones are named."""
    assert who.brand_id is not None
    good, rejected = schemas.read(json_data["events"])
    device = service.Device(who.brand_id, json_data["visitor_id"], json_data["session_id"])
    accepted = service.ingest(session, device, good, customer=who.customer)
    return {"accepted": accepted, "duplicate": len(good) - accepted, "rejected": rejected}
