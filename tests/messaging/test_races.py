"""Many hands on one ledger: each message leaves once, and what was taken back in time never leaves."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.events import service as events
from app.events.models import Event
from app.identity import queries
from app.identity import service as identity
from app.identity.models import Customer, WechatIdentity
from app.kit import clock, db
from app.leads import service as leads
from app.leads.models import LeadAssignment
from app.messaging import service
from app.messaging.channels import CallPerLetter, SendFailed
from app.messaging.models import Send
from app.messaging.service import claiming, contacts, settling
from app.wechat.endpoints.wecom import customers as wecom
from app.wechat.endpoints.wecom.customers import FollowedCustomer
from app.wechat.errors import Outcome, WechatError
from app.wechat.fake import TIMEOUT, FakeGateway
from app.wechat.models import AccountKind
from dev.testing import wait_until
from tests.factories import identity as people
from tests.factories import messaging as make
from tests.factories import wechat as accounts
from tests.messaging.test_sending import Killed


def planned(committed: Callable[[], Any], number: int, *, walk_each: bool = False) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """(send, walk) of so many committed messages to one buyer with a paid order."""
    with committed() as session:
        town = make.town(session)
        buyer = make.follower(session, town)
        make.paid_order(session, town, buyer)
        walks = [db.new_id() for _ in range(number)]
        return [(make.plan(session, town, buyer, context={"walk_id": walk} if walk_each else None).id, walk) for walk in walks]


def test_many_workers_send_each_message_once(committed: Callable[[], Any], tencent: FakeGateway) -> None:
    ids = {send.hex for send, _ in planned(committed, 40)}
    with ThreadPoolExecutor(8) as workers:
        calls = sum(workers.map(lambda _: service.send_due(), range(8)))
    sent = [call["client_msg_id"] for call in tencent.calls_of("send_template")]
    assert calls == len(sent) == len(ids)
    assert set(sent) == ids


def test_a_cancellation_wins_or_loses_cleanly_against_the_claim(
    committed: Callable[[], Any], tencent: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is cancelled never left, and what left is not cancelled."""
    sends = planned(committed, 60, walk_each=True)
    monkeypatch.setattr(claiming, "URGENT", 2)
    start = threading.Barrier(5)

    def cancel() -> int:
        start.wait()
        won = 0
        for _, walk in reversed(sends):
            with committed() as session:
                won += service.cancel_planned(session, walk_id=walk)
        return won

    def send(_: int) -> int:
        start.wait()
        return service.send_due()

    with ThreadPoolExecutor(5) as hands:
        cancelling = hands.submit(cancel)
        calls = sum(hands.map(send, range(4)))
        cancelled = cancelling.result()
    assert cancelled + calls == len(sends)
    assert cancelled, "the race was over before it began"
    assert calls, "the race was over before it began"
    with committed() as session:
        gone = set(session.execute(select(Send.id).filter_by(status="cancelled")).scalars())
        assert session.execute(select(func.count()).select_from(Send).filter_by(status="accepted")).scalar_one() == calls
    assert not {one.hex for one in gone} & {call["client_msg_id"] for call in tencent.calls_of("send_template")}


def test_after_an_erasure_is_committed_no_message_leaves(
    committed: Callable[[], Any], tencent: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(committed, 60)
    monkeypatch.setattr(claiming, "URGENT", 2)
    erased = threading.Event()
    claim, late = claiming.claim, []

    def claim_and_watch(session: Session, *lanes: range) -> claiming.Claimed:
        is_late = erased.is_set()
        taken = claim(session, *lanes)
        if is_late:
            late.extend(letter.client_msg_id for letters in taken.letters.values() for letter in letters)
        return taken

    def erase() -> None:
        with committed() as session:
            identity.erase(session, session.execute(select(Customer)).scalar_one())
        erased.set()

    monkeypatch.setattr(claiming, "claim", claim_and_watch)
    with ThreadPoolExecutor(4) as hands:
        working = [hands.submit(service.send_due) for _ in range(3)]
        hands.submit(erase).result()
        for one in working:
            one.result()
    service.send_due()
    assert late == []
    with committed() as session:
        states = set(session.execute(select(Send.status).distinct()).scalars())
    assert states <= {"accepted", "skipped"}
    assert "skipped" in states, "everything had left before the erasure"


def test_many_plans_of_one_message_at_once_are_one_send(committed: Callable[[], Any], tencent: FakeGateway) -> None:
    with committed() as session:
        town = make.town(session)
        buyer = make.follower(session, town)
        make.paid_order(session, town, buyer)

    def plan(_: int) -> uuid.UUID:
        with committed() as session:
            return make.plan(session, town, buyer, dedupe_key="once").id

    with ThreadPoolExecutor(10) as hands:
        assert len(set(hands.map(plan, range(20)))) == 1
    assert service.send_due() == 1


def taken_back_under_way(session: Session, town: make.Town, to: Customer, failure: WechatError) -> Send:
    """A message of a walk that ends after the claim and before WeChat's answer."""
    walk = db.new_id()
    send = make.plan(session, town, to, context={"walk_id": walk})
    session.commit()
    with db.transaction() as taking:
        (letters,) = claiming.claim(taking).letters.values()
    with db.transaction() as leaving:
        assert service.cancel_planned(leaving, walk_id=walk) == 0
    with db.transaction() as answered:
        settling.settle(answered, "service_template", letters, [SendFailed.told(failure)])
    session.expire_all()
    return send


@pytest.mark.parametrize(
    ("failure", "end"), [(WechatError(Outcome.retry_later, "45009"), "cancelled"), (WechatError(Outcome.unknown, "timeout"), "unknown")]
)
def test_what_was_taken_back_on_its_way_is_not_tried_again(
    session: Session, town: make.Town, tencent: FakeGateway, later: Any, failure: WechatError, end: str
) -> None:
    buyer = make.follower(session, town)
    make.paid_order(session, town, buyer)
    send = taken_back_under_way(session, town, buyer, failure)
    for _ in range(3):
        later(minutes=2)
        service.send_due()
    session.expire_all()
    assert send.status == end
    assert tencent.calls == []


def test_two_buttons_in_the_same_moment_have_one_winner(committed: Callable[[], Any], tencent: FakeGateway) -> None:
    with committed() as session:
        town = make.town(session)
        buyer = make.follower(session, town)
        make.paid_order(session, town, buyer)
    events.deliver_all()
    with committed() as session:
        decision = session.execute(select(LeadAssignment)).scalar_one()
        owner = session.get_one(Staff, decision.staff_id)
    start = threading.Barrier(6)

    def press(key: str) -> bool:
        start.wait()
        with committed() as session:
            return leads.press(session, owner, assignment_id=decision.id, key=key)

    with ThreadPoolExecutor(6) as hands:
        won = list(hands.map(press, ["accept", "call_back_later"] * 3))
    assert sum(won) == 1
    service.send_due()
    events.deliver_all()
    service.send_due()
    assert len(tencent.calls_of("update_card")) == 1
    with committed() as session:
        answered = session.execute(select(Event.name).where(Event.name.in_(["lead.accepted", "lead.callback_promised"]))).all()
    assert len(answered) == 1


def test_who_is_erased_while_her_contacts_are_read_stands_in_nobodys_way(committed: Callable[[], Any]) -> None:
    with committed() as session:
        town = make.town(session)
        her = make.follower(session, town)
        people.identity(session, her, town.corp, openid="ext-1", unionid=her.unionid)
        seen = FollowedCustomer(wecom.Customer("ext-1", "客户", True, her.unionid, None, 0), ())

    def read() -> None:
        with committed() as session:
            contacts.keep(session, town.corp, [seen], moment=clock.now(session))

    with ThreadPoolExecutor(1) as hands:
        with committed() as session:
            held = queries.standing_still(session, session.get_one(Customer, her.id), alone=True)
            reading = hands.submit(read)
            with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as watcher:
                waiting = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
                wait_until(lambda: watcher.execute(waiting).first(), 15, what="nobody waits for her")
            identity.erase(session, held)
        reading.result()
    with committed() as session:
        linked = session.execute(select(WechatIdentity.customer_id).filter_by(appid=town.corp.appid, openid="ext-1")).scalar_one()
    assert linked is None


def test_what_a_slow_worker_hears_of_a_message_that_another_has_taken_over_changes_nothing(
    session: Session, town: make.Town, tencent: FakeGateway, paid: Send, monkeypatch: pytest.MonkeyPatch, later: Callable[..., None]
) -> None:
    """His own call certainly did not leave, but the other's did: the message is not free to be planned anew."""
    sent, turns = CallPerLetter.send, iter(("slow", "dies"))

    def send(self: CallPerLetter, batch: Any) -> Any:
        match next(turns, None):
            case "slow":
                later(seconds=20)
                with pytest.raises(Killed):
                    service.send_due()
                tencent.fail("send_template", WechatError(Outcome.retry_later, "connection", "refused"))
                return sent(self, batch)
            case "dies":
                sent(self, batch)
                raise Killed
        return sent(self, batch)

    monkeypatch.setattr(CallPerLetter, "send", send)
    make.send_due(session)
    assert (paid.status, paid.fence, paid.error_code) == ("claimed", 2, None)
    later(minutes=1)
    make.send_due(session)
    assert paid.status == "accepted"
    assert len({str(call) for call in tencent.calls_of("send_template")}) == 1, "always the very same message"


def test_what_may_have_left_by_one_account_is_never_said_again_by_another(
    session: Session, town: make.Town, tencent: FakeGateway, later: Callable[..., None]
) -> None:
    """Not when she left the first meanwhile, either: only that account knows the message again."""
    other = accounts.account(session, town.market.brand, AccountKind.service_account)
    buyer = make.follower(session, town)
    hers = people.identity(session, buyer, other, followed=True)
    ids = {town.service_account.appid: "t1", other.appid: "t2"}
    key = make.template(session, town, "service_template", {"thing1": "车"}, template_ids=ids).key
    other.settings = {"dealer_id": str(town.market.dealer.id)}
    send = make.plan(session, town, buyer, key, context={"dealer_id": town.market.dealer.id})
    tencent.fail("send_template", TIMEOUT)
    make.send_due(session)
    hers.followed = False
    later(seconds=20)
    make.send_due(session)
    assert (send.status, send.appid) == ("accepted", other.appid)
    assert [call.account for call in tencent.calls] == [other.appid] * 2
