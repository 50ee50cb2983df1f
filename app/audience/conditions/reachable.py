"""By which ways a customer can be reached."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import exists, select

from app.audience.conditions import Answer, Condition, Facts, Form, Scope, one_of
from app.identity.models import Customer, WechatIdentity
from app.kit.texts import t
from app.messaging.models import Contact
from app.wechat.models import AccountKind, WechatAccount

_WAYS = {one: t(f"audience.conditions.reachable.ways.{one}") for one in ("service_account", "mini_program", "wecom", "phone")}


class Reachable(Condition):
    """Follows a service account, has used the mini-program, has a member as a contact in WeCom, or has a phone number."""

    kind = "reachable"
    label = t("audience.conditions.reachable.label")

    class Config(Form):
        way = one_of("reachable.way", _WAYS, required=True)

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t("audience.conditions.reachable.summary", way=_WAYS[config["way"]])

    @staticmethod
    def answer(scope: Scope, config: dict[str, Any]) -> Answer:
        if config["way"] == "phone":
            return Customer.phone_hash.is_not(None)
        rows = select(WechatIdentity.customer_id).where(WechatIdentity.brand_id == scope.brand_id)
        if config["way"] == "service_account":
            return Facts(rows.where(WechatIdentity.followed.is_(True)))
        if config["way"] == "wecom":
            return Facts(rows.join(Contact, Contact.identity_id == WechatIdentity.id).where(Contact.ended_at.is_(None)))
        ours = exists().where(WechatAccount.appid == WechatIdentity.appid, WechatAccount.kind == AccountKind.mini_program)
        return Facts(rows.where(ours))

    @staticmethod
    def listens(config: dict[str, Any]) -> Collection[str]:
        if config["way"] == "phone":
            return {"customer.created", "customer.phone_bound", "customer.updated"}
        if config["way"] == "wecom":
            return {"customer.logged_in", "customer.contact_added", "customer.contact_ended"}
        return {"customer.logged_in", "customer.followed", "customer.unfollowed"}
