"""What the doors of one customer give of her wishes and ways, and take to make two profiles one. Times are UTC."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import UUID, Boolean, DateTime, Integer, List, Nested, String
from apiflask.validators import Length, Range

from app.kit.paging import MAX_LIMIT


class PersonOut(Schema):
    id = String()
    nickname = String(allow_none=True)
    phone_masked = String(allow_none=True, metadata={"example": "138****0000"})


class BroughtIn(Schema):
    cursor = String(validate=Length(1, 200))
    limit = Integer(load_default=10, validate=Range(1, MAX_LIMIT))


class BroughtRowOut(Schema):
    """A newcomer whom a customer's shares brought."""

    id = String()
    person = Nested(PersonOut)
    first_at = DateTime(metadata={"description": "when the share touched her first"})
    leads = Integer(metadata={"description": "of hers that shares led to, as the following"})
    orders = Integer()
    deposits = Integer()
    newcomers = Integer(metadata={"description": "whom she brought in turn"})


class BroughtOut(Schema):
    items = List(Nested(BroughtRowOut))
    next_cursor = String(allow_none=True)
    total = Integer()


class WishRowOut(Schema):
    """A word of hers, with how we know of it."""

    purpose = String()
    channel = String(allow_none=True, metadata={"description": "null: every channel"})
    channel_label = String(allow_none=True, metadata={"description": "zh-CN"})
    source = String(metadata={"description": "customer, staff, link, …: who told us"})
    recorded_by = String(allow_none=True, metadata={"description": "the name of the staff member who wrote it down"})


class ConsentRowOut(WishRowOut):
    text_version = String()
    scene = String(allow_none=True, metadata={"description": "where she was asked"})
    given_at = DateTime()
    withdrawn_at = DateTime(allow_none=True)


class RefusalRowOut(WishRowOut):
    refused_at = DateTime()
    lifted_at = DateTime(allow_none=True)


class ReachOut(Schema):
    """By which ways, besides a service account that she follows, she can be reached at all, whatever she wants to hear."""

    mini_program = Boolean()
    phone = Boolean()


class MergeIn(Schema):
    other_id = UUID(required=True, metadata={"description": "who is the same person, and becomes part of this customer"})


class MergeOut(Schema):
    """What goes over from the one to the other."""

    kept = Nested(PersonOut)
    merged = Nested(PersonOut)
    orders = Integer()
    leads = Integer()
    tags = Integer()
    identities = Integer(metadata={"description": "accounts of WeChat's in which we know her"})
    messages = Integer()


class GoingBackOut(Schema):
    """How much would be again of whom it was."""

    orders = Integer()
    leads = Integer()
    tags = Integer()
    identities = Integer()
    messages = Integer()
    favourites = Integer()
    walks = Integer(metadata={"description": "her ways through journeys"})


class StayingOut(Schema):
    """How much came since, and stays with the one who was kept."""

    orders = Integer()
    leads = Integer()
    messages = Integer()


class PastMergeOut(Schema):
    id = String()
    at = DateTime()
    by = String(
        allow_none=True, metadata={"description": "the member of staff; null where a telephone number or WeChat said that they are one"}
    )
    merged = Nested(PersonOut)
    undone_at = DateTime(allow_none=True)
    why_not = String(allow_none=True, metadata={"description": "why it cannot be undone now, zh-CN; null where it can"})
    goes_back = Nested(GoingBackOut, allow_none=True)
    stays = Nested(StayingOut, allow_none=True)


class PastMergesOut(Schema):
    items = List(Nested(PastMergeOut))
