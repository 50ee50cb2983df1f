"""Events of the corp as a whole: contacts, customers, tags, groups; its main application receives them (spec 4.3, 4.5)."""

from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.world import Corp

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform


def main_app(platform: "Platform", corpid: str) -> Corp:
    corp = platform.world.accounts[corpid]
    assert isinstance(corp, Corp)
    return corp


def tell(platform: "Platform", corpid: str, event: str, change: str, **fields: Any) -> None:
    """Push `change_contact`, `change_external_contact`, …, whose sender is the system itself; fields that are None are left out."""
    given = {name: value for name, value in fields.items() if value is not None}
    platform.callbacks.message(main_app(platform, corpid), event, recipient="sys", fields={"ChangeType": change, **given})
