"""Doors: a customer shares, anybody opens."""

from __future__ import annotations

import re
from typing import Any

from apiflask import APIBlueprint, FileSchema
from flask import Response, request
from sqlalchemy.orm import Session

from app.kit import db
from app.kit.files import files
from app.kit.limits import limited
from app.kit.logging import logger
from app.kit.web import Caller, answers, blueprint, raises, stepwise, transactional
from app.sharing import queries, schemas, service
from app.sharing.cards import card
from app.sharing.errors import CodeUnavailable, NoPoster, NothingToShare, PosterUnknown, ShareUnknown
from app.vehicles.errors import VehicleGone, VehicleUnknown
from app.wechat import queries as wechat
from app.wechat.client import gateway
from app.wechat.errors import WechatError
from app.wechat.models import AccountKind

log = logger(__name__)

_DIGEST = re.compile(r"[0-9a-f]{64}")
_PICTURE: Any = {200: {"description": "PNG or JPEG", "content": {"image/*": {}}}}

customer = blueprint("sharing", audience="customer")
visitor = blueprint("sharing", audience="visitor")
posters = blueprint("shares", audience="customer")
# Loaded by <image> elements, which send no headers of ours; the name can only be known from whom it was told.
media = APIBlueprint("share_posters", __name__, url_prefix="/media/posters", tag="media")


@customer.post("/")
@raises(NothingToShare, VehicleUnknown, VehicleGone)
@limited("shares_per_minute")
@customer.input(schemas.ShareIn)
@customer.output(schemas.MadeOut, status_code=201)
@transactional
def share(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Share a vehicle or a list. The same thing over the same channel again is the same share."""
    kind, channel = json_data.pop("kind"), json_data.pop("channel")
    return service.as_made(session, service.share(session, who.customer, kind=kind, channel=channel, config=json_data))


@visitor.get("/<share_id>")
@raises(ShareUnknown)
@visitor.input(schemas.OpenIn, location="query")
@visitor.output(schemas.OpenOut)
@transactional
def open_(session: Session, who: Caller, share_id: str, query_data: dict[str, Any]) -> Any:
    """See what was shared, without a login. Counted once per device, but not for the sharer herself and not for machines."""
    assert who.brand_id is not None
    opened = queries.get(session, who.brand_id, share_id)
    service.open(
        session,
        opened,
        customer=who.customer,
        visitor_id=query_data.get("visitor_id"),
        scene=query_data.get("scene"),
        user_agent=request.headers.get("User-Agent", ""),
    )
    return service.as_opened(session, opened, customer=who.customer)


@visitor.get("/<share_id>/code")
@raises(ShareUnknown, CodeUnavailable)
@limited("shares_per_minute")
@visitor.doc(responses=_PICTURE)
@stepwise
def code(who: Caller, share_id: str) -> Any:
    """The mini-program code that opens this share, as a picture; made once, then kept."""
    assert who.brand_id is not None
    with db.transaction() as session:
        opened = queries.get(session, who.brand_id, share_id)
        image, page = opened.code_image, card(opened.kind).page
        account = wechat.account(session, who.brand_id, AccountKind.mini_program)
    if image is None:
        try:
            image = gateway().mini_program(account).mini_program_code(share_id, page)
        except WechatError as error:
            log.warning("no mini-program code", share_id=share_id, code=error.code)
            raise CodeUnavailable from error
        with db.transaction() as session:
            service.keep_code(session, share_id, image)
    kind = "image/png" if image.startswith(b"\x89PNG") else "image/jpeg"
    return Response(image, mimetype=kind, headers={"Cache-Control": "public, max-age=86400"})


@posters.post("/<share_id>/poster")
@answers(202, "It is being made, or could not be made: as the status says.")
@raises(ShareUnknown, NoPoster, VehicleUnknown, VehicleGone)
@limited("shares_per_minute")
@posters.output(schemas.PosterOut)
@transactional
def ask_for_poster(session: Session, who: Caller, share_id: str) -> Any:
    """A picture of the car with its price, its store and a code that opens her share. A new price is a new poster."""
    answer = service.ask_for_poster(session, who.customer, share_id)
    return answer, 200 if answer["status"] == "ready" else 202


@posters.get("/<share_id>/poster")
@raises(ShareUnknown, PosterUnknown)
@posters.output(schemas.PosterOut)
@transactional
def poster(session: Session, who: Caller, share_id: str) -> Any:
    """How far the poster is that she asked for."""
    return service.poster_of(session, who.customer, share_id)


@media.get("/<digest>.jpg")
@raises(PosterUnknown)
@media.output(FileSchema, content_type="image/jpeg")
def poster_picture(digest: str) -> Response:
    """A poster. Its name tells its content, so it may be kept for ever."""
    content = files().read(service.file_name(digest)) if _DIGEST.fullmatch(digest) else None
    if content is None:
        raise PosterUnknown
    return Response(content, mimetype="image/jpeg", headers={"Cache-Control": "public, max-age=31536000, immutable"})
