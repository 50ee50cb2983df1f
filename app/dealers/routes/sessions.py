"""Doors: staff sign in, with a password and a code or through WeCom, see where they are signed in, and end it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

import segno
from flask import current_app, make_response, redirect, request
from sqlalchemy.orm import Session
from werkzeug.http import dump_cookie

from app.dealers import partners, queries, schemas, service
from app.dealers.errors import (
    CodeNeeded,
    CodeRefused,
    LoginLocked,
    LoginRefused,
    PasswordRefused,
    SecondFactorOff,
    SecondFactorOn,
    SessionUnknown,
)
from app.dealers.models import Staff
from app.dealers.service.signing_in import Place, SignedIn
from app.kit import db
from app.kit.crypto import new_token
from app.kit.errors import NotFound, Unauthorized
from app.kit.idempotency import unkept
from app.kit.settings import settings
from app.kit.web import Caller, answers, blueprint, opens_to_narrow_keys, raises, resolves, stepwise, transactional
from app.wechat import queries as wechat
from app.wechat.client import WechatError, gateway

STAFF_COOKIE, STATE_COOKIE = "marque_staff", "marque_wecom"
STATE_SECONDS = 600
OUR_PAGES = "same-origin"
_OURS = re.compile(r"/(?![/\\])[^\s\\]*\Z")

public = blueprint("staff", audience="public")
staff_session = blueprint("session", audience="staff")


def staff_token() -> str:
    """The bearer token of this request: from the console's cookie, or from an API client's header.

    The cookie is SameSite=Strict, and to a browser a neighbour under the brand's domain is of the same site. What it says itself
    of who asks is finer: only our own pages, and whoever types an address, speak with the cookie.
    """
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        return header.removeprefix("Bearer ")
    is_ours = request.headers.get("Sec-Fetch-Site", OUR_PAGES) in (OUR_PAGES, "none")
    return request.cookies.get(STAFF_COOKIE, "") if is_ours else ""


@resolves("staff")
def recognise_staff(session: Session) -> Caller:
    token = staff_token()
    if not token:
        raise Unauthorized
    staff = service.of_token(session, token, at_her_own_login=request.blueprint == staff_session.name)
    return Caller("staff", brand_id=staff.brand_id, staff=staff)


@resolves("partner")
def recognise_partner(session: Session) -> Caller:
    header = request.headers.get("Authorization", "")
    if not header.startswith("Bearer "):
        raise Unauthorized
    key = partners.of_token(session, header.removeprefix("Bearer "))
    if key.journeys is not None and not opens_to_narrow_keys(current_app.view_functions[str(request.endpoint)]):
        raise NotFound
    return Caller("partner", brand_id=key.brand_id, partner=key)


def _staff_out(staff: Staff) -> dict[str, Any]:
    return {
        "id": str(staff.id),
        "name": staff.name,
        "username": staff.username,
        "role": staff.role,
        "dealer": {"id": str(staff.dealer_id), "name": staff.dealer.name} if staff.dealer else None,
        "brand": {"id": str(staff.brand_id), "name": staff.brand.name},
        "has_second_factor": staff.totp_confirmed_at is not None,
    }


def _here() -> Place:
    return Place(request.remote_addr or "", request.headers.get("User-Agent", ""))


def _cookie(token: str) -> str:
    lifetime = settings().staff_session_hours * 3600
    return dump_cookie(STAFF_COOKIE, token, max_age=lifetime, httponly=True, samesite="Strict", secure=settings().cookie_secure)


@public.post("/login")
@raises(LoginRefused, CodeNeeded, CodeRefused, LoginLocked)
@public.input(schemas.StaffLoginIn)
@public.output(schemas.StaffLoginOut)
@stepwise
def login(_who: Caller, json_data: dict[str, str]) -> Any:
    """Sign a staff member in; the session's token is an HttpOnly cookie. Who has a second factor is asked for a `code`."""
    with db.transaction() as session:
        # Refused outside this transaction, so that what was wrong stays counted.
        done = service.sign_in(session, **json_data, place=_here())
        body = {"staff": _staff_out(done.staff)} if isinstance(done, SignedIn) else {}
    if not isinstance(done, SignedIn):
        raise done
    return body, 200, {"Set-Cookie": _cookie(done.token)}


def _way_back(given: str) -> str:
    """A path of ours, or the console's first page: nobody is sent to another site."""
    return given if _OURS.fullmatch(given) else "/console/"


@public.get("/wecom")
@answers(302, "to WeCom, which sends her browser back with a code; to the login page when the brand has no WeCom")
@stepwise
def to_wecom(_who: Caller) -> Any:
    """Sign in as the member of WeCom who holds this phone; `back` is where she wanted to go."""
    back = _way_back(request.args.get("back", ""))
    with db.transaction() as session:
        corp = wechat.only_corp(session)
    if corp is None:
        return _refused("no_wecom")
    state = new_token().replace("-", "").replace("_", "")
    url = gateway().wecom(corp).authorize_url(f"{settings().public_base_url.rstrip('/')}/api/public/staff/wecom/back", state=state)
    answer = redirect(url)
    # Lax: the browser comes back from WeCom with it.
    answer.set_cookie(
        STATE_COOKIE,
        f"{state}|{quote(back)}",
        max_age=STATE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings().cookie_secure,
        path="/api/public/staff/wecom",
    )
    return answer


@public.get("/wecom/back")
@answers(302, "into the console, signed in; to the login page with the reason when it cannot be")
@stepwise
def from_wecom(_who: Caller) -> Any:
    """WeCom sends her browser back. The state has to be the one that this browser was given."""
    state, _, back = request.cookies.get(STATE_COOKIE, "").partition("|")
    if not state or state != request.args.get("state"):
        return _refused("state")
    with db.transaction() as session:
        corp = wechat.only_corp(session)
    if corp is None:
        return _refused("no_wecom")
    try:
        visitor = gateway().wecom(corp).visitor(request.args.get("code", ""))
    except WechatError:
        return _refused("code")
    with db.transaction() as session:
        done = service.sign_in_member(session, corp.brand_id, visitor.userid, place=_here()) if visitor.userid else None
    if done is None:
        return _refused("member")
    answer = redirect(_way_back(unquote(back)))
    answer.headers.add("Set-Cookie", _cookie(done.token))
    answer.delete_cookie(STATE_COOKIE, path="/api/public/staff/wecom", httponly=True, samesite="Lax")
    return answer


def _refused(why: str) -> Any:
    return redirect(f"/console/login?wecom={why}")


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


@staff_session.get("/browsers")
@staff_session.output(schemas.BrowsersOut)
@transactional
def browsers(session: Session, who: Caller) -> Any:
    """Where she is signed in, the one seen last first."""
    return {"items": queries.browsers(session, who.staff, staff_token())}


@staff_session.delete("/browsers")
@staff_session.output(schemas.EndedOut)
@transactional
def end_browsers(session: Session, who: Caller) -> Any:
    """Sign out everywhere but here."""
    return {"ended": service.end_other_sessions(session, who.staff, staff_token())}


@staff_session.delete("/browsers/<uuid:session_id>")
@raises(SessionUnknown)
@staff_session.output({}, status_code=204)
@transactional
def end_browser(session: Session, who: Caller, session_id: uuid.UUID) -> Any:
    """Sign out one of them."""
    service.end_session(session, who.staff, session_id)
    return ""


def _careful(who: Caller, work: Callable[[Session, Staff], Any]) -> Any:
    """What asks for her password or a code again is not guessed at: what was wrong counts as at the login."""
    name, here = who.staff.username, _here()
    with db.transaction() as session:
        service.must_not_be_locked(session, name, here)
    try:
        with db.transaction() as session:
            return work(session, session.get_one(Staff, who.staff.id))
    except (PasswordRefused, CodeRefused):
        with db.transaction() as session:
            service.count_wrong(session, name, here)
        raise


@staff_session.put("/password")
@unkept("the answer says nothing, and a password is kept nowhere")
@raises(PasswordRefused, LoginLocked)
@staff_session.input(schemas.PasswordIn)
@staff_session.output({}, status_code=204)
@stepwise
def change_password(who: Caller, json_data: dict[str, str]) -> Any:
    """Another password; every other browser is signed out."""
    _careful(who, lambda session, staff: service.change_password(session, staff, token=staff_token(), **json_data))
    return ""


@staff_session.post("/second-factor")
@unkept("the secret is shown once, and each time is another one")
@raises(SecondFactorOn)
@staff_session.output(schemas.SecondFactorOut)
@transactional
def begin_second_factor(session: Session, who: Caller) -> Any:
    """A secret for an authenticator app; it counts once a code of it was confirmed."""
    uri = service.begin_second_factor(session, who.staff)
    picture = segno.make_qr(uri, error="m").png_data_uri(scale=6, border=2)
    return {"uri": uri, "secret": who.staff.totp_secret, "picture": picture}


@staff_session.put("/second-factor")
@unkept("recovery codes are shown once and kept by nobody")
@raises(SecondFactorOn, SecondFactorOff, CodeRefused, LoginLocked)
@staff_session.input(schemas.CodeIn)
@staff_session.output(schemas.RecoveryCodesOut)
@stepwise
def confirm_second_factor(who: Caller, json_data: dict[str, str]) -> Any:
    """From the next login on a code is asked for; gives the recovery codes. Other browsers are signed out."""

    def confirmed(session: Session, staff: Staff) -> Any:
        codes = service.confirm_second_factor(session, staff, json_data["code"])
        service.end_other_sessions(session, staff, staff_token())
        return {"codes": codes}

    return _careful(who, confirmed)


@staff_session.post("/second-factor/end")
@unkept("the answer says nothing, and a code is good for one time")
@raises(SecondFactorOff, PasswordRefused, CodeRefused, LoginLocked)
@staff_session.input(schemas.EndSecondFactorIn)
@staff_session.output({}, status_code=204)
@stepwise
def end_second_factor(who: Caller, json_data: dict[str, str]) -> Any:
    """The password alone is enough again."""
    _careful(who, lambda session, staff: service.end_second_factor(session, staff, **json_data))
    return ""
