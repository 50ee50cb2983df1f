"""Doors: the brand's marketers say which tags there are and what gives them, and give them to many."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.audience import queries, service
from app.audience.errors import (
    BehaviourInvalid,
    EventUnknown,
    FolderUnknown,
    LinkUnfit,
    LinkUnknown,
    MarketersOnly,
    RuleUnknown,
    TagArchived,
    TagByRule,
    TagInUse,
    TagTaken,
    TagUnknown,
    ValueUnfit,
)
from app.audience.models import Action, Source, Tag, TagKind
from app.audience.queries import syncing as sync_queries
from app.audience.routes.callers import marketing
from app.audience.schemas import tags as schemas
from app.audience.service import linking
from app.kit.paging import CursorInvalid
from app.kit.texts import t
from app.kit.web import Caller, blueprint, raises, transactional

staff = blueprint("tags", audience="staff")


def _tag(session: Session, who: Caller, tag_id: uuid.UUID) -> Tag:
    return queries.tag(session, marketing(who), tag_id)


@staff.get("/")
@raises(MarketersOnly, CursorInvalid)
@staff.input(schemas.TagsIn, location="query")
@staff.output(schemas.TagsOut)
@transactional
def listing(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """A page of the brand's tags, with how many carry each."""
    found, following = queries.page_of_tags(session, marketing(who), **query_data)
    carriers = service.carried_by(session, [one.id for one in found])
    return {"items": [_row(one, carriers[one.id]) for one in found], "next_cursor": following}


@staff.post("/")
@raises(MarketersOnly, TagTaken, FolderUnknown, ValueUnfit)
@staff.input(schemas.NewTagIn)
@staff.output(schemas.TagPageOut, status_code=201)
@transactional
def create(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    return _page(session, service.create(session, marketing(who), **json_data))


@staff.get("/folders")
@raises(MarketersOnly)
@staff.output(schemas.FoldersOut)
@transactional
def folders(session: Session, who: Caller) -> Any:
    return {"items": queries.folders(session, marketing(who))}


@staff.post("/folders")
@raises(MarketersOnly)
@staff.input(schemas.FolderIn)
@staff.output(schemas.FolderOut)
@transactional
def make_folder(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """A folder of this name; the one that is there, if there is one."""
    return service.make_folder(session, marketing(who), json_data["name"])


@staff.get("/accounts")
@raises(MarketersOnly)
@staff.output(schemas.AccountsOut)
@transactional
def accounts(session: Session, who: Caller) -> Any:
    """The brand's WeCom and service accounts, with which a tag can be kept the same."""
    return {"items": sync_queries.accounts(session, marketing(who))}


@staff.get("/<uuid:tag_id>")
@raises(MarketersOnly, TagUnknown)
@staff.output(schemas.TagPageOut)
@transactional
def show(session: Session, who: Caller, tag_id: uuid.UUID) -> Any:
    """A tag with what gives it, what stands on it, and where else it is known."""
    return _page(session, _tag(session, who, tag_id))


@staff.patch("/<uuid:tag_id>")
@raises(MarketersOnly, TagUnknown, FolderUnknown, ValueUnfit, LinkUnfit)
@staff.input(schemas.ChangedTagIn)
@staff.output(schemas.TagPageOut)
@transactional
def change(session: Session, who: Caller, tag_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Where the tag is linked it gets its new label, too, in the background."""
    tag = service.change(session, _tag(session, who, tag_id), **json_data)
    linking.rename(session, tag)
    return _page(session, tag)


@staff.post("/<uuid:tag_id>/archive")
@raises(MarketersOnly, TagUnknown, TagInUse)
@staff.output(schemas.TagPageOut)
@transactional
def archive(session: Session, who: Caller, tag_id: uuid.UUID) -> Any:
    """Put a tag away; 409 says what stands on it."""
    return _page(session, service.archive(session, _tag(session, who, tag_id)))


@staff.post("/<uuid:tag_id>/restore")
@raises(MarketersOnly, TagUnknown)
@staff.output(schemas.TagPageOut)
@transactional
def restore(session: Session, who: Caller, tag_id: uuid.UUID) -> Any:
    return _page(session, service.restore(session, _tag(session, who, tag_id)))


@staff.post("/<uuid:tag_id>/rules")
@raises(MarketersOnly, TagUnknown, EventUnknown, TagByRule)
@staff.input(schemas.RuleIn)
@staff.output(schemas.TagPageOut)
@transactional
def rule(session: Session, who: Caller, tag_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """From now on this event gives or takes the tag."""
    tag = _tag(session, who, tag_id)
    service.rule(session, tag, event_name=json_data["event_name"], action=Action(json_data["action"]))
    return _page(session, tag)


@staff.post("/<uuid:tag_id>/rules/preview")
@raises(MarketersOnly, TagUnknown, EventUnknown)
@staff.input(schemas.PreviewRuleIn)
@staff.output(schemas.AffectedOut)
@transactional
def preview_rule(session: Session, who: Caller, tag_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Whom a rule would have concerned in the last days, before it is saved."""
    return service.affected_by_rule(session, _tag(session, who, tag_id), **(json_data | {"action": Action(json_data["action"])}))


@staff.delete("/<uuid:tag_id>/rules/<uuid:rule_id>")
@raises(MarketersOnly, TagUnknown, RuleUnknown)
@staff.output(schemas.TagPageOut)
@transactional
def drop_rule(session: Session, who: Caller, tag_id: uuid.UUID, rule_id: uuid.UUID) -> Any:
    """The event no longer gives or takes the tag; who carries it keeps it."""
    tag = _tag(session, who, tag_id)
    service.drop_rule(session, tag, rule_id)
    return _page(session, tag)


@staff.put("/<uuid:tag_id>/behaviour")
@raises(MarketersOnly, TagUnknown, BehaviourInvalid)
@staff.input(schemas.BehaviourIn)
@staff.output(schemas.TagPageOut)
@transactional
def behaviour(session: Session, who: Caller, tag_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """What a behavioural tag counts from now on; everybody is counted anew in the background."""
    tag = _tag(session, who, tag_id)
    service.define_behaviour(session, tag, **_counted(json_data))
    return _page(session, tag)


@staff.post("/<uuid:tag_id>/behaviour/preview")
@raises(MarketersOnly, TagUnknown, BehaviourInvalid)
@staff.input(schemas.BehaviourIn)
@staff.output(schemas.AffectedOut)
@transactional
def preview_behaviour(session: Session, who: Caller, tag_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """How many would get the tag, and how many lose it, if it counted this."""
    gaining, losing = service.affected_by_behaviour(session, _tag(session, who, tag_id), **_counted(json_data))
    return {"gaining": gaining, "losing": losing}


@staff.post("/<uuid:tag_id>/people")
@raises(MarketersOnly, TagUnknown, TagByRule, TagArchived, ValueUnfit)
@staff.input(schemas.PeopleTaggedIn)
@staff.output(schemas.PeopleTaggedOut)
@transactional
def tag_people(session: Session, who: Caller, tag_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Give a list of customers the tag, or take it from them."""
    tag, ids, action = _tag(session, who, tag_id), json_data.pop("customer_ids"), json_data.pop("action")
    how = json_data | {"source": Source.staff, "actor": who.actor}
    changed, nobody = service.decide_all(session, tag, ids, active=action == Action.add, **how)
    return {"changed": changed, "nobody": nobody}


@staff.post("/<uuid:tag_id>/links")
@raises(MarketersOnly, TagUnknown, LinkUnknown, LinkUnfit)
@staff.input(schemas.LinkIn)
@staff.output(schemas.TagPageOut)
@transactional
def link(session: Session, who: Caller, tag_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Keep the tag the same at WeCom, or at a service account, from now on; it is made there where it is not."""
    tag = _tag(session, who, tag_id)
    linking.link(session, tag, json_data["account_id"])
    return _page(session, tag)


@staff.delete("/<uuid:tag_id>/links/<uuid:link_id>")
@raises(MarketersOnly, TagUnknown, LinkUnknown)
@staff.output(schemas.TagPageOut)
@transactional
def unlink(session: Session, who: Caller, tag_id: uuid.UUID, link_id: uuid.UUID) -> Any:
    """Neither side hears of the other any more; what is there stays on both."""
    tag = _tag(session, who, tag_id)
    linking.unlink(session, tag, link_id)
    return _page(session, tag)


def _counted(json_data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in json_data.items() if name != "within_hours"} | {
        "within": timedelta(hours=json_data["within_hours"])
    }


def _row(tag: Tag, carriers: int) -> dict[str, Any]:
    names = ("id", "key", "label", "kind", "value_type", "choices", "ttl_days", "folder", "archived_at")
    return {name: getattr(tag, name) for name in names} | {"kind_label": t(f"audience.tag_kinds.{tag.kind}"), "carriers": carriers}


def _page(session: Session, tag: Tag) -> dict[str, Any]:
    rules = [
        {"id": one.id, "event_name": one.event_name, "event_label": t(f"events.{one.event_name}"), "action": one.action}
        for one in queries.rules_of(session, tag.id)
    ]
    counted = queries.behaviour_of(session, tag.id) if tag.kind == TagKind.behavioural else None
    said = counted and {name: getattr(counted, name) for name in ("event_name", "at_least", "different", "data", "vehicle")} | {
        "within_hours": int(counted.within / timedelta(hours=1)),
        "event_label": t(f"events.{counted.event_name}"),
        "counting": counted.due_at is not None,
    }
    return _row(tag, service.carried_by(session, [tag.id])[tag.id]) | {
        "rules": rules,
        "behaviour": said,
        "used_by": queries.uses_of(session, tag),
        "links": sync_queries.links_of(session, tag.id),
    }
