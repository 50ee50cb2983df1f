"""A graph is published when it is sound; otherwise each problem names its node and field in Chinese."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events.models import EventSubscription
from app.journeys import queries, service
from app.journeys.errors import GraphInvalid, JourneyUnknown, NotPaused, NotRunning
from app.journeys.graph import Graph, node_kinds, problems
from app.journeys.service.definitions import demo_graph
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make

ASK = {"kind": "event_happened", "event": "lead.test_drive_booked"}


def changed(**paths: Any) -> dict[str, Any]:
    """The demo's graph with `node__field=value` set in the configuration of a node."""
    graph = copy.deepcopy(demo_graph())
    nodes = {node["id"]: node for node in graph["nodes"]}
    for path, value in paths.items():
        node_id, field = path.split("__")
        nodes[node_id]["config"][field] = value
    return graph


def without_edge(source: str, port: str) -> dict[str, Any]:
    graph = demo_graph()
    graph["edges"] = [edge for edge in graph["edges"] if (edge["from"], edge["port"]) != (source, port)]
    return graph


def with_nodes(*nodes: dict[str, Any], edges: list[dict[str, str]] | None = None, **more: Any) -> dict[str, Any]:
    graph = demo_graph()
    return graph | {"nodes": [*graph["nodes"], *nodes], "edges": [*graph["edges"], *(edges or [])]} | more


@pytest.mark.parametrize(
    ("graph", "node", "field", "message"),
    [
        (changed(one_day__amount=0), "等一天（one_day）", "时长", "节点「等一天（one_day）」的「时长」：请填 1 到 366 之间的整数"),
        (changed(one_day__amount="一"), "等一天（one_day）", "时长", "请填 1 到 366 之间的整数"),
        (changed(one_day__amount=1.5), "等一天（one_day）", "时长", "请填 1 到 366 之间的整数"),
        (changed(one_day__unit="week"), "等一天（one_day）", "单位", "请选择分钟"),
        (changed(one_day__until="tomorrow"), "等一天（one_day）", "until", "没有这一项"),
        (changed(thanks__template=None), "感谢并确认（thanks）", "模板", "必填"),
        (changed(thanks__purpose="spam"), "感谢并确认（thanks）", "用途", "请选择"),
        (changed(booked__condition={"kind": "moon"}), "约试驾了吗（booked）", "条件", "请选择一个已有的条件"),
        (changed(booked__condition="yes"), "约试驾了吗（booked）", "条件", "请选择一个已有的条件"),
        (changed(booked__condition={"kind": "has_tag"}), "约试驾了吗（booked）", "条件", "「标签」必填"),
        (changed(booked__condition=ASK | {"event": "moon.rose"}), "约试驾了吗（booked）", "条件", "「事件」没有这个事件"),
        (with_nodes({"id": "x", "kind": "teleport"}), "x", None, "类型「teleport」不存在"),
        (with_nodes({"id": "Ä", "kind": "end"}), "Ä", None, "编号只能用"),
        (with_nodes({"id": "end", "kind": "end"}), "end", None, "编号重复"),
        (with_nodes({"id": "x", "kind": "end"}), "x", None, "没有路能走到节点「x」"),
        (with_nodes(start="nowhere"), None, None, "没有指定从哪个节点开始"),
        (with_nodes(edges=[{"from": "booked", "port": "maybe", "to": "end"}]), "约试驾了吗（booked）", None, "没有出口「maybe」"),
        (with_nodes(edges=[{"from": "booked", "port": "yes", "to": "thanks"}]), "约试驾了吗（booked）", None, "出口「是」连了两处"),
        (with_nodes(edges=[{"from": "booked", "port": "yes", "to": "mars"}]), "booked", None, "有一头没有节点"),
        (without_edge("booked", "no"), "约试驾了吗（booked）", None, "出口「否」还没有连到下一步"),
        (demo_graph() | {"triggers": [make.event("moon.rose")]}, None, "触发条件", "没有这个事件"),
        (demo_graph() | {"triggers": [make.event("tag.added", tag=["a"])]}, None, "触发条件", "填写得不对"),
        (demo_graph() | {"rules": {"exit_on": [{"event": "moon.rose"}]}}, None, "退出条件", "没有这个事件"),
        (demo_graph() | {"rules": {"reentry": {"mode": "hourly"}}}, None, "再次进入", "填写得不对"),
        (demo_graph() | {"nodes": []}, None, None, "1 到 200 个节点"),
        ({"nodes": "none"}, None, None, "格式不对"),
        ("a graph", None, None, "格式不对"),
    ],
)
def test_a_problem_names_its_node_and_field(graph: Any, node: str | None, field: str | None, message: str) -> None:
    found = problems(graph)
    assert found
    assert any(one["node"] == node and one["field"] == field and message in str(one["message"]) for one in found), found


def test_a_circle_on_which_no_time_passes_is_refused() -> None:
    nodes = [make.node("a", "branch", condition=ASK), make.node("b", "send_message", template="x"), make.node("end", "end")]
    found = problems(make.graph(nodes, ways="a.yes>b a.no>end b>a"))
    assert {one["message"] for one in found} == {f"节点「{node}」在一个没有等待的循环里" for node in "ab"}


def test_a_circle_that_never_ends_is_refused() -> None:
    nodes = [make.node("a", "wait", amount=1, unit="day"), make.node("b", "send_message", template="x")]
    assert [one["message"] for one in problems(make.graph(nodes, ways="a>b b>a"))] == [
        "从节点「a」出发走不到结束",
        "从节点「b」出发走不到结束",
    ]


def test_the_demo_graph_is_sound() -> None:
    assert problems(demo_graph()) == []


def test_a_graph_with_problems_is_not_published_and_all_are_told(session: Session) -> None:
    journey = service.create(session, make_dealers.brand(session).id, key="bad", name="坏的")
    with pytest.raises(GraphInvalid) as refused:
        service.publish(session, journey, changed(one_day__amount=0, thanks__template=""))
    assert len(refused.value.details["problems"]) == 2
    assert queries.published(session, journey.id) is None
    assert journey.status == "draft"


def test_publishing_again_numbers_on_and_hears_what_old_versions_need(session: Session) -> None:
    journey = make.journey(session, make_dealers.brand(session))
    second = service.publish(session, journey, make.graph([make.node("end", "end")], ways="", trigger="lead.created"))
    assert second.number == 2
    heard = set(session.execute(select(EventSubscription.handler, EventSubscription.event_name)).all())
    ends = {(f"journeys.heed:{name}", name) for name in ("order.cancelled", "deposit.refunded")}
    assert {one for one in heard if one[0].startswith("journeys.")} == ends | {(f"journeys.hear:{journey.id}", "lead.created")}


def test_pause_and_resume_refuse_what_is_not_so(session: Session) -> None:
    journey = make.journey(session, make_dealers.brand(session))
    with pytest.raises(NotPaused):
        service.resume(session, journey)
    service.pause(session, journey)
    with pytest.raises(NotRunning):
        service.pause(session, journey)
    service.publish(session, journey, demo_graph())
    assert journey.status == "paused"


def test_another_brands_journey_is_unknown(session: Session) -> None:
    journey = make.journey(session, make_dealers.brand(session))
    with pytest.raises(JourneyUnknown):
        queries.journey(session, make_dealers.brand(session).id, journey.id)


def test_every_kind_says_in_chinese_what_it_does() -> None:
    graph = Graph(demo_graph())
    words = {node: graph.kind(node).summary(graph.config(node)) for node in ("thanks", "one_day", "booked", "invitation")}
    assert words == {
        "thanks": "服务号模板消息「意向金支付成功通知」",
        "one_day": "等待 1 天后继续",
        "booked": "触发以来发生过「已约试驾」吗？",
        "invitation": "服务号模板消息「试驾邀请」",
    }
    assert set(node_kinds()) >= {
        "send_message",
        "wait",
        "wait_until",
        "wait_for",
        "branch",
        "split",
        "ab_test",
        "sub_journey",
        "exit",
        "end",
    }
    assert [kind for kind, node in node_kinds().items() if not any("一" <= letter <= "鿿" for letter in node.label)] == []


def test_the_console_sees_the_graph_in_words_and_the_numbers_at_each_node(session: Session, deliver: Any, later: Any) -> None:
    brand = make_dealers.brand(session)
    journey = make.journey(session, brand)
    people = [make_identity.customer(session, brand) for _ in range(3)]
    for one in people:
        make.triggered(session, one)
    deliver()
    service.advance_all()
    session.expire_all()
    make.triggered(session, people[0], name="order.cancelled")
    deliver()
    shown = queries.described(session, journey)
    assert [node["id"] for node in shown["graph"]["nodes"]] == ["trigger", "hello", "pause", "again", "end"]
    assert shown["graph"]["edges"][0] == {"from": "trigger", "port": "start", "port_label": "", "to": "hello"}
    assert shown["trigger"] == {"label": "打开分享"}
    assert shown["exit_on"] == ["意向金已退回", "取消订单"]
    numbers = shown["numbers"]
    assert numbers["trigger"]["entered"] == 3
    assert {key: numbers["hello"][key] for key in ("entered", "passed", "waiting", "skipped", "sent")} == {
        "entered": 3,
        "passed": 3,
        "waiting": 0,
        "skipped": 1,
        "sent": 0,
    }
    assert (numbers["pause"]["entered"], numbers["pause"]["waiting"], numbers["pause"]["passed"]) == (3, 2, 0)
    row = queries.listing(session, brand.id)[0][0]
    assert (row["entered"], row["active"], row["completed"], row["exited"]) == (3, 2, 0, 1)
    assert (row["status"], row["version"], row["trigger_label"]) == ("active", 1, "打开分享")


def test_the_demo_trigger_is_named_after_its_tag(session: Session) -> None:
    journey = service.install_demo(session, make_dealers.brand(session).id)
    version = queries.published(session, journey.id)
    assert version is not None
    assert queries.trigger_label(version) == "打上标签：已付意向金"
