"""The door through which other systems of the brand give and take tags, with a key of theirs."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.audience import queries, service
from app.audience.errors import TagArchived, TagByRule, TagUnknown, ValueUnfit
from app.audience.models import Action, Source
from app.audience.schemas import tags as schemas
from app.kit.limits import limited
from app.kit.web import Caller, blueprint, raises, transactional

partner = blueprint("tags", audience="partner")


@partner.post("/<key>/people")
@limited("partner_calls_per_minute")
@raises(TagUnknown, TagByRule, TagArchived, ValueUnfit)
@partner.input(schemas.PeopleToldIn)
@partner.output(schemas.PeopleTaggedOut)
@transactional
def tag_people(session: Session, who: Caller, key: str, json_data: dict[str, Any]) -> Any:
    """Give these customers the tag, or take it from them; again changes nothing. `nobody`: whom nobody knows, as given."""
    assert who.brand_id is not None
    tag = queries.tag_of_key(session, who.brand_id, key)
    by_phone = queries.people_by_phone(session, who.brand_id, json_data.pop("phones"))
    ids = [*json_data.pop("customer_ids"), *(one for one in by_phone.values() if one)]
    how = json_data | {"source": Source.api, "actor": who.actor}
    changed, nobody = service.decide_all(session, tag, ids, active=how.pop("action") == Action.add, **how)
    return {"changed": changed, "nobody": [*(str(one) for one in nobody), *(phone for phone, one in by_phone.items() if one is None)]}
