"""What the doors of broadcasts take and give."""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, Date, DateTime, Dict, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range
from marshmallow import ValidationError, validates_schema

from app.broadcasts.models import BroadcastStatus
from app.kit.answers import one_of
from app.kit.paging import MAX_LIMIT
from app.messaging.models import Purpose
from app.messaging.schemas_ledger import LineOut

AUDIENCES = {"segment": "segment_id", "tag": "tag", "list": "customer_ids"}
# What a message may be about, beside the person herself.
CONTEXT = ("vehicle_id", "store_id")


class AudienceIn(Schema):
    kind = String(required=True, validate=OneOf(list(AUDIENCES)))
    segment_id = UUID()
    tag = String(validate=Length(1, 64))
    customer_ids = List(UUID(), validate=Length(1, 10_000))

    @validates_schema
    def _fits(self, data: dict[str, Any], **_more: Any) -> None:
        wanted = AUDIENCES[data["kind"]]
        if wanted not in data:
            raise ValidationError("needed for this kind", wanted)
        if other := data.keys() - {"kind", wanted}:
            raise ValidationError("not for this kind", sorted(other)[0])


class RungIn(Schema):
    channel = String(required=True, validate=Length(1, 64))
    template_key = String(required=True, validate=Length(1, 64))


class ContextIn(Schema):
    vehicle_id = UUID()
    store_id = UUID()


class BroadcastChangeIn(Schema):
    name = String(validate=Length(1, 80))
    purpose = String(validate=OneOf(("marketing", "transactional")))
    audience = Nested(AudienceIn)
    ladder = List(Nested(RungIn), validate=Length(1, 6), metadata={"description": "ways to reach each person, best first"})
    context = Nested(ContextIn, metadata={"description": "what the message is about"})
    expires_hours = Integer(validate=Range(1, 24 * 60), metadata={"description": "after so long whoever was not reached is left out"})
    per_minute = Integer(
        allow_none=True, validate=Range(1, 1_000_000), metadata={"description": "no more a minute; null: as fast as it goes"}
    )


class BroadcastIn(BroadcastChangeIn):
    name = String(required=True, validate=Length(1, 80))
    purpose = String(load_default="marketing", validate=OneOf(("marketing", "transactional")))
    audience = Nested(AudienceIn, required=True)
    ladder = List(Nested(RungIn), required=True, validate=Length(1, 6))


class ScheduleIn(Schema):
    at = DateTime(allow_none=True, metadata={"description": "when it begins; without an offset in the brand's time zone; null: now"})


class TrialIn(Schema):
    customer_ids = List(UUID(), required=True, validate=Length(1, 20))


class ListIn(Schema):
    status = String(validate=OneOf([one.value for one in BroadcastStatus]))
    q = String(validate=Length(1, 60), metadata={"description": "a part of the name"})
    cursor = String(metadata={"description": "`next_cursor` of the page before"})
    limit = Integer(load_default=20, validate=Range(1, MAX_LIMIT))


class RungOut(Schema):
    channel = String()
    template_key = String()


class BroadcastOut(Schema):
    id = String()
    name = String()
    status = one_of(BroadcastStatus)
    status_label = String(metadata={"description": "zh-CN"})
    purpose = one_of(Purpose)
    audience = Dict()
    audience_name = String(allow_none=True, metadata={"description": "of its segment or tag"})
    ladder = List(Nested(RungOut))
    context = Dict()
    expires_hours = Integer()
    per_minute = Integer(allow_none=True)
    created_at = DateTime()
    scheduled_at = DateTime(allow_none=True)
    started_at = DateTime(allow_none=True)
    expires_at = DateTime(allow_none=True)
    ended_at = DateTime(allow_none=True)


class ShareOut(Schema):
    people = Integer()
    done = Integer(metadata={"description": "people whose outcome is certain"})
    sent = Integer()


class BroadcastRowOut(BroadcastOut):
    share = Nested(ShareOut, allow_none=True, metadata={"description": "null before it began"})


class BroadcastsOut(Schema):
    items = List(Nested(BroadcastRowOut))
    next_cursor = String(allow_none=True)


class ReasonOut(Schema):
    reason = String()
    text = String(metadata={"description": "zh-CN"})
    count = Integer()


class ProgressOut(Schema):
    listed = Integer(metadata={"description": "people it is for, as far as they are written down"})
    listing = one_of(("done", "running"), "running: the audience is being written down")
    not_planned = Integer()
    on_their_way = Integer()
    sent = Integer()
    delivered = Integer()
    undelivered = Integer()
    unknown_outcome = Integer(metadata={"description": "nobody knows whether it left; a person has to look"})
    cancelled = Integer()
    skipped = List(Nested(ReasonOut))
    failed = List(Nested(ReasonOut))
    waiting = List(Nested(ReasonOut))
    waiting_until = DateTime(allow_none=True)
    sentences = List(String(), metadata={"description": "what is to be known besides, zh-CN"})


class BroadcastDetailOut(BroadcastOut):
    progress = Nested(ProgressOut)


class WayOut(Schema):
    channel = String()
    channel_label = String()
    appid = String()
    count = Integer()


class ForecastOut(Schema):
    people = Integer()
    asked = Integer(metadata={"description": "how many were looked at one by one; the counts are shares of all people"})
    reached = Integer()
    ways = List(Nested(WayOut))
    skipped = List(Nested(ReasonOut))
    done_on = Date(allow_none=True, metadata={"description": "the last day of sending in China; null: never"})
    sentence = String(metadata={"description": "zh-CN"})


class PeopleIn(Schema):
    outcome = String(metadata={"description": "one of `not_planned`, a status of a message, `delivered`, `undelivered`; all without it"})
    reason = String(validate=Length(1, 64))
    cursor = String()
    limit = Integer(load_default=50, validate=Range(1, MAX_LIMIT))


class PersonOut(Schema):
    customer_id = String()
    nickname = String(allow_none=True)
    phone_masked = String(allow_none=True)
    send_id = String(allow_none=True)
    outcome = String()
    outcome_label = String()
    channel = String(allow_none=True)
    channel_label = String(allow_none=True)
    reason = String(allow_none=True)
    reason_text = String(allow_none=True)
    at = DateTime(allow_none=True)


class PeopleOut(Schema):
    items = List(Nested(PersonOut))
    next_cursor = String(allow_none=True)


class TrialOut(Schema):
    id = String()
    customer_id = String()
    status = String()


class TrialsOut(Schema):
    items = List(Nested(TrialOut))


class WhyOut(Schema):
    lines = List(Nested(LineOut))
