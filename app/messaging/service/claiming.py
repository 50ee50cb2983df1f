"""The claim: of the messages that are due, which may leave now and by which way, and why the others do not."""

from __future__ import annotations

import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.identity import queries as identity
from app.identity.models import Customer
from app.kit import clock, db
from app.kit.logging import logger
from app.messaging.channels import Address, Channel, Letter, SendFailed, channel, each
from app.messaging.models import LANES, Lane, MessagingPolicy, Purpose, Send, SendStatus
from app.messaging.models.waits import SendWait
from app.messaging.service import limits, resting, writing
from app.wechat import queries as wechat
from app.wechat.models import WechatAccount

log = logger(__name__)

# A batch of what somebody waits for is small, and its lease just longer than one call may take (connect 3 s, read 10 s): what a dead worker
# had leaves soon after. A batch of what many get is large, which costs each of them less, and its calls are made one wave after another.
URGENT, LEASE = 64, timedelta(seconds=15)
MANY, LEASE_OF_MANY = 512, timedelta(seconds=55)
URGENT_LANES, MANY_LANES = range(Lane.transactional, Lane.journey), range(Lane.journey, LANES)
EVERY_LANE = range(LANES)
GIVE_UP_AFTER = timedelta(hours=6)
_LONGEST_PAUSE_SECONDS = 60
# These come to an end by themselves, or by somebody's decision; whoever waits for them is not given up.
PATIENT = frozenset(("quota", "quiet_hours", "sender_stopped", "member_pace", "journey_paused"))


class Person(NamedTuple):
    """Of a customer what a claim has to know."""

    id: uuid.UUID
    merged_into_id: uuid.UUID | None
    erased_at: datetime | None
    time_zone: str | None


@dataclass
class Turn:
    """A due message on its way through the claim: placed on a rung of its ladder, or kept back by `failed`."""

    send: Send
    rungs: Sequence[Mapping[str, str]]
    person: Person | None
    way: Channel | None = None
    address: Address | None = None
    payload: dict[str, Any] | None = None
    failed: SendFailed | None = None
    # It does not look for another way: the one there is opens again.
    waits: bool = False
    until: datetime | None = None
    tried: list[dict[str, str]] = field(default_factory=list)

    def keep_back(self, failed: SendFailed, *, until: datetime | None = None) -> None:
        self.failed, self.waits, self.until, self.way = failed, True, until, None


@dataclass
class Claimed:
    """What a claim took: letters by the channel that sends them, and how many messages it dealt with in all."""

    letters: dict[str, list[Letter]] = field(default_factory=lambda: defaultdict(list))
    looked_at: int = 0
    is_full: bool = False


def claim(session: Session, lanes: range = EVERY_LANE) -> Claimed:
    """Take a batch of what is due in these lanes, the most urgent first, each to be called before its lease ends.

    Everybody else's claims, withdrawals, erasures and merges of the same people wait until this transaction is committed: a decision that
    was committed before it is obeyed.
    """
    taken = Claimed()
    again = _leases_ended(session, URGENT)
    due, most = _due(session, lanes)
    lease = LEASE if most == URGENT else LEASE_OF_MANY
    taken.looked_at, taken.is_full = len(again) + len(due), len(due) == most or len(again) == URGENT
    if not taken.looked_at:
        return taken
    moment = clock.now(session)
    people = _stand_still(session, (*again, *due))
    by_brand: dict[uuid.UUID, tuple[list[Send], list[Send]]] = defaultdict(lambda: ([], []))
    for send in again:
        by_brand[send.brand_id][0].append(send)
    for send in due:
        by_brand[send.brand_id][1].append(send)
    # In one order for all: what a brand's messages use up stays locked until the end.
    for brand_id, (repeated, new) in sorted(by_brand.items(), key=itemgetter(0)):
        office = _Office(session, brand_id, moment, people, lease_until=moment + lease)
        for way, letter in (*office.repeat(repeated), *office.place(new)):
            taken.letters[way.kind].append(letter)
    return taken


def _leases_ended(session: Session, most: int) -> list[Send]:
    wanted = select(Send).where(Send.status == SendStatus.claimed, Send.lease_until <= func.marque_now())
    rows = session.execute(wanted.order_by(Send.lease_until).limit(most).with_for_update(skip_locked=True))
    return list(rows.scalars())


def _due(session: Session, lanes: range) -> tuple[list[Send], int]:
    """What waits longest, lane by lane, and how many there might have been: what is due later costs nothing here, however much of it
    there is. What is urgent is taken by itself.
    """
    each_lane = func.generate_series(lanes.start, lanes.stop - 1).column_valued("number")
    waits = select(Send.id).where(Send.status == SendStatus.planned, Send.lane == each_lane, Send.due_at <= func.marque_now())
    with_something = session.execute(select(each_lane).where(waits.exists()).order_by(each_lane)).scalars().all()
    # Where nothing is due, only what others left is taken up, which is no more than that either.
    most = MANY if with_something and not any(lane in URGENT_LANES for lane in with_something) else URGENT
    taken: list[Send] = []
    for lane in with_something:
        if len(taken) == most or (most == URGENT and lane not in URGENT_LANES):
            break
        wanted = select(Send).where(Send.status == SendStatus.planned, Send.lane == lane, Send.due_at <= func.marque_now())
        taken += session.execute(wanted.order_by(Send.due_at).limit(most - len(taken)).with_for_update(skip_locked=True)).scalars()
    return taken, most


def _stand_still(session: Session, sends: Iterable[Send]) -> dict[uuid.UUID, Person]:
    """Whom each message is for, by the id it names: herself, or the one she was merged into; locked in the order of their ids."""
    known: dict[uuid.UUID, Person] = {}
    wanted = {send.customer_id for send in sends if send.customer_id}
    while wanted:
        columns = select(Customer.id, Customer.merged_into_id, Customer.erased_at, Customer.time_zone)
        locked = session.execute(columns.where(db.among(Customer.id, wanted)).order_by(Customer.id).with_for_update(key_share=True))
        known |= {row.id: Person(*row) for row in locked}
        wanted = {one.merged_into_id for one in known.values() if one.merged_into_id} - known.keys()
    people = {}
    for customer_id in known:
        person = known[customer_id]
        while person.merged_into_id:
            person = known[person.merged_into_id]
        people[customer_id] = person
    return people


class _Office:
    """One brand's part of a claim."""

    def __init__(
        self, session: Session, brand_id: uuid.UUID, moment: datetime, people: Mapping[uuid.UUID, Person], *, lease_until: datetime
    ) -> None:
        self.session, self.brand_id, self.moment, self.people, self.lease_until = session, brand_id, moment, people, lease_until
        self.lease_ends = time.monotonic() + (lease_until - moment).total_seconds()
        self.policy: MessagingPolicy = limits.policy_of(session, brand_id)
        self._accounts: dict[str, Sequence[WechatAccount]] = {}

    def repeat(self, sends: Sequence[Send]) -> Iterator[tuple[Channel, Letter]]:
        """What died between its claim and its outcome leaves once more, exactly as it was, as long as the platform knows it again and
        nothing speaks against it; what nobody can know any more ends as unknown.
        """
        wishes = self._wishes(sends)
        for send in sends:
            way = channel(send.channel)
            person = self.people.get(send.customer_id) if send.customer_id else None
            over = way.dedupe_window is None or send.maybe_sent_since is None or self.moment - send.maybe_sent_since >= way.dedupe_window
            unwanted = person is not None and (person.erased_at is not None or self._unwanted(wishes, send, way) is not None)
            account = self._account(way, send.appid)
            if over or unwanted or send.withdrawn or send.payload is None or (way.account_kind and account is None):
                writing.end(self.session, send, SendStatus.unknown)
                continue
            send.lease_until, send.fence = self.lease_until, send.fence + 1
            yield way, self._letter(send, account, fence=send.fence, payload=send.payload, first=False)
        self.session.flush()

    def place(self, sends: Sequence[Send]) -> list[tuple[Channel, Letter]]:
        """Find for each new message a way that is open now, and write down what became of every one of them."""
        kept_back = resting.kept_back(self.session, sends)
        turns = [self._turn(send, kept_back.get(send.id)) for send in sends]
        wishes = self._wishes(sends)
        for rung in range(max((len(one.rungs) for one in turns), default=0)):
            ways: dict[str, list[Turn]] = defaultdict(list)
            for turn in turns:
                if turn.way is None and not turn.waits and rung < len(turn.rungs):
                    ways[turn.rungs[rung]["channel"]].append(turn)
            for kind, those in ways.items():
                self._try(channel(kind), those, rung, wishes)
        self._cap([turn for turn in turns if turn.way])
        self._count([turn for turn in turns if turn.way])
        return self._write(turns)

    def _turn(self, send: Send, rests: str | None) -> Turn:
        person = self.people.get(send.customer_id) if send.customer_id else None
        turn = Turn(send, send.ladder or [{"channel": send.channel, "template_key": send.template_key}], person)
        if person is not None:
            set_committed_value(send, "customer_id", person.id)
        if send.expires_at is not None and send.expires_at <= self.moment:
            turn.keep_back(SendFailed.because("expired"))
        elif person is not None and person.erased_at is not None:
            turn.keep_back(SendFailed.because("erased"))
        elif rests is not None:
            turn.keep_back(limits.wait_for(rests), until=self.moment + resting.LOOKS_AGAIN)
        elif person is not None and send.purpose == Purpose.marketing:
            until = limits.quiet_until(self.policy, person.time_zone, self.moment)
            if until is not None and self.policy.quiet_drops:
                turn.keep_back(SendFailed.because("quiet_hours"))
            elif until is not None:
                turn.keep_back(limits.wait_for("quiet_hours"), until=until + limits.spread(send.id))
        return turn

    def _try(self, way: Channel, turns: Sequence[Turn], rung: int, wishes: Mapping[uuid.UUID, Any]) -> None:
        """Place on this rung whom it reaches."""
        for turn in turns:
            set_committed_value(turn.send, "channel", way.kind)
            set_committed_value(turn.send, "template_key", turn.rungs[rung].get("template_key", ""))
        known = {turn.send.id: turn for turn in turns}
        left = dict(known)

        def without(failures: Mapping[uuid.UUID, Any]) -> None:
            for send_id, failed in failures.items():
                if isinstance(failed, SendFailed) and send_id in left:
                    turn = left.pop(send_id)
                    turn.failed = failed
                    turn.tried.append({"channel": way.kind, "reason": failed.code})

        for turn in turns:
            if turn.person is not None and (reason := self._unwanted(wishes, turn.send, way)) is not None:
                without({turn.send.id: SendFailed.because(reason)})
        accounts = self._of_kind(way.account_kind) if way.account_kind else ()
        if way.account_kind and not accounts:
            without(dict.fromkeys(left, SendFailed.because("no_account")))
        addresses: dict[uuid.UUID, Any] = {}
        if left:
            reached = self._asked(lambda sends: way.reach(self.session, sends, accounts), left)
            without(reached)
            # What follows hears of nobody whom it does not reach.
            addresses |= {send_id: reached[send_id] for send_id in left}
            self._hold_for_senders(way, left, addresses)
        payloads: dict[uuid.UUID, Any] = {}
        if left:
            payloads |= self._asked(lambda sends: way.render(self.session, sends, _of(sends, addresses)), left)
            without(payloads)
        if left:
            without(self._asked(lambda sends: dict.fromkeys(left) | dict(way.take(self.session, sends, _of(sends, addresses))), left))
        for send_id, turn in left.items():
            turn.way, turn.address, turn.payload, turn.failed = way, addresses[send_id], payloads[send_id], None

    def _asked(self, ask: Any, turns: Mapping[uuid.UUID, Turn]) -> dict[uuid.UUID, Any]:
        """What a channel says of many; when it fails, of each by itself, so that one stands in nobody's way."""
        sends = [turn.send for turn in turns.values()]
        try:
            with self.session.begin_nested():
                return dict(ask(sends))
        except Exception:
            log.exception("messages cannot be prepared together", channel=sends[0].channel)

        def alone(send: Send) -> Any:
            with self.session.begin_nested():
                return ask([send])[send.id]

        return each(sends, alone)

    def _hold_for_senders(self, way: Channel, left: dict[uuid.UUID, Turn], addresses: Mapping[uuid.UUID, Address]) -> None:
        """Marketing waits for a sender that was stopped."""
        marketing = [turn for turn in left.values() if turn.send.purpose == Purpose.marketing]
        if not marketing:
            return
        senders = {turn.send.id: (addresses[turn.send.id].sender(self.brand_id), way.kind) for turn in marketing}
        stopped = limits.stopped(self.session, set(senders.values()))
        for turn in marketing:
            address = addresses[turn.send.id]
            if senders[turn.send.id] in stopped:
                turn.keep_back(limits.wait_for("sender_stopped"), until=self.moment + limits.STOPPED_LOOKS_AGAIN)
                turn.address = address
                del left[turn.send.id]

    def _cap(self, placed: Sequence[Turn]) -> None:
        marketing = [turn for turn in placed if turn.person is not None and turn.send.purpose == Purpose.marketing]
        people = {turn.person.id for turn in marketing if turn.person}
        caps = limits.Caps.of(self.session, self.policy, people, self.moment)
        self._take_back(
            [turn for turn in marketing if turn.person and not caps.take(turn.person.id)], SendFailed.because("frequency_capped")
        )

    def _count(self, placed: Sequence[Turn]) -> None:
        """The quota is the last thing to be locked. Who comes first in the batch comes first here."""
        asked: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        most: dict[tuple[str, str], int] = {}
        for turn in placed:
            if turn.way is None or turn.address is None or turn.address.account is None:
                continue
            sender = turn.address.account.appid, turn.way.kind
            asked[sender][turn.send.purpose] += 1
            if (limit := limits.most_of_a_day(turn.address, turn.way.endpoint)) is not None:
                most[sender] = limit
        granted = limits.take_quota(self.session, self.policy, asked, limits=most, moment=self.moment)
        over = []
        for turn in placed:
            if turn.way is None or turn.address is None or turn.address.account is None:
                continue
            left = granted[turn.address.account.appid, turn.way.kind]
            left[turn.send.purpose] -= 1
            if left[turn.send.purpose] < 0:
                over.append(turn)
        self._take_back(over, limits.wait_for("quota"), until=limits.next_quota_day(self.moment))

    def _take_back(self, turns: Sequence[Turn], failed: SendFailed, *, until: datetime | None = None) -> None:
        ways: dict[str, list[Turn]] = defaultdict(list)
        for turn in turns:
            assert turn.way is not None
            ways[turn.way.kind].append(turn)
        for kind, those in ways.items():
            channel(kind).give_back(self.session, [turn.send for turn in those])
        for turn in turns:
            turn.keep_back(failed, until=until and until + limits.spread(turn.send.id))

    def _write(self, turns: Sequence[Turn]) -> list[tuple[Channel, Letter]]:
        placed = [turn for turn in turns if turn.way]
        writing.claimed(self.session, placed, self.moment, self.lease_until)
        ended: list[Turn] = []
        waiting: list[Turn] = []
        since = waiting_since(self.session, [turn.send for turn in turns if turn.way is None], self.moment)
        for turn in turns:
            if turn.way is None:
                assert turn.failed is not None
                tired = self.moment - since[turn.send.id] >= GIVE_UP_AFTER and turn.failed.code not in PATIENT
                (ended if turn.failed.permanent or tired else waiting).append(turn)
        writing.skipped(self.session, ended)
        writing.waiting(self.session, [(turn, self._until(turn)) for turn in waiting])
        letters = []
        for turn in placed:
            assert turn.way is not None
            assert turn.address is not None
            assert turn.payload is not None
            send = turn.send
            letter = self._letter(send, turn.address.account, fence=send.fence + 1, payload=turn.payload, first=True)
            letters.append((turn.way, letter))
        return letters

    def _letter(self, send: Send, account: WechatAccount | None, *, fence: int, payload: dict[str, Any], first: bool) -> Letter:
        sender = Address(account, "").sender(self.brand_id)
        return Letter(send.id, self.brand_id, sender, fence, send.client_msg_id, account, payload, first=first, lease_ends=self.lease_ends)

    def _until(self, turn: Turn) -> datetime:
        assert turn.failed is not None
        return turn.until or self.moment + pause(turn.send.fence + 1, turn.failed)

    def _wishes(self, sends: Sequence[Send]) -> Mapping[uuid.UUID, Any]:
        marketing = {self.people[send.customer_id].id for send in sends if send.customer_id and send.purpose == Purpose.marketing}
        return identity.wishes(self.session, marketing) if marketing else {}

    def _unwanted(self, wishes: Mapping[uuid.UUID, Any], send: Send, way: Channel) -> str | None:
        """Why she does not want it over this channel; None when she does, or when it is hers to have."""
        if send.purpose != Purpose.marketing or send.customer_id is None or way.to != "customer":
            return None
        reason: str | None = wishes[self.people[send.customer_id].id].allows(way.kind)
        return reason

    def _of_kind(self, kind: str) -> Sequence[WechatAccount]:
        if kind not in self._accounts:
            self._accounts[kind] = wechat.accounts(self.session, self.brand_id, kind)
        return self._accounts[kind]

    def _account(self, way: Channel, appid: str | None) -> WechatAccount | None:
        if way.account_kind is None:
            return None
        found = self._of_kind(way.account_kind)
        # What was claimed before accounts were written down was sent by the first.
        return next((one for one in found if one.appid == appid), found[0] if found and appid is None else None)


def _of(sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]) -> dict[uuid.UUID, Address]:
    return {send.id: addresses[send.id] for send in sends}


def waiting_since(session: Session, sends: Sequence[Send], moment: datetime) -> dict[uuid.UUID, datetime]:
    """Since when each of these could have left: from its planning, or from the end of what it had to wait for by our own rules."""
    since = {send.id: send.created_at for send in sends}
    old = [send.id for send in sends if moment - send.created_at >= GIVE_UP_AFTER]
    if old:
        waits = select(SendWait.send_id, func.max(SendWait.until)).where(
            SendWait.send_id.in_(old), SendWait.reason.in_((*PATIENT, "paused"))
        )
        for send_id, until in session.execute(waits.group_by(SendWait.send_id)):
            # What was set aside without an end counts from now.
            since[send_id] = max(since[send_id], min(until, moment))
    return since


def pause(fence: int, failed: SendFailed) -> timedelta:
    """How long to wait before the next try: twice as long each time, and no shorter than the platform says."""
    return max(timedelta(seconds=min(2 ** min(fence, 10), _LONGEST_PAUSE_SECONDS)), timedelta(seconds=failed.retry_after or 0))
