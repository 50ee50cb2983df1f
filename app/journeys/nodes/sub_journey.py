"""A step that lets people into another journey, and goes on at once or when they have walked it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from marshmallow import fields
from marshmallow.validate import Length
from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from app.journeys.holding import share_at_once, share_door_at_once
from app.journeys.models import INSIDE, Journey, JourneyStatus, JourneyVersion, VersionStatus, Walk, WalkStatus
from app.journeys.visits import Form, Node, Standing, standing
from app.kit.texts import t

# Her end there is heard; this is for one that nobody heard of.
LOOKS_AGAIN = timedelta(days=1)
# Somebody publishes, pauses or cancels the other journey just now.
SOON = timedelta(seconds=5)
ENDS = ("journey.completed", "journey.exited")


class SubJourney(Node):
    """All of its rules count here, but not its triggers: dates, coming back, exits since what brought her here, control group, throttle,
    time to live. Whoever they keep out goes on through "not_entered". It is walked under the version of today.
    """

    kind = "sub_journey"
    label = t("journeys.nodes.sub_journey.label")
    group = "flow"
    reaches_others = True

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
            if not (share_at_once(here.session, inner.journey_id) and share_door_at_once(here.session, inner.journey_id)):
                here.stay(here.now + SOON, awaits=SubJourney.awaits(here.config))
                return
            # It is not the one that was found where somebody has changed it between.
            inner = _published(here.session, here.version.brand_id, here.config["journey"])
        if inner is not None and here.lead_in is not None:
            here.lead_in(here, inner)
        hers = aliased(Walk)
        own = select(hers.id).where(hers.parent_id == standing.c.walk_id, hers.created_at >= standing.c.arrived_at)
        own = own.where(hers.status != WalkStatus.held_out)
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
    found = found.where(
        Journey.brand_id == brand_id,
        Journey.key == key,
        Journey.test_of.is_(None),
        running,
        JourneyVersion.status == VersionStatus.published,
    )
    return session.execute(found).scalar_one_or_none()
