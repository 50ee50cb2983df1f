"""What she puts into her Moments opens alone, asks nothing of a stranger, and is remembered as the way by which he came."""

from __future__ import annotations

from miniprogram_mock.phone.phone import Desk
from tests.e2e import acts
from tests.e2e.conftest import Phones, Picture


def test_a_stranger_from_moments_is_attributed_once_he_comes_in(phone: Phones, desk: Desk, picture: Picture) -> None:
    her = phone("林晓雯").open()
    acts.open_first_free_car(her)
    her.see("所在门店")
    her.tap("分享")
    her.see("点右上角“···”，再选“分享到朋友圈”")
    her.tap("关闭")
    her.tap("更多菜单")
    her.tap("分享到朋友圈")
    her.fill("这一刻的想法…", "周末去看看")
    her.tap("发表")
    her.see("已发表")
    card = her.page.evaluate("window.phone.shared[0]")

    stranger = phone("陌生人").open(f"{card['path']}?{card['query']}", scene=str(card["scene"]))
    stranger.see("所在门店", "前往小程序")
    picture(stranger, "single-page")
    assert not stranger.there("预订…").count()
    assert not [entry for entry in stranger.log("request") if "identity" in entry["url"] or "customer" in entry["url"]]
    sharer = acts.customer_id(her)
    acts.eventually(lambda: "share.opened" in acts.timeline(desk, sharer), "her share was opened")

    stranger.tap("前往小程序")
    stranger.see("预订…")
    came = acts.customer_id(stranger)
    acts.eventually(lambda: "share.converted" in acts.timeline(desk, came), "he came by her share")
    assert her.log("error") == stranger.log("error") == []
