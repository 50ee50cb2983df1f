"""Brands, dealers, stores and staff for tests."""

from __future__ import annotations

import itertools
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.analytics.models import Anomaly
from app.console.models import SavedView
from app.dealers import partners
from app.dealers.models import Brand, Dealer, PartnerKey, Role, Staff, StaffSession, Store
from app.kit import clock
from app.kit.crypto import new_token
from app.kit.geo import gcj02_to_wgs84

_count = itertools.count(1)
# What the laws of doors and of repeating ask of the doors of the team, and of what each of it keeps.
_VIEW = "/api/staff/views/<uuid:view_id>"
_PERSON = "/api/staff/team/<uuid:person_id>"
HONOURED = {
    f"PATCH {_VIEW}",
    f"DELETE {_VIEW}",
    *(f"{method} /api/staff/insight/anomalies/<uuid:anomaly_id>/seen" for method in ("POST", "DELETE")),
    "PATCH /api/staff/dealers/stores/<uuid:store_id>",
    f"PATCH {_PERSON}",
    f"DELETE {_PERSON}/browsers",
    *(f"POST {_PERSON}/{act}" for act in ("lock", "unlock", "second-factor/end")),
}
NEEDED = {"POST /api/staff/views/", "POST /api/staff/dealers/", "POST /api/staff/dealers/<uuid:dealer_id>/stores"}
UNKEPT = {"POST /api/staff/operations/failed/<job_id>/retry", "POST /api/staff/team/", f"POST {_PERSON}/password"}
_PLACE = {"name": "新门店", "address": "新路1号", "lat": 31.2, "lng": 121.4}
BODIES: dict[str, dict[str, Any]] = {
    "POST /api/staff/views/": {"list": "customers", "name": "高意向", "query": "tag=vip"},
    f"PATCH {_VIEW}": {"name": "另一个"},
    "POST /api/staff/team/": {"username": "newcomer", "name": "新人", "role": "adviser"},
    f"PATCH {_PERSON}": {"name": "换个名字"},
    "POST /api/staff/dealers/": {"name": "新经销商", "city": "上海"},
    "POST /api/staff/dealers/<uuid:dealer_id>/stores": _PLACE,
    "PATCH /api/staff/dealers/stores/<uuid:store_id>": _PLACE,
}
PASSWORD = "correct horse battery"
# As `hash_password` makes it, but soon tried: a hash names its parameters, and a hundred tests sign somebody in.
PASSWORD_HASH = generate_password_hash(PASSWORD, "scrypt:1024:8:1")
SHANGHAI = (31.2304, 121.4737)


def brand(session: Session, **fields: Any) -> Brand:
    number = next(_count)
    made = Brand(**{"key": f"brand{number}", "name": f"品牌{number}"} | fields)
    session.add(made)
    session.flush()
    return made


def dealer(session: Session, of: Brand, **fields: Any) -> Dealer:
    made = Dealer(**{"brand_id": of.id, "name": f"经销商{next(_count)}", "city": "上海"} | fields)
    session.add(made)
    session.flush()
    return made


def store(session: Session, of: Dealer, *, at: tuple[float, float] = SHANGHAI, **fields: Any) -> Store:
    """A store at a place in GCJ-02 degrees (lat, lng)."""
    lat_wgs84, lng_wgs84 = gcj02_to_wgs84(*at)
    number = next(_count)
    made = Store(
        **{
            "brand_id": of.brand_id,
            "dealer_id": of.id,
            "name": f"门店{number}",
            "city": of.city,
            "address": f"测试路{number}号",
            "phone": "021-60000000",
            "lat_gcj02": at[0],
            "lng_gcj02": at[1],
            "lat_wgs84": lat_wgs84,
            "lng_wgs84": lng_wgs84,
            "datum_source": "gcj02",
            "hours": {day: ["09:00", "18:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
            "capabilities": ["sales", "test_drive"],
        }
        | fields
    )
    session.add(made)
    session.flush()
    return made


def staff(session: Session, of: Dealer | Brand, role: Role = Role.adviser, **fields: Any) -> Staff:
    """A staff member of a dealer, or of the brand's headquarters. The password is `PASSWORD`."""
    number = next(_count)
    at_dealer = isinstance(of, Dealer)
    made = Staff(
        **{
            "brand_id": of.brand_id if at_dealer else of.id,
            "dealer_id": of.id if at_dealer else None,
            "username": f"staff{number}",
            "password_hash": PASSWORD_HASH,
            "name": f"员工{number}",
            "role": role,
            "wecom_userid": f"adv{number:03d}",
        }
        | fields
    )
    session.add(made)
    session.flush()
    return made


def partner_key(session: Session, administrator: Staff) -> tuple[PartnerKey, str]:
    """A key for another system of the brand, with the token that it shows."""
    return partners.issue(session, administrator, name="商城")


def browser(session: Session, of: Staff) -> uuid.UUID:
    """Where somebody is signed in: the id by which she ends it."""
    made = StaffSession(token_hash=new_token(), staff_id=of.id, expires_at=clock.now(session) + timedelta(hours=1))
    session.add(made)
    session.flush()
    return made.id


def ids(session: Session, of: Dealer, admin: Staff) -> dict[str, Any]:
    """By the names of arguments: a dealer, a store, somebody of it who is signed in, and the administrator's own session."""
    one = staff(session, of)
    browser(session, one)
    at_home = {"session_id": browser(session, admin), "view_id": view(session, admin).id}
    place = store(session, of)
    return {"person_id": one.id, "dealer_id": of.id, "store_id": place.id, "anomaly_id": anomaly(session, place).id, **at_home}


def anomaly(session: Session, of: Store, **values: Any) -> Anomaly:
    """A day of a store on which far fewer people became leads than is usual there."""
    about = {"brand_id": of.brand_id, "dealer_id": of.dealer_id, "store_id": of.id, "figure": "lead"}
    told = {"on_day": clock.now(session).date() - timedelta(days=1), "times": 3, "median": 9, "bound": 5, "before": [9] * 8}
    made = Anomaly(**about | told | values)
    session.add(made)
    session.flush()
    return made


def view(session: Session, of: Staff, name: str = "不该看见的人", **values: Any) -> SavedView:
    """A list of customers under a name, shared with those who see as much as she does."""
    values = {"list_key": "customers", "query": "tag=vip", "is_shared": True} | values
    made = SavedView(brand_id=of.brand_id, staff_id=of.id, dealer_id=of.dealer_id, name=name, **values)
    session.add(made)
    session.flush()
    return made
