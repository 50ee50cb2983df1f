"""Take a brand's accounts in as an operator copies them out of Tencent's consoles, and keep the certificates of its merchants."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate
from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from app.kit import queue
from app.wechat.models import AccountKind, WechatAccount
from app.wechat.pay_keys import PUBLIC_KEY_PREFIX

# What an operator copies out of Tencent's consoles, per kind: the fields that are no secret, and those that are.
_FIELDS: dict[AccountKind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    AccountKind.mini_program: ((), ("secret", "token", "aes_key")),
    AccountKind.service_account: (("original_id",), ("secret", "token", "aes_key")),
    AccountKind.corp: (("agentid",), ("secret", "token", "aes_key")),
    AccountKind.merchant: (("merchant_serial",), ("merchant_private_key", "apiv3_key")),
}
_PUBLIC_KEY = ("public_key_id", "public_key")
# What an account may have besides.
_OPTIONAL: dict[AccountKind, tuple[str, ...]] = {
    AccountKind.mini_program: ("subscribe_templates",),
    AccountKind.merchant: (*_PUBLIC_KEY, "sub_mchids", "is_payee"),
}
# The fields of a list of objects that each of them must have.
_LISTED = {"subscribe_templates": ("moment", "template_id", "title"), "sub_mchids": ("sub_mchid", "name")}
_APPID = {AccountKind.corp: "corpid", AccountKind.merchant: "mchid"}

# Strangers may name any serial: because of them WeChat Pay is asked no more often than this.
ASK_AT_MOST_EVERY = timedelta(minutes=1)
# WeChat Pay replaces a certificate days before it ends, and asks merchants to look at least every 12 hours.
CERTIFICATES_GOOD_FOR = timedelta(hours=12)
WITHOUT_CERTIFICATES = timedelta(minutes=10)


class AccountRefused(ValueError):
    """An entry of the list cannot be taken in; the text says which and why."""


class FieldMissing(AccountRefused):
    """An entry lacks a field, which is named."""


class FieldMalformed(AccountRefused):
    """A field is there, but cannot be what it is called."""


class DuplicateAccount(AccountRefused):
    """The list has an account twice, or a merchant a sub-merchant."""


class LinkUnknown(AccountRefused):
    """An account names a mini-program that the brand does not have, or none where there are several."""


class AnothersAccount(AccountRefused):
    """The account belongs to another brand."""


def import_accounts(session: Session, brand_id: uuid.UUID, entries: Sequence[dict[str, Any]]) -> list[WechatAccount]:
    """Take a brand's accounts in, or bring those it has up to date; the same list again changes nothing.

    An entry is what Tencent's consoles show: kind, name, appid (corpid, mchid), secret, token, aes_key and so on.
    A merchant's `appid` is the mini-program it takes payments for. It has WeChat Pay's public key (public_key_id, public_key), or
    certificates (platform_certificates: a list of PEM, which may be empty, since they are fetched), or both. A service provider has
    `sub_mchids`, a list of {sub_mchid, name} and perhaps sub_appid. Of several other merchants the one with `is_payee` receives the
    brand's own money.
    A service account's messages open its `mini_program`, which need not be named when the brand has only one.

    Raises:
        AccountRefused: nothing of the list is to be kept; the kinds of refusal are above.
    """
    appids = [_appid(entry) for entry in entries]
    if twice := sorted({appid for appid in appids if appid and appids.count(appid) > 1}):
        raise DuplicateAccount(f"{', '.join(twice)}: twice in the list")
    return [_import_account(session, brand_id, entry, entries) for entry in entries]


def want_certificates(session: Session, account: WechatAccount) -> None:
    """Ask WeChat Pay for a merchant's certificates after this transaction, unless that was done within the last minute.

    Also for a merchant that has a public key: while WeChat Pay moves it there, notifications are signed with either.
    """
    asked = (
        update(WechatAccount)
        .where(WechatAccount.id == account.id, _asked_before(ASK_AT_MOST_EVERY))
        .values(certificates_asked_at=func.marque_now())
        .returning(WechatAccount.id)
        .execution_options(synchronize_session=False)
    )
    if session.execute(asked).first():
        queue.enqueue(session, "wechat.refresh_certificates", account_id=account.id)


def claim_certificates(session: Session, account_id: uuid.UUID | None = None) -> Sequence[WechatAccount]:
    """The merchants to ask about their certificates now: this one, or all those for whom it is time, who are put off by that."""
    if account_id is not None:
        return [session.get_one(WechatAccount, account_id)]
    has_none = func.jsonb_array_length(WechatAccount.settings["platform_certificates"]) == 0
    stale = or_(_asked_before(CERTIFICATES_GOOD_FOR), and_(has_none, _asked_before(WITHOUT_CERTIFICATES)))
    claimed = (
        update(WechatAccount)
        .where(WechatAccount.settings.has_key("platform_certificates"), stale)
        .values(certificates_asked_at=func.marque_now())
        .returning(WechatAccount)
        .execution_options(synchronize_session=False)
    )
    return session.execute(claimed).scalars().all()


def keep_platform_certificates(session: Session, account: WechatAccount, pems: Sequence[str]) -> None:
    """Make these the platform certificates (PEM) of a merchant: what is not among them is no longer believed.

    Raises:
        FieldMalformed: one of them is no certificate, or there is none; nothing changes.
    """
    if not pems:
        raise FieldMalformed(f"{account.appid}: WeChat Pay names no certificate")
    kept = session.get_one(WechatAccount, account.id, with_for_update=True, populate_existing=True)
    kept.settings = {**kept.settings, "platform_certificates": _certificates(account.appid, pems)}
    session.flush()


def _asked_before(ago: timedelta) -> Any:
    return or_(WechatAccount.certificates_asked_at.is_(None), WechatAccount.certificates_asked_at <= func.marque_now() - ago)


def _appid(entry: dict[str, Any]) -> str:
    """What Tencent calls the account of an entry, or ""."""
    return str(entry.get(_APPID.get(AccountKind(entry.get("kind", "")), "appid")) or "")


def _import_account(session: Session, brand_id: uuid.UUID, entry: dict[str, Any], entries: Sequence[dict[str, Any]]) -> WechatAccount:
    kind, appid = AccountKind(entry["kind"]), _appid(entry)
    _check(kind, entry)
    linked_appid = _link(session, brand_id, entry, entries)
    account = session.execute(select(WechatAccount).filter_by(appid=appid).with_for_update()).scalar_one_or_none()
    if account is None:
        account = WechatAccount(brand_id=brand_id, kind=kind, appid=appid, settings={})
    elif account.brand_id != brand_id:
        raise AnothersAccount(f"{kind} {appid} belongs to another brand")
    elif account.kind != kind:
        raise DuplicateAccount(f"{kind} {appid}: there is a {account.kind} with this name")
    open_fields, secret_fields = _FIELDS[kind]
    kept = {field: entry[field] for field in (*open_fields, *_OPTIONAL.get(kind, ())) if entry.get(field)}
    if "platform_certificates" in entry:
        given = entry["platform_certificates"] or account.settings.get("platform_certificates", [])
        kept["platform_certificates"] = _certificates(appid, given)
    account.name, account.settings = entry["name"], kept
    account.secrets = {field: entry[field] for field in secret_fields}
    account.linked_appid = linked_appid
    session.add(account)
    session.flush()
    return account


def _check(kind: AccountKind, entry: dict[str, Any]) -> None:
    who = f"{kind} {entry.get('name', '')}"
    open_fields, secret_fields = _FIELDS[kind]
    wanted = {"name", _APPID.get(kind, "appid"), *open_fields, *secret_fields}
    if kind is AccountKind.merchant:
        wanted |= {"appid"}
        if "platform_certificates" not in entry or any(entry.get(field) for field in _PUBLIC_KEY):
            wanted |= set(_PUBLIC_KEY)
    if missing := sorted(field for field in wanted if entry.get(field) in (None, "")):
        raise FieldMissing(f"{who}: {', '.join(missing)} missing")
    for field, has_to_be in _FORMS.items():
        if field in wanted and not has_to_be(entry[field]):
            raise FieldMalformed(f"{who}: {field} is not what it should be")
    for field, parts in _LISTED.items():
        for one in entry.get(field) or []:
            if not (isinstance(one, dict) and all(isinstance(one.get(part), str) and one[part] for part in parts)):
                raise FieldMalformed(f"{who}: each of {field} has {', '.join(parts)}")
    subs = [one["sub_mchid"] for one in entry.get("sub_mchids") or []]
    if len(set(subs)) < len(subs):
        raise DuplicateAccount(f"{who}: a sub_mchid twice")


def _link(session: Session, brand_id: uuid.UUID, entry: dict[str, Any], entries: Sequence[dict[str, Any]]) -> str | None:
    """The mini-program that a merchant takes payments for, or that a service account's messages open."""
    kind = AccountKind(entry["kind"])
    if kind not in (AccountKind.merchant, AccountKind.service_account):
        return None
    known = {_appid(one) for one in entries if one["kind"] == AccountKind.mini_program}
    # A list of those that changed may be taken in by itself.
    known |= set(session.execute(select(WechatAccount.appid).filter_by(brand_id=brand_id, kind=AccountKind.mini_program)).scalars())
    named = entry["appid"] if kind is AccountKind.merchant else entry.get("mini_program") or entry.get("linked_appid")
    if not named and len(known) > 1:
        raise LinkUnknown(f"{kind} {entry['name']}: mini_program missing, the brand has several")
    if named and named not in known:
        raise LinkUnknown(f"{kind} {entry['name']}: the brand has no mini-program {named}")
    return named or next(iter(known), None)


def _certificates(appid: str, pems: Sequence[str]) -> list[str]:
    """Each once, by serial."""
    by_serial = {}
    for pem in pems:
        if not _is_certificate(pem):
            raise FieldMalformed(f"{appid}: not each of platform_certificates is a certificate")
        by_serial[load_pem_x509_certificate(pem.encode()).serial_number] = pem
    return [by_serial[serial] for serial in sorted(by_serial)]


def _holds(load: Callable[[str], Any]) -> Callable[[Any], bool]:
    """Whether `load` can make anything of a value."""

    def check(value: Any) -> bool:
        try:
            return bool(load(value))
        except (AttributeError, TypeError, ValueError, binascii.Error):
            return False

    return check


_is_certificate = _holds(lambda value: isinstance(load_pem_x509_certificate(value.encode()).public_key(), RSAPublicKey))
# A key that is cut short would refuse every callback, and nobody would know why.
_FORMS: dict[str, Callable[[Any], bool]] = {
    "aes_key": _holds(lambda value: len(value) == 43 and len(base64.b64decode(value + "=", validate=True)) == 32),
    "apiv3_key": _holds(lambda value: len(value.encode()) == 32),
    "merchant_private_key": _holds(lambda value: load_pem_private_key(value.encode(), None)),
    "public_key": _holds(lambda value: isinstance(load_pem_public_key(value.encode()), RSAPublicKey)),
    "public_key_id": _holds(lambda value: value.startswith(PUBLIC_KEY_PREFIX)),
}
