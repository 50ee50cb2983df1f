"""Doors: customers, their timeline and their tags."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.audience import queries as audience_queries
from app.audience import service as audience
from app.audience.errors import TagArchived, TagByRule, TagUnknown, ValueUnfit
from app.console import customer_schemas, schemas
from app.console.errors import CustomerUnknown
from app.console.queries import customers, merging, shares, timeline
from app.console.queries.scope import Scope
from app.dealers.models import Role
from app.identity import service as identity
from app.identity.errors import MergeCovered, MergeForgotten, MergeMoving, MergeUndone, MergeUnknown, SameInWechat
from app.kit.errors import Forbidden
from app.kit.idempotency import idempotent
from app.kit.paging import CursorInvalid
from app.kit.web import Caller, blueprint, raises, transactional

staff = blueprint("customers", audience="staff")


@staff.get("/")
@raises(CursorInvalid)
@staff.input(schemas.CustomersIn, location="query")
@staff.output(schemas.CustomersOut)
@transactional
def search(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Customers by name, phone number or tag, the newest first."""
    wanted = {"q": None, "tag": None, "cursor": None} | query_data
    return customers.search(session, Scope.of(who.staff), **wanted)


@staff.get("/tags")
@staff.output(schemas.TagsOut)
@transactional
def tags(session: Session, who: Caller) -> Any:
    """Every tag that a customer of the brand may carry."""
    return {"items": audience_queries.tags(session, who.staff.brand_id)}


@staff.get("/<uuid:customer_id>")
@raises(CustomerUnknown)
@staff.output(schemas.CustomerPageOut)
@transactional
def show(session: Session, who: Caller, customer_id: uuid.UUID) -> Any:
    """One customer. An adviser or dealer manager sees only the leads and orders of the own dealer."""
    return customers.show(session, Scope.of(who.staff), customer_id)


@staff.get("/<uuid:customer_id>/timeline")
@raises(CustomerUnknown, CursorInvalid)
@staff.input(schemas.TimelineIn, location="query")
@staff.output(schemas.TimelineOut)
@transactional
def events(session: Session, who: Caller, customer_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """What happened to a customer, newest first, in words."""
    scope = Scope.of(who.staff)
    wanted = {"name": None, "group": None, "cursor": None} | query_data
    return timeline.of_customer(session, scope, customers.get(session, scope, customer_id), **wanted)


@staff.get("/<uuid:customer_id>/brought")
@raises(CustomerUnknown, CursorInvalid)
@staff.input(customer_schemas.BroughtIn, location="query")
@staff.output(customer_schemas.BroughtOut)
@transactional
def brought(session: Session, who: Caller, customer_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """Whom her shares brought, the latest first, and how many each of them brought in turn. A dealer sees those whom it knows."""
    scope = Scope.of(who.staff)
    return shares.brought(session, scope, customers.get(session, scope, customer_id).id, **query_data)


@staff.post("/<uuid:customer_id>/tags")
@raises(CustomerUnknown, TagUnknown, TagByRule, TagArchived, ValueUnfit)
@staff.input(schemas.TagIn)
@staff.output({}, status_code=204)
@transactional
def add_tag(session: Session, who: Caller, customer_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Give a customer a tag; nothing happens when she carries it already, with this value."""
    customer = customers.get(session, Scope.of(who.staff), customer_id)
    audience.add(session, customer.id, json_data.pop("tag"), actor=who.actor, **json_data)
    return ""


@staff.delete("/<uuid:customer_id>/tags/<key>")
@raises(CustomerUnknown, TagUnknown, TagByRule)
@staff.output({}, status_code=204)
@transactional
def remove_tag(session: Session, who: Caller, customer_id: uuid.UUID, key: str) -> Any:
    """Take a tag from a customer; nothing happens when she does not carry it."""
    customer = customers.get(session, Scope.of(who.staff), customer_id)
    audience.remove(session, customer.id, key, actor=who.actor)
    return ""


def _of_the_brand(who: Caller) -> Scope:
    """Whether two are one person is for headquarters to say: each may be another dealer's customer."""
    if who.staff.role not in (Role.admin, Role.marketer):
        raise Forbidden
    return Scope.of(who.staff)


@staff.post("/<uuid:customer_id>/merge/preview")
@raises(Forbidden, CustomerUnknown)
@staff.input(customer_schemas.MergeIn)
@staff.output(customer_schemas.MergeOut)
@transactional
def preview_merge(session: Session, who: Caller, customer_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """What would go over to a customer from another who is the same person."""
    return merging.preview(session, *merging.both(session, _of_the_brand(who), customer_id, json_data["other_id"]))


@staff.post("/<uuid:customer_id>/merge")
@raises(Forbidden, CustomerUnknown)
@staff.input(customer_schemas.MergeIn)
@staff.output({}, status_code=204)
@transactional
def merge(session: Session, who: Caller, customer_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Make two customers one; again changes nothing. What other parts hold follows in the background."""
    kept, merged = merging.both(session, _of_the_brand(who), customer_id, json_data["other_id"])
    identity.merge(session, kept, merged, actor=who.actor)
    return ""


@staff.get("/<uuid:customer_id>/merge")
@raises(Forbidden, CustomerUnknown)
@staff.output(customer_schemas.PastMergesOut)
@transactional
def past_merges(session: Session, who: Caller, customer_id: uuid.UUID) -> Any:
    """Who became a part of this customer, and what it would give back to undo it; merges from before they were kept are not there."""
    return {"items": merging.merges(session, customers.get(session, _of_the_brand(who), customer_id))}


@staff.post("/<uuid:customer_id>/merge/<uuid:merge_id>/undo")
@idempotent
@raises(Forbidden, CustomerUnknown, MergeUnknown, MergeUndone, MergeMoving, MergeCovered, MergeForgotten, SameInWechat)
@staff.output({}, status_code=204)
@transactional
def undo_merge(session: Session, who: Caller, customer_id: uuid.UUID, merge_id: uuid.UUID) -> Any:
    """Make two of one again: what was hers goes back to her, what came since stays. Once."""
    kept = customers.get(session, _of_the_brand(who), customer_id)
    identity.unmerge(session, kept, merge_id, staff_id=who.staff.id)
    return ""
