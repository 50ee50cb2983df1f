"""Doors: staff sign in, consumers look at stores, other systems of the brand get their keys."""

from __future__ import annotations

import uuid
from typing import Any

from flask import make_response, request
from sqlalchemy.orm import Session
from werkzeug.http import dump_cookie

from app.dealers import partners, queries, schemas, service
from app.dealers.errors import AdministratorsOnly, LoginLocked, LoginRefused, PartnerKeyUnknown, StoreUnknown, TooManyKeys
from app.dealers.models import PartnerKey
from app.kit import clock, db
from app.kit.errors import Unauthorized
from app.kit.geo import Place
from app.kit.idempotency import idempotent, unkept
from app.kit.settings import settings
from app.kit.web import Caller, blueprint, raises, resolves, stepwise, transactional

STAFF_COOKIE = "marque_staff"

public = blueprint("staff", audience="public")
staff_session = blueprint("session", audience="staff")
visitor = blueprint("stores", audience="visitor")
keys = blueprint("partner-keys", audience="staff")


def staff_token() -> str:
    """The bearer token of this request: from the console's cookie, or from an API client's header."""
    header = request.headers.get("Authorization", "")
    return header.removeprefix("Bearer ") if header.startswith("Bearer ") else request.cookies.get(STAFF_COOKIE, "")


@resolves("staff")
def recognise_staff(session: Session) -> Caller:
    token = staff_token()
    if not token:
        raise Unauthorized
    staff = service.of_token(session, token)
    return Caller("staff", brand_id=staff.brand_id, staff=staff)


@resolves("partner")
def recognise_partner(session: Session) -> Caller:
    header = request.headers.get("Authorization", "")
    if not header.startswith("Bearer "):
        raise Unauthorized
    key = partners.of_token(session, header.removeprefix("Bearer "))
    return Caller("partner", brand_id=key.brand_id, partner=key)


def _staff_out(staff: Any) -> dict[str, Any]:
    return {
        "id": str(staff.id),
        "name": staff.name,
        "username": staff.username,
        "role": staff.role,
        "dealer": {"id": str(staff.dealer_id), "name": staff.dealer.name} if staff.dealer else None,
        "brand": {"id": str(staff.brand_id), "name": staff.brand.name},
    }


@public.post("/login")
@raises(LoginRefused, LoginLocked)
@public.input(schemas.StaffLoginIn)
@public.output(schemas.StaffLoginOut)
@stepwise
def login(_who: Caller, json_data: dict[str, str]) -> Any:
    """Sign a staff member in; the session's token is an HttpOnly cookie."""
    with db.transaction() as session:
        # Refused outside this transaction, so that the wrong password stays counted.
        signed_in = service.sign_in(session, **json_data, address=request.remote_addr or "")
        body = {"staff": _staff_out(signed_in[0])} if signed_in else {}
    if signed_in is None:
        raise LoginRefused
    cookie = dump_cookie(
        STAFF_COOKIE,
        signed_in[1],
        max_age=settings().staff_session_hours * 3600,
        httponly=True,
        samesite="Strict",
        secure=settings().cookie_secure,
    )
    return body, 200, {"Set-Cookie": cookie}


@staff_session.get("/")
@staff_session.output(schemas.StaffOut)
@transactional
def me(_session: Session, who: Caller) -> Any:
    """Who is signed in."""
    return _staff_out(who.staff)


@staff_session.delete("/")
@unkept("the session that could ask again has ended")
@staff_session.output({}, status_code=204)
@transactional
def logout(session: Session, _who: Caller) -> Any:
    """Sign out: the session is forgotten and the cookie is taken away."""
    service.sign_out(session, staff_token())
    answer = make_response("", 204)
    answer.delete_cookie(STAFF_COOKIE, path="/", httponly=True, samesite="Strict")
    return answer


def _key_out(key: PartnerKey) -> dict[str, Any]:
    return {name: getattr(key, name) for name in ("id", "name", "hint", "created_at", "last_used_at", "revoked_at")}


@keys.get("/")
@raises(AdministratorsOnly)
@keys.output(schemas.PartnerKeysOut)
@transactional
def list_keys(session: Session, who: Caller) -> Any:
    """The keys of other systems, those that were taken back as well."""
    return {"items": [_key_out(one) for one in partners.listed(session, who.staff)]}


@keys.post("/")
@idempotent
@raises(AdministratorsOnly, TooManyKeys)
@keys.input(schemas.PartnerKeyIn)
@keys.output(schemas.PartnerKeyMadeOut, status_code=201)
@transactional
def issue_key(session: Session, who: Caller, json_data: dict[str, str]) -> Any:
    """Make a key for another system; its token is told now and never again."""
    key, token = partners.issue(session, who.staff, **json_data)
    return _key_out(key) | {"token": token}


@keys.delete("/<uuid:key_id>")
@raises(AdministratorsOnly, PartnerKeyUnknown)
@keys.output({}, status_code=204)
@transactional
def revoke_key(session: Session, who: Caller, key_id: uuid.UUID) -> Any:
    """Take a key back."""
    partners.revoke(session, who.staff, key_id)
    return ""


@visitor.get("/")
@visitor.input(schemas.StoresIn, location="query")
@visitor.output(schemas.StoresOut)
@transactional
def stores(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Stores, nearest first when the consumer says where she is, else those of a city."""
    assert who.brand_id is not None
    near = None
    if "lat" in query_data and "lng" in query_data:
        near = Place.of(query_data["lat"], query_data["lng"], query_data["crs"])
    found = queries.stores(session, who.brand_id, city=query_data.get("city"), near=near, limit=query_data["limit"])
    moment = clock.now(session)
    items = [schemas.store_out(one, metres, at=moment) for one, metres in found]
    return {"items": items, "cities": list(queries.cities(session, who.brand_id))}


@visitor.get("/<uuid:store_id>")
@raises(StoreUnknown)
@visitor.output(schemas.StoreOut)
@transactional
def store(session: Session, who: Caller, store_id: uuid.UUID) -> Any:
    """One store, with what wx.openLocation needs to navigate there."""
    assert who.brand_id is not None
    return schemas.store_out(queries.store(session, who.brand_id, store_id), at=clock.now(session))
