"""What marketers pick from a list is one file each, and every such file keeps its contract."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from marshmallow import Schema
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audience.queries import segments
from app.audience.service.compiling import words
from app.dealers.models import Brand
from app.journeys import drawn
from app.journeys import queries as journey_queries
from app.journeys import service as journeys
from app.journeys.models import Journey, Walk
from app.journeys.service import describing, estimating, fanning_out, palette, publishing
from app.kit.registry import kinds
from app.messaging import service as messaging
from app.messaging.channels import channel
from app.messaging.models import Send
from app.sharing import cards
from app.wechat.endpoints import ENDPOINTS, Repeat
from app.wechat.models import AccountKind
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make_journeys
from tests.factories import segments as make_segments
from tests.house.sources import ROOT

CONTRACTS = {
    "nodes": ("ports", "rests", "summary", "visit"),
    "conditions": ("summary", "holds"),
    "triggers": ("summary",),
    "app.audience.conditions": ("summary", "answer", "listens"),
    "channels": ("reach", "render"),
    "cards": ("page", "target", "preview", "content"),
    "reports": ("run",),
}
PACKAGES = sorted(
    ".".join(path.parent.relative_to(ROOT).parts) for path in ROOT.glob("app/*/*/__init__.py") if path.parent.name in CONTRACTS
)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_kind_keeps_its_contract(app: Any, package: str) -> None:
    found = kinds(package)
    assert found
    base = importlib.import_module(package)
    for name, kind in found.items():
        where = f"{package}.{name}"
        assert kind.__module__ == where, f"{name} is looked for in a file of its name"
        assert re.search(r"[一-鿿]", kind.label), where
        assert issubclass(kind.Config, Schema), where
        kind.Config()
        for member in CONTRACTS.get(package) or CONTRACTS[package.rsplit(".", 1)[1]]:
            own = getattr(kind, member)
            assert own is not None, f"{where}.{member}"
            inherited = [getattr(one, member, None) for one in vars(base).values() if isinstance(one, type) and one is not kind]
            assert not callable(own) or own not in inherited, f"{where}.{member} is nobody's"


@pytest.fixture
def plant(tmp_path: Path, app: Any) -> Iterator[Callable[[str, str], None]]:
    """Put one file into a package of kinds, as adding it to the folder would."""
    planted: list[tuple[Any, str]] = []

    def add(package: str, source: str) -> None:
        folder = tmp_path / package
        folder.mkdir()
        (folder / "planted.py").write_text(source)
        module = importlib.import_module(package)
        module.__path__.append(str(folder))
        planted.append((module, str(folder)))
        kinds.cache_clear()

    yield add
    for module, folder in planted:
        module.__path__.remove(folder)
        sys.modules.pop(f"{module.__name__}.planted", None)
        vars(module).pop("planted", None)
    kinds.cache_clear()


NODE = """
from marshmallow import Schema
from app.journeys.visits import Node

class Planted(Node):
    kind, label = "planted", "新步骤"
    class Config(Schema): pass
    @staticmethod
    def ports(config): return {"left": "左", "right": "右"}
    @staticmethod
    def summary(config): return "向左走"
    @staticmethod
    def visit(here): here.leave("left")
"""


def test_a_node_is_one_file(session: Session, plant: Callable[[str, str], None]) -> None:
    plant("app.journeys.nodes", NODE)
    brand = make_dealers.brand(session)
    nodes = [make_journeys.node("fork", "planted"), make_journeys.node("yes", "end"), make_journeys.node("no", "end")]
    journey = make_journeys.journey(session, brand, make_journeys.graph(nodes, ways="fork.left>yes fork.right>no"))
    journeys.hear(session, [make_journeys.triggered(session, make_identity.customer(session, brand))])
    session.commit()
    journeys.advance_all()
    session.expire_all()
    walk = session.execute(select(Walk)).scalar_one()
    assert (walk.status, walk.node_id) == ("completed", "yes")
    drawn = journey_queries.described(session, journey)["graph"]
    assert drawn["nodes"][1] == {"id": "fork", "kind": "planted", "label": "新步骤", "summary": "向左走"}
    assert [edge["port_label"] for edge in drawn["edges"]] == ["", "左", "右"]


CONDITION = """
from marshmallow import Schema
from sqlalchemy import true
from app.journeys.visits import Condition

class Planted(Condition):
    kind, label = "planted", "新条件"
    class Config(Schema): pass
    @staticmethod
    def summary(config): return "永远是"
    @staticmethod
    def holds(here, config): return true()
"""


def test_a_condition_is_one_file(session: Session, plant: Callable[[str, str], None]) -> None:
    plant("app.journeys.conditions", CONDITION)
    brand = make_dealers.brand(session)
    nodes = [make_journeys.node("ask", "branch", condition={"kind": "planted"}), make_journeys.node("end", "end")]
    nodes.append(make_journeys.node("never", "end"))
    make_journeys.journey(session, brand, make_journeys.graph(nodes, ways="ask.yes>end ask.no>never"))
    journeys.hear(session, [make_journeys.triggered(session, make_identity.customer(session, brand))])
    session.commit()
    journeys.advance_all()
    session.expire_all()
    assert session.execute(select(Walk.node_id)).scalar_one() == "end"


HEARD = """
from marshmallow import Schema
from app.journeys.arrivals import Heard

class Planted(Heard):
    kind, label = "planted", "新的触发"
    class Config(Schema): pass
    @staticmethod
    def summary(config): return "有人打开分享"
    @staticmethod
    def hears(config): return {"share.opened"}
    @staticmethod
    def asks(config): return {"channel": "friend"}
"""
PLANNED = """
from datetime import timedelta
from marshmallow import Schema
from sqlalchemy import Text, cast, null, select
from app.identity.models import Customer
from app.journeys.arrivals import Planned

class Planted(Planned):
    kind, label = "planted", "新的时间"
    class Config(Schema): pass
    @staticmethod
    def summary(config): return "每小时"
    @staticmethod
    def next_at(config, after): return after + timedelta(hours=1)
    @staticmethod
    def people(brand_id, config, at): return select(Customer.id, cast(null(), Text)).where(Customer.brand_id == brand_id)
"""
CHECK = """
from app.journeys.checks import Check

class Planted(Check):
    kind = "planted"
    @staticmethod
    def find(session, brand_id, graph): yield None, "请再想想"
"""


def started_by_a_planted_kind(session: Session) -> Journey:
    graph = make_journeys.graph([make_journeys.node("end", "end")], ways="", trigger={"kind": "planted", "config": {}})
    return make_journeys.journey(session, make_dealers.brand(session), graph)


def test_a_trigger_that_hears_is_one_file(session: Session, plant: Callable[[str, str], None]) -> None:
    plant("app.journeys.triggers", HEARD)
    journey = started_by_a_planted_kind(session)
    friend, other = (make_identity.customer(session, session.get_one(Brand, journey.brand_id)) for _ in range(2))
    happened = [make_journeys.triggered(session, one, channel=by) for one, by in ((friend, "friend"), (other, "group"))]
    journeys.hear(session, happened)
    assert session.execute(select(Walk.customer_id)).scalars().all() == [friend.id]
    assert journey_queries.described(session, journey)["trigger"]["label"] == "有人打开分享"
    assert {"kind": "planted", "group": "start"}.items() <= next(
        one for one in palette.palette()["triggers"] if one["kind"] == "planted"
    ).items()
    told = estimating.estimate(session, journey, drawn.version(session, journey, 1).graph)
    assert told is not None
    assert told["per_day"] == 0.0


def test_a_trigger_that_waits_for_a_time_is_one_file(session: Session, plant: Callable[[str, str], None], later: Any) -> None:
    plant("app.journeys.triggers", PLANNED)
    journey = started_by_a_planted_kind(session)
    somebody = make_identity.customer(session, session.get_one(Brand, journey.brand_id))
    session.commit()
    journeys.keep_time(session)
    session.commit()
    later(hours=1, minutes=1)
    journeys.keep_time(session)
    session.commit()
    fanning_out.sweep()
    assert session.execute(select(Walk.customer_id)).scalars().all() == [somebody.id]


def test_a_check_before_publishing_is_one_file(session: Session, plant: Callable[[str, str], None]) -> None:
    plant("app.journeys.checks", CHECK)
    brand = make_dealers.brand(session)
    graph = make_journeys.graph([make_journeys.node("end", "end")], ways="")
    found = publishing.check(session, brand.id, graph)
    assert {"code": "planted", "node": None, "message": "请再想想"} in found.warnings


def test_a_new_node_and_a_new_question_are_offered_drawn_and_put_in_words(session: Session, plant: Callable[[str, str], None]) -> None:
    plant("app.journeys.nodes", NODE)
    plant("app.journeys.conditions", CONDITION)
    offered = palette.palette()
    assert {one["kind"]: one["group"] for one in offered["nodes"]}["planted"] == "other"
    assert "planted" in {one["kind"] for one in offered["conditions"]}
    brand = make_dealers.brand(session)
    told = describing.describe(session, brand.id, part="nodes", kind="planted", config={})
    assert (told["summary"], [one["port"] for one in told["ports"]]) == ("向左走", ["left", "right"])
    assert describing.describe(session, brand.id, part="conditions", kind="planted", config={})["summary"] == "永远是"


@pytest.mark.parametrize("kind", sorted(kinds("app.messaging.channels")))
def test_a_channel_says_how_it_sends(kind: str) -> None:
    way = channel(kind)
    assert way.account_kind is None or way.account_kind in AccountKind
    assert way.to in ("customer", "staff")
    # A platform that knows nothing again is never asked twice: the line says the same of the endpoint.
    if way.endpoint is not None:
        assert (way.dedupe_window is None) == (ENDPOINTS[way.endpoint].repeat is Repeat.never)


CONDITION_OF_SEGMENTS = """
from marshmallow import Schema
from app.audience.conditions import Condition
from app.identity.models import Customer

class Planted(Condition):
    kind, label = "planted", "新条件"
    class Config(Schema): pass
    @staticmethod
    def summary(config): return "姓林"
    @staticmethod
    def answer(scope, config): return Customer.nickname.startswith("林")
    @staticmethod
    def listens(config): return {"customer.updated"}
"""


def test_a_condition_of_segments_is_one_file(session: Session, plant: Callable[[str, str], None]) -> None:
    plant("app.audience.conditions", CONDITION_OF_SEGMENTS)
    brand = make_dealers.brand(session)
    make_identity.customer(session, brand, nickname="林晓雯")
    wang = make_identity.customer(session, brand, nickname="王芳")
    segment = make_segments.segment(session, brand, {"not": {"kind": "planted"}})
    assert (segments.members(session, segment.id), words(segment.tree)) == ([wang.id], "不满足（姓林）")
    assert "customer.updated" in segment.listens


CHANNEL = """
from datetime import timedelta
from apiflask import Schema
from app.messaging.channels import Address, Channel, Receipt

class Planted(Channel):
    kind, label, account_kind, dedupe_window = "planted", "新渠道", None, timedelta(minutes=1)
    class Config(Schema): pass
    def reach(self, session, sends, accounts): return {send.id: Address(None, "a door") for send in sends}
    def render(self, session, sends, addresses): return {send.id: {"text": "hello"} for send in sends}
    def send(self, batch): return [Receipt(msgid=f"planted-{letter.payload['text']}") for letter in batch]
"""


def test_a_channel_is_one_file(session: Session, plant: Callable[[str, str], None]) -> None:
    plant("app.messaging.channels", CHANNEL)
    brand = make_dealers.brand(session)
    customer = make_identity.customer(session, brand)
    messaging.plan(
        session, brand_id=brand.id, channel="planted", recipient=("customer", customer.id), template_key="any", dedupe_key="planted"
    )
    session.commit()
    messaging.send_due()
    session.expire_all()
    send = session.execute(select(Send)).scalar_one()
    assert (send.status, send.msgid) == ("accepted", "planted-hello")


CARD = """
from app.sharing.cards import Card, Preview

class Planted(Card):
    kind, label = "planted", "新卡片"
    def target(self, session, brand_id, config): return config
    def preview(self, session, share): return Preview("新", None)
    def content(self, session, share): return {}
"""


def test_a_share_card_is_one_file(plant: Callable[[str, str], None]) -> None:
    plant("app.sharing.cards", CARD)
    assert "planted" in cards.known()
    assert cards.card("planted").label == "新卡片"


def test_two_kinds_with_one_name_refuse_to_start(plant: Callable[[str, str], None]) -> None:
    plant("app.journeys.nodes", NODE.replace('"planted"', '"wait"'))
    with pytest.raises(RuntimeError, match="'wait' is defined by"):
        kinds("app.journeys.nodes")
