"""Followers of the service account and their tags: who is told of, pages, limits."""

import pytest

from tests.platform_sim.service import cannot, get, limited, openid, post, switched, told_of
from tests.platform_sim.support import Simulator

INFO, LIST = "/cgi-bin/user/info", "/cgi-bin/user/get"
TAG, UNTAG = "/cgi-bin/tags/members/batchtagging", "/cgi-bin/tags/members/batchuntagging"


def new_tag(sim: Simulator, name: str) -> int:
    answer = post(sim, "/cgi-bin/tags/create", {"tag": {"name": name}})
    assert answer["tag"]["name"] == name
    return int(answer["tag"]["id"])


def tag(sim: Simulator, tag_id: int, *users: dict) -> int:
    return int(post(sim, TAG, {"openid_list": [openid(sim, user) for user in users], "tagid": tag_id})["errcode"])


def tags_of(sim: Simulator, user: dict) -> list[int]:
    return list(post(sim, "/cgi-bin/tags/getidlist", {"openid": openid(sim, user)})["tagid_list"])


def counts(sim: Simulator) -> dict[int, int]:
    return {one["id"]: one["count"] for one in get(sim, "/cgi-bin/tags/get")["tags"]}


def test_a_follower_is_told_of_with_unionid_and_without_name(sim: Simulator) -> None:
    user = sim.user("林晓雯")
    told = get(sim, INFO, openid=openid(sim, user), lang="zh_CN")
    assert (told["subscribe"], told["unionid"], told["nickname"], told["headimgurl"]) == (1, user["unionid"], "", "")
    assert (told["remark"], told["tagid_list"], told["subscribe_scene"]) == ("", [], "ADD_SCENE_SEARCH")


def test_unionids_are_told_only_by_an_account_bound_to_the_open_platform(sim: Simulator) -> None:
    user, stranger = sim.user(), sim.user(follow=False)
    with switched(sim, open_platform=False):
        assert "unionid" not in get(sim, INFO, openid=openid(sim, user))
        assert "unionid" not in get(sim, INFO, openid=openid(sim, stranger))
    assert get(sim, INFO, openid=openid(sim, stranger)) == {"subscribe": 0, "openid": openid(sim, stranger), "unionid": stranger["unionid"]}


def test_an_openid_of_somebody_elses_account_is_invalid(sim: Simulator) -> None:
    user = sim.user()
    mini = user["openids"][sim.mini["appid"]]
    assert get(sim, INFO, openid=mini)["errcode"] == get(sim, INFO)["errcode"] == 40003
    assert post(sim, f"{INFO}/batchget", {"user_list": [{"openid": mini}]})["errcode"] == 40003
    assert tag_of_mini(sim, mini) == 40003


def tag_of_mini(sim: Simulator, mini: str) -> int:
    return int(post(sim, TAG, {"openid_list": [mini], "tagid": new_tag(sim, "小程序")})["errcode"])


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({}, 40097),
        ({"user_list": []}, 40097),
        ({"user_list": {"openid": "o"}}, 47001),
        ({"user_list": ["o"]}, 47001),
        ({"user_list": [{"openid": 1}]}, 47001),
        ({"user_list": [{}]}, 40003),
        ({"user_list": [{"openid": "o", "lang": "de"}]}, 40097),
        ({"user_list": [{"openid": "o", "language": "zh_CN"}]}, 40097),
        ({"user_list": [{"openid": "o"}] * 101}, 45008),
    ],
)
def test_a_wrong_batch_is_refused(sim: Simulator, body: dict, errcode: int) -> None:
    assert post(sim, f"{INFO}/batchget", body)["errcode"] == errcode


def test_pages_of_followers_meet_everybody_once(sim: Simulator) -> None:
    users = [openid(sim, sim.user()) for _ in range(5)]
    stranger = openid(sim, sim.user(follow=False))
    with limited(sim, followers__per_page=2):
        seen, after = [], ""
        while (page := get(sim, LIST, next_openid=after))["count"]:
            assert page["count"] <= 2
            seen += page["data"]["openid"]
            after = page["next_openid"]
    assert (len(seen), len(set(seen))) == (page["total"], page["total"])
    assert set(users) <= set(seen)
    assert stranger not in seen
    assert ("data" in page, page["next_openid"]) == (False, "")
    assert get(sim, LIST, next_openid="oNobody")["errcode"] == 40003


def test_a_remark_is_shown_again_and_is_not_too_long(sim: Simulator) -> None:
    user = sim.user()
    path = f"{INFO}/updateremark"
    assert post(sim, path, {"openid": openid(sim, user), "remark": "S7 意向"})["errcode"] == 0
    assert get(sim, INFO, openid=openid(sim, user))["remark"] == "S7 意向"
    assert post(sim, path, {"openid": openid(sim, user), "remark": "长" * 31})["errcode"] == 45002
    assert post(sim, path, {"openid": openid(sim, user), "remark": ""})["errcode"] == 0
    assert get(sim, INFO, openid=openid(sim, user))["remark"] == ""


def test_tagged_people_are_found_by_their_tag_and_counted(sim: Simulator) -> None:
    buyers, first, second = new_tag(sim, "已下定"), sim.user(), sim.user()
    assert tag(sim, buyers, first, second) == tag(sim, buyers, first) == 0
    assert (tags_of(sim, first), counts(sim)[buyers]) == ([buyers], 2)
    assert get(sim, INFO, openid=openid(sim, first))["tagid_list"] == [buyers]
    found = post(sim, "/cgi-bin/user/tag/get", {"tagid": buyers, "next_openid": ""})
    assert set(found["data"]["openid"]) == {openid(sim, first), openid(sim, second)}
    assert post(sim, "/cgi-bin/user/tag/get", {"tagid": buyers, "next_openid": found["next_openid"]}) == {"count": 0}
    assert post(sim, UNTAG, {"openid_list": [openid(sim, first)], "tagid": buyers})["errcode"] == 0
    assert (tags_of(sim, first), counts(sim)[buyers]) == ([], 1)


def test_a_deleted_tag_is_nobodys(sim: Simulator) -> None:
    gone, user = new_tag(sim, "过期"), sim.user()
    assert tag(sim, gone, user) == 0
    assert post(sim, "/cgi-bin/tags/delete", {"tag": {"id": gone}})["errcode"] == 0
    assert (tags_of(sim, user), gone in counts(sim), tag(sim, gone, user)) == ([], False, 45159)


def test_a_tag_that_too_many_bear_cannot_be_deleted(sim: Simulator) -> None:
    loved = new_tag(sim, "太多人")
    assert tag(sim, loved, sim.user(), sim.user()) == 0
    with limited(sim, tags__followers_of_a_deleted_tag=1):
        assert post(sim, "/cgi-bin/tags/delete", {"tag": {"id": loved}})["errcode"] == 45057
    assert counts(sim)[loved] == 2


def test_looking_at_followers_has_a_quota_a_day(sim: Simulator) -> None:
    user = sim.user()
    with limited(sim, followers__list_per_day=0, followers__info_per_day=0):
        assert get(sim, LIST)["errcode"] == get(sim, INFO, openid=openid(sim, user))["errcode"] == 45009


def test_who_closed_her_wechat_can_do_nothing_and_follows_nobody(sim: Simulator) -> None:
    user = sim.user()
    sim.post(f"users/{user['id']}/close-account")
    assert get(sim, INFO, openid=openid(sim, user))["subscribe"] == 0
    assert told_of(sim, user, "unsubscribe")["FromUserName"] == openid(sim, user)
    assert cannot(sim, f"users/{user['id']}/service/message", appid=sim.service["appid"], text="在吗")[0] == 409


def test_a_tag_can_be_renamed_but_not_to_anothers_name(sim: Simulator) -> None:
    new_tag(sim, "甲")
    second = new_tag(sim, "乙")

    def rename(name: str) -> int:
        return int(post(sim, "/cgi-bin/tags/update", {"tag": {"id": second, "name": name}})["errcode"])

    assert (rename("丙"), rename("丙"), rename("甲")) == (0, 0, 45157)
    assert {"id": second, "name": "丙", "count": 0} in get(sim, "/cgi-bin/tags/get")["tags"]


def test_a_tags_name_is_new_and_has_at_most_thirty_bytes(sim: Simulator) -> None:
    new_tag(sim, "十" * 10)

    def create(name: object) -> int:
        return int(post(sim, "/cgi-bin/tags/create", {"tag": {"name": name}})["errcode"])

    assert create("十" * 10) == 45157
    assert create("十" * 10 + "a") == 45158
    assert (create(""), create(7)) == (40097, 47001)


def test_an_account_has_a_hundred_tags_at_most(sim: Simulator) -> None:
    with limited(sim, tags__per_account=len(counts(sim)) + 1):
        new_tag(sim, "最后一个")
        assert post(sim, "/cgi-bin/tags/create", {"tag": {"name": "多一个"}})["errcode"] == 45056
    assert sim_limit(sim, "tags.per_account") == 100


def sim_limit(sim: Simulator, name: str) -> int:
    return int(next(one["value"] for one in sim.get("limits")["limits"] if one["name"] == name))


def test_the_twenty_first_tag_of_a_person_tags_nobody(sim: Simulator) -> None:
    full, other = sim.user(), sim.user()
    tag_ids = [new_tag(sim, f"标签{n:02}") for n in range(21)]
    assert [tag(sim, tag_id, full) for tag_id in tag_ids[:20]] == [0] * 20
    assert tag(sim, tag_ids[20], other, full) == 45059
    assert (tags_of(sim, other), tag(sim, tag_ids[0], full)) == ([], 0)


@pytest.mark.parametrize(
    ("openids", "errcode"), [(["oNobody"], 40003), ([], 40032), (["oNobody"] * 51, 40032), ("oNobody", 47001), ([1], 47001)]
)
def test_a_wrong_list_of_openids_is_refused(sim: Simulator, openids: object, errcode: int) -> None:
    tag_id = new_tag(sim, f"列表{len(counts(sim))}")
    for path in (TAG, UNTAG):
        assert post(sim, path, {"openid_list": openids, "tagid": tag_id})["errcode"] == errcode


@pytest.mark.parametrize(("tag_id", "errcode"), [(99999, 45159), (2, 45159), (-1, 45159), (2**63, 45159), ("100", 47001), (True, 47001)])
def test_an_unknown_tag_is_refused(sim: Simulator, tag_id: object, errcode: int) -> None:
    user = sim.user()
    assert post(sim, TAG, {"openid_list": [openid(sim, user)], "tagid": tag_id})["errcode"] == errcode
    assert post(sim, "/cgi-bin/user/tag/get", {"tagid": tag_id})["errcode"] == errcode
    assert post(sim, "/cgi-bin/tags/update", {"tag": {"id": tag_id, "name": "新名"}})["errcode"] == errcode
