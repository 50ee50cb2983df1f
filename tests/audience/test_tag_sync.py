"""A linked tag is the same here and at Tencent, whoever changes it, and nobody hears what he said himself: over HTTP, at the simulator."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audience import queries, service
from app.audience.errors import LinkUnfit
from app.audience.models import Action, CustomerTag, Source, Tag, TagKind, TagLink, TagMark
from app.audience.queries.syncing import links_of
from app.audience.service import hearing, linking, telling
from app.dealers.models import Brand
from app.events.models import Event, EventDelivery
from app.identity import queries as people
from app.identity.models import Customer
from app.wechat.http import HttpGateway
from app.wechat.models import WechatAccount
from tests.factories import identity, tencent
from tests.factories import tags as make
from tests.simulator import Simulator
from tests.wechat.conftest import accounts, gateway, simulator

__all__ = ["accounts", "gateway", "simulator"]

# The simulator's world outlives a test: everybody in it is new each time.
_numbers = itertools.count(1)


class Town:
    """A brand whose people follow its service account and have members of its corp as contacts."""

    def __init__(self, session: Session, accounts: dict[str, WechatAccount], **parts: Any) -> None:
        self.session, self.simulator, self.client, self._deliver = session, parts["simulator"], parts["client"], parts["deliver"]
        self.corp, self.service = accounts["corp"], accounts["service_account"]
        self.brand = session.get_one(Brand, self.corp.brand_id)

    def person(self) -> tuple[Customer, dict[str, Any]]:
        person = self.simulator.ask("users", nickname="客户", phone=f"137{next(_numbers):08d}", follow=True)
        her = identity.customer(self.session, self.brand, unionid=person["unionid"])
        identity.identity(self.session, her, self.service, openid=person["openids"][self.service.appid], followed=True)
        return her, person

    def contact(self, member: str) -> tuple[Customer, str]:
        """She and the member added each other before anything was linked."""
        her, person = self.person()
        external = self.simulator.ask(f"staff/{member}/customers", user=person["id"])["external_userid"]
        return her, str(external)

    def tag(self, **more: Any) -> Tag:
        made = make.tag(self.session, self.brand, label=f"同步{next(_numbers)}", **more)
        self.session.commit()
        return made

    def link(self, tag: Tag, account: WechatAccount) -> TagLink:
        link = linking.link(self.session, tag, account.id)
        self.session.commit()
        linking.tend()
        self.settle()
        return link

    def pushed(self, external: str, member: str, change: str = "edit_external_contact") -> None:
        """WeCom tells that a contact was changed, and we look."""
        named = {"ToUserName": self.corp.appid, "FromUserName": "sys", "CreateTime": next(_numbers), "MsgType": "event"}
        event = {"Event": "change_external_contact", "ChangeType": change, "UserID": member, "ExternalUserID": external}
        assert tencent.push(self.client, self.corp, tencent.xml(**named, **event)).status_code == 200
        self.settle()

    def settle(self) -> None:
        """Everything that workers would do, until nothing is left."""
        for _ in range(4):
            self._deliver()
            hearing.read_contacts()
            telling.tell_due()
        self.session.expire_all()

    def borne(self, external: str) -> set[str]:
        rows = self.simulator_door.customer(external).follows
        return {one for follow in rows for one in follow.tag_ids}

    @property
    def simulator_door(self) -> Any:
        return HttpGateway().wecom(self.corp)

    def marks_told(self) -> int:
        return len(self.simulator.look("calls", path="*/externalcontact/mark_tag", limit=1000)["calls"])


@pytest.fixture
def town(
    session: Session,
    simulator: Simulator,
    gateway: HttpGateway,
    accounts: dict[str, WechatAccount],
    client: Any,
    deliver: Callable[[], int],
) -> Town:
    return Town(session, accounts, simulator=simulator, client=client, deliver=deliver)


def carries(session: Session, one: Customer, tag: Tag) -> tuple[bool, str] | None:
    row = session.execute(select(CustomerTag.active, CustomerTag.source).filter_by(customer_id=one.id, tag_id=tag.id)).one_or_none()
    return (row[0], row[1]) if row else None


def facts(session: Session, one: Customer) -> list[str]:
    return list(
        session.execute(select(Event.name).where(Event.customer_id == one.id, Event.name.like("tag.%")).order_by(Event.id)).scalars()
    )


def in_step(session: Session, tag: Tag) -> bool:
    return all((one["waiting"], one["failed"], one["broken_at"]) == (0, 0, None) for one in links_of(session, tag.id))


def test_what_we_give_is_given_in_wecom_and_what_we_take_is_taken(session: Session, town: Town) -> None:
    her, external = town.contact("adv011")
    tag = town.tag()
    service.add(session, her.id, tag.key)
    link = town.link(tag, town.corp)
    (told,) = links_of(session, tag.id)
    assert told["failed"] == 1, "nobody knows yet what WeCom calls her"
    town.pushed(external, "adv011", "add_external_contact")
    assert town.borne(external) == {link.remote_id}
    service.remove(session, her.id, tag.key)
    town.settle()
    assert town.borne(external) == set()
    service.add(session, her.id, tag.key)
    town.settle()
    assert town.borne(external) == {link.remote_id}
    assert in_step(session, tag)
    assert facts(session, her) == ["tag.added", "tag.removed", "tag.added"]


def test_what_a_member_tags_is_ours_and_nothing_goes_back_and_forth(session: Session, town: Town) -> None:
    her, external = town.contact("adv012")
    tag = town.tag()
    link = town.link(tag, town.corp)
    town.pushed(external, "adv012", "add_external_contact")
    told = town.marks_told()
    town.simulator.ask(f"staff/adv012/customers/{external}", add_tag=[link.remote_id])
    town.pushed(external, "adv012")
    assert carries(session, her, tag) == (True, "wecom")
    for _ in range(3):
        town.pushed(external, "adv012")
    assert town.marks_told() == told
    assert facts(session, her) == ["tag.added"]
    service.remove(session, her.id, tag.key)
    town.settle()
    town.pushed(external, "adv012")
    assert town.borne(external) == set()
    assert town.marks_told() == told + 1
    assert facts(session, her) == ["tag.added", "tag.removed"]
    assert in_step(session, tag)


def test_what_rules_give_is_put_right_again_in_wecom(session: Session, town: Town) -> None:
    her, external = town.contact("adv013")
    tag = town.tag(kind=TagKind.rule)
    service.rule(session, tag, event_name="share.opened", action=Action.add)
    link = town.link(tag, town.corp)
    town.pushed(external, "adv013", "add_external_contact")
    town.simulator.ask(f"staff/adv013/customers/{external}", add_tag=[link.remote_id])
    town.pushed(external, "adv013")
    assert carries(session, her, tag) is None
    assert town.borne(external) == set()


def test_followers_are_tagged_fifty_at_a_time_and_one_of_nobody_holds_up_none(session: Session, town: Town, simulator: Simulator) -> None:
    tag = town.tag()
    some = [town.person()[0] for _ in range(3)]
    ghost = identity.customer(session, town.brand)
    identity.identity(session, ghost, town.service, openid="o-nobody-of-this-account", followed=True)
    stranger = identity.customer(session, town.brand)
    for one in (*some, ghost, stranger):
        service.add(session, one.id, tag.key)
    link = town.link(tag, town.service)
    assert simulator_count(town, link) == 3
    (told,) = links_of(session, tag.id)
    assert (told["waiting"], told["failed"]) == (0, 2)
    errors = dict(session.execute(select(TagMark.customer_id, TagMark.error)).all())
    assert (errors[stranger.id], errors[ghost.id]) == ("no_contact", "wechat.40003")
    service.remove(session, some[0].id, tag.key)
    town.settle()
    assert simulator_count(town, link) == 2


def simulator_count(town: Town, link: TagLink) -> int:
    tags = HttpGateway().service_account(town.service).tags()
    return next(one.count for one in tags if str(one.id) == link.remote_id)


def test_who_is_tagged_in_the_console_of_the_service_account_is_found_when_it_is_read(session: Session, town: Town, later: Any) -> None:
    tag = town.tag()
    ours, theirs = town.person()[0], town.person()
    service.add(session, ours.id, tag.key)
    link = town.link(tag, town.service)
    door = HttpGateway().service_account(town.service)
    door.tag_people(int(link.remote_id or 0), [theirs[1]["openids"][town.service.appid]])
    door.untag_people(int(link.remote_id or 0), [identity_at(session, ours, town.service)])
    later(days=2)
    linking.tend()
    town.settle()
    assert carries(session, theirs[0], tag) == (True, "service_account")
    assert carries(session, ours, tag) == (False, "service_account")
    assert in_step(session, tag)


def identity_at(session: Session, one: Customer, account: WechatAccount) -> str:
    found = people.openid_for(session, one.id, account.appid)
    assert found
    return found


@pytest.mark.parametrize("kind", ["corp", "service"])
def test_a_tag_whose_answer_was_lost_is_not_made_twice(session: Session, town: Town, later: Any, kind: str) -> None:
    account = getattr(town, kind)
    path = "/cgi-bin/externalcontact/add_corp_tag" if kind == "corp" else "/cgi-bin/tags/create"
    town.simulator.ask("faults", timeout_after_accept={"path": path, "times": 1})
    tag = town.tag()
    link = town.link(tag, account)
    later(minutes=6)
    linking.tend()
    session.expire_all()
    assert link.remote_id is not None
    if kind == "corp":
        named = [one.name for group in HttpGateway().wecom(account).corp_tags() for one in group.tags]
    else:
        named = [one.name for one in HttpGateway().service_account(account).tags()]
    assert named.count(tag.label) == 1


@pytest.mark.parametrize("kind", ["corp", "service"])
def test_a_tag_that_is_renamed_here_is_renamed_there_and_keeps_its_bearers(
    session: Session, town: Town, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = getattr(town, kind)
    tag = town.tag()
    link = town.link(tag, account)
    before, renamed = link.remote_id, f"新名{next(_numbers)}"
    service.change(session, tag, label=f"{renamed}旧")
    linking.rename(session, tag)
    session.commit()
    naming = linking._name

    def renamed_again_meanwhile(*given: Any) -> None:
        naming(*given)
        service.change(session, tag, label=renamed)
        session.commit()

    monkeypatch.setattr(linking, "_name", renamed_again_meanwhile)
    linking.tend()
    session.expire_all()
    assert _names_there(account)[before] == renamed
    assert (link.remote_id, link.remote_name) == (before, renamed)
    assert in_step(session, tag)
    with pytest.raises(LinkUnfit):
        linking.rename(session, service.change(session, tag, label="名" * 31))


def _names_there(account: WechatAccount) -> dict[str | None, str]:
    if account.kind == "corp":
        return {one.tag_id: one.name for group in HttpGateway().wecom(account).corp_tags() for one in group.tags}
    return {str(one.id): one.name for one in HttpGateway().service_account(account).tags()}


def test_a_name_that_is_taken_there_is_told_and_can_be_mended(session: Session, town: Town) -> None:
    tag, other = town.tag(), town.tag()
    town.link(other, town.service)
    link = town.link(tag, town.service)
    service.change(session, tag, label=other.label)
    linking.rename(session, tag)
    session.commit()
    linking.tend()
    session.expire_all()
    assert (link.error, link.broken_at is not None) == ("wechat.45157", True)
    service.change(session, tag, label=f"{other.label}二")
    linking.link(session, tag, town.service.id)
    session.commit()
    linking.tend()
    session.expire_all()
    assert (link.error, link.broken_at) == (None, None)
    assert _names_there(town.service)[link.remote_id] == tag.label


def test_a_tag_that_was_deleted_there_stays_ours_and_is_told_to_be_broken(session: Session, town: Town) -> None:
    her, external = town.contact("adv014")
    tag = town.tag()
    link = town.link(tag, town.corp)
    town.pushed(external, "adv014", "add_external_contact")
    service.add(session, her.id, tag.key)
    town.settle()
    lost = link.remote_id
    named = {"ToUserName": town.corp.appid, "FromUserName": "sys", "CreateTime": next(_numbers), "MsgType": "event"}
    told = {"Event": "change_external_tag", "ChangeType": "delete", "TagType": "tag", "Id": lost}
    tencent.push(town.client, town.corp, tencent.xml(**named, **told))
    town.settle()
    assert carries(session, her, tag) == (True, "staff")
    (shown,) = links_of(session, tag.id)
    assert (shown["error"], shown["remote_id"]) == ("gone", None)
    assert queries.tags_of(session, [her.id])[her.id] == [tag]
    town.link(tag, town.corp)
    (mended,) = links_of(session, tag.id)
    assert (mended["error"], mended["waiting"], mended["failed"]) == (None, 0, 0)
    assert town.borne(external) == {mended["remote_id"]}


def test_a_tag_that_nobody_linked_costs_no_delivery(session: Session, town: Town) -> None:
    her, _ = town.person()
    tag = town.tag()
    service.add(session, her.id, tag.key, source=Source.staff)
    assert session.execute(select(EventDelivery).filter_by(handler="audience.want")).first() is None
