"""A corp of WeCom as its administrator set it up: applications with their secrets and visibility, members, linked mini-programs."""

import secrets
from dataclasses import dataclass, field, replace
from typing import Any

from miniprogram_mock.platform import crypto


@dataclass(frozen=True)
class CorpApp:
    """A further application of a corp. One without `token` and `aes_key` receives no callbacks.

    `customer_contact`: it is among 客户联系「可调用接口的应用」; `writes_contacts`: its secret is that of 通讯录同步.
    """

    agentid: int
    name: str
    secret: str
    visible: list[str]
    token: str = ""
    aes_key: str = ""
    customer_contact: bool = False
    writes_contacts: bool = False


@dataclass(frozen=True)
class Corp:
    """A corp as one of its applications: the main one, unless `of_app` made it another.

    `visible` are the members whom the application may see and write to at first, `hidden` the other members of the corp at first;
    `linked` are the mini-programs that the corp has linked.
    """

    corpid: str
    agentid: int
    name: str
    secret: str
    token: str
    aes_key: str
    visible: list[str]
    hidden: list[str]
    linked: list[str] = field(default_factory=list)
    apps: list[CorpApp] = field(default_factory=list)
    customer_contact: bool = True
    writes_contacts: bool = False
    is_main: bool = True

    @property
    def appid(self) -> str:
        """The id that tokens and callbacks of this application are filed under."""
        return self.corpid if self.is_main else f"{self.corpid}.{self.agentid}"

    @property
    def applications(self) -> list["Corp"]:
        """The corp once as each of its applications, the main one first."""
        return [self, *(self.of_app(app) for app in self.apps)]

    def of_app(self, app: CorpApp) -> "Corp":
        return replace(
            self, agentid=app.agentid, name=app.name, secret=app.secret, token=app.token, aes_key=app.aes_key, visible=app.visible,
            customer_contact=app.customer_contact, writes_contacts=app.writes_contacts, apps=[], is_main=False,
        )  # fmt: skip


def read(raw: dict[str, Any]) -> Corp:
    """A corp from `world.json`."""
    return Corp(**{**raw, "apps": [CorpApp(**app) for app in raw.get("apps", [])]})


def upgrade(raw: dict[str, Any], *, linked: list[str]) -> None:
    """Give a corp of an earlier version what it lacks: linked mini-programs, an application of the managers', the 通讯录同步."""
    raw["linked"] = raw.get("linked") or linked
    if not raw.get("apps"):
        managers = [userid for userid in raw["visible"] if userid.startswith("mgr")]
        raw["apps"] = [
            {"agentid": raw["agentid"] + 1, "name": "经销商经理看板", "secret": secrets.token_hex(16), "visible": managers},
            {
                "agentid": raw["agentid"] + 2, "name": "通讯录同步", "secret": crypto.random_text(43), "writes_contacts": True,
                "visible": [*raw["visible"], *raw["hidden"]],
            },
        ]  # fmt: skip


def credentials(corp: Corp) -> list[dict[str, Any]]:
    """What the operator would copy out of the console for the further applications."""
    names = ("agentid", "name", "secret", "token", "aes_key", "customer_contact", "writes_contacts")
    return [{"corpid": corp.corpid, **{name: getattr(app, name) for name in names}} for app in corp.apps]
