"""What of journeys can be had as a file: their figures, and the people behind one."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.exports.lists import Column, Offer, Page, offer
from app.journeys import behind, queries, results
from app.journeys.models import Journey
from app.journeys.schemas.results import PeopleFileIn, ResultsFileIn
from app.kit import paging, phone
from app.kit.texts import t


def _journey(session: Session, staff: Staff, asked: dict[str, Any]) -> Journey:
    return queries.journey(session, queries.marketer(staff).brand_id, asked["journey_id"])


def _name(session: Session, staff: Staff, asked: dict[str, Any]) -> str:
    journey = _journey(session, staff, asked)
    results.versions(session, journey, asked["version"])
    return journey.name


def _figures(session: Session, staff: Staff, asked: dict[str, Any], *, cursor: str | None, limit: int) -> Page:
    """All at once: there are as many rows as nodes with their details."""
    told = results.results(session, _journey(session, staff, asked), asked["version"])
    rows: list[tuple[Any, ...]] = []
    for node in told["nodes"]:
        rows += [(node["node"], node["label"], t(f"journeys.figures.{figure}"), None, node[figure]) for figure in results.FIGURES]
        rows += [(node["node"], node["label"], t(f"journeys.figures.{one['figure']}"), one["label"], one["times"]) for one in node["by"]]
    return Page(rows, cursor=None)


def _people(session: Session, staff: Staff, asked: dict[str, Any], *, cursor: str | None, limit: int) -> Page:
    given = {name: asked[name] for name in ("node", "figure", "detail", "version")}
    after = paging.row_id(cursor) if cursor else None
    found = behind.page(session, _journey(session, staff, asked), **given, after=after, limit=limit)
    rows = [
        (
            one.customer.id,
            one.customer.nickname,
            one.customer.phone,
            t(f"journeys.walk_status.{one.walk.status}"),
            one.walk.created_at,
            one.walk.ended_at,
            one.why,
        )
        for one in found
    ]
    more = paging.encode(found[-1].key) if len(found) == limit else None
    return Page(rows, cursor=more, about={one.customer.id for one in found})


def _count(session: Session, staff: Staff, asked: dict[str, Any]) -> int:
    """As it was counted: who has been erased since is in it."""
    some = results.versions(session, _journey(session, staff, asked), asked["version"])
    told = results.figures(session, [one.id for one in some]).get(asked["node"], {})
    return max(0, told.get("by", {}).get(asked["figure"], {}).get(asked["detail"], 0) if asked["detail"] else told.get(asked["figure"], 0))


def _columns(key: str, **masks: Any) -> list[Column]:
    return [Column(title, masks.get(name)) for name, title in (one.split("=") for one in t(key).split(","))]


offer(Offer("journeys.results", asked=ResultsFileIn, may=_name, columns=_columns("journeys.exported.columns_of_results"), page=_figures))
offer(
    Offer(
        "journeys.people",
        asked=PeopleFileIn,
        may=_name,
        columns=_columns("journeys.exported.columns_of_people", phone=phone.mask),
        page=_people,
        count=_count,
    )
)
