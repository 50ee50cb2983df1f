"""Write templates, put them to use and take them out of it; every change is kept."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.dealers.models import Role, Staff
from app.kit import clock, db
from app.kit.registry import kinds
from app.messaging import drafts, lint
from app.messaging.channels import channel
from app.messaging.drafts import Draft, Problem, form_problems
from app.messaging.errors import (
    AdministratorsOnly,
    ChannelUnknown,
    NothingToOverride,
    TemplateChanged,
    TemplateTaken,
    TemplateUnfit,
    TemplateUnknown,
)
from app.messaging.models import MessageTemplate, TemplateState, TemplateVersion, WechatTemplate

KEPT = ("title", "purpose", "state", "template_ids", "fields", "page", "override")


def create(session: Session, staff: Staff, *, channel: str, key: str, **content: Any) -> MessageTemplate:
    """A draft with this content: title, purpose, fields, page, template_ids, target. What is wrong with it `problems` tells.

    Raises:
        ChannelUnknown: nobody writes templates for it.
        TemplateTaken: the channel has one of this key.
    """
    _must_be_written(channel)
    row = {"id": db.new_id(), "brand_id": staff.brand_id, "channel": channel, "key": key, "state": TemplateState.draft} | content
    added = insert(MessageTemplate).values(row).on_conflict_do_nothing(index_elements=["brand_id", "channel", "key"])
    made = session.execute(added.returning(MessageTemplate)).scalar_one_or_none()
    if made is None:
        raise TemplateTaken
    _keep(session, made, staff.id)
    return made


def unsaved(brand_id: uuid.UUID, *, channel: str, **content: Any) -> MessageTemplate:
    """A template that is never kept, to see what it would say. Raises `ChannelUnknown`."""
    _must_be_written(channel)
    return MessageTemplate(brand_id=brand_id, channel=channel, key="", state=TemplateState.draft, template_ids={}, **content)


def edit(session: Session, staff: Staff, template_id: uuid.UUID, *, version: int, **changes: Any) -> MessageTemplate:
    """Another content, if the template is still as it was read. One in use stays fit to be sent.

    Raises:
        TemplateUnknown: also for another brand's.
        TemplateChanged: it has another version by now.
        TemplateUnfit: it is in use, and could not be sent like this.
    """
    template = _locked(session, staff, template_id, version)
    for name, value in changes.items():
        setattr(template, name, value)
    if template.state == TemplateState.active:
        _must_be_fit(session, template)
    return _changed(session, template, staff)


def activate(session: Session, staff: Staff, template_id: uuid.UUID, *, version: int) -> MessageTemplate:
    """Put it to use. Raises as `edit`."""
    template = _locked(session, staff, template_id, version)
    _must_be_fit(session, template)
    template.state = TemplateState.active
    return _changed(session, template, staff)


def archive(session: Session, staff: Staff, template_id: uuid.UUID, *, version: int) -> MessageTemplate:
    """Nothing is sent with it from the next claim on; `activate` undoes it. Raises as `edit`."""
    template = _locked(session, staff, template_id, version)
    template.state = TemplateState.archived
    return _changed(session, template, staff)


def override(session: Session, staff: Staff, template_id: uuid.UUID, *, version: int, reason: str) -> MessageTemplate:
    """Let the marketing words pass that the template holds now; other words need another override. Who did so and why is kept.

    Raises:
        AdministratorsOnly: a marketer cannot let his own words pass.
        NothingToOverride: there are none.
    """
    if staff.role != Role.admin:
        raise AdministratorsOnly
    template = _locked(session, staff, template_id, version)
    words = list(dict.fromkeys(word for form in template.fields.values() for word in lint.marketing_words(form)))
    if not words:
        raise NothingToOverride
    template.override = {
        "words": words,
        "reason": reason,
        "staff_id": str(staff.id),
        "staff_name": staff.name,
        "at": clock.now(session).isoformat(),
    }
    return _changed(session, template, staff)


def problems(session: Session, template: MessageTemplate) -> list[Problem]:
    """What is wrong with a template as it stands, and what may turn out to be."""
    return problems_of(
        session,
        channel=template.channel,
        purpose=template.purpose,
        fields=template.fields,
        page=template.page,
        template_ids=template.template_ids,
        target=template.target,
        let_pass=(template.override or {}).get("words", ()),
    )


def problems_of(session: Session, **content: Any) -> list[Problem]:
    """The same for what nobody has saved so far. Raises `ChannelUnknown`."""
    _must_be_written(content["channel"])
    ids = content.get("template_ids") or {}
    rows = session.execute(select(WechatTemplate).where(WechatTemplate.appid.in_(ids)))
    known = {(one.appid, one.template_id): one for one in rows.scalars()}
    read = {appid for appid, _ in known}
    platform: dict[str, dict[str, str] | None] = {}
    for appid, template_id in ids.items():
        found = known.get((appid, template_id))
        if found is not None and found.gone_at is None:
            platform[appid] = {one["key"]: one["label"] for one in found.keys}
        elif appid in read:
            platform[appid] = None
        # Of an account that nobody has read so far nothing is known.
    draft = Draft(**{name: value for name, value in content.items() if name != "template_ids"}, template_ids=ids, platform=platform)
    way = channel(draft.channel)
    wrong = [*form_problems(draft), *way.check(draft), *drafts.way_on(draft, opens_web=way.opens_web)]
    where = "page" if way.opens_web else "content"
    # Where nothing can carry a link of hers, she refuses as the platform lets her: she unfollows, or allows no more.
    carries = way.to == "customer" and (way.opens_web or where in (way.parts or ()))
    return wrong + (drafts.refusable(draft, where=where) if carries else [])


def writable() -> list[Any]:
    """The channels that people write templates for, by kind."""
    return [way for _, way in sorted(kinds("app.messaging.channels").items()) if way.written]


def _must_be_written(kind: str) -> None:
    if kind not in {way.kind for way in writable()}:
        raise ChannelUnknown(channel=kind)


def _must_be_fit(session: Session, template: MessageTemplate) -> None:
    wrong = {one.field: one.message for one in problems(session, template) if not one.is_warning}
    if wrong:
        raise TemplateUnfit(**wrong)


def _locked(session: Session, staff: Staff, template_id: uuid.UUID, version: int) -> MessageTemplate:
    wanted = select(MessageTemplate).filter_by(id=template_id, brand_id=staff.brand_id).with_for_update()
    template = session.execute(wanted.execution_options(populate_existing=True)).scalar_one_or_none()
    if template is None:
        raise TemplateUnknown
    if template.version != version:
        raise TemplateChanged(version=template.version)
    # What a brand began with nobody has written: its first version is as it was found.
    _keep(session, template, None)
    return template


def _changed(session: Session, template: MessageTemplate, staff: Staff) -> MessageTemplate:
    template.version += 1
    template.updated_at = clock.now(session)
    session.flush()
    _keep(session, template, staff.id)
    return template


def _keep(session: Session, template: MessageTemplate, staff_id: uuid.UUID | None) -> None:
    content = {name: getattr(template, name) for name in KEPT} | ({"url": template.target["url"]} if template.target else {})
    row = {"template_id": template.id, "version": template.version, "content": content, "changed_by": staff_id}
    session.execute(
        insert(TemplateVersion)
        .values(**row, changed_at=func.marque_now())
        .on_conflict_do_nothing(index_elements=["template_id", "version"])
    )
