"""Customers and groups go over over HTTP: from somebody who stays, and from somebody who has left."""

from __future__ import annotations

import pytest

from app.wechat.client import Outcome
from app.wechat.endpoints.wecom.transfers import TransferStatus
from tests.wechat.contract.support import advance, limited, number, refused
from tests.wechat.contract.wecom import Corp

PERSON = Outcome.permanent_person


def leaver(corp: Corp) -> str:
    """A member who has yet to leave; nobody else's tests know her."""
    userid = number("leaver").lower()
    corp.does("wecom/members", userid=userid, name="将离职", department=[2])
    return userid


def status(corp: Corp, handover: str, takeover: str, external: str, *, resigned: bool = False) -> TransferStatus:
    ask = corp.door.resigned_transfer_results if resigned else corp.door.transfer_results
    told = ask(handover, takeover)
    assert told.next_cursor == ""
    return [one.status for one in told.items if one.external_userid == external][-1]


class TestOfSomebodyWhoStays:
    def test_customers_go_over_after_a_day(self, corp: Corp) -> None:
        external = corp.befriend("adv150")
        assert corp.door.transfer_customers("adv150", "adv151", [external], message="以后由我为您服务") == {external: 0}
        assert status(corp, "adv150", "adv151", external) is TransferStatus.waiting
        advance(corp.simulator, hours=24, seconds=5)
        assert status(corp, "adv150", "adv151", external) is TransferStatus.done
        assert [one.at is not None for one in corp.door.transfer_results("adv150", "adv151").items] == [True]
        assert corp.door.customer_ids("adv151") == [external]
        assert corp.chats(external)[0]["content"]["text"]["content"] == "以后由我为您服务"

    def test_a_customer_may_refuse(self, corp: Corp) -> None:
        external = corp.befriend("adv152")
        corp.door.transfer_customers("adv152", "adv153", [external])
        corp.does(f"wecom/customers/{external}/refuse-transfer")
        assert status(corp, "adv152", "adv153", external) is TransferStatus.refused
        assert corp.door.customer_ids("adv152") == [external]

    def test_a_member_may_have_too_many(self, corp: Corp) -> None:
        external = corp.befriend("adv154")
        corp.befriend("adv155")
        corp.door.transfer_customers("adv154", "adv155", [external])
        with limited(corp.simulator, "wecom.customers_per_member", 1):
            advance(corp.simulator, hours=24, seconds=5)
        assert status(corp, "adv154", "adv155", external) is TransferStatus.limit_reached

    def test_each_customer_has_a_code_of_her_own(self, corp: Corp) -> None:
        mine, others = corp.befriend("adv156"), corp.befriend("adv157")
        codes = corp.door.transfer_customers("adv156", "adv158", [mine, others, "wmNo"])
        assert codes[mine] == 0
        assert codes[others] != 0
        assert codes["wmNo"] == 40096

    def test_a_customer_is_left_alone_after_two_times(self, corp: Corp) -> None:
        external = corp.befriend("adv160")
        for handover, takeover in (("adv160", "adv161"), ("adv161", "adv162")):
            assert corp.door.transfer_customers(handover, takeover, [external]) == {external: 0}
            advance(corp.simulator, hours=24, seconds=5)
        assert corp.door.transfer_customers("adv162", "adv163", [external])[external] != 0
        advance(corp.simulator, days=91)
        assert corp.door.transfer_customers("adv162", "adv163", [external]) == {external: 0}

    def test_groups_go_over_at_once(self, corp: Corp) -> None:
        chat_id = str(corp.does("wecom/groups", owner="adv150", name="群")["chat_id"])
        failed = corp.door.transfer_groups([chat_id, "wrNo"], "adv151")
        assert set(failed) == {"wrNo"}
        assert corp.door.customer_group(chat_id).owner == "adv151"
        assert corp.door.transfer_resigned_groups([chat_id], "adv152") == {chat_id: 90500}

    def test_what_cannot_be_is_refused(self, corp: Corp) -> None:
        with refused("60111", PERSON):
            corp.door.transfer_customers("nobody", "adv151", ["wmNo"])
        with refused("60011", PERSON):
            corp.door.transfer_customers("adv150", "hidden01", ["wmNo"])
        with refused("60111", PERSON):
            corp.door.transfer_groups(["wrNo"], "nobody")
        with refused("60111", PERSON):
            corp.door.transfer_results("nobody", "adv151")

    def test_lists_that_are_too_long_never_leave(self, corp: Corp) -> None:
        for call in (corp.door.transfer_customers, corp.door.transfer_resigned_customers):
            with pytest.raises(ValueError, match="external_userids"):
                call("adv150", "adv151", ["wm"] * 101)
        for give in (corp.door.transfer_groups, corp.door.transfer_resigned_groups):
            with pytest.raises(ValueError, match="chat_ids"):
                give(["wr"] * 101, "adv151")


class TestOfSomebodyWhoHasLeft:
    def test_customers_wait_and_go_over(self, corp: Corp) -> None:
        gone = leaver(corp)
        externals = [corp.befriend(gone) for _ in range(3)]
        with refused("40003", PERSON):
            corp.door.transfer_resigned_customers(gone, "adv170", externals)
        corp.does(f"wecom/members/{gone}/leave")
        waiting, cursor, pages = [], "", 0
        while cursor or not pages:
            page = corp.door.unassigned_customers(cursor, limit=2)
            waiting += [one for one in page.items if one.handover_userid == gone]
            cursor, pages = page.next_cursor, pages + 1
        assert [one.external_userid for one in waiting] == externals
        assert all(one.left_at for one in waiting)
        assert set(corp.door.transfer_resigned_customers(gone, "adv170", externals).values()) == {0}
        advance(corp.simulator, hours=24, seconds=5)
        assert status(corp, gone, "adv170", externals[0], resigned=True) is TransferStatus.done
        assert set(externals) <= set(corp.door.customer_ids("adv170"))
        assert gone not in {one.handover_userid for one in corp.door.unassigned_customers().items}

    def test_groups_go_over_at_once(self, corp: Corp) -> None:
        gone = leaver(corp)
        chat_id = str(corp.does("wecom/groups", owner=gone, name="群")["chat_id"])
        corp.does(f"wecom/members/{gone}/leave")
        assert corp.door.transfer_groups([chat_id], "adv171") == {chat_id: 90502}
        assert corp.door.transfer_resigned_groups([chat_id], "adv171") == {}
        assert corp.door.customer_group(chat_id).owner == "adv171"
        with refused("60011", PERSON):
            corp.door.transfer_resigned_groups([chat_id], "hidden01")

    def test_results_are_of_those_who_left_only(self, corp: Corp) -> None:
        with refused("40003", PERSON):
            corp.door.resigned_transfer_results("adv150", "adv151")

    def test_other_applications_hear_nothing_of_it(self, corp: Corp) -> None:
        account, other = corp.door.account, corp.simulator.accounts["corp_apps"][0]
        account.secrets = {**account.secrets, "secret": other["secret"]}
        with refused("48002", Outcome.permanent_account):
            corp.door.unassigned_customers()
