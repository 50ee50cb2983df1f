"""How long people may have to wait in any story: promises of the product, not of this machine."""


def within_its_limits(seconds: dict[str, float]) -> None:
    """An adviser hears within five seconds, a search shows a hold within one."""
    assert seconds["顾问收到企业微信卡片"] < 5
    assert seconds["车辆显示为已预订"] < 1
