"""Doors: what a customer wants to hear over which channel, said in the mini-program, by the link in a message, or to our staff."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, redirect, request
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.identity import queries as identity
from app.identity import service as wishing
from app.identity.errors import ConsentTextFixed, ConsentTextUnknown, CustomerUnknown, RefusalLinkUnknown
from app.identity.models import Customer, Purpose
from app.kit.errors import Forbidden, Invalid
from app.kit.registry import kinds
from app.kit.web import Caller, answers, blueprint, raises, transactional
from app.messaging import channels, refusing, schemas_wishes
from app.messaging.routes.callers import brand_of, brand_to_change

customer = blueprint("wishes", audience="customer")
public = blueprint("wishes", audience="public")
staff = blueprint("wishes", audience="staff")

BY_LINK = "link"


def _channels() -> dict[str, str]:
    """The channels that reach customers, with what people call them."""
    return {kind: way.label for kind, way in sorted(kinds(channels.__name__).items()) if way.to == "customer"}


def _told(session: Session, person: Customer) -> dict[str, Any]:
    wish = identity.wishes(session, [person.id])[person.id]
    text = identity.consent_text(session, person.brand_id, Purpose.marketing)
    return {
        "purpose": Purpose.marketing.value,
        "wanted": wish.covers(None),
        "text": text and {"version": text.version, "words": text.words},
        "channels": [
            {"channel": kind, "label": label, "wanted": (reason := wish.allows(kind)) is None, "reason": reason}
            for kind, label in _channels().items()
        ],
    }


def _decide(session: Session, person: Customer, said: dict[str, Any], evidence: wishing.Evidence) -> dict[str, Any]:
    channel = said["channel"]
    if channel is not None and channel not in _channels():
        raise Invalid(channel="unknown")
    if said["wanted"]:
        version = said.get("text_version")
        wishing.want(session, person, purpose=Purpose.marketing, channel=channel, text_version=version, evidence=evidence)
    else:
        wishing.refuse(session, person, purpose=Purpose.marketing, channel=channel, evidence=evidence)
    session.flush()
    return _told(session, identity.current(session, person))


@customer.get("/")
@customer.output(schemas_wishes.WishesOut)
@transactional
def wishes(session: Session, who: Caller) -> Any:
    """Over which channels she gets marketing messages, and the words she would agree to now."""
    return _told(session, who.customer)


@customer.put("/")
@raises(ConsentTextUnknown)
@customer.input(schemas_wishes.WishIn)
@customer.output(schemas_wishes.WishesOut)
@transactional
def decide(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Want marketing messages over a channel, or refuse them; null is every channel. The next message that is sent obeys it."""
    evidence = wishing.Evidence(ip=request.remote_addr, scene=json_data.get("scene"))
    return _decide(session, who.customer, json_data, evidence)


@public.get("/<token>")
@raises(RefusalLinkUnknown)
@answers(200, "a page in Chinese")
@transactional
def refusal_page(session: Session, _who: Caller, token: str) -> Response:
    """The page that a marketing message's link opens. Looking changes nothing, so that no preview refuses for anybody."""
    link = refusing.read(token)
    person = _person(session, link)
    # Only what such a link did is shown, and can be taken back by it: it says nothing about her.
    by_link = {
        one.channel
        for one in identity.refusals(session, person.id)
        if one.lifted_at is None and one.purpose == link.purpose and one.source == BY_LINK
    }
    refused = "all" if None in by_link else "channel" if link.channel in by_link else None
    brand = session.get_one(Brand, person.brand_id)
    label = _channels().get(link.channel, link.channel)
    return Response(refusing.page(brand=brand.name, channel=label, refused=refused), mimetype="text/html", headers=refusing.HEADERS)


@public.post("/<token>")
@raises(RefusalLinkUnknown)
@answers(303, "back to the page")
@transactional
def refuse(session: Session, _who: Caller, token: str) -> Any:
    """One tap: refuse marketing messages altogether or over this channel, or take that back."""
    link = refusing.read(token)
    person = _person(session, link)
    step = request.form.get("step", "")
    channel = link.channel if step.endswith("_channel") else None
    evidence = wishing.Evidence(source=BY_LINK)
    if step in ("refuse_all", "refuse_channel"):
        wishing.refuse(session, person, purpose=link.purpose, channel=channel, evidence=evidence)
    elif step in ("undo_all", "undo_channel"):
        wishing.lift_refusal(session, person, purpose=link.purpose, channel=channel, only_from=BY_LINK, evidence=evidence)
    else:
        raise Invalid(step="unknown")
    answer = redirect(request.path, 303)
    answer.headers.update(refusing.HEADERS)
    return answer


def _person(session: Session, link: refusing.Link) -> Customer:
    found = session.get(Customer, link.customer_id)
    if found is None:
        raise RefusalLinkUnknown
    return identity.current(session, found)


@staff.get("/texts")
@raises(Forbidden)
@staff.output(schemas_wishes.TextsOut)
@transactional
def texts(session: Session, who: Caller) -> Any:
    """Every text that people were or are asked to agree to, newest first."""
    return _texts(session, brand_of(who))


def _texts(session: Session, brand_id: uuid.UUID) -> dict[str, Any]:
    found = identity.consent_texts(session, brand_id)
    return {"items": [{name: getattr(one, name) for name in ("purpose", "version", "words", "published_at")} for one in found]}


@staff.post("/texts")
@raises(Forbidden, ConsentTextFixed)
@staff.input(schemas_wishes.TextIn)
@staff.output(schemas_wishes.TextsOut, status_code=201)
@transactional
def publish(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Publish a version of a text; from then on only published versions can be agreed to."""
    wishing.publish_text(session, brand_to_change(who), **json_data)
    return _texts(session, brand_of(who))


@staff.get("/<uuid:customer_id>")
@raises(Forbidden, CustomerUnknown)
@staff.output(schemas_wishes.WishesOut)
@transactional
def wishes_of(session: Session, who: Caller, customer_id: uuid.UUID) -> Any:
    """What a customer wants to hear over which channel, and why not over the others."""
    return _told(session, identity.get(session, brand_of(who), customer_id))


@staff.put("/<uuid:customer_id>")
@raises(Forbidden, CustomerUnknown, ConsentTextUnknown)
@staff.input(schemas_wishes.WishIn)
@staff.output(schemas_wishes.WishesOut)
@transactional
def decide_for(session: Session, who: Caller, customer_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Write down what a customer said to us; who wrote it stays with it."""
    person = identity.get(session, brand_to_change(who), customer_id)
    evidence = wishing.Evidence(source="staff", scene=json_data.get("scene"), recorded_by=who.staff.id)
    return _decide(session, person, json_data, evidence)
