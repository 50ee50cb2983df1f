"""What the doors of dealers take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apiflask import Schema
from apiflask.fields import UUID, Boolean, DateTime, Dict, Enum, Float, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range, Regexp
from marshmallow import ValidationError, validates_schema

from app.dealers.hours import is_open
from app.dealers.models import Role, Store
from app.kit.answers import one_of
from app.kit.geo import Datum
from app.kit.paging import MAX_LIMIT


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
    role = one_of(Role)
    dealer = Nested(NamedOut, allow_none=True)
    brand = Nested(NamedOut)
    has_second_factor = Boolean()


# What WeChat takes for a telephone number in a message.
PHONE = r"[\d+\-() ]{1,17}\Z"
LONGEST_NAME = 64
# What can be typed anywhere and read out; the file of staff takes the same.
USERNAME = Regexp(r"[0-9A-Za-z][0-9A-Za-z._@-]{1,63}\Z")
NAME = [Length(1, LONGEST_NAME), Regexp(r"(?=.*\S)[^\x00]*\Z")]
WECOM_USERID = Regexp(r"[0-9A-Za-z._@-]{0,64}\Z")


class DealersIn(Schema):
    q = String(validate=NAME, metadata={"description": "a part of the name, or the city"})
    cursor = String(validate=Length(1, 200))
    limit = Integer(load_default=20, validate=Range(1, MAX_LIMIT))


class NewDealerIn(Schema):
    name = String(required=True, validate=NAME)
    city = String(required=True, validate=NAME)


class StoreIn(Schema):
    """What is not said stays as it is."""

    name = String(validate=NAME)
    city = String(validate=NAME)
    address = String(validate=[Length(1, 200), Regexp(r"(?=.*\S)[^\x00]*\Z")])
    phone = String(allow_none=True, validate=Regexp(PHONE), metadata={"description": "as WeChat takes one in a message"})
    lat = Float(validate=Range(-90, 90))
    lng = Float(validate=Range(-180, 180))
    datum = Enum(Datum, by_value=True, load_default=Datum.gcj02, metadata={"description": "of lat and lng"})

    @validates_schema
    def _both_or_neither(self, data: dict[str, Any], **_: Any) -> None:
        for one, other in (("lat", "lng"), ("lng", "lat")):
            if one in data and other not in data:
                raise ValidationError("lat and lng go together", other)


class NewStoreIn(StoreIn):
    name = String(required=True, validate=NAME)
    address = String(required=True, validate=[Length(1, 200), Regexp(r"(?=.*\S)[^\x00]*\Z")])
    lat = Float(required=True, validate=Range(-90, 90))
    lng = Float(required=True, validate=Range(-180, 180))


class DealerRowOut(Schema):
    id = String()
    name = String()
    city = String()
    takes_money = Boolean(metadata={"description": "has a merchant number of its own"})
    stores = Integer()
    staff = Integer(metadata={"description": "who can sign in"})


class DealersOut(Schema):
    items = List(Nested(DealerRowOut))
    next_cursor = String(allow_none=True)
    total = Integer()


class StoreRowOut(Schema):
    id = String()
    name = String()
    city = String()
    address = String()
    phone = String(allow_none=True)
    lat = Float(metadata={"description": "GCJ-02"})
    lng = Float(metadata={"description": "GCJ-02"})
    datum_source = one_of(("gcj02", "wgs84", "unknown"), "which was given")


class DealerPageOut(Schema):
    id = String()
    name = String()
    city = String()
    takes_money = Boolean()
    stores = List(Nested(StoreRowOut))


class TeamIn(Schema):
    q = String(validate=[Length(1, LONGEST_NAME), Regexp(r"[^\x00]*\Z")], metadata={"description": "a part of the name or the user name"})
    role = String(validate=OneOf([one.value for one in Role]))
    dealer_id = UUID()
    active = Boolean()
    cursor = String(validate=Length(1, 200))
    limit = Integer(load_default=20, validate=Range(1, MAX_LIMIT))


class ChangedPersonIn(Schema):
    """What is not said stays as it is."""

    name = String(validate=NAME)
    role = String(validate=OneOf([one.value for one in Role]))
    store_id = UUID(allow_none=True)
    wecom_userid = String(
        allow_none=True, validate=WECOM_USERID, metadata={"description": "her account in the brand's WeCom; cards go there"}
    )


class NewPersonIn(ChangedPersonIn):
    username = String(required=True, validate=USERNAME)
    name = String(required=True, validate=NAME)
    role = String(required=True, validate=OneOf([one.value for one in Role]))
    dealer_id = UUID(load_default=None, allow_none=True, metadata={"description": "headquarters only; a manager's people are his dealer's"})


class ActorOut(Schema):
    type = String()
    name = String(allow_none=True, metadata={"description": "of a member of staff"})


class TrailOut(Schema):
    id = String()
    at = DateTime()
    before = String()
    after = String()
    actor = Nested(ActorOut)
    reason = String(allow_none=True)
    cause = String(metadata={"description": "the door or the job"})
    request_id = String()


class PersonOut(Schema):
    id = String()
    username = String()
    name = String()
    role = one_of(Role)
    dealer = Nested(NamedOut, allow_none=True)
    store = Nested(NamedOut, allow_none=True)
    wecom_userid = String(allow_none=True)
    active = Boolean()
    has_second_factor = Boolean()
    must_choose_by = DateTime(allow_none=True, metadata={"description": "she has not chosen her own password yet"})
    browsers = Integer(metadata={"description": "where she is signed in"})
    last_seen_at = DateTime(allow_none=True, metadata={"description": "of the browsers where she is signed in"})
    is_you = Boolean()


class TeamOut(Schema):
    items = List(Nested(PersonOut))
    next_cursor = String(allow_none=True)
    total = Integer()


class PersonPageOut(PersonOut):
    trail = List(Nested(TrailOut))


class GivenPasswordOut(PersonPageOut):
    password = String(metadata={"description": "good for one login within seven days; nobody can look it up later"})


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
