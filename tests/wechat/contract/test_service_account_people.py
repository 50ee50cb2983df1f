"""Followers and their tags, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.wechat.client import Outcome
from app.wechat.endpoints.service_account.tags import Tag
from tests.wechat.contract.support import Person, limited, now, number, refused, switched

PERSON, ACCOUNT = Outcome.permanent_person, Outcome.permanent_account


@pytest.fixture
def tag(follower: Person) -> Iterator[Tag]:
    """A tag that nobody bears yet."""
    made = follower.door.create_tag(number("标签"))
    yield made
    if made.id in {one.id for one in follower.door.tags()}:
        follower.door.delete_tag(made.id)


class TestFollowers:
    def test_a_follower_is_known_with_how_she_came_and_a_stranger_hardly(self, follower: Person, stranger: Person, tag: Tag) -> None:
        code = follower.door.scene_code("dealer=17", seconds=600)
        stranger.does("service/scan", ticket=code.ticket)
        follower.door.tag_people(tag.id, [stranger.openid])
        follower.door.set_remark(stranger.openid, "周末来看车")
        info = follower.door.user_info(stranger.openid)
        assert (info.subscribe, info.unionid, info.scene, info.came_by) == (
            True,
            stranger.user["unionid"],
            "dealer=17",
            "ADD_SCENE_QR_CODE",
        )
        assert (info.tag_ids, info.remark) == ((tag.id,), "周末来看车")
        assert info.subscribed_at is not None
        assert abs((info.subscribed_at - now(follower.simulator)).total_seconds()) < 60
        stranger.does("unfollow")
        gone = follower.door.user_info(stranger.openid)
        assert (gone.subscribe, gone.subscribed_at, gone.tag_ids) == (False, None, ())

    def test_without_an_open_platform_account_there_is_no_unionid(self, follower: Person) -> None:
        with switched(follower.simulator, follower.appid, "service_account.open_platform", False):
            assert follower.door.user_info(follower.openid).unionid is None

    def test_a_hundred_at_once_and_not_one_more(self, follower: Person) -> None:
        infos = follower.door.user_infos([follower.openid] * 100)
        assert infos[follower.openid] == follower.door.user_info(follower.openid)
        with pytest.raises(ValueError, match="100"):
            follower.door.user_infos([follower.openid] * 101)

    def test_whoever_is_another_accounts_is_nobody(self, follower: Person, visitor: Person) -> None:
        for call in (
            lambda: follower.door.user_info(visitor.openid),
            lambda: follower.door.user_infos([follower.openid, visitor.openid]),
            lambda: follower.door.set_remark(visitor.openid, "谁"),
            lambda: follower.door.followers(visitor.openid),
        ):
            with refused("40003", PERSON):
                call()

    def test_all_followers_are_listed_page_by_page(self, follower: Person, stranger: Person) -> None:
        with limited(follower.simulator, "followers.per_page", 1):
            found, after = [], ""
            while page := follower.door.followers(after):
                found += page
                after = page[-1]
        assert follower.openid in found
        assert stranger.openid not in found
        assert len(found) == len(set(found)) > 0

    def test_a_remark_that_is_too_long_is_refused(self, follower: Person) -> None:
        with refused("45002", PERSON):
            follower.door.set_remark(follower.openid, "字" * 31)


class TestTags:
    def test_a_tag_is_put_on_people_and_taken_from_them(self, follower: Person, tag: Tag) -> None:
        door = follower.door
        assert door.tagged(tag.id) == []
        door.tag_people(tag.id, [follower.openid])
        door.tag_people(tag.id, [follower.openid])
        assert door.tags_of(follower.openid) == [tag.id]
        assert door.tagged(tag.id) == [follower.openid]
        assert door.tagged(tag.id, follower.openid) == []
        assert {one.id: one.count for one in door.tags()}[tag.id] == 1
        door.untag_people(tag.id, [follower.openid])
        assert door.tags_of(follower.openid) == []

    def test_a_tag_has_one_name_at_a_time(self, follower: Person, tag: Tag) -> None:
        door, name = follower.door, number("改名")
        door.rename_tag(tag.id, name)
        assert {one.id: one.name for one in door.tags()}[tag.id] == name
        with refused("45157", PERSON):
            door.create_tag(name)
        other = door.create_tag(number("另一"))
        with refused("45157", PERSON):
            door.rename_tag(other.id, name)
        door.delete_tag(other.id)
        with refused("45159", PERSON):
            door.delete_tag(other.id)

    def test_names_and_numbers_of_tags_are_limited(self, follower: Person, tag: Tag) -> None:
        with refused("45158", PERSON):
            follower.door.create_tag("字" * 11)
        with refused("45158", PERSON):
            follower.door.rename_tag(tag.id, "字" * 11)
        with limited(follower.simulator, "tags.per_account", 1), refused("45056", ACCOUNT):
            follower.door.create_tag(number("多"))

    def test_a_person_bears_so_many_tags_and_no_more(self, follower: Person, tag: Tag) -> None:
        with limited(follower.simulator, "tags.per_person", 0), refused("45059", PERSON):
            follower.door.tag_people(tag.id, [follower.openid])
        assert follower.door.tags_of(follower.openid) == []

    def test_nobody_is_tagged_when_one_is_unknown(self, follower: Person, tag: Tag) -> None:
        for call in (follower.door.tag_people, follower.door.untag_people):
            with refused("40003", PERSON):
                call(tag.id, [follower.openid, "nobody"])
        assert follower.door.tagged(tag.id) == []
        with refused("40003", PERSON):
            follower.door.tags_of("nobody")

    def test_a_tag_that_is_not_there_is_refused_everywhere(self, follower: Person) -> None:
        calls: list[Any] = [
            lambda: follower.door.rename_tag(99_999, "谁"),
            lambda: follower.door.tag_people(99_999, [follower.openid]),
            lambda: follower.door.untag_people(99_999, [follower.openid]),
            lambda: follower.door.tagged(99_999),
        ]
        for call in calls:
            with refused("45159", PERSON):
                call()

    def test_more_than_fifty_never_leave(self, follower: Person, tag: Tag) -> None:
        for call in (follower.door.tag_people, follower.door.untag_people):
            with pytest.raises(ValueError, match="50"):
                call(tag.id, [follower.openid] * 51)
