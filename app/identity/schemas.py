"""What the doors of identity take and give."""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import Boolean, Dict, Enum, List, Nested, Raw, String
from apiflask.validators import Length, Predicate, Regexp
from marshmallow import ValidationError

from app.identity.models import Consent, Customer, Purpose, Refusal
from app.kit import phone


def _short(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, str | int) or len(str(value)) > 64:
        raise ValidationError("a number or a text of at most 64 characters")


class LoginIn(Schema):
    code = String(required=True, validate=Length(1, 128), metadata={"description": "from wx.login"})
    visitor_id = String(validate=Length(1, 64), metadata={"description": "what this phone called itself before anybody signed in"})
    share_id = String(validate=Length(1, 64), metadata={"description": "the share by which the mini-program was opened"})
    scene = Raw(validate=_short, metadata={"description": "the scene value of the launch", "type": "string"})


class PhoneIn(Schema):
    code = String(required=True, validate=Length(1, 256), metadata={"description": "from the getPhoneNumber button"})


class ProfileIn(Schema):
    nickname = String(required=True, validate=(Length(1, 20), Regexp(r"\S(.*\S)?$"), Predicate("isprintable")))


class CustomerOut(Schema):
    id = String()
    nickname = String(allow_none=True)
    phone_masked = String(allow_none=True)


class NewCustomerOut(CustomerOut):
    is_new = Boolean()


class LoginOut(Schema):
    token = String(metadata={"description": "to be sent as `Authorization: Bearer …`"})
    expires_at = String()
    customer = Nested(NewCustomerOut)


class ConsentIn(Schema):
    purpose = Enum(Purpose, by_value=True, required=True)
    granted = Boolean(required=True, metadata={"description": "false takes the agreement back"})
    text_version = String(validate=Length(1, 64), metadata={"description": "the version of the text she saw; needed to agree"})


class ConsentOut(Schema):
    purpose = String()
    channel = String(allow_none=True, metadata={"description": "null: every channel"})
    text_version = String()
    given_at = String()
    withdrawn_at = String(allow_none=True)


class RefusalOut(Schema):
    purpose = String()
    channel = String(allow_none=True, metadata={"description": "null: every channel"})
    refused_at = String()
    lifted_at = String(allow_none=True)


class ConsentsOut(Schema):
    items = List(Nested(ConsentOut))


class ExportOut(Schema):
    customer = Dict()
    wechat = List(Dict())
    consents = List(Nested(ConsentOut))
    refusals = List(Nested(RefusalOut))
    events = List(Dict())
    more = Dict(metadata={"description": "what else is held, by what it is about, such as interests"})


def customer_out(customer: Customer) -> dict[str, Any]:
    """A customer as she sees herself; the whole number is hers to see in the export only."""
    return {"id": str(customer.id), "nickname": customer.nickname, "phone_masked": phone.mask(customer.phone)}


def consent_out(consent: Consent) -> dict[str, Any]:
    return {
        "purpose": consent.purpose,
        "channel": consent.channel,
        "text_version": consent.text_version,
        "given_at": consent.given_at.isoformat(),
        "withdrawn_at": consent.withdrawn_at.isoformat() if consent.withdrawn_at else None,
    }


def refusal_out(refusal: Refusal) -> dict[str, Any]:
    return {
        "purpose": refusal.purpose,
        "channel": refusal.channel,
        "refused_at": refusal.refused_at.isoformat(),
        "lifted_at": refusal.lifted_at.isoformat() if refusal.lifted_at else None,
    }
