"""What users take back: single permissions, their profile's data, their whole WeChat account (spec 1.11)."""

from typing import TYPE_CHECKING

from miniprogram_mock.platform import people
from miniprogram_mock.platform.people import NotPossible

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

# RevokeInfo -> what it is (those that the contract names, and the others of Tencent's table, which are [K], not verified).
PERMISSIONS = {
    1: "车牌号", 2: "地址", 3: "发票信息", 4: "蓝牙", 5: "麦克风", 6: "昵称和头像", 7: "摄像头", 8: "手机号", 12: "微信运动步数",
    13: "位置信息", 14: "选中的图片或视频", 15: "选中的文件", 16: "邮箱地址", 18: "选择的位置信息", 19: "昵称输入键盘中选择的微信昵称",
    20: "获取用户头像组件中选择的微信头像",
}  # fmt: skip


def revoke(platform: "Platform", user_id: int, *, appid: str, permissions: list[int]) -> None:
    """She takes permissions back, and the mini-program must delete what it has by them."""
    people.present(platform, user_id)
    if not permissions or not set(permissions) <= set(PERMISSIONS):
        raise NotPossible(f"codes 须为 {'、'.join(map(str, PERMISSIONS))} 中的若干个", status=422)
    _push(platform, user_id, "user_authorization_revoke", appid=appid, RevokeInfo=",".join(map(str, permissions)))


def modify(platform: "Platform", user_id: int, *, appid: str) -> None:
    """She changed what the mini-program may know of her profile."""
    people.present(platform, user_id)
    _push(platform, user_id, "user_info_modified", appid=appid)


def close(platform: "Platform", user_id: int) -> None:
    """She closes her WeChat account; every mini-program that she ever was in is told."""
    people.close(platform, user_id)
    for row in platform.store.all("SELECT appid FROM visits WHERE user_id = ?", user_id):
        _push(platform, user_id, "user_authorization_cancellation", appid=row["appid"])


def _push(platform: "Platform", user_id: int, event: str, *, appid: str, **more: str) -> None:
    account = people.mini_program(platform, appid)
    openid = people.openid_of(platform, user_id, appid)
    fields = {"OpenID": openid, "AppID": appid, **more, "PluginID": "", "OpenPID": ""}
    platform.callbacks.message(account, event, recipient=openid, fields=fields)
