"""Doors: headquarters write templates, see what is wrong with them and how they look to a real person, and put them to use."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.identity.errors import CustomerUnknown
from app.kit import forms, paging
from app.kit.errors import Forbidden
from app.kit.idempotency import idempotent
from app.kit.paging import CursorInvalid
from app.kit.texts import t
from app.kit.web import Caller, blueprint, raises, transactional
from app.messaging import schemas_templates as schemas
from app.messaging.channels import channel
from app.messaging.drafts import EXAMPLES
from app.messaging.errors import (
    AdministratorsOnly,
    ChannelUnknown,
    NothingToOverride,
    TemplateChanged,
    TemplateTaken,
    TemplateUnfit,
    TemplateUnknown,
)
from app.messaging.models import MessageTemplate
from app.messaging.queries import templates as queries
from app.messaging.routes.callers import brand_of, brand_to_change
from app.messaging.service import previewing, syncing
from app.messaging.service import templates as service
from app.messaging.values import types

staff = blueprint("templates", audience="staff")

_TOLD = (
    "id",
    "channel",
    "key",
    "title",
    "purpose",
    "state",
    "fields",
    "page",
    "template_ids",
    "target",
    "override",
    "version",
    "updated_at",
)


@staff.get("/")
@raises(Forbidden, CursorInvalid)
@staff.input(schemas.TemplateListIn, location="query")
@staff.output(schemas.TemplatesOut)
@transactional
def listed(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Templates of the brand, newest first."""
    cursor, limit = query_data.pop("cursor", None), query_data.pop("limit")
    before = paging.moment_and_id(cursor) if cursor else None
    found = queries.templates(session, brand_of(who), before=before, limit=limit + 1, **query_data)
    shown, more = found[:limit], len(found) > limit
    return {
        "items": [_out(one) for one in shown],
        "next_cursor": paging.encode(shown[-1].created_at, shown[-1].id) if more else None,
    }


@staff.get("/writing")
@raises(Forbidden)
@staff.output(schemas.WritingOut)
@transactional
def writing(_session: Session, who: Caller) -> Any:
    """For which channels templates can be written, and which facts a form may speak of: `{{ vehicle_title }}`."""
    brand_of(who)
    ways = [
        {name: getattr(way, name) for name in ("kind", "label", "to", "parts", "account_kind")}
        | {"is_noted_by_account": bool(way.account_kind), "form": forms.drawn(way.Config)}
        for way in service.writable()
    ]
    return {
        "channels": ways,
        "facts": [{"name": name, "label": t(f"messaging.facts.{name}"), "example": one} for name, one in EXAMPLES.items()],
        "types": [{"name": one, "rule": t(f"messaging.types.{one}")} for one in types()],
    }


@staff.get("/platform")
@raises(Forbidden)
@staff.output(schemas.PlatformOut)
@transactional
def platform(session: Session, who: Caller) -> Any:
    """The templates that the brand's accounts have at WeChat, those that are gone, and which of ours stand on each."""
    brand_id = brand_of(who)
    return {"items": queries.at_wechat(session, brand_id), "accounts": queries.syncs(session, brand_id)}


@staff.post("/platform/sync")
@raises(Forbidden)
@staff.output({}, status_code=202)
@transactional
def sync(session: Session, who: Caller) -> Any:
    """Read them now; it takes some seconds."""
    syncing.sync_now(session, brand_to_change(who))
    return "", 202


@staff.post("/check")
@raises(Forbidden, ChannelUnknown)
@staff.input(schemas.TemplateDraftIn)
@staff.output(schemas.TemplateProblemsOut)
@transactional
def check(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """What is wrong with something that nobody has saved so far."""
    brand_of(who)
    return {"items": service.problems_of(session, **json_data)}


@staff.post("/")
@idempotent
@raises(Forbidden, ChannelUnknown, TemplateTaken)
@staff.input(schemas.NewTemplateIn)
@staff.output(schemas.TemplatePageOut, status_code=201)
@transactional
def create(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Write a draft; its `problems` say what keeps it from being used."""
    brand_to_change(who)
    return _page(session, service.create(session, who.staff, **json_data))


@staff.get("/<uuid:template_id>")
@raises(Forbidden, TemplateUnknown)
@staff.output(schemas.TemplatePageOut)
@transactional
def show(session: Session, who: Caller, template_id: uuid.UUID) -> Any:
    """One template with what is wrong with it."""
    return _page(session, queries.template(session, brand_of(who), template_id))


@staff.patch("/<uuid:template_id>")
@raises(Forbidden, TemplateUnknown, TemplateChanged, TemplateUnfit)
@staff.input(schemas.ChangedTemplateIn)
@staff.output(schemas.TemplatePageOut)
@transactional
def edit(session: Session, who: Caller, template_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Another content; the former version is kept. What is in use must stay fit to be sent."""
    brand_to_change(who)
    return _page(session, service.edit(session, who.staff, template_id, **json_data))


@staff.post("/<uuid:template_id>/activate")
@raises(Forbidden, TemplateUnknown, TemplateChanged, TemplateUnfit)
@staff.input(schemas.TemplateVersionIn)
@staff.output(schemas.TemplatePageOut)
@transactional
def activate(session: Session, who: Caller, template_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Put it to use."""
    brand_to_change(who)
    return _page(session, service.activate(session, who.staff, template_id, **json_data))


@staff.post("/<uuid:template_id>/archive")
@raises(Forbidden, TemplateUnknown, TemplateChanged)
@staff.input(schemas.TemplateVersionIn)
@staff.output(schemas.TemplatePageOut)
@transactional
def archive(session: Session, who: Caller, template_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Take it out of use; activating it undoes that."""
    brand_to_change(who)
    return _page(session, service.archive(session, who.staff, template_id, **json_data))


@staff.post("/<uuid:template_id>/override")
@raises(Forbidden, AdministratorsOnly, TemplateUnknown, TemplateChanged, NothingToOverride)
@staff.input(schemas.OverrideIn)
@staff.output(schemas.TemplatePageOut)
@transactional
def override(session: Session, who: Caller, template_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """An administrator answers for the marketing words that it holds now."""
    brand_to_change(who)
    return _page(session, service.override(session, who.staff, template_id, **json_data))


@staff.get("/<uuid:template_id>/versions")
@raises(Forbidden, TemplateUnknown)
@staff.output(schemas.TemplateVersionsOut)
@transactional
def versions(session: Session, who: Caller, template_id: uuid.UUID) -> Any:
    """Every version with who left it like this, newest first."""
    return {"items": queries.versions(session, queries.template(session, brand_of(who), template_id))}


@staff.post("/<uuid:template_id>/preview")
@raises(Forbidden, TemplateUnknown, CustomerUnknown, ChannelUnknown)
@staff.input(schemas.PreviewIn)
@staff.output(schemas.PreviewOut)
@transactional
def preview(session: Session, who: Caller, template_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """What a real person would read, and which way would be open to her now; nothing is sent."""
    brand_id = brand_of(who)
    template = queries.template(session, brand_id, template_id)
    customer = previewing.person(session, brand_id, json_data.pop("customer_id"))
    return previewing.preview(session, template, customer, **json_data)


@staff.post("/preview")
@raises(Forbidden, CustomerUnknown, ChannelUnknown)
@staff.input(schemas.DraftPreviewIn)
@staff.output(schemas.PreviewOut)
@transactional
def preview_draft(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """What a real person would read of something that nobody has saved so far; without her, the longest that is likely."""
    brand_id, customer_id = brand_of(who), json_data["customer_id"]
    content = {name: json_data.get(name) for name in ("fields", "page", "purpose")}
    template = service.unsaved(brand_id, channel=json_data["channel"], **content)
    customer = previewing.person(session, brand_id, customer_id) if customer_id else None
    return previewing.preview_draft(session, template, customer)


def _out(template: MessageTemplate) -> dict[str, Any]:
    return {name: getattr(template, name) for name in _TOLD} | {"channel_label": channel(template.channel).label}


def _page(session: Session, template: MessageTemplate) -> dict[str, Any]:
    return _out(template) | {"problems": service.problems(session, template)}
