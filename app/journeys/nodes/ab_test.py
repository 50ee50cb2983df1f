"""A step that tries several ways on some of the people, and sends everybody else the way that did best."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import OneOf, Range
from sqlalchemy import and_, literal, select, update
from sqlalchemy.dialects import postgresql

from app.events.catalogue import NAMES
from app.journeys import filters, trying
from app.journeys.chance import draw, spread, spread_field
from app.journeys.models import Experiment, Tried
from app.journeys.nodes.split import arms_field, ways
from app.journeys.visits import Form, Node, Standing, event_label, standing
from app.kit.texts import listed, t

# Who waits for the winner looks again this often when enough people may come to be tested before time is over.
LOOKS_AGAIN = timedelta(minutes=15)


def _number(label: str, least: int, most: int, **more: Any) -> fields.Integer:
    words = {"label": t(f"journeys.nodes.ab_test.{label}"), "hint": t("journeys.problems.between", least=least, most=most)}
    return fields.Integer(strict=True, validate=Range(least, most), metadata=words, **more)


class ABTest(Node):
    """Decided once: `hours` after somebody first came, or when so many `people` were tested. The best is who has most people of a hundred
    for whom the metric came true after they were sent that way (`trying.py`); of equals the first. Whoever is not tested waits for that.
    """

    kind = "ab_test"
    label = t("journeys.nodes.ab_test.label")
    group = "flow"

    class Config(Form):
        arms = arms_field()
        test_percent = _number("test_percent", 1, 100, load_default=100)
        hours = _number("hours", 1, 24 * 90, required=True)
        people = _number("people", 10, 1_000_000, load_default=None, allow_none=True)
        metric = fields.String(
            load_default="goal",
            validate=OneOf(trying.METRICS),
            metadata={
                "label": t("journeys.nodes.ab_test.metric"),
                "choices": {one: t(f"journeys.nodes.ab_test.metrics.{one}") for one in trying.METRICS},
            },
        )
        event = fields.String(
            load_default=None,
            allow_none=True,
            validate=OneOf(NAMES),
            metadata={"label": t("journeys.nodes.ab_test.event"), "hint": t("journeys.problems.unknown_event"), "type": "event"},
        )
        where = filters.where()
        spread_minutes = spread_field()

        @validates_schema
        def knows_its_metric(self, data: dict[str, Any], **_: Any) -> None:
            if data["metric"] == "event" and data["event"] is None:
                raise ValidationError(t("forms.required"), "event")

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        metric = event_label(config["event"]) if config["metric"] == "event" else t(f"journeys.nodes.ab_test.metrics.{config['metric']}")
        arms = listed(arm["label"] for arm in config["arms"])
        given = {"arms": arms, "percent": config["test_percent"], "hours": config["hours"], "metric": metric}
        return t("journeys.nodes.ab_test.summary", **given)

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        return {arm["port"]: arm["label"] for arm in config["arms"]}

    @staticmethod
    def visit(here: Standing) -> None:
        test = _test(here)
        over = test.began_at + timedelta(hours=here.config["hours"])
        enough = here.config["people"] is not None and test.people >= here.config["people"]
        if test.winner is None and (enough or over <= here.now):
            test = _decide(here)
        if test.winner is not None:
            here.leave(test.winner)
            return
        own = draw(standing.c.customer_id, here.version.journey_id, here.node_id, literal("tested"), below=100)
        _send(here, own < here.config["test_percent"])
        soon = over if here.config["people"] is None else min(over, here.now + LOOKS_AGAIN)
        here.stay(literal(soon) + spread(here))


def _test(here: Standing) -> Experiment:
    """The test of this node; it begins with the first who come."""
    key = {"version_id": here.version.id, "node_id": here.node_id}
    here.session.execute(postgresql.insert(Experiment).on_conflict_do_nothing().values(**key, began_at=here.now))
    return here.session.execute(select(Experiment).filter_by(**key).execution_options(populate_existing=True)).scalar_one()


def _send(here: Standing, tested: Any) -> None:
    """Send those who are tested their ways, and keep who was sent which."""
    session = here.session
    sent = here.leave(ways(here), where=tested)
    if not sent:
        return
    names = ("version_id", "node_id", "walk_id", "port")
    at_node = and_(standing.c.version_id == here.version.id, standing.c.node_id == here.node_id, standing.c.outcome == "leave")
    kept = select(*(standing.c[name] for name in names), literal(here.now)).where(at_node, standing.c.moving)
    # Whoever comes again is counted by her first time.
    session.execute(postgresql.insert(Tried).from_select([*names, "sent_at"], kept).on_conflict_do_nothing())
    more = update(Experiment).where(Experiment.version_id == here.version.id, Experiment.node_id == here.node_id)
    session.execute(more.values(people=Experiment.people + sent).execution_options(synchronize_session=False))


def _decide(here: Standing) -> Experiment:
    """Choose the winner, unless another turn has; that one is waited for."""
    one = select(Experiment).filter_by(version_id=here.version.id, node_id=here.node_id).with_for_update()
    test = here.session.execute(one.execution_options(populate_existing=True)).scalar_one()
    if test.winner is None:
        test.figures = trying.figures(here)
        test.winner, test.interval = trying.best(test.figures)
        test.decided_at = here.now
        here.session.flush()
    return test
