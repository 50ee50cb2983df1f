"""The funnel as the console shows it, and the people behind a step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.analytics import queries as analytics
from app.analytics.models import NONE, Step
from app.analytics.queries import Asked, By
from app.campaigns import choices as campaigns
from app.console.queries.names import person
from app.console.queries.paging import Page, page_of
from app.console.queries.scope import Scope
from app.dealers.models import Store
from app.identity.models import Customer
from app.kit.texts import t
from app.vehicles.models import ModelSeries

# So many of the largest; more are narrowed down, not read.
MOST_PARTS = 200


def funnel(session: Session, scope: Scope, asked: Asked, by: By, *, most: int | None = MOST_PARTS) -> dict[str, Any]:
    """Who took each step, altogether and by part: the `most` largest, or every day, week or month in their order: a period bounds those."""
    people, parts = analytics.people_by_step(session, scope, asked), analytics.people_by(session, scope, asked, by)
    by_time = by in (By.day, By.week, By.month)
    keys = sorted(parts) if by_time else sorted(parts, key=lambda key: [-parts[key].get(step, 0) for step in Step] + [key])
    named = {} if by_time else {one["value"]: one["label"] for one in choices(session, scope)[_CHOICES[by]]}
    if not by_time:
        named |= dict.fromkeys(("", str(NONE)), t(f"analytics.none.{by}"))
    return {
        "steps": [
            {"step": step, "label": t(f"analytics.steps.{step}"), "means": t(f"analytics.means.{step}"), "people": people.get(step, 0)}
            for step in Step
        ],
        "parts": [
            {
                "key": "" if key == str(NONE) else key,
                "label": named.get(key, key),
                "people": [parts[key].get(step, 0) for step in Step],
            }
            for key in (keys if by_time else keys[:most])
        ],
        "read_until": analytics.read_until(session),
    }


_CHOICES = {By.channel: "channels", By.store: "stores", By.series: "series"}


def choices(session: Session, scope: Scope) -> dict[str, list[dict[str, str]]]:
    """By what a funnel can be narrowed."""
    stores = session.execute(select(Store.id, Store.name).where(scope.covers(Store)).order_by(Store.name))
    series = session.execute(select(ModelSeries.id, ModelSeries.name).filter_by(brand_id=scope.brand_id).order_by(ModelSeries.name))
    channels = [("share", t("analytics.share")), *((key, campaigns.label("channels", key)) for key in campaigns.known("channels"))]
    found: dict[str, Iterable[Any]] = {"stores": stores, "series": series, "channels": channels}
    return {name: [{"value": str(value), "label": label} for value, label in rows] for name, rows in found.items()}


def people(session: Session, scope: Scope, asked: Asked, step: Step, *, cursor: str | None, limit: int) -> Page:
    """Those behind a step, as far as the scope knows them: a dealer's figures count people who never left it their name."""
    wanted = [Customer.id.in_(analytics.who(scope, asked, step)), Customer.erased_at.is_(None), scope.covers_customer()]
    page = page_of(session, Customer, wanted, cursor=cursor, limit=limit)
    return page.of([person(customer) for customer in page.items])
