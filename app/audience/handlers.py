"""What tags and segments do when something happened elsewhere."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.audience import queries, service
from app.audience.queries.attributes import SEEN
from app.audience.service import attributes, crowds, hearing, linking, membership
from app.events.masses import in_sets
from app.events.models import Event
from app.events.service import on
from app.identity.service import undoable
from app.wechat import queries as wechat
from app.wechat.messages.wecom import ContactMessage

# It hears the names that the rules subscribed to.
apply_rules = on()(service.apply_rules)
# And this one those that behavioural tags count.
count_behaviour = on()(service.count_behaviour)
# And this one every tag, where one of them is known elsewhere.
want = on()(linking.want)


@on("customer.merged")
def merge_tags(session: Session, events: Sequence[Event]) -> None:
    people = queries.who_now(session, {event.customer_id for event in events if event.customer_id})
    for event in events:
        if event.customer_id in people:
            kept = people[event.customer_id]
            with undoable(session, event):
                service.merge(session, kept_id=kept.id, merged_id=uuid.UUID(event.data["merged_id"]))
                service.count_again(session, kept.brand_id, [kept.id])


@on("customer.erased")
def forget_tags(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        if event.customer_id:
            service.forget(session, event.customer_id)


# It hears what the segments listen to.
keep_members = on()(membership.keep_members)
# Whoever comes with thousands is looked at with them.
in_sets(membership.keep_members, crowds.note)
compute_attributes = on(*SEEN, "customer.logged_in", "customer.merged", "customer.unmerged")(attributes.follow)


@on("customer.merged")
def merge_members(session: Session, events: Sequence[Event]) -> None:
    people = queries.who_now(session, {event.customer_id for event in events if event.customer_id})
    for event in events:
        merged_id = uuid.UUID(event.data["merged_id"])
        with undoable(session, event):
            attributes.forget(session, [merged_id])
            # Whoever was kept may have been forgotten since then.
            if event.customer_id in people:
                membership.merge(session, kept_id=people[event.customer_id].id, merged_id=merged_id)
            else:
                membership.forget(session, merged_id)


@on("customer.unmerged")
def look_at_both_again(session: Session, events: Sequence[Event]) -> None:
    people = queries.who_now(session, {event.customer_id for event in events if event.customer_id})
    if ids := {one.id for one in people.values()}:
        membership.hold_again(session, sorted(ids))


@on("customer.erased")
def forget_members(session: Session, events: Sequence[Event]) -> None:
    gone = {event.customer_id for event in events if event.customer_id}
    attributes.forget(session, gone)
    for customer_id in sorted(gone):
        membership.forget(session, customer_id)


@on("wechat.contact_added", "wechat.contact_changed")
def hear_of_contacts(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        told = wechat.message(session, event.data["inbox_id"])
        if isinstance(told, ContactMessage):
            hearing.contact_changed(session, wechat.inbox(session, event.data["inbox_id"]).account_id, told.external_userid)


@on("wechat.tag_changed")
def hear_of_tags(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        if event.data.get("change") == "delete" and event.data.get("tag_type") == "tag":
            linking.gone(session, wechat.inbox(session, event.data["inbox_id"]).account_id, event.data["tag_id"])
