"""Customer groups and messages to many over HTTP: a task is made, a member confirms it, and each customer's fate is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.wechat.client import Outcome
from app.wechat.endpoints.wecom import content
from app.wechat.endpoints.wecom.group_messages import CustomerDelivery, Delivery
from tests.wechat.contract.support import limited, now, number, refused
from tests.wechat.contract.wecom import Corp

PERSON, LATER = Outcome.permanent_person, Outcome.retry_later


def open_group(corp: Corp, owner: str, name: str = "S90 车主群") -> str:
    return str(corp.does("wecom/groups", owner=owner, name=name)["chat_id"])


class TestGroups:
    def test_tell_who_is_in_them(self, corp: Corp) -> None:
        chat_id, person = open_group(corp, "adv130"), corp.person("群友")
        external = corp.does(f"wecom/groups/{chat_id}/join", user=person["id"])["external_userid"]
        corp.does(f"wecom/groups/{chat_id}/change", notice="周六试驾")
        group = corp.door.customer_group(chat_id)
        assert (group.chat_id, group.name, group.owner, group.notice) == (chat_id, "S90 车主群", "adv130", "周六试驾")
        assert group.created_at is not None
        owner, friend = group.members
        assert (owner.userid, owner.is_customer) == ("adv130", False)
        assert (friend.userid, friend.is_customer, friend.name, friend.unionid) == (external, True, "群友", person["unionid"])
        with refused("40050", PERSON):
            corp.door.customer_group("wrUnknown")

    def test_are_listed_by_owner_page_by_page(self, corp: Corp) -> None:
        mine = [open_group(corp, "adv131") for _ in range(3)]
        listed, cursor, pages = [], "", 0
        while cursor or not pages:
            page = corp.door.customer_group_ids(cursor, owners=["adv131"], limit=2)
            listed += page.items
            cursor, pages = page.next_cursor, pages + 1
        assert (listed, pages) == (mine, 2)
        assert set(mine) <= set(corp.door.customer_group_ids().items)
        with pytest.raises(ValueError, match="owners"):
            corp.door.customer_group_ids(owners=["adv131"] * 101)

    def test_have_ways_in_that_bring_their_state(self, corp: Corp) -> None:
        chat_id, other = open_group(corp, "adv132"), open_group(corp, "adv132")
        config_id = corp.door.add_join_way([chat_id], state="poster=7", remark="海报", opens_new=True)
        way = corp.door.join_way(config_id)
        assert (way.chat_ids, way.state, way.remark, way.opens_new) == ((chat_id,), "poster=7", "海报", True)
        assert way.qr_code
        corp.does(f"wecom/join-ways/{config_id}/scan", user=corp.person()["id"])
        assert [one.state for one in corp.door.customer_group(chat_id).members if one.is_customer] == ["poster=7"]
        corp.door.update_join_way(config_id, [other], state="poster=8")
        changed = corp.door.join_way(config_id)
        assert (changed.chat_ids, changed.state, changed.qr_code) == ((other,), "poster=8", way.qr_code)
        corp.door.delete_join_way(config_id)
        for call in (corp.door.join_way, corp.door.delete_join_way):
            with refused("40058", PERSON):
                call(config_id)
        with pytest.raises(ValueError, match="chat_ids"):
            corp.door.add_join_way([chat_id] * 6, state="s")
        with refused("40050", PERSON):
            corp.door.add_join_way(["wrUnknown"], state="s")


def results(corp: Corp, msgid: str, userid: str) -> dict[str | None, CustomerDelivery]:
    return {one.external_userid or one.chat_id: one for one in corp.door.message_task_results(msgid, userid).items}


class TestMessagesToMany:
    def test_are_sent_by_the_member_who_talked_last(self, corp: Corp) -> None:
        person = corp.person()
        external = corp.befriend("adv133", person)
        assert corp.befriend("adv134", person) == external
        corp.chat("adv133", external)
        task = corp.door.add_message_task("新车到店", [content.link("S90", "https://example.com")], external_userids=[external, "wmNo"])
        assert task.unreachable == ("wmNo",)
        [member] = corp.door.message_task_members(task.msgid).items
        assert (member.userid, member.confirmed, member.sent_at) == ("adv133", False, None)
        assert results(corp, task.msgid, "adv133")[external].status is Delivery.unsent
        assert [one for one in corp.chats(external) if one["kind"] == "mass"] == []
        corp.does(f"staff/adv133/tasks/{task.msgid}/confirm")
        assert corp.door.message_task_members(task.msgid).items[0].confirmed
        told = results(corp, task.msgid, "adv133")[external]
        assert (told.status, told.userid) == (Delivery.sent, "adv133")
        assert told.sent_at is not None
        [said] = [one["content"] for one in corp.chats(external) if one["kind"] == "mass"]
        assert (said["text"]["content"], said["attachments"][0]["msgtype"]) == ("新车到店", "link")

    def test_reach_nobody_who_left_or_has_had_enough(self, corp: Corp) -> None:
        gone, full = corp.befriend("adv135"), corp.befriend("adv135")
        task = corp.door.add_message_task("您好", sender="adv135", external_userids=[gone, full])
        corp.does(f"staff/adv135/customers/{gone}/delete", by="customer")
        with limited(corp.simulator, "wecom.mass_per_customer_month", 1):
            earlier = corp.door.add_message_task("先发", external_userids=[full])
            corp.does(f"staff/adv135/tasks/{earlier.msgid}/confirm")
            corp.does(f"staff/adv135/tasks/{task.msgid}/confirm")
        told = results(corp, task.msgid, "adv135")
        assert (told[gone].status, told[full].status) == (Delivery.not_friend, Delivery.limit_reached)

    def test_may_go_to_all_of_a_member_or_those_with_tags(self, corp: Corp) -> None:
        one, two = corp.befriend("adv136"), corp.befriend("adv136")
        group = corp.door.add_corp_tags(["热"], group_name=number("温度"))
        corp.door.mark_tags("adv136", two, add=[group.tags[0].tag_id])
        everybody = corp.door.add_message_task("全部", sender="adv136", allow_select=True)
        assert set(results(corp, everybody.msgid, "adv136")) == {one, two}
        hot = corp.door.add_message_task("热客户", sender="adv136", tag_ids=[[group.tags[0].tag_id]])
        assert set(results(corp, hot.msgid, "adv136")) == {two}

    def test_go_to_groups_of_their_owner(self, corp: Corp) -> None:
        mine, others = open_group(corp, "adv137"), open_group(corp, "adv138")
        task = corp.door.add_group_message_task("adv137", "群里说一声", chat_ids=[mine, others])
        assert task.unreachable == (others,)
        corp.does(f"staff/adv137/tasks/{task.msgid}/confirm")
        assert results(corp, task.msgid, "adv137")[mine].status is Delivery.sent

    def test_are_listed_by_time(self, corp: Corp) -> None:
        corp.befriend("adv139")
        since = now(corp.simulator)
        made = [corp.door.add_message_task(f"第{n}条", sender="adv139").msgid for n in range(3)]
        until, listed, cursor, pages = now(corp.simulator) + timedelta(seconds=1), [], "", 0
        while cursor or not pages:
            page = corp.door.message_tasks(since, until, cursor, limit=2)
            listed += [one.msgid for one in page.items]
            cursor, pages = page.next_cursor, pages + 1
        assert [msgid for msgid in listed if msgid in made] == made
        assert not set(made) & {one.msgid for one in corp.door.message_tasks(since, until, of_groups=True).items}
        with refused("40058", PERSON):
            corp.door.message_tasks(since - timedelta(days=40), until)

    def test_are_reminded_of_three_times_a_day_and_can_be_stopped(self, corp: Corp) -> None:
        external = corp.befriend("adv140")
        task = corp.door.add_message_task("请确认", external_userids=[external])
        for _ in range(3):
            corp.door.remind_of_message_task(task.msgid)
        assert corp.simulator.look("staff/adv140/tasks")["tasks"][0]["reminded"] == 3
        # In its message only WeCom says which limit it was: for us the address is closed for the day.
        with refused("45009", LATER):
            corp.door.remind_of_message_task(task.msgid)
        corp.door.cancel_message_task(task.msgid)
        assert corp.simulator.look("staff/adv140/tasks")["tasks"] == []

    def test_that_cannot_be_are_refused(self, corp: Corp) -> None:
        with refused("41048", PERSON):
            corp.door.add_message_task("没有人", external_userids=["wmNo"])
        with refused("60111", PERSON):
            corp.door.add_message_task("没有人", sender="nobody")
        calls: list[Any] = [corp.door.cancel_message_task, corp.door.message_task_members]
        for call in calls:
            with refused("40058", PERSON):
                call("msgUnknown")
        with refused("40058", PERSON):
            corp.door.message_task_results("msgUnknown", "adv140")

    def test_are_not_for_every_application(self, corp: Corp) -> None:
        account, other = corp.door.account, corp.simulator.accounts["corp_apps"][0]
        account.secrets = {**account.secrets, "secret": other["secret"]}
        with refused("48002", Outcome.permanent_account):
            corp.door.add_message_task("别的应用", sender="adv140")

    def test_that_would_go_to_everybody_or_say_nothing_never_leave(self, corp: Corp) -> None:
        with pytest.raises(ValueError, match="external_userids, sender"):
            corp.door.add_message_task("给所有人")
        with pytest.raises(ValueError, match="text, attachments"):
            corp.door.add_message_task(sender="adv140")
        with pytest.raises(ValueError, match="external_userids"):
            corp.door.add_message_task("太多", external_userids=["wm"] * 10_001)
        with pytest.raises(ValueError, match="chat_ids"):
            corp.door.add_group_message_task("adv140", "太多", chat_ids=["wr"] * 2001)
