"""What all endpoints of service accounts have in common."""

from __future__ import annotations

from app.wechat.endpoints import Door, Host


class ServiceAccountDoor(Door):
    door = "service_account"
    host = Host.api
