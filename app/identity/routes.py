"""Doors for consumers: sign in by code, bind a phone number, agree and take back, see and delete what we hold."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app.identity import queries, schemas, service
from app.identity.errors import AppidUnknown, CodeRefused, PersonBlocked, SessionEnded, TooFast, WechatUnavailable
from app.kit import db
from app.kit.errors import AppError, Invalid, Unauthorized
from app.kit.idempotency import unkept
from app.kit.limits import limited
from app.kit.phone import PhoneInvalid, normalise
from app.kit.web import Caller, blueprint, raises, resolves, stepwise, transactional
from app.wechat import queries as wechat
from app.wechat.client import WechatError, gateway
from app.wechat.models import WechatAccount

visitor = blueprint("identity", audience="visitor")
customer = blueprint("identity", audience="customer")

_REFUSALS: dict[str, type[AppError]] = {
    "40029": CodeRefused,
    "40163": CodeRefused,
    "40226": PersonBlocked,
    "45011": TooFast,
    "watermark": CodeRefused,
}


def bearer_token() -> str:
    header = request.headers.get("Authorization", "")
    return header.removeprefix("Bearer ") if header.startswith("Bearer ") else ""


@resolves("customer")
def recognise_customer(session: Session) -> Caller:
    """A signed-in consumer; the token works only in the mini-program it was made in."""
    token = bearer_token()
    if not token:
        raise Unauthorized
    found, appid = service.of_token(session, token)
    if request.headers.get("X-Appid", appid) != appid:
        raise SessionEnded
    return Caller("customer", brand_id=found.brand_id, appid=appid, customer=found)


@resolves("visitor")
def recognise_visitor(session: Session) -> Caller:
    """Anybody in a mini-program of ours; known by name when the token she may send is good."""
    named = request.headers.get("X-Appid", "")
    brand_id = wechat.brand_of_mini_program(session, named)
    if brand_id is None:
        raise AppidUnknown(header="X-Appid")
    who = Caller("visitor", brand_id=brand_id, appid=named)
    token = bearer_token()
    if token:
        try:
            found, appid = service.of_token(session, token)
        except SessionEnded:
            return who
        who.customer = found if appid == named else None
    return who


def _account(who: Caller) -> WechatAccount:
    with db.transaction() as session:
        account = wechat.by_appid(session, who.appid or "")
    assert account is not None
    return account


def _refusal(error: WechatError) -> AppError:
    """What the consumer hears of a refused code; everything else is WeChat's trouble, to be tried again."""
    return _REFUSALS.get(error.code, WechatUnavailable)()


@visitor.post("/login")
@raises(CodeRefused, PersonBlocked, TooFast, WechatUnavailable)
@limited("logins_per_minute")
@visitor.input(schemas.LoginIn)
@visitor.output(schemas.LoginOut)
@stepwise
def login(who: Caller, json_data: dict[str, Any]) -> Any:
    """Swap a wx.login code for a session. The first time makes a customer; nothing but the code is asked for."""
    account = _account(who)
    try:
        told = gateway().mini_program(account).code_to_session(json_data["code"])
    except WechatError as error:
        raise _refusal(error) from error
    arrival: dict[str, Any] = {key: str(json_data[key]) for key in ("visitor_id", "share_id", "scene") if key in json_data}
    with db.transaction() as session:
        signed_in = service.sign_in(session, account, told, arrival=arrival)
    return {
        "token": signed_in.token,
        "expires_at": signed_in.expires_at.isoformat(),
        "customer": schemas.customer_out(signed_in.customer) | {"is_new": signed_in.is_new},
    }


@customer.post("/phone")
@raises(CodeRefused, PhoneInvalid, TooFast, WechatUnavailable)
@customer.input(schemas.PhoneIn)
@customer.output(schemas.CustomerOut)
@stepwise
def bind_phone(who: Caller, json_data: dict[str, str]) -> Any:
    """Swap a getPhoneNumber code for the number and bind it. A number that is known already makes the two customers one."""
    account = _account(who)
    with db.transaction() as session:
        openid = queries.openid_for(session, who.customer.id, account.appid)
    try:
        phone = normalise(gateway().mini_program(account).phone_number(json_data["code"], openid=openid))
    except WechatError as error:
        raise _refusal(error) from error
    with db.transaction() as session:
        return schemas.customer_out(service.bind_phone(session, who.customer, phone))


@customer.get("/me")
@customer.output(schemas.CustomerOut)
@transactional
def me(_session: Session, who: Caller) -> Any:
    """Who is signed in."""
    return schemas.customer_out(who.customer)


@customer.put("/me")
@customer.input(schemas.ProfileIn)
@customer.output(schemas.CustomerOut)
@transactional
def call_me(session: Session, who: Caller, json_data: dict[str, str]) -> Any:
    """Say how she wants to be called, as typed into WeChat's nickname field. PUT, because `wx.request` knows no PATCH."""
    return schemas.customer_out(service.call(session, who.customer, json_data["nickname"]))


@customer.get("/consents")
@customer.output(schemas.ConsentsOut)
@transactional
def consents(session: Session, who: Caller) -> Any:
    """Everything she ever agreed to, newest first."""
    return {"items": [schemas.consent_out(one) for one in queries.consents(session, who.customer.id)]}


@customer.post("/consents")
@customer.input(schemas.ConsentIn)
@customer.output(schemas.ConsentsOut)
@transactional
def decide(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Agree to a purpose, or take the agreement back, which is as easy."""
    purpose = json_data["purpose"]
    if not json_data["granted"]:
        service.withdraw_consent(session, who.customer, purpose=purpose)
    elif "text_version" in json_data:
        service.give_consent(session, who.customer, purpose=purpose, text_version=json_data["text_version"], ip=request.remote_addr)
    else:
        raise Invalid(text_version="needed to agree")
    session.flush()
    return {"items": [schemas.consent_out(one) for one in queries.consents(session, who.customer.id)]}


@customer.post("/export")
@unkept("it changes nothing, and nobody needs a second copy of everything about her")
@customer.output(schemas.ExportOut)
@transactional
def export(session: Session, who: Caller) -> Any:
    """Everything we hold about her, in one document."""
    return queries.everything_about(session, who.customer)


@customer.delete("/me")
@unkept("nothing of her stays, and the session that could ask again has ended")
@customer.output({}, status_code=204)
@transactional
def erase(session: Session, who: Caller) -> Any:
    """Delete her account: personal data is erased, every session ends, and only what the law wants kept remains, without her name."""
    service.erase(session, who.customer)
    return "", 204
