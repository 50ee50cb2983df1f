"""What the doors of dealers take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apiflask import Schema
from apiflask.fields import Boolean, DateTime, Dict, Enum, Float, Integer, List, Nested, String
from apiflask.validators import Length, Range

from app.dealers.hours import is_open
from app.dealers.models import Store
from app.kit.geo import Datum


class StaffLoginIn(Schema):
    username = String(required=True, validate=Length(1, 64))
    password = String(required=True, validate=Length(1, 200))
    code = String(validate=Length(1, 40), metadata={"description": "of the authenticator app, or a recovery code"})


class PartnerKeyIn(Schema):
    name = String(required=True, validate=Length(1, 80), metadata={"description": "which system it is for"})
    journeys = List(
        String(validate=Length(1, 64)),
        validate=Length(1, 50),
        metadata={"description": "the keys of the journeys that it may let people into, and nothing else; left out: all doors"},
    )


class PartnerKeyOut(Schema):
    id = String()
    name = String()
    hint = String(metadata={"description": "how the key begins"})
    journeys = List(
        String(), allow_none=True, metadata={"description": "into which journeys it lets people, and nothing else; null: all doors"}
    )
    created_at = DateTime()
    last_used_at = DateTime(allow_none=True, metadata={"description": "to the minute"})
    revoked_at = DateTime(allow_none=True)


class PartnerKeyMadeOut(PartnerKeyOut):
    token = String(metadata={"description": "to be sent as `Authorization: Bearer …`; nobody can look it up later"})


class PartnerKeysOut(Schema):
    items = List(Nested(PartnerKeyOut))


class NamedOut(Schema):
    id = String()
    name = String()


class StaffOut(Schema):
    id = String()
    name = String()
    username = String()
    role = String()
    dealer = Nested(NamedOut, allow_none=True)
    brand = Nested(NamedOut)
    has_second_factor = Boolean()


class StaffLoginOut(Schema):
    staff = Nested(StaffOut)


class BrowserOut(Schema):
    """Where somebody is signed in."""

    id = String()
    is_this = Boolean(metadata={"description": "the one that asks"})
    how = String(metadata={"description": "password, wecom"})
    address = String()
    agent = String(metadata={"description": "what the browser says it is"})
    created_at = DateTime()
    last_seen_at = DateTime(metadata={"description": "to five minutes"})
    expires_at = DateTime()


class BrowsersOut(Schema):
    items = List(Nested(BrowserOut))


class EndedOut(Schema):
    ended = Integer(metadata={"description": "how many browsers were signed out"})


class PasswordIn(Schema):
    password = String(required=True, validate=Length(1, 200), metadata={"description": "the present one"})
    new = String(required=True, validate=Length(10, 200))


class SecondFactorOut(Schema):
    """Shown once."""

    uri = String()
    secret = String(metadata={"description": "to be typed in where there is no camera"})
    picture = String(metadata={"description": "the address as a QR code, a data URI"})


class CodeIn(Schema):
    code = String(required=True, validate=Length(1, 40))


class EndSecondFactorIn(CodeIn):
    password = String(required=True, validate=Length(1, 200))


class RecoveryCodesOut(Schema):
    codes = List(String(), metadata={"description": "each good once, in place of a code"})


class PlaceIn(Schema):
    """Where the consumer is, with its datum; or a city, when she does not say."""

    lat = Float(validate=Range(-90, 90))
    lng = Float(validate=Range(-180, 180))
    crs = Enum(Datum, by_value=True, load_default=Datum.gcj02, metadata={"description": "datum of lat and lng"})
    city = String(validate=Length(1, 40))


class StoresIn(PlaceIn):
    limit = Integer(load_default=50, validate=Range(1, 100))


class NavigationOut(Schema):
    """Exactly what wx.openLocation takes; GCJ-02."""

    latitude = Float()
    longitude = Float()
    name = String()
    address = String()
    scale = Integer()


class StoreOut(Schema):
    id = String()
    name = String()
    dealer = Nested(NamedOut)
    city = String()
    address = String()
    phone = String(allow_none=True)
    hours = Dict()
    open_now = Boolean(allow_none=True, metadata={"description": "by the clock of the store; null when no hours are known"})
    capabilities = List(String())
    distance_m = Float(allow_none=True)
    navigation = Nested(NavigationOut)


class StoresOut(Schema):
    items = List(Nested(StoreOut))
    cities = List(String())


def store_out(store: Store, distance_m: float | None = None, *, at: datetime) -> dict[str, Any]:
    """A store as the consumer sees it at a moment."""
    return {
        "id": str(store.id),
        "name": store.name,
        "dealer": {"id": str(store.dealer_id), "name": store.dealer.name},
        "city": store.city,
        "address": store.address,
        "phone": store.phone,
        "hours": store.hours,
        "open_now": is_open(store.hours, at),
        "capabilities": store.capabilities,
        "distance_m": None if distance_m is None else round(distance_m),
        "navigation": {
            "latitude": store.lat_gcj02,
            "longitude": store.lng_gcj02,
            "name": store.name,
            "address": store.address,
            "scale": 16,
        },
    }
