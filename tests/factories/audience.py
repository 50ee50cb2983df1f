"""Tags and rules for tests."""

from __future__ import annotations

import itertools

from sqlalchemy.orm import Session

from app.audience import service
from app.audience.models import Action, Tag, TagKind
from app.dealers.models import Brand

_count = itertools.count(1)


def tag(session: Session, of: Brand, *, key: str | None = None, rules: dict[str, Action] | None = None) -> Tag:
    """A tag of a brand, given and taken by `rules` (event name → action)."""
    number = next(_count)
    made = service.define(session, of.id, key=key or f"tag{number}", label=f"标签{number}", kind=TagKind.manual)
    for event_name, action in (rules or {}).items():
        service.rule(session, made, event_name=event_name, action=action)
    return made
