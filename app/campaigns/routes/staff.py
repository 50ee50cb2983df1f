"""Doors: marketers and dealers' managers put campaigns on, keep their costs and codes; whoever is at the door lets people in."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from app.campaigns import queries, schemas, service, view
from app.campaigns.errors import (
    AlreadyReversed,
    CampaignUnknown,
    CodePictureUnavailable,
    CodeUnknown,
    CostUnknown,
    FieldsUnfit,
    FixedByNow,
    FormUnfit,
    LabelTaken,
    ManagersOnly,
    NotBegun,
    NotEditable,
    Outdated,
    Over,
    StepImpossible,
    TicketExpired,
    TicketUnfit,
)
from app.campaigns.models import Campaign
from app.dealers.models import Role
from app.kit import db, paging
from app.kit.errors import Invalid
from app.kit.idempotency import idempotent
from app.kit.logging import logger
from app.kit.paging import CursorInvalid
from app.kit.phone import PhoneInvalid
from app.kit.web import Caller, answers, blueprint, raises, stepwise, transactional
from app.wechat import queries as wechat
from app.wechat.client import gateway
from app.wechat.errors import AccountMissing, WechatError
from app.wechat.models import AccountKind, WechatAccount

log = logger(__name__)

_PICTURE: Any = {200: {"description": "PNG or JPEG", "content": {"image/*": {}}}}
staff = blueprint("campaigns", audience="staff")


def _fields(given: dict[str, Any]) -> dict[str, Any]:
    """What a form says, with ids as JSON keeps them."""
    ids = {"vehicle_ids": list(dict.fromkeys(map(str, given["vehicle_ids"])))} if "vehicle_ids" in given else {}
    return given | ids


def _paged(page: dict[str, Any], look: Callable[..., Sequence[Any]]) -> tuple[list[Any], str | None]:
    """A page of rows, and where the next begins."""
    before = paging.moment_and_id(page["cursor"]) if page.get("cursor") else None
    found = look(before=before, limit=page["limit"] + 1)
    shown = list(found[: page["limit"]])
    if len(found) <= len(shown):
        return shown, None
    last = shown[-1][0] if isinstance(shown[-1], tuple) else shown[-1]
    return shown, paging.encode(last.created_at, last.id)


def _out(session: Session, who: Caller, campaign: Campaign) -> Any:
    return view.campaigns_out(session, who.staff, [campaign])[0]


@staff.get("/")
@raises(CursorInvalid)
@staff.input(schemas.ListIn, location="query")
@staff.output(schemas.CampaignsOut)
@transactional
def listed(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Campaigns, newest first: headquarters see all, a dealer's people their own and those of the brand."""
    asked: Any = {name: query_data.get(name) for name in ("q", "status", "kind")}
    shown, cursor = _paged(query_data, lambda **page: queries.listing(session, who.staff, **asked, **page))
    return {"items": view.campaigns_out(session, who.staff, shown), "next_cursor": cursor}


@staff.get("/choices")
@staff.output(schemas.ChoicesOut)
@transactional
def choices(session: Session, who: Caller) -> Any:
    """What there is to pick from: kinds of campaigns, of costs, of channels, of fields, and the consents that a form may ask for."""
    return view.choices_out(session, who.staff.brand_id)


@staff.post("/")
@idempotent
@raises(ManagersOnly, FieldsUnfit, FormUnfit)
@staff.input(schemas.CampaignIn)
@staff.output(schemas.CampaignOut, status_code=201)
@transactional
def create(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Write a draft, of the brand or of one dealer."""
    if who.staff.role not in (Role.admin, Role.marketer, Role.dealer_manager):
        raise ManagersOnly
    return _out(session, who, service.create(session, who.staff, **_fields(json_data)))


@staff.get("/<uuid:campaign_id>")
@raises(CampaignUnknown)
@staff.output(schemas.CampaignOut)
@transactional
def show(session: Session, who: Caller, campaign_id: uuid.UUID) -> Any:
    """One campaign, with what of its budget is left."""
    return _out(session, who, queries.visible(session, who.staff, campaign_id))


@staff.patch("/<uuid:campaign_id>")
@raises(CampaignUnknown, ManagersOnly, NotEditable, Outdated, FixedByNow, FieldsUnfit, FormUnfit)
@staff.input(schemas.CampaignChangeIn)
@staff.output(schemas.CampaignOut)
@transactional
def change(session: Session, who: Caller, campaign_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Change what is given: all of a draft; of a running one its name, words, cars, budget and last day."""
    return _out(session, who, service.change(session, who.staff, campaign_id, **_fields(json_data)))


@staff.post("/<uuid:campaign_id>/start")
@idempotent
@raises(CampaignUnknown, ManagersOnly, StepImpossible, FieldsUnfit, FormUnfit)
@staff.output(schemas.CampaignOut)
@transactional
def start(session: Session, who: Caller, campaign_id: uuid.UUID) -> Any:
    """Let its codes count; its form opens on its first day."""
    return _out(session, who, service.start(session, who.staff, campaign_id))


@staff.post("/<uuid:campaign_id>/end")
@idempotent
@raises(CampaignUnknown, ManagersOnly, StepImpossible)
@staff.output(schemas.CampaignOut)
@transactional
def end(session: Session, who: Caller, campaign_id: uuid.UUID) -> Any:
    """End it before its last day is over; else it ends by itself."""
    return _out(session, who, service.end(session, who.staff, campaign_id))


@staff.post("/<uuid:campaign_id>/cancel")
@idempotent
@raises(CampaignUnknown, ManagersOnly, StepImpossible)
@staff.input(schemas.CancelIn)
@staff.output(schemas.CampaignOut)
@transactional
def cancel(session: Session, who: Caller, campaign_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Call it off for good."""
    return _out(session, who, service.cancel(session, who.staff, campaign_id, **json_data))


@staff.get("/<uuid:campaign_id>/costs")
@raises(CampaignUnknown, ManagersOnly, CursorInvalid)
@staff.input(schemas.PageIn, location="query")
@staff.output(schemas.CostsOut)
@transactional
def costs(session: Session, who: Caller, campaign_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """What was spent, newest first."""
    campaign = queries.managed(session, who.staff, campaign_id, looking=True)
    shown, cursor = _paged(query_data, lambda **page: queries.costs(session, campaign.id, **page))
    return {"items": view.costs_out(session, shown), "next_cursor": cursor}


@staff.post("/<uuid:campaign_id>/costs")
@idempotent
@raises(CampaignUnknown, ManagersOnly, CodeUnknown, FieldsUnfit)
@staff.input(schemas.CostIn)
@staff.output(schemas.CostOut, status_code=201)
@transactional
def enter_cost(session: Session, who: Caller, campaign_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Enter what was spent. It is never changed; what is wrong is reversed."""
    return view.costs_out(session, [service.enter_cost(session, who.staff, campaign_id, **json_data)])[0]


@staff.post("/<uuid:campaign_id>/costs/<uuid:cost_id>/reverse")
@idempotent
@raises(CampaignUnknown, ManagersOnly, CostUnknown, AlreadyReversed)
@staff.input(schemas.ReverseIn)
@staff.output(schemas.CostOut, status_code=201)
@transactional
def reverse_cost(session: Session, who: Caller, campaign_id: uuid.UUID, cost_id: uuid.UUID, *, json_data: dict[str, Any]) -> Any:
    """Take a cost back by an entry of the opposite amount."""
    return view.costs_out(session, [service.reverse(session, who.staff, campaign_id, cost_id, **json_data)])[0]


@staff.get("/<uuid:campaign_id>/codes")
@raises(CampaignUnknown)
@staff.output(schemas.CodesOut)
@transactional
def codes(session: Session, who: Caller, campaign_id: uuid.UUID) -> Any:
    """The ways into a campaign."""
    campaign = queries.visible(session, who.staff, campaign_id)
    return {"items": view.codes_out(session, queries.codes(session, campaign.id))}


@staff.post("/<uuid:campaign_id>/codes")
@idempotent
@raises(CampaignUnknown, ManagersOnly, NotEditable, LabelTaken, FieldsUnfit)
@staff.input(schemas.CodeIn)
@staff.output(schemas.CodeOut, status_code=201)
@transactional
def add_code(session: Session, who: Caller, campaign_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Make another way in: for a stand, an adviser, a medium."""
    return view.codes_out(session, [service.add_code(session, who.staff, campaign_id, **json_data)])[0]


@staff.get("/<uuid:campaign_id>/codes/<code_id>/mini-program")
@raises(CampaignUnknown, CodeUnknown, CodePictureUnavailable)
@staff.doc(responses=_PICTURE)
@stepwise
def mini_program_code(who: Caller, campaign_id: uuid.UUID, code_id: str) -> Any:
    """The mini-program code that opens the campaign, as a picture; made once, then kept."""
    with db.transaction() as session:
        image = queries.code(session, queries.visible(session, who.staff, campaign_id), code_id).code_image
    if image is None:
        # Its page may come with a release that is not out when posters are printed.
        image = _asked_for(
            who, AccountKind.mini_program, lambda of: gateway().mini_program(of).mini_program_code(code_id, view.PAGE, check_path=False)
        )
        with db.transaction() as session:
            service.keep_image(session, code_id, image)
    kind = "image/png" if image.startswith(b"\x89PNG") else "image/jpeg"
    return Response(image, mimetype=kind, headers={"Cache-Control": "private, max-age=86400"})


@staff.get("/<uuid:campaign_id>/codes/<code_id>/service-account")
@raises(CampaignUnknown, CodeUnknown, CodePictureUnavailable)
@staff.output(schemas.PictureOut)
@stepwise
def service_account_code(who: Caller, campaign_id: uuid.UUID, code_id: str) -> Any:
    """The code of the brand's service account that says whence a follower came; made once, for ever, then kept."""
    with db.transaction() as session:
        url = queries.code(session, queries.visible(session, who.staff, campaign_id), code_id).picture_url
    if url is None:
        code = _asked_for(who, AccountKind.service_account, lambda of: gateway().service_account(of).scene_code(code_id, seconds=None))
        url = code.picture_url
        with db.transaction() as session:
            service.keep_picture(session, code_id, url)
    return {"url": url}


def _asked_for(who: Caller, kind: AccountKind, ask: Callable[[WechatAccount], Any]) -> Any:
    """What WeChat gives for the brand's account of a kind. Raises `CodePictureUnavailable`, also where the brand has no such account."""
    try:
        with db.transaction() as session:
            account = wechat.account(session, who.staff.brand_id, kind)
        return ask(account)
    except (AccountMissing, WechatError) as error:
        log.warning("no code of a campaign", account=kind, code=error.code)
        raise CodePictureUnavailable from error


@staff.get("/<uuid:campaign_id>/answers")
@raises(CampaignUnknown, ManagersOnly, CursorInvalid)
@staff.input(schemas.PageIn, location="query")
@staff.output(schemas.AnswersOut)
@transactional
def answered(session: Session, who: Caller, campaign_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """Who answered what, newest first."""
    campaign = queries.managed(session, who.staff, campaign_id)
    shown, cursor = _paged(query_data, lambda **page: queries.answers(session, campaign.id, **page))
    return {"items": [view.answer_out(*one) for one in shown], "next_cursor": cursor}


@staff.get("/<uuid:campaign_id>/check-ins")
@raises(CampaignUnknown, ManagersOnly, CursorInvalid)
@staff.input(schemas.PageIn, location="query")
@staff.output(schemas.CheckInsOut)
@transactional
def check_ins(session: Session, who: Caller, campaign_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """Who was there, newest first."""
    campaign = queries.managed(session, who.staff, campaign_id)
    shown, cursor = _paged(query_data, lambda **page: queries.check_ins(session, campaign.id, **page))
    return {"items": [view.check_in_out(*one) for one in shown], "next_cursor": cursor}


@staff.post("/<uuid:campaign_id>/check-ins")
@raises(CampaignUnknown, NotBegun, Over, TicketUnfit, TicketExpired, PhoneInvalid)
@staff.input(schemas.CheckInIn)
@staff.output(schemas.CheckedInOut)
@answers(422, "Neither a ticket nor a number, or both.")
@transactional
def check_in(session: Session, who: Caller, campaign_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Let somebody in, by what her phone shows or by her number; a second time on one day is told, and changes nothing."""
    campaign = queries.visible(session, who.staff, campaign_id)
    if len(json_data) != 1:
        raise Invalid(ticket="this or a phone", phone="this or a ticket")
    token, phone = json_data.get("ticket"), json_data.get("phone")
    row, is_first = service.check_in(session, who.staff, campaign, token=token, phone=phone)
    return view.check_in_out(row, queries.person(session, row)) | {"is_first": is_first}
