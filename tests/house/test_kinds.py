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
from app.journeys import queries as journey_queries
from app.journeys import service as journeys
from app.journeys.models import Walk
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
