"""WeCom's door."""

from __future__ import annotations

from app.wechat.endpoints.wecom.contact_ways import ContactWays
from app.wechat.endpoints.wecom.corp_tags import CorpTags
from app.wechat.endpoints.wecom.customer_groups import CustomerGroups
from app.wechat.endpoints.wecom.customers import Customers
from app.wechat.endpoints.wecom.directory import Directory
from app.wechat.endpoints.wecom.group_messages import GroupMessages
from app.wechat.endpoints.wecom.messages import Messages
from app.wechat.endpoints.wecom.pages import Pages
from app.wechat.endpoints.wecom.transfers import Transfers
from app.wechat.endpoints.wecom.welcome import Welcome


class WeCom(
    Messages,
    Customers,
    ContactWays,
    Welcome,
    CorpTags,
    CustomerGroups,
    GroupMessages,
    Transfers,
    Directory,
    Pages,
):
    """One app of a corp: messages to its members, their customers, the directory, and pages inside WeCom."""
