"""The door through which other systems of the brand let somebody into a journey, with a key of theirs."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.audience.queries import people_by_phone
from app.journeys import coming
from app.journeys.errors import JourneyUnknown, NotCalledFor, NothingPublished
from app.journeys.schemas import entering as schemas
from app.journeys.service import naming
from app.kit.idempotency import idempotent
from app.kit.limits import limited
from app.kit.web import Caller, blueprint, narrow_keys_too, raises, transactional

partner = blueprint("journeys", audience="partner")
NOBODY = uuid.UUID(int=0)


@partner.post("/<key>/entries")
@narrow_keys_too
@idempotent
@limited("partner_calls_per_minute")
@raises(JourneyUnknown, NothingPublished, NotCalledFor)
@partner.input(schemas.CallIn)
@partner.output(schemas.EnrolledOut)
@transactional
def let_in(session: Session, who: Caller, key: str, json_data: dict[str, Any]) -> Any:
    """Let one customer into the journey that is called so, with what there is to tell of her; the same `key` again lets nobody in again.

    A journey that the caller's key is not for is not there. Whom nobody knows is left out as who is gone: which of both it was is not told.
    """
    assert who.brand_id is not None
    if who.partner.journeys is not None and key not in who.partner.journeys:
        raise JourneyUnknown
    journey = naming.called(session, who.brand_id, key)
    phone = json_data.pop("phone", None)
    known = people_by_phone(session, who.brand_id, [phone]) if phone else {}
    person = json_data.pop("customer_id", None) or known.get(phone) or NOBODY
    return coming.enrolled_out(naming.let_in(session, journey, person, **json_data))
