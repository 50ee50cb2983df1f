"""A step that lets people into another journey, and goes on at once or when they have walked it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from marshmallow import fields
from marshmallow.validate import Length
from sqlalchemy import exists, select, text
from sqlalchemy.orm import Session, aliased

from app.events.masses import record_selected
from app.journeys.holding import share_at_once
from app.journeys.models import INSIDE, Journey, JourneyStatus, JourneyVersion, VersionStatus, Walk
from app.journeys.rules import Rules
from app.journeys.visits import Form, Node, Standing, standing
from app.kit import queue
from app.kit.texts import t

# Her end there is heard; this is for one that nobody heard of.
LOOKS_AGAIN = timedelta(days=1)
# Somebody publishes, pauses or cancels the other journey just now.
SOON = timedelta(seconds=5)
ENDS = ("journey.completed", "journey.exited")
# Of those who have not been let in on this visit. Whoever is inside already, has walked it once for ever, or too lately, is left out.
# In the order in which everybody lets people in.
_ENTER = text("""
    INSERT INTO walks (id, brand_id, created_at, journey_id, version_id, customer_id, entry_key, status, node_id, arrived_at, due_at,
        triggered_at, subject_type, subject_id, context, ends_at, parent_id)
    SELECT marque_new_id(), brand_id, :now, :journey_id, :inner_id, customer_id,
        CASE WHEN :is_once THEN 'once' ELSE 'walk:' || walk_id || ':' || node_id || ':' || visit_no END, 'active', :start, :now, :now,
        triggered_at, subject_type, subject_id, context,
        CAST(:now AS timestamptz) + make_interval(days => CAST(:ttl_days AS integer)), walk_id
    FROM standing s
    WHERE version_id = :version_id AND node_id = :node_id AND moving AND outcome IS NULL
        AND NOT EXISTS (SELECT FROM walks w WHERE w.parent_id = s.walk_id AND w.created_at >= s.arrived_at)
        AND NOT EXISTS (
            SELECT FROM walks w WHERE w.customer_id = s.customer_id AND w.journey_id = :journey_id
                AND w.created_at > CAST(:now AS timestamptz) - make_interval(hours => :after_hours))
    ORDER BY s.customer_id
    ON CONFLICT DO NOTHING RETURNING id
""")
_ENTERED = """
    SELECT w.customer_id, jsonb_build_object('walk_id', w.id, 'journey_id', w.journey_id, 'version_id', w.version_id) AS data
    FROM walks w JOIN standing s ON w.parent_id = s.walk_id
    WHERE s.version_id = :outer_id AND s.node_id = :node_id AND w.created_at = :moment AND w.version_id = :inner_id
"""


class SubJourney(Node):
    """Its own triggers, holdout and throttle do not count here, its rules of coming back do. It is walked under the version of today."""

    kind = "sub_journey"
    label = t("journeys.nodes.sub_journey.label")
    group = "flow"

    class Config(Form):
        journey = fields.String(
            required=True, validate=Length(1, 64), metadata={"label": t("journeys.nodes.sub_journey.journey"), "type": "journey"}
        )
        wait = fields.Boolean(load_default=True, metadata={"label": t("journeys.nodes.sub_journey.wait")})

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        how = "summary_waiting" if config["wait"] else "summary"
        return t(f"journeys.nodes.sub_journey.{how}", journey=config["journey"])

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        ways = ("ended" if config["wait"] else "entered", "not_entered")
        return {way: t(f"journeys.ports.{way}") for way in ways}

    @staticmethod
    def awaits(config: dict[str, Any]) -> tuple[str, ...]:
        return ENDS if config["wait"] else ()

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> list[tuple[str, str]]:
        found = _published(session, brand_id, config["journey"])
        return [] if found else [("journey", t("journeys.nodes.sub_journey.unknown"))]

    @staticmethod
    def visit(here: Standing) -> None:
        inner = _published(here.session, here.version.brand_id, here.config["journey"])
        if inner is not None:
            if not share_at_once(here.session, inner.journey_id):
                here.stay(here.now + SOON, awaits=SubJourney.awaits(here.config))
                return
            # It is not the one that was found where somebody has changed it between.
            inner = _published(here.session, here.version.brand_id, here.config["journey"])
        if inner is not None:
            _enter(here, inner)
        hers = aliased(Walk)
        own = select(hers.id).where(hers.parent_id == standing.c.walk_id, hers.created_at >= standing.c.arrived_at)
        here.leave("not_entered", where=~exists(own))
        if not here.config["wait"]:
            here.leave("entered")
            return
        here.leave("ended", where=~exists(own.where(hers.status.in_(INSIDE))))
        here.stay(here.now + LOOKS_AGAIN, awaits=ENDS)


def called_by(graph: dict[str, Any]) -> set[str]:
    """The keys of the journeys that a graph lets people into."""
    return {node["config"]["journey"] for node in graph["nodes"] if node["kind"] == SubJourney.kind}


def leads_back(session: Session, brand_id: uuid.UUID, key: str, graph: dict[str, Any]) -> bool:
    """Whether a journey with this graph would let people into itself, by whatever ways round: then nobody would ever come out."""
    seen: set[str] = set()
    fresh = called_by(graph)
    while fresh - seen:
        called = (fresh - seen).pop()
        seen.add(called)
        inner = _published(session, brand_id, called)
        fresh |= called_by(inner.graph) if inner is not None else set()
    return key in seen


def _published(session: Session, brand_id: uuid.UUID, key: str) -> JourneyVersion | None:
    running = Journey.status.in_((JourneyStatus.active, JourneyStatus.paused))
    found = select(JourneyVersion).join(Journey, Journey.id == JourneyVersion.journey_id)
    found = found.where(Journey.brand_id == brand_id, Journey.key == key, running, JourneyVersion.status == VersionStatus.published)
    return session.execute(found).scalar_one_or_none()


def _enter(here: Standing, inner: JourneyVersion) -> None:
    rules: dict[str, Any] = Rules().load(inner.graph.get("rules", {}))
    given = {
        "now": here.now,
        "journey_id": inner.journey_id,
        "inner_id": inner.id,
        "is_once": rules["reentry"]["mode"] == "once",
        "after_hours": rules["reentry"]["after_hours"],
        "ttl_days": rules["ttl_days"],
        "start": inner.graph["start"],
        "version_id": here.version.id,
        "node_id": here.node_id,
    }
    entered = len(here.session.execute(_ENTER, given).all())
    if entered:
        here.counts[inner.id, inner.graph["start"], "entered", ""] += entered
        told = {"outer_id": here.version.id, "node_id": here.node_id, "moment": here.now, "inner_id": inner.id}
        about = ("journey", inner.journey_id)
        record_selected(here.session, "journey.entered", _ENTERED, brand_id=inner.brand_id, params=told, subject=about)
        queue.enqueue(here.session, "journeys.advance")
