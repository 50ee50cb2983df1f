"""The service account's door."""

from __future__ import annotations

from app.wechat.endpoints.service_account.customer_service import CustomerService
from app.wechat.endpoints.service_account.group_sends import GroupSends
from app.wechat.endpoints.service_account.menu import Menus
from app.wechat.endpoints.service_account.notices import Notices
from app.wechat.endpoints.service_account.pages import Pages
from app.wechat.endpoints.service_account.scene_codes import SceneCodes
from app.wechat.endpoints.service_account.tags import Tags
from app.wechat.endpoints.service_account.templates import Templates
from app.wechat.endpoints.service_account.users import Users
from app.wechat.endpoints.service_account.web_login import WebLogin


class ServiceAccount(Templates, Users, Tags, Menus, SceneCodes, WebLogin, Pages, Notices, GroupSends, CustomerService):
    """A service account: who follows it, messages to them, its menu, codes and pages."""
