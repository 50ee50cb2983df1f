"""Doors for Tencent: each callback is verified, kept and answered; the work comes later."""

from __future__ import annotations

from flask import Response, request
from sqlalchemy.orm import Session

from app.kit import clock
from app.kit.logging import logger
from app.kit.web import Caller, answers, blueprint, raises, transactional
from app.wechat import callbacks, queries, service
from app.wechat.errors import AccountUnknown, NotificationUnreadable, SignatureRefused
from app.wechat.models import AccountKind, InboxKind, WechatAccount

log = logger(__name__)

platform = blueprint("wechat", audience="platform")

_MESSENGERS = frozenset({AccountKind.mini_program, AccountKind.service_account, AccountKind.corp})
_MERCHANTS = frozenset({AccountKind.merchant})


@platform.before_request
def limit_size() -> None:
    request.max_content_length = callbacks.MAX_BYTES


def _account(session: Session, appid: str, kinds: frozenset[AccountKind]) -> WechatAccount:
    account = queries.by_appid(session, appid)
    if account is None or account.kind not in kinds:
        raise AccountUnknown
    return account


@platform.get("/<appid>")
@raises(AccountUnknown, SignatureRefused)
@answers(200, "the echo, in plain text")
@transactional
def verify(session: Session, _who: Caller, appid: str) -> Response:
    """Tencent asks whether this address is ours: the echo, in plain text."""
    account = _account(session, appid, _MESSENGERS)
    echo = callbacks.verify_address(account, request.args, clock.wall(session))
    return Response(echo, mimetype="text/plain")


@platform.post("/<appid>")
@raises(AccountUnknown, SignatureRefused)
@answers(200, "`success`, in plain text: taken")
@transactional
def message(session: Session, _who: Caller, appid: str) -> Response:
    """A message push of a mini-program, a service account or a corp, in safe mode, XML or JSON."""
    account = _account(session, appid, _MESSENGERS)
    try:
        text = callbacks.open_message(account, request.args, request.get_data(), clock.wall(session))
    except SignatureRefused as refused:
        log.warning("message refused", account=account.appid, reason=refused.reason)
        raise
    service.receive_message(session, account, text)
    return Response("success", mimetype="text/plain")


@platform.post("/pay/<mchid>/payments")
@raises(AccountUnknown, SignatureRefused, NotificationUnreadable)
@answers(204, "taken")
@transactional
def payment(session: Session, _who: Caller, mchid: str) -> Response:
    """WeChat Pay tells of a payment. The HTTP status is the answer: 204 means taken, anything else is told again."""
    return _notification(session, mchid, InboxKind.payment)


@platform.post("/pay/<mchid>/refunds")
@raises(AccountUnknown, SignatureRefused, NotificationUnreadable)
@answers(204, "taken")
@transactional
def refund(session: Session, _who: Caller, mchid: str) -> Response:
    """WeChat Pay tells how a refund ended. The HTTP status is the answer."""
    return _notification(session, mchid, InboxKind.refund)


def _notification(session: Session, mchid: str, kind: InboxKind) -> Response:
    account = _account(session, mchid, _MERCHANTS)
    try:
        notification = callbacks.open_notification(account, dict(request.headers), request.get_data(), clock.wall(session))
    except SignatureRefused as refused:
        if not request.headers.get("Wechatpay-Signature", "").startswith(callbacks.PROBE):
            log.warning("notification refused", account=account.appid, reason=refused.reason)
        raise
    service.receive_notification(session, account, kind, notification)
    return Response(status=204)
