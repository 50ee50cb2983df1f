"""What the doors of insight take and give. Days are China's, both ends of a period in it."""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, Boolean, Date, DateTime, Float, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range
from marshmallow import ValidationError, validates_schema

from app.analytics.models import Figure, Step
from app.analytics.queries import By
from app.console.customer_schemas import PersonOut
from app.console.queries.attribution import WINDOWS
from app.console.queries.league import FEW, Sort
from app.console.schemas import ListIn, NamedOut, maybe
from app.sharing.queries import CHAIN_DEPTH

LONGEST_DAYS = 366


class PeriodIn(Schema):
    since = Date(required=True)
    until = Date(required=True)

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        if not 0 <= (data["until"] - data["since"]).days < LONGEST_DAYS:
            raise ValidationError(f"not before `since`, and within {LONGEST_DAYS} days", "until")


class FunnelIn(PeriodIn):
    store_id = UUID()
    series_id = UUID()
    channel = String(validate=Length(0, 50), metadata={"description": "`share`, one of campaigns', or empty: nothing that we know of"})


class FunnelByIn(FunnelIn):
    by = String(load_default=By.channel.value, validate=OneOf([one.value for one in By]))


class FunnelPeopleIn(FunnelIn, ListIn):
    step = String(required=True, validate=OneOf([one.value for one in Step]))


class StepOut(Schema):
    step = String()
    label = String(metadata={"description": "zh-CN"})
    means = String(metadata={"description": "zh-CN: who is counted"})
    people = Integer(metadata={"description": "each of them once in the period"})


class PartOut(Schema):
    key = String(metadata={"description": "of the channel, store or series, empty for none; or the first day of the day, week or month"})
    label = String(metadata={"description": "zh-CN"})
    people = List(Integer(), metadata={"description": "by step; who is in several parts is counted in each"})


class FunnelOut(Schema):
    steps = List(Nested(StepOut))
    parts = List(Nested(PartOut))
    read_until = DateTime(allow_none=True, metadata={"description": "what happened later is not counted yet"})


class ChoiceOut(Schema):
    value = String()
    label = String()


class FunnelChoicesOut(Schema):
    stores = List(Nested(ChoiceOut))
    series = List(Nested(ChoiceOut))
    channels = List(Nested(ChoiceOut))


class FunnelPeopleOut(Schema):
    items = List(Nested(PersonOut))
    next_cursor = String(allow_none=True)
    total = Integer()


class LeagueByIn(PeriodIn):
    sort = String(load_default=Sort.sales.value, validate=OneOf([one.value for one in Sort]))


class LeagueIn(LeagueByIn):
    page = Integer(load_default=1, validate=Range(1, 1_000))
    limit = Integer(load_default=20, validate=Range(1, 100))


class StoreFiguresOut(Schema):
    leads = Integer(metadata={"description": "people"})
    asked = Integer(metadata={"description": "requests to answer whose time is over, or that were answered"})
    in_time = Float(
        allow_none=True, metadata={"description": f"answered within the time of the lead's grade, of those asked; null under {FEW}"}
    )
    answer_seconds = Integer(allow_none=True, metadata={"description": "median of those that were answered"})
    test_drives = Integer(metadata={"description": "leads for which one was booked"})
    deposits = Integer(metadata={"description": "people"})
    sales = Integer(metadata={"description": "people"})
    refunds = Integer(metadata={"description": "orders whose money went back"})
    sales_of_leads = Float(allow_none=True, metadata={"description": f"null under {FEW} leads"})


class LeagueStoreOut(Schema):
    id = UUID()
    name = String()
    city = String()
    dealer = String()
    rank = Integer(allow_none=True, metadata={"description": "among the brand's stores; null where there is too little to compare"})
    now = Nested(StoreFiguresOut)
    before = Nested(StoreFiguresOut)


class LeagueOut(Schema):
    items = List(Nested(LeagueStoreOut))
    total = Integer(metadata={"description": "stores that the caller sees"})
    ranked = Integer(metadata={"description": "stores of the brand that have a rank"})
    before = Nested(PeriodIn)
    read_until = DateTime(allow_none=True)


class AttributionIn(PeriodIn):
    window_days = Integer(
        load_default=30, validate=OneOf(WINDOWS), metadata={"description": "how long before a conversion a touch is owed something"}
    )


class OwedOut(Schema):
    first = Integer(metadata={"description": "conversions whose first touch it was"})
    last = Integer(metadata={"description": "conversions whose last touch it was"})
    linear = Float(metadata={"description": "conversions in equal parts by touch, in hundredths whose sum is the whole"})


class OwedStepsOut(Schema):
    leads = Nested(OwedOut)
    deposits = Nested(OwedOut)
    sales = Nested(OwedOut)


class OwedCampaignOut(OwedStepsOut):
    id = UUID()
    name = String()


class OwedChannelOut(OwedStepsOut):
    channel = String(
        metadata={"description": "of a campaign's code; `campaign` came by none, `share` by somebody's share; empty: nothing touched her"}
    )
    label = String(metadata={"description": "zh-CN"})
    campaigns = List(Nested(OwedCampaignOut))


class ConversionsOut(Schema):
    leads = Integer()
    deposits = Integer()
    sales = Integer()


class AttributionOut(Schema):
    items = List(Nested(OwedChannelOut), metadata={"description": "what nothing touched comes last"})
    total = Nested(ConversionsOut)


class SharersIn(PeriodIn):
    page = Integer(load_default=1, validate=Range(1, 1_000))
    limit = Integer(load_default=20, validate=Range(1, 100))


class LedToOut(Schema):
    shares = Integer()
    opens = Integer(metadata={"description": "people or devices, each once per share, without the sharer and without machines"})
    newcomers = Integer(metadata={"description": "became customers by it, each counted for the first share that ever touched her"})
    leads = Integer()
    orders = Integer()
    deposits = Integer()


class SharesTotalOut(LedToOut):
    sharers = Integer(metadata={"description": "people who shared"})


class SharesLevelOut(SharesTotalOut):
    removed = Integer(metadata={"description": f"from the first share of its chain; {CHAIN_DEPTH} is so many times or more"})


class SharerOut(LedToOut):
    person = Nested(PersonOut)
    own_newcomers = Integer(
        metadata={
            "description": f"by her own shares; all other figures with those passed on from hers, {CHAIN_DEPTH} times removed at most"
        }
    )


class SharingOut(Schema):
    k = Float(allow_none=True, metadata={"description": "newcomers a sharer; null when nobody shared"})
    total = Nested(SharesTotalOut)
    levels = List(Nested(SharesLevelOut))
    sharers = List(Nested(SharerOut))


class AnomaliesIn(Schema):
    figure = String(validate=OneOf([one.value for one in Figure]))
    store_id = UUID()
    is_seen = Boolean(metadata={"description": "only those that somebody looked at, or that nobody did"})
    page = Integer(load_default=1, validate=Range(1, 1_000))
    limit = Integer(load_default=20, validate=Range(1, 100))


class AnomalyOut(Schema):
    id = UUID()
    on_day = Date()
    figure = String(validate=OneOf([one.value for one in Figure]))
    store = Nested(NamedOut, allow_none=True, metadata={"description": "null: all stores of the brand that are old enough to compare"})
    times = Integer(metadata={"description": "how often it happened that day"})
    before = List(Integer(), metadata={"description": "on the same weekday of the eight weeks before, the last of them last"})
    median = Float(metadata={"description": "of `before`"})
    bound = Float(metadata={"description": "how far from the median is nothing out of the ordinary"})
    seen_at = DateTime(allow_none=True)
    seen_by = maybe(NamedOut)


class AnomaliesOut(Schema):
    items = List(Nested(AnomalyOut))
    total = Integer()
    judged_until = Date(allow_none=True, metadata={"description": "the last day that was compared"})
    stores = Integer(metadata={"description": "of the caller's, those old enough to compare on that day"})


class CountedOut(Schema):
    id = UUID()
    label = String(metadata={"description": "zh-CN"})
    at = DateTime()
    person = Nested(PersonOut, allow_none=True, metadata={"description": "null: nobody, forgotten, or unknown to the caller's dealer"})
    store = maybe(NamedOut)
    send_id = UUID(allow_none=True, metadata={"description": "of a message"})


class CountedPageOut(Schema):
    items = List(Nested(CountedOut))
    next_cursor = String(allow_none=True)
    total = Integer()
