"""One of every message that Tencent pushes, as its documents show them, and what this platform makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.wechat import messages as typed
from app.wechat.models import AccountKind

MINI, SERVICE, CORP = AccountKind.mini_program, AccountKind.service_account, AccountKind.corp
ENVELOPE = {"ToUserName": "gh_1", "FromUserName": "open-1", "CreateTime": 1700000000, "MsgType": "event"}
BY_SYSTEM = {"ToUserName": "ww1", "FromUserName": "sys", "CreateTime": 1700000000, "MsgType": "event"}


def xml(elements: Mapping[str, Any]) -> str:
    """XML as Tencent writes it: an element per list item, and text for everything."""
    return f"<xml>{_inside(elements)}</xml>"


def _inside(value: Any) -> str:
    if isinstance(value, Mapping):
        items = [(name, one) for name, many in value.items() for one in (many if isinstance(many, list) else [many])]
        return "".join(f"<{name}>{_inside(one)}</{name}>" for name, one in items)
    return str(value) if isinstance(value, int) else f"<![CDATA[{value}]]>"


PRESS = ENVELOPE | {"FromUserName": "adv001", "Event": "template_card_event", "EventKey": "accept", "TaskId": "card-1", "AgentID": 1}
TRADE = {"transaction_id": "4200001", "merchant_id": "1900000109", "sub_merchant_id": "1900000110", "merchant_trade_no": "PAY1"}
BOOK = BY_SYSTEM | {"Event": "change_contact"}
PLACE = {"Latitude": "39.9", "Longitude": "116.4", "Precision": "65.0"}
# kind of account, what arrives, its form, the name of the recorded event, and what that says besides account and inbox.
EXAMPLES: dict[str, tuple[AccountKind, dict[str, Any], type[typed.Message], str, dict[str, Any]]] = {
    "followed": (SERVICE, ENVELOPE | {"Event": "subscribe", "EventKey": ""}, typed.Followed, "wechat.followed", {}),
    "followed by a code": (
        SERVICE,
        ENVELOPE | {"Event": "subscribe", "EventKey": "qrscene_s-1", "Ticket": "t"},
        typed.Followed,
        "wechat.followed",
        {"scene": "s-1"},
    ),
    "unfollowed": (SERVICE, ENVELOPE | {"Event": "unsubscribe"}, typed.Unfollowed, "wechat.unfollowed", {}),
    "scanned": (SERVICE, ENVELOPE | {"Event": "SCAN", "EventKey": "s-1", "Ticket": "t"}, typed.Scanned, "wechat.scanned", {"scene": "s-1"}),
    "a menu's button": (
        SERVICE,
        ENVELOPE | {"Event": "CLICK", "EventKey": "cars"},
        typed.MenuPressed,
        "wechat.menu_pressed",
        {"event": "CLICK", "key": "cars"},
    ),
    "a menu's address": (
        SERVICE,
        ENVELOPE | {"Event": "VIEW", "EventKey": "https://a.test", "MenuId": "7"},
        typed.MenuPressed,
        "wechat.menu_pressed",
        {"event": "VIEW", "key": "https://a.test", "menu_id": "7"},
    ),
    "a menu's page": (
        SERVICE,
        ENVELOPE | {"Event": "view_miniprogram", "EventKey": "pages/a", "MenuId": "7"},
        typed.MenuPressed,
        "wechat.menu_pressed",
        {"event": "view_miniprogram", "key": "pages/a", "menu_id": "7"},
    ),
    "a place": (
        SERVICE,
        ENVELOPE | {"Event": "LOCATION"} | PLACE,
        typed.LocationReported,
        "wechat.message_received",
        {"event": "LOCATION"},
    ),
    "to many": (
        SERVICE,
        ENVELOPE
        | {"Event": "MASSSENDJOBFINISH", "MsgID": 1000, "Status": "sendsuccess", "TotalCount": 9, "FilterCount": 8, "SentCount": 7}
        | {"ErrorCount": 1},
        typed.MassSent,
        "wechat.mass_sent",
        {"msgid": "1000", "status": "sendsuccess", "total": 9, "filtered": 8, "sent": 7, "failed": 1},
    ),
    "a picture is fine": (
        MINI,
        ENVELOPE
        | {"Event": "wxa_media_check", "appid": "wx1", "trace_id": "t-1", "version": 2, "result": {"suggest": "pass", "label": 100}}
        | {"detail": [{"strategy": "content_model", "errcode": 0, "suggest": "pass", "label": 100, "prob": 90}]},
        typed.MediaChecked,
        "wechat.media_checked",
        {"trace_id": "t-1", "suggest": "pass", "label": 100},
    ),
    "a picture that could not be checked": (
        MINI,
        ENVELOPE | {"Event": "wxa_media_check", "trace_id": "t-1", "version": 2, "errcode": -1008, "errmsg": "download failed"},
        typed.MediaChecked,
        "wechat.media_checked",
        {"trace_id": "t-1", "code": -1008},
    ),
    "taken back": (
        MINI,
        ENVELOPE | {"FromUserName": "gh", "Event": "user_authorization_revoke", "OpenID": "open-1", "AppID": "wx1", "RevokeInfo": "8"},
        typed.AuthorizationRevoked,
        "wechat.authorization_revoked",
        {"codes": ["8"]},
    ),
    "a WeChat account closed": (
        MINI,
        ENVELOPE | {"FromUserName": "gh", "Event": "user_authorization_cancellation", "OpenID": "open-1", "UnionID": "union-1"},
        typed.AuthorizationCancelled,
        "wechat.authorization_cancelled",
        {},
    ),
    "a profile cleaned up": (
        MINI,
        ENVELOPE | {"FromUserName": "gh", "Event": "user_info_modified", "OpenID": "open-1", "AppID": "wx1"},
        typed.ProfileModified,
        "wechat.profile_modified",
        {},
    ),
    "shipping at all": (
        MINI,
        ENVELOPE | {"Event": "trade_manage_remind_access_api", "msg": "请接入"},
        typed.ShippingReminded,
        "wechat.shipping_reminded",
        {"event": "trade_manage_remind_access_api"},
    ),
    "shipping of an order": (
        MINI,
        ENVELOPE | {"Event": "trade_manage_remind_shipping", "pay_time": 1700000000, "msg": "请发货"} | TRADE,
        typed.ShippingReminded,
        "wechat.shipping_reminded",
        {"event": "trade_manage_remind_shipping", "transaction_id": "4200001", "out_trade_no": "PAY1"},
    ),
    "money to come": (
        MINI,
        ENVELOPE | {"Event": "trade_manage_order_settlement", "estimated_settlement_time": 1700000900} | TRADE,
        typed.TradeSettled,
        "wechat.trade_settled",
        {"transaction_id": "4200001", "out_trade_no": "PAY1", "settled": False},
    ),
    "money that came": (
        MINI,
        ENVELOPE | {"Event": "trade_manage_order_settlement", "confirm_receive_time": 1700000100, "settlement_time": 1700000900} | TRADE,
        typed.TradeSettled,
        "wechat.trade_settled",
        {"transaction_id": "4200001", "out_trade_no": "PAY1", "settled": True},
    ),
    "the customer-service window": (
        MINI,
        ENVELOPE | {"Event": "user_enter_tempsession", "SessionFrom": "vehicle"},
        typed.SessionEntered,
        "wechat.message_received",
        {"event": "user_enter_tempsession"},
    ),
    "a text": (
        MINI,
        ENVELOPE | {"MsgType": "text", "MsgId": 7, "Content": "在吗？"},
        typed.PersonWrote,
        "wechat.message_received",
        {"event": "text"},
    ),
    "a picture": (
        SERVICE,
        ENVELOPE | {"MsgType": "image", "MsgId": 7, "PicUrl": "http://a", "MediaId": "m"},
        typed.PersonWrote,
        "wechat.message_received",
        {"event": "image"},
    ),
    "a member's text": (
        CORP,
        ENVELOPE | {"FromUserName": "adv001", "MsgType": "text", "MsgId": 7, "Content": "在吗？", "AgentID": 1},
        typed.PersonWrote,
        "wechat.message_received",
        {"event": "text"},
    ),
    "a card": (
        CORP,
        PRESS | {"CardType": "button_interaction", "ResponseCode": "CODE-72"},
        typed.CardPressed,
        "wechat.card_pressed",
        {"task_id": "card-1", "key": "accept", "userid": "adv001"},
    ),
    "a group dismissed": (
        CORP,
        BY_SYSTEM | {"Event": "change_external_chat", "ChangeType": "dismiss", "ChatId": "wr1"},
        typed.GroupChanged,
        "wechat.group_changed",
        {"change": "dismiss", "chat_id": "wr1"},
    ),
    "a tag": (
        CORP,
        BY_SYSTEM | {"Event": "change_external_tag", "ChangeType": "create", "TagType": "tag", "Id": "et1"},
        typed.TagChanged,
        "wechat.tag_changed",
        {"change": "create", "tag_type": "tag", "tag_id": "et1"},
    ),
    "a member came": (
        CORP,
        BOOK | {"ChangeType": "create_user", "UserID": "adv001", "Name": "张三", "Mobile": "13800000000", "Department": "1,2"},
        typed.MemberChanged,
        "wechat.member_changed",
        {"change": "create_user", "userid": "adv001"},
    ),
    "a member is called otherwise": (
        CORP,
        BOOK | {"ChangeType": "update_user", "UserID": "adv001", "NewUserID": "adv002"},
        typed.MemberChanged,
        "wechat.member_changed",
        {"change": "update_user", "userid": "adv001", "new_userid": "adv002"},
    ),
    "a member left": (
        CORP,
        BOOK | {"ChangeType": "delete_user", "UserID": "adv001"},
        typed.MemberChanged,
        "wechat.member_changed",
        {"change": "delete_user", "userid": "adv001"},
    ),
    "a department": (
        CORP,
        BOOK | {"ChangeType": "create_party", "Id": 2, "Name": "张三", "ParentId": "1", "Order": 1},
        typed.DepartmentChanged,
        "wechat.department_changed",
        {"change": "create_party", "department_id": "2", "parent_id": "1"},
    ),
    "members of a tag": (
        CORP,
        BOOK | {"ChangeType": "update_tag", "TagId": 1, "AddUserItems": "zhangsan,lisi"},
        typed.UnknownMessage,
        "wechat.message_received",
        {"event": "change_contact"},
    ),
    "a member sees the application": (
        CORP,
        BY_SYSTEM | {"FromUserName": "adv001", "Event": "subscribe", "AgentID": 1},
        typed.MemberChanged,
        "wechat.member_changed",
        {"change": "subscribe", "userid": "adv001"},
    ),
    "a member opens the application": (
        CORP,
        BY_SYSTEM | {"FromUserName": "adv001", "Event": "enter_agent", "EventKey": "", "AgentID": 1},
        typed.AppEntered,
        "wechat.message_received",
        {"event": "enter_agent"},
    ),
    "an event nobody knew": (
        MINI,
        ENVELOPE | {"Event": "wxa_punish_event", "punish_id": "1"},
        typed.UnknownMessage,
        "wechat.message_received",
        {"event": "wxa_punish_event"},
    ),
    "a kind of message nobody knew": (
        MINI,
        ENVELOPE | {"MsgType": "hologram", "MsgId": 8},
        typed.UnknownMessage,
        "wechat.message_received",
        {"event": "hologram"},
    ),
    "another account's event": (
        MINI,
        ENVELOPE | {"Event": "template_card_event", "TaskId": "card-1"},
        typed.UnknownMessage,
        "wechat.message_received",
        {"event": "template_card_event"},
    ),
}
