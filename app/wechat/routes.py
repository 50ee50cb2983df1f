"""Doors for Tencent: each callback is kept, verified and answered; the work comes later."""

from __future__ import annotations

from flask import Response, request

from app.kit import clock, db
from app.kit.json import dumps
from app.kit.settings import settings
from app.kit.web import Caller, answers, blueprint, raises, stepwise
from app.wechat import callbacks, queries, service
from app.wechat.callbacks import CallbackRequest
from app.wechat.errors import AccountUnknown, NotificationUnreadable, SignatureRefused
from app.wechat.models import AccountKind, InboxKind

platform = blueprint("wechat", audience="platform")

_MESSENGERS = frozenset({AccountKind.mini_program, AccountKind.service_account, AccountKind.corp})
_MERCHANTS = frozenset({AccountKind.merchant})
# What WeChat Pay wants to read where the answer is no; the HTTP status decides.
_FAILED = {"code": "FAIL", "message": "失败"}


@platform.before_request
def limit_size() -> None:
    request.max_content_length = settings().wechat_callback_max_bytes


@platform.get("/<appid>")
@raises(AccountUnknown, SignatureRefused)
@answers(200, "the echo, in plain text")
@stepwise
def verify(_who: Caller, appid: str) -> Response:
    """Tencent asks whether this address is ours: the echo, in plain text."""
    with db.transaction() as session:
        account = queries.by_appid(session, appid)
        if account is None or account.kind not in _MESSENGERS:
            raise AccountUnknown
        echo = callbacks.verify_address(account, _request(), clock.wall(session))
    return Response(echo, mimetype="text/plain")


@platform.post("/<appid>")
@raises(AccountUnknown, SignatureRefused)
@answers(200, "`success`, in plain text: taken")
@stepwise
def message(_who: Caller, appid: str) -> Response:
    """A message push of a mini-program, a service account or a corp, in safe mode, XML or JSON. Told again, it is a success, too."""
    service.receive(appid, _MESSENGERS, InboxKind.event, _request())
    return Response("success", mimetype="text/plain")


@platform.post("/pay/<mchid>/payments")
@raises(AccountUnknown, SignatureRefused, NotificationUnreadable)
@answers(204, "taken")
@stepwise
def payment(_who: Caller, mchid: str) -> Response:
    """WeChat Pay tells of a payment. The HTTP status is the answer: 204 means taken, anything else is told again."""
    return _notification(mchid, InboxKind.payment)


@platform.post("/pay/<mchid>/refunds")
@raises(AccountUnknown, SignatureRefused, NotificationUnreadable)
@answers(204, "taken")
@stepwise
def refund(_who: Caller, mchid: str) -> Response:
    """WeChat Pay tells how a refund ended. The HTTP status is the answer."""
    return _notification(mchid, InboxKind.refund)


def _notification(mchid: str, kind: InboxKind) -> Response:
    try:
        service.receive(mchid, _MERCHANTS, kind, _request())
    except (SignatureRefused, NotificationUnreadable) as refused:
        return Response(dumps(_FAILED), status=refused.status, mimetype="application/json")
    return Response(status=204)


def _request() -> CallbackRequest:
    return CallbackRequest.of(query=request.query_string.decode("latin-1"), headers=dict(request.headers), body=request.get_data())
