"""What the console's doors take and give. Money is fen; times are UTC."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import AwareDateTime, Boolean, DateTime, Dict, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range

from app.audience.models import TagKind
from app.audience.values import LONGEST_VALUE
from app.console.customer_schemas import ConsentRowOut, PersonOut, ReachOut, RefusalRowOut
from app.dealers.models import Role
from app.dealers.schemas import ActorOut, NamedOut
from app.journeys.models import JourneyStatus
from app.journeys.queries import SORTS
from app.kit.answers import one_of
from app.kit.paging import MAX_LIMIT


def maybe(schema: type[Schema]) -> Nested:
    return Nested(schema, allow_none=True)


# What the timeline's filter offers, and the first words of the names of the events in each.
GROUPS = {
    "commerce": ("order", "deposit", "payment", "refund"),
    "message": ("message", "subscription"),
    "lead": ("lead",),
    "share": ("share", "vehicle", "search", "finance", "poster", "contact", "navigation", "phone_call", "reserve"),
    "journey": ("journey", "tag"),
    "identity": ("customer",),
}


class ListIn(Schema):
    cursor = String(metadata={"description": "`next_cursor` of the page before"})
    limit = Integer(load_default=20, validate=Range(1, MAX_LIMIT))


class TagOut(Schema):
    key = String()
    label = String()
    kind = String(validate=OneOf(list(TagKind)), metadata={"description": "`rule`: it follows what happens, and staff cannot change it"})


class VehicleCardOut(Schema):
    id = String()
    title = String()
    price_fen = Integer()
    status = String()
    photo = String(allow_none=True)


# The desk ---------------------------------------------------------------------------------------------------------------------


class MeOut(NamedOut):
    role = one_of(Role)
    dealer = maybe(NamedOut)
    brand = Nested(NamedOut)
    now = DateTime(metadata={"description": "the platform's clock, which a demo may have moved"})


class LiveOut(Schema):
    url = String(metadata={"description": "an `EventSource` opens it; `stale` tells topics as a JSON list, `*` for all of them"})


class DealerRowOut(NamedOut):
    city = String()
    takes_money = Boolean(metadata={"description": "whether it has a merchant number of its own, into which deposits may go"})


class DealersOut(Schema):
    items = List(Nested(DealerRowOut))


class LinkOut(Schema):
    type = String(validate=OneOf(["order", "customer", "journey", "lead"]))
    id = String()


class TroubleOut(Schema):
    id = String()
    kind = String()
    severity = String(validate=OneOf(["error", "warning"]))
    title = String()
    detail = String()
    at = DateTime()
    link = maybe(LinkOut)
    can_resolve = Boolean(metadata={"description": "whether the caller may deal with it, at /api/staff/payments/incidents"})


class OverviewOut(Schema):
    """`reservations`, `deposits_fen` and `messages_*` count from midnight in China; the others are of now."""

    reservations = Integer()
    deposits_fen = Integer()
    leads_open = Integer()
    leads_overdue = Integer()
    messages_sent = Integer()
    messages_failed = Integer()
    vehicles_listed = Integer()
    vehicles_reserved = Integer()
    anomalies_unseen = Integer(metadata={"description": "of the last seven days, at which nobody looked"})
    incidents = List(Nested(TroubleOut), metadata={"description": "the latest 20"})
    money_tasks = Integer(metadata={"description": "how many incidents of money wait for a person, listed or not"})
    now = DateTime()


# Customers --------------------------------------------------------------------------------------------------------------------


class CustomersIn(ListIn):
    q = String(validate=Length(1, 64), metadata={"description": "a part of the nickname, or a whole phone number"})
    tag = String(validate=Length(1, 64))


class CustomerRowOut(PersonOut):
    tags = List(Nested(TagOut))
    grade = String(allow_none=True)
    adviser = String(allow_none=True)
    dealer = String(allow_none=True)
    last_event_at = DateTime(allow_none=True)
    created_at = DateTime()


class CustomersOut(Schema):
    items = List(Nested(CustomerRowOut))
    next_cursor = String(allow_none=True)
    total = Integer()


class FollowedOut(Schema):
    followed = Boolean()


class CustomerLeadOut(Schema):
    id = String()
    status = String()
    grade = String(allow_none=True)
    adviser = String(allow_none=True)
    dealer = String(allow_none=True)


class OrderRowOut(Schema):
    id = String()
    number = String()
    status = String()
    payment_status = String()
    amount_fen = Integer()
    vehicle = maybe(VehicleCardOut)
    customer = Nested(PersonOut)
    dealer = maybe(NamedOut)
    created_at = DateTime()


class CustomerPageOut(CustomerRowOut):
    wechat = Nested(FollowedOut)
    lead = maybe(CustomerLeadOut)
    orders = List(Nested(OrderRowOut))
    reach = Nested(ReachOut)
    consents = List(Nested(ConsentRowOut), metadata={"description": "the latest of each purpose and channel"})
    refusals = List(Nested(RefusalRowOut), metadata={"description": "the latest of each purpose and channel"})


class TagsOut(Schema):
    items = List(Nested(TagOut))


class TagIn(Schema):
    tag = String(required=True, validate=Length(1, 64))
    value = String(validate=Length(1, LONGEST_VALUE), metadata={"description": "for a tag that has one; without it the one she has stays"})
    expires_at = AwareDateTime(metadata={"description": "when she loses it again; else as the tag itself says"})


class TimelineIn(ListIn):
    name = String(validate=Length(1, 64), metadata={"description": "only events of this name"})
    group = String(validate=OneOf(list(GROUPS)), metadata={"description": "only events of this kind"})


class ReferenceOut(Schema):
    type = String()
    id = String()


class EventOut(Schema):
    id = String()
    name = String()
    label = String()
    detail = String(allow_none=True)
    recorded_at = DateTime()
    actor = Nested(ActorOut)
    subject = maybe(ReferenceOut)


class TimelineOut(Schema):
    items = List(Nested(EventOut))
    next_cursor = String(allow_none=True)


# Leads ------------------------------------------------------------------------------------------------------------------------


class LeadsIn(ListIn):
    status = String(validate=Length(1, 32), metadata={"description": "`open`, `overdue`, `closed`, or a status"})


class LeadRowOut(Schema):
    id = String()
    customer = Nested(PersonOut)
    status = String()
    grade = String(allow_none=True)
    dealer = maybe(NamedOut)
    owner = maybe(NamedOut)
    vehicle = maybe(VehicleCardOut)
    next_action_at = DateTime(allow_none=True)
    overdue = Boolean()
    created_at = DateTime()


class LeadsOut(Schema):
    items = List(Nested(LeadRowOut))
    next_cursor = String(allow_none=True)
    total = Integer()


class InterestOut(Schema):
    id = String()
    kind = String()
    vehicle = maybe(VehicleCardOut)
    order_id = String(allow_none=True, metadata={"description": "of a reservation or a deposit, when the reader may open it"})
    message = String(allow_none=True)
    at = DateTime()


class AssignmentOut(Schema):
    id = String()
    cause = String()
    rule = String()
    chosen = String(allow_none=True)
    candidates = Integer()
    answer = String(allow_none=True)
    at = DateTime()


class ActivityOut(Schema):
    id = String()
    label = String()
    detail = String(allow_none=True)
    actor = String(allow_none=True)
    at = DateTime()


class LeadPageOut(LeadRowOut):
    actions = List(one_of(("accept", "call-back", "test-drive")), metadata={"description": "what can be done now"})
    interests = List(Nested(InterestOut))
    assignments = List(Nested(AssignmentOut))
    activities = List(Nested(ActivityOut))


class TestDriveIn(Schema):
    at = AwareDateTime(required=True, metadata={"description": "when, with its offset from UTC; in the future"})


# Journeys ---------------------------------------------------------------------------------------------------------------------


class JourneyRowOut(NamedOut):
    key = String()
    status = String()
    version = Integer(metadata={"description": "0 when nothing is published"})
    trigger_label = String()
    entered = Integer()
    active = Integer()
    completed = Integer()
    exited = Integer()
    stuck = Integer(metadata={"description": "waiting for a person to look"})
    held_out = Integer(metadata={"description": "of the control group, who never walk"})
    converted = Integer(metadata={"description": "of those who entered, how many reached the goal"})
    updated_at = DateTime()
    archived_at = DateTime(allow_none=True)


class JourneysIn(Schema):
    search = String(validate=Length(1, 100), metadata={"description": "a part of the name"})
    status = String(validate=OneOf([one.value for one in JourneyStatus]))
    archived = Boolean(load_default=False, metadata={"description": "those that were put away, instead of the others"})
    sort = String(validate=OneOf(SORTS), metadata={"description": "by name unless told; else the most or latest first"})
    cursor = String(metadata={"description": "`next_cursor` of the page before"})
    limit = Integer(load_default=MAX_LIMIT, validate=Range(1, MAX_LIMIT))


class JourneysOut(Schema):
    items = List(Nested(JourneyRowOut))
    next_cursor = String(metadata={"description": "there if there are more", "x-absent": True})


class NodeOut(Schema):
    id = String()
    kind = String()
    label = String()
    summary = String()


class EdgeOut(Schema):
    from_ = String(data_key="from", attribute="from")
    port = String()
    port_label = String()
    to = String()


class GraphOut(Schema):
    nodes = List(Nested(NodeOut))
    edges = List(Nested(EdgeOut))


class TriggerOut(Schema):
    label = String()


class JourneyIn(Schema):
    version = Integer(load_default=None, validate=Range(1, 2**31 - 1), metadata={"description": "the published one unless told"})


class JourneyOut(NamedOut):
    status = String()
    version = Integer(metadata={"description": "0 when nothing is published"})
    trigger = Nested(TriggerOut)
    exit_on = List(String())
    graph = Nested(GraphOut)
    numbers = Dict(
        values=Dict(values=Integer()),
        metadata={"description": "by node: entered, waiting, passed, sent, delivered, failed, skipped, stuck"},
    )


class WalksIn(ListIn):
    node = String(validate=Length(1, 64))
    status = String(validate=Length(1, 32))


class WalkOut(Schema):
    id = String()
    customer = Nested(PersonOut)
    status = String()
    node_id = String(allow_none=True)
    due_at = DateTime(allow_none=True)
    entered_at = DateTime()
    exit_reason = String(allow_none=True)


class WalksOut(Schema):
    items = List(Nested(WalkOut))
    next_cursor = String(allow_none=True)


# The clock --------------------------------------------------------------------------------------------------------------------


class AdvanceIn(Schema):
    seconds = Integer(required=True, strict=True, validate=Range(1, 366 * 24 * 3600))


class ClockOut(Schema):
    now = DateTime()
