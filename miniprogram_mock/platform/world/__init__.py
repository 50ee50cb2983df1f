"""What an operator set up in Tencent's consoles: accounts, keys, templates, staff; written once by `init` and read at every start."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.world import corps as wecom
from miniprogram_mock.platform.world import merchants as pay
from miniprogram_mock.platform.world.corps import Corp
from miniprogram_mock.platform.world.merchants import Merchant

MINI_PROGRAM = Path(__file__).resolve().parents[2] / "miniprogram"
TEMPLATES = {
    "deposit_paid": (
        "订金支付成功通知",
        {"thing1": "意向车型", "amount2": "支付金额", "character_string3": "订单编号", "time4": "支付时间"},
    ),
    "test_drive_invitation": (
        "试驾预约邀请通知",
        {"thing1": "试驾车型", "thing2": "门店名称", "time3": "可约时间", "phone_number4": "门店电话"},
    ),
    "deposit_refunded": (
        "订金退款到账通知",
        {"thing1": "意向车型", "amount2": "退款金额", "character_string3": "订单编号", "phrase4": "退款状态"},
    ),
    "order_kept": (
        "预订保留通知",
        {"thing1": "预订车型", "character_string2": "订单编号", "phrase3": "处理结果", "time4": "保留至"},
    ),
    "order_let_go": (
        "预订结束通知",
        {"thing1": "预订车型", "character_string2": "订单编号", "phrase3": "处理结果", "thing4": "原因"},
    ),
    "waitlist_offered": (
        "排队到号提醒",
        {"thing1": "车辆名称", "thing2": "门店名称", "time3": "预订截止时间"},
    ),
    "waitlist_ended": (
        "排队结束通知",
        {"thing1": "车辆名称", "thing2": "门店名称", "phrase3": "排队结果"},
    ),
}
# Subscribe templates of the mini-program, by the moment at which it asks for them.
SUBSCRIBE_TEMPLATES = {
    "deposit_paid": (
        "预订进度提醒",
        {"thing1": "预订车型", "phrase2": "当前状态", "character_string3": "订单编号", "thing4": "温馨提示"},
    ),
    "appointment": (
        "试驾预约提醒",
        {"thing1": "试驾车型", "thing2": "门店名称", "time3": "预约时间", "thing4": "温馨提示"},
    ),
}


@dataclass(frozen=True)
class Template:
    """A category template (类目模板) of the service account, or a subscribe template of the mini-program; `name` is what the operator
    calls it, `fields` maps a typed key to the label the user reads.
    """

    template_id: str
    name: str
    title: str
    fields: dict[str, str]
    # What a `const` key may say.
    choices: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class MiniProgram:
    appid: str
    original_id: str
    name: str
    secret: str
    token: str
    aes_key: str
    subscribe_templates: list[Template]

    @cached_property
    def pages(self) -> list[str]:
        """The published pages: those of its sources."""
        listed = json.loads((MINI_PROGRAM / "app.json").read_text(encoding="utf-8"))
        packages = listed.get("subPackages", [])
        return [*listed["pages"], *(f"{package['root']}/{page}" for package in packages for page in package["pages"])]

    def subscribe_template(self, template_id: str) -> Template | None:
        return next((one for one in self.subscribe_templates if one.template_id == template_id), None)


@dataclass(frozen=True)
class ServiceAccount:
    appid: str
    original_id: str
    name: str
    secret: str
    token: str
    aes_key: str
    linked: list[str]
    templates: list[Template]

    def template(self, template_id: str) -> Template | None:
        return next((one for one in self.templates if one.template_id == template_id), None)


Account = MiniProgram | ServiceAccount | Corp


@dataclass(frozen=True)
class World:
    callback_base: str
    clock_followers: list[dict[str, str]]
    mini_programs: list[MiniProgram]
    service_accounts: list[ServiceAccount]
    corps: list[Corp]
    merchants: list[Merchant]
    switches: dict[str, dict[str, Any]] = field(default_factory=dict)
    accounts: dict[str, Account] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        applications = [application for corp in self.corps for application in corp.applications]
        listed: list[Account] = [*self.mini_programs, *self.service_accounts, *applications]
        object.__setattr__(self, "accounts", {account.appid: account for account in listed})

    def merchant(self, mchid: str) -> Merchant | None:
        return next((one for one in self.merchants if one.mchid == mchid), None)

    @property
    def payees(self) -> dict[str, str]:
        """Every merchant number that can be paid, with its name; a service provider's sub-merchants too."""
        subs = {sub.sub_mchid: sub.name for one in self.merchants for sub in one.sub_merchants}
        return {**{one.mchid: one.name for one in self.merchants}, **subs}

    def callback_url(self, account: Account) -> str:
        return f"{self.callback_base}/api/platform/wechat/{account.appid}"


def load(folder: Path) -> World:
    """Read `world.json`; raises FileNotFoundError when `init` never ran."""
    raw = json.loads((folder / "world.json").read_text())
    return World(
        callback_base=raw["callback_base"],
        clock_followers=raw["clock_followers"],
        mini_programs=[
            MiniProgram(**{**one, "subscribe_templates": _templates(one["subscribe_templates"])}) for one in raw["mini_programs"]
        ],
        service_accounts=[ServiceAccount(**{**one, "templates": _templates(one["templates"])}) for one in raw["service_accounts"]],
        corps=[wecom.read(one) for one in raw["corps"]],
        merchants=[pay.read(one) for one in raw["merchants"]],
        switches=raw.get("switches", {}),
    )


def init(folder: Path, *, callback_base: str, clock_followers: list[dict[str, str]]) -> World:
    """Create the world and the operator's copy of its credentials; an existing world keeps its keys and only takes new addresses."""
    folder.mkdir(parents=True, exist_ok=True)
    world_file = folder / "world.json"
    raw = json.loads(world_file.read_text()) if world_file.exists() else _new_world()
    raw["callback_base"], raw["clock_followers"] = callback_base.rstrip("/"), clock_followers
    for mini_program in raw["mini_programs"]:
        # A world of an earlier version lacks the one and has the other.
        mini_program.setdefault("subscribe_templates", _new_templates(SUBSCRIBE_TEMPLATES))
        mini_program.pop("pages", None)
    for service_account in raw["service_accounts"]:
        known = {template["name"] for template in service_account["templates"]}
        service_account["templates"] += _new_templates({name: one for name, one in TEMPLATES.items() if name not in known})
    raw["merchants"] = pay.upgrade(raw["merchants"])
    for corp in raw["corps"]:
        wecom.upgrade(corp, linked=[one["appid"] for one in raw["mini_programs"]])
    _write(world_file, raw)
    world = load(folder)
    _write(folder / "accounts.json", credentials(world))
    return world


def credentials(world: World) -> dict[str, Any]:
    """What the operator would copy out of Tencent's consoles."""
    common = ("appid", "name", "secret", "token", "aes_key")
    mini_programs = [
        {
            "kind": "mini_program",
            **_pick(one, common),
            "subscribe_templates": [
                {"moment": template.name, "template_id": template.template_id, "title": template.title}
                for template in one.subscribe_templates
            ],
        }
        for one in world.mini_programs
    ]
    service_accounts = [{"kind": "service_account", **_pick(one, ("original_id", *common))} for one in world.service_accounts]
    corps = [{"kind": "corp", **_pick(one, ("corpid", "agentid", *common[1:]))} for one in world.corps]
    merchants = [pay.copied(one) for one in world.merchants]
    return {
        "accounts": [*mini_programs, *service_accounts, *corps, *(one for one in merchants if "sub_mchids" not in one)],
        "partners": [one for one in merchants if "sub_mchids" in one],
        "corp_apps": [entry for corp in world.corps for entry in wecom.credentials(corp)],
        "staff": [userid for corp in world.corps for userid in corp.visible],
        "templates": {template.name: template.template_id for account in world.service_accounts for template in account.templates},
    }


def _new_world() -> dict[str, Any]:
    mini_program = MiniProgram(
        **_account_keys("wx"), original_id=f"gh_{secrets.token_hex(6)}", name="极曜汽车",
        subscribe_templates=_templates(_new_templates(SUBSCRIBE_TEMPLATES)),
    )  # fmt: skip
    service_account = ServiceAccount(
        **_account_keys("wx"), original_id=f"gh_{secrets.token_hex(6)}", name="极曜汽车服务", linked=[mini_program.appid],
        templates=_templates(_new_templates(TEMPLATES)),
    )  # fmt: skip
    keys = _account_keys("ww")
    corp = Corp(
        corpid=keys.pop("appid"), agentid=1000002, name="极曜汽车销售服务", **keys,
        visible=[*(f"adv{n:03}" for n in range(1, 241)), *(f"mgr{n:03}" for n in range(1, 61))], hidden=["hidden01"],
    )  # fmt: skip
    return {
        "mini_programs": [asdict(mini_program)],
        "service_accounts": [asdict(service_account)],
        "corps": [asdict(corp)],
        "merchants": pay.new(mini_program.appid),
    }


def _new_templates(wanted: dict[str, tuple[str, dict[str, str]]]) -> list[dict[str, Any]]:
    """Templates as `world.json` keeps them, each with an id of its own."""
    return [asdict(Template(crypto.random_text(43), name, title, fields)) for name, (title, fields) in wanted.items()]


def _templates(raw: list[dict[str, Any]]) -> list[Template]:
    return [Template(**one) for one in raw]


def _account_keys(prefix: str) -> dict[str, Any]:
    return {
        "appid": prefix + secrets.token_hex(8),
        "secret": secrets.token_hex(16),
        "token": crypto.random_text(24),
        "aes_key": crypto.random_text(43),
    }


def _pick(account: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(account, name) for name in names}


def _write(path: Path, content: dict[str, Any]) -> None:
    """Replace the file in one step and for its owner only: a killed `init` leaves no half a world, and it holds private keys."""
    draft = path.with_suffix(".tmp")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(content, ensure_ascii=False, indent=1))
    os.replace(draft, path)
