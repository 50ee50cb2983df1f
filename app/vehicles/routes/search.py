"""Doors: consumers search cars and look at one; anybody sees the pictures that we draw."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from apiflask import APIBlueprint, FileSchema
from flask import Response, request
from sqlalchemy.orm import Session

from app.kit.geo import Place
from app.kit.json import dumps
from app.kit.settings import settings
from app.kit.web import Caller, blueprint, looking, raises
from app.vehicles import queries, schemas, studio
from app.vehicles.errors import PictureUnknown

visitor = blueprint("vehicles", audience="visitor")
# Pictures are loaded by <image> elements, which send no headers of ours: there is nobody to recognise and nothing to hide.
media = APIBlueprint("vehicle_media", __name__, url_prefix="/media/vehicles", tag="media")


def _near(asked: dict[str, Any]) -> Place | None:
    return Place.of(asked["lat"], asked["lng"], asked["crs"]) if "lat" in asked and "lng" in asked else None


def _as_it_is(answer: dict[str, Any]) -> Response:
    """An answer made as its schema says, which a test holds it to: to copy hundreds of values would take longer than to find them."""
    return Response(dumps(answer), mimetype="application/json")


def _filters(asked: dict[str, Any]) -> queries.Filters:
    known = {field.name for field in fields(queries.Filters)}
    return queries.Filters(**{name: value for name, value in asked.items() if name in known})


@visitor.get("/")
@visitor.input(schemas.SearchIn, location="query")
@visitor.output(schemas.SearchOut)
@looking
def search(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Cars on sale, reserved ones included: the nearest first with a place, else the newest, with counts for further choices."""
    assert who.brand_id is not None
    near = _near(query_data)
    filters = _filters(query_data)
    found = queries.search(
        session,
        who.brand_id,
        filters,
        near=near,
        sort=queries.Sort(query_data["sort"]) if "sort" in query_data else None,
        cursor=query_data.get("cursor"),
        limit=query_data["limit"],
        with_facets=query_data["facets"],
    )
    place = near and {"lat": near.lat, "lng": near.lng, "crs": "gcj02", "city": queries.nearest_city(session, who.brand_id, near)}
    said = queries.with_price_said(filters)
    answer = {
        "items": found.items,
        "total": found.total,
        "next_cursor": found.next_cursor,
        "sort": found.sort.value,
        "facets": found.facets and found.facets.values,
        "histogram": found.facets and found.facets.histogram,
        "ranges": found.facets and found.facets.ranges,
        "place": place,
        "price_said": {name: getattr(said, name) for name in ("q", "price_min_fen", "price_max_fen")} if said != filters else None,
    }
    return _as_it_is(answer)


@visitor.get("/stores")
@visitor.input(schemas.WantedIn, location="query")
@visitor.output(schemas.StoresCarsOut)
@looking
def by_store(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """The same search on a map: the stores that have such cars, how many, and from which price. Not cut into pages."""
    assert who.brand_id is not None
    return _as_it_is({"items": queries.by_store(session, who.brand_id, _filters(query_data), near=_near(query_data))})


@media.get("/<body>/<color>/<view>.svg")
@raises(PictureUnknown)
@media.output(FileSchema, content_type="image/svg+xml")
def picture(body: str, color: str, view: str) -> Response:
    """A car drawn in the light of a studio; the same address is the same picture until the next release."""
    _known(body, color, view)
    return _kept_for_a_day(Response(studio.picture(body, color, view), mimetype="image/svg+xml"))


@media.get("/<body>/<color>/<view>.png")
@raises(PictureUnknown)
@media.output(FileSchema, content_type="image/png")
def raster_picture(body: str, color: str, view: str) -> Response:
    """The same drawing as WeChat takes it everywhere: its share cards, previews and canvases know no SVG."""
    _known(body, color, view)
    image = studio.png(body, color, view, kept_in=Path(settings().media_dir) / "vehicles")
    return _kept_for_a_day(Response(image, mimetype="image/png"))


def _known(body: str, color: str, view: str) -> None:
    if body not in studio.BODIES or color not in studio.COLORS or view not in studio.VIEWS:
        raise PictureUnknown


def _kept_for_a_day(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "public, max-age=86400"
    answer.add_etag()
    answer.make_conditional(request)
    return answer
