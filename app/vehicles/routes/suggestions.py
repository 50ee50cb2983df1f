"""Door: what a shopper may be about to type."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.kit.web import Caller, blueprint, transactional
from app.vehicles import queries, schemas_suggestions

visitor = blueprint("vehicles", audience="visitor", part="suggestions")


@visitor.get("/suggestions")
@visitor.input(schemas_suggestions.SuggestIn, location="query")
@visitor.output(schemas_suggestions.SuggestionsOut)
@transactional
def suggestions(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """At most ten ways to go on with what is typed, each with the number of cars that it finds."""
    assert who.brand_id is not None
    return {"items": queries.suggestions(session, who.brand_id, query_data["q"])}
