"""The templates that a brand starts with: those that the demo's journeys and our handlers use."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kit import db
from app.messaging.models import MessageTemplate
from app.wechat import queries as wechat
from app.wechat.models import AccountKind

# key → title, forms by WeChat's typed keys, page
_DEFAULTS: dict[str, tuple[str, dict[str, str], str]] = {
    "deposit_paid": (
        "意向金支付成功",
        {"thing1": "{{ vehicle_title }}", "amount2": "{{ amount }}", "character_string3": "{{ order_number }}", "time4": "{{ paid_at }}"},
        "pages/orders/detail?id={{ order_id }}",
    ),
    "test_drive_invitation": (
        "试驾邀请",
        {"thing1": "{{ vehicle_title }}", "thing2": "{{ store_name }}", "time3": "{{ visit_time }}", "phone_number4": "{{ store_phone }}"},
        "pages/test-drive/index?vehicle_id={{ vehicle_id }}",
    ),
    "deposit_refunded": (
        "意向金已退回",
        {"thing1": "{{ vehicle_title }}", "amount2": "{{ amount }}", "character_string3": "{{ order_number }}", "phrase4": "已退款"},
        "pages/orders/detail?id={{ order_id }}",
    ),
    "order_kept": (
        "订单已为您保留",
        {
            "thing1": "{{ vehicle_title }}",
            "character_string2": "{{ order_number }}",
            "phrase3": "{{ order_outcome }}",
            "time4": "{{ held_until }}",
        },
        "pages/orders/detail?id={{ order_id }}",
    ),
    "order_let_go": (
        "订单未能保留",
        {
            "thing1": "{{ vehicle_title }}",
            "character_string2": "{{ order_number }}",
            "phrase3": "{{ order_outcome }}",
            "thing4": "{{ dealer_note }}",
        },
        "pages/orders/detail?id={{ order_id }}",
    ),
    "waitlist_offered": (
        "候补轮到您了",
        {"thing1": "{{ vehicle_title }}", "thing2": "{{ store_name }}", "time3": "{{ offered_until }}"},
        "pages/vehicles/detail?id={{ vehicle_id }}",
    ),
    "waitlist_ended": (
        "候补已结束",
        {"thing1": "{{ vehicle_title }}", "thing2": "{{ store_name }}", "phrase3": "{{ waitlist_outcome }}"},
        "pages/vehicles/detail?id={{ vehicle_id }}",
    ),
}

# By the moment at which the mini-program asks for it: title, forms by the keys of the platform's template, page
_SUBSCRIPTIONS: dict[str, tuple[str, dict[str, str], str]] = {
    "deposit_paid": (
        "预订进度提醒",
        {"thing1": "{{ vehicle_title }}", "phrase2": "已支付", "character_string3": "{{ order_number }}", "thing4": "请留意门店来电"},
        "pages/orders/detail?id={{ order_id }}",
    ),
    "appointment": (
        "试驾预约提醒",
        {"thing1": "{{ vehicle_title }}", "thing2": "{{ store_name }}", "time3": "{{ visit_time }}", "thing4": "请携带驾驶证到店"},
        "pages/test-drive/index?vehicle_id={{ vehicle_id }}",
    ),
}


def install_defaults(session: Session, brand_id: uuid.UUID, templates: dict[str, str]) -> None:
    """Put them there for all service accounts of the brand (`templates` maps our key to WeChat's template id), and for the subscribe
    templates of its mini-programs. Again only brings up to date what the accounts call them.
    """
    appids = [one.appid for one in wechat.accounts(session, brand_id, AccountKind.service_account)]
    for key, (title, fields, page) in _DEFAULTS.items():
        if key not in templates:
            continue
        row = {"title": title, "template_ids": dict.fromkeys(appids, templates[key]), "fields": fields, "page": page}
        _install(session, brand_id, row | {"channel": "service_template", "key": key})
    for moment, (title, fields, page) in _SUBSCRIPTIONS.items():
        ids = {
            account.appid: one["template_id"]
            for account in wechat.accounts(session, brand_id, AccountKind.mini_program)
            for one in wechat.subscribe_templates(session, account.appid)
            if one["moment"] == moment
        }
        if ids:
            row = {"title": title, "template_ids": ids, "fields": fields, "page": page}
            _install(session, brand_id, row | {"channel": "subscribe_message", "key": moment})


def _install(session: Session, brand_id: uuid.UUID, row: dict[str, Any]) -> None:
    adding = insert(MessageTemplate).values(id=db.new_id(), brand_id=brand_id, **row)
    # What people have made of it since stays theirs.
    ids = {"template_ids": MessageTemplate.template_ids.concat(adding.excluded.template_ids)}
    session.execute(adding.on_conflict_do_update(index_elements=["brand_id", "channel", "key"], set_=ids))
