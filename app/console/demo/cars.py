"""The demo's cars: a fictional range, priced, aged and coloured as real listings are."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Store
from app.events import service as events
from app.kit import clock
from app.kit.db import new_id
from app.kit.states import Transition
from app.kit.texts import t
from app.vehicles import service as vehicles
from app.vehicles.labels import search_text
from app.vehicles.models import Condition, PriceChange, Status, Vehicle, Withdrawn

CARS = 2000
LISTED_WITHIN_DAYS = 60
# Of cars that are not new; the rest are plain used ones.
APPROVED, DEMO = 0.62, 0.15
DEMO_KM = (1_000, 9_000)
# A brand's own stores have more new cars than the market place that the share was taken from.
NEW_AGAINST_MARKET = 2
OLDEST_APPROVED_YEARS = 4
PRICE_DROPS = 0.18
STATES = {Status.listed: 94, Status.sold: 3, Status.in_preparation: 2, Status.withdrawn: 1}
INTERIORS = {"black": 48, "grey": 18, "beige": 16, "brown": 12, "red": 6}
CONFIRMED_WITHIN_DAYS = 7
WARRANTY = timedelta(days=5 * 365)
PREPARED_DAYS = (2, 20)
VIEWS = ("side", "wheel", "interior")


@dataclass(frozen=True)
class Plan:
    """What the stock is made from: the range (`lineup.toml`) and the figures about real listings (`parameters.json`)."""

    lineup: dict[str, Any]
    parameters: dict[str, Any]
    dice: random.Random


def stock(session: Session, brand: Brand, stores: list[Store], plan: Plan) -> None:
    """Generate the stock and record that it is listed."""
    ids = vehicles.series(session, brand.id, {one["key"]: one["name"] for one in plan.lineup["series"]})
    moment = clock.now(session)
    cars = [{"brand_id": brand.id} | _car(number, plan, plan.dice.choice(stores), ids, moment=moment) for number in range(1, CARS + 1)]
    session.execute(insert(Vehicle), cars)
    session.execute(insert(PriceChange), list(_drops(cars, plan.dice, moment)))
    session.execute(insert(Transition).execution_options(render_nulls=True), list(_trails(cars, plan.dice, moment)))
    facts = [
        {
            "brand_id": brand.id,
            "subject": ("vehicle", car["id"]),
            "data": {"vehicle_id": car["id"], "dealer_id": car["dealer_id"], "store_id": car["store_id"]},
        }
        for car in cars
        if car["status"] == Status.listed
    ]
    events.record_all(session, "vehicle.listed", facts)


def _pick(shares: Mapping[Any, float], dice: random.Random) -> Any:
    return dice.choices(list(shares), list(shares.values()))[0]


def _between(quantiles: list[float], dice: random.Random) -> float:
    """A figure from its 10 %, 50 % and 90 % quantiles, thinning out towards both ends."""
    return dice.triangular(quantiles[0], quantiles[2], quantiles[1])


def _car(number: int, plan: Plan, store: Store, ids: dict[str, uuid.UUID], *, moment: datetime) -> dict[str, Any]:
    dice = plan.dice
    series = dice.choices(plan.lineup["series"], [one["share"] for one in plan.lineup["series"]])[0]
    trim = dice.choice(series["trims"])
    options = [code for code, option in plan.lineup["options"].items() if dice.random() < option["share"]]
    guide_price = trim["price"] + sum(plan.lineup["options"][code]["price"] for code in options)
    color = _pick(plan.parameters["colors"], dice)
    past = _past(guide_price, plan, moment.date())
    title = f"{series['name']} {past['model_year']}款 {trim['name']}"
    status = _pick(STATES, dice)
    listed_at = moment - timedelta(minutes=dice.randrange(1, LISTED_WITHIN_DAYS * 1440))
    specifications = series["specifications"] | trim["specifications"]
    photos = [
        {"url": f"/media/vehicles/{series['body']}/{color}/{view}.svg", "alt": f"{title} {t(f'vehicles.view.{view}')}"} for view in VIEWS
    ]
    car = past | {
        "id": new_id(),
        "dealer_id": store.dealer_id,
        "store_id": store.id,
        "series_id": ids[series["key"]],
        "stock_number": f"{series['key'].upper()}-{number:05d}",
        "title": title,
        "model": trim["model"],
        "trim": trim["name"],
        "status": status,
        "withdrawn_for": dice.choice(list(Withdrawn)) if status == Status.withdrawn else None,
        "confirmed_at": moment - timedelta(minutes=dice.randrange(CONFIRMED_WITHIN_DAYS * 1440)),
        "listed_at": None if status == Status.in_preparation else listed_at,
        "exterior_color": color,
        "interior_color": _pick(INTERIORS, dice),
        "body": series["body"],
        "drivetrain": trim["drivetrain"],
        "energy": trim["energy"],
        "gearbox": "automatic",
        "guide_price_fen": guide_price * 100,
        "options": options,
        "specifications": specifications,
        "seats": specifications["seats"],
        "warranty_until": _warranty(past, moment.date()),
        "highlights": _highlights(past, options),
        "photos": photos,
    }
    return car | {"search_text": search_text(series["name"], car)}


def _past(guide_price: int, plan: Plan, today: date) -> dict[str, Any]:
    """What a car has behind it, and so what it costs: the real curves of price and mileage by age."""
    dice, real = plan.dice, plan.parameters
    if dice.random() < real["new"] * NEW_AGAINST_MARKET:
        return {
            "condition": Condition.new,
            "odometer_km": 0,
            "first_registration_date": None,
            "model_year": today.year,
            "previous_owners": 0,
            "accident_free": True,
            "price_fen": guide_price * 100,
        }
    demo = dice.random() < DEMO
    age = "0" if demo else _pick(real["by_age"]["ages"], dice)
    registered = today - timedelta(days=dice.randrange(30, 330) + 365 * int(age))
    approved = int(age) <= OLDEST_APPROVED_YEARS and dice.random() < APPROVED
    price = guide_price * _between(real["by_age"]["price_kept"][age], dice)
    return {
        "condition": Condition.demo if demo else Condition.approved if approved else Condition.used,
        "odometer_km": dice.randrange(*DEMO_KM) if demo else round(_between(real["by_age"]["odometer_km"][age], dice), -2),
        "first_registration_date": registered,
        "model_year": registered.year,
        "previous_owners": 1 if demo else dice.choices((1, 2, 3), (70, 25, 5))[0],
        "accident_free": approved or demo or dice.random() < real["accident_free"],
        "price_fen": round(price, -2) * 100,
    }


def _warranty(past: dict[str, Any], today: date) -> date | None:
    """The maker's from the first registration, and for an approved car at least a year from now; None when it is over."""
    ends = (past["first_registration_date"] or today) + WARRANTY
    if past["condition"] == Condition.approved:
        ends = max(ends, today + timedelta(days=365))
    return ends if ends > today else None


def _highlights(past: dict[str, Any], options: list[str]) -> list[str]:
    """Up to four words of praise that the figures bear out."""
    said = [f"vehicles.condition.{past['condition']}"] if past["condition"] in (Condition.approved, Condition.new) else []
    if past["condition"] != Condition.new and past["odometer_km"] < 20_000:
        said.append("vehicles.highlight.low_mileage")
    if past["condition"] != Condition.new and past["previous_owners"] == 1:
        said.append("vehicles.highlight.one_owner")
    said += [f"vehicles.options.{code}" for code in options]
    return [t(key) for key in said[:4]]


def _drops(cars: list[dict[str, Any]], dice: random.Random, moment: datetime) -> Iterator[dict[str, Any]]:
    """Earlier, higher prices of some of the cars that were on the road."""
    for car in cars:
        if car["condition"] == Condition.new or car["listed_at"] is None or dice.random() > PRICE_DROPS:
            continue
        old = car["price_fen"] + dice.randrange(20, 120) * 100 * 100
        changed_at = car["listed_at"] + (moment - car["listed_at"]) * dice.random()
        yield {"id": new_id(), "vehicle_id": car["id"], "old_price_fen": old, "new_price_fen": car["price_fen"], "created_at": changed_at}


def _trails(cars: list[dict[str, Any]], dice: random.Random, moment: datetime) -> Iterator[dict[str, Any]]:
    """Each car was made ready, listed, and then perhaps sold or taken off sale."""
    for car in cars:
        listed_at = car["listed_at"] or moment
        moves = [(listed_at - timedelta(days=dice.randrange(*PREPARED_DAYS)), "", Status.in_preparation)]
        if car["listed_at"]:
            moves.append((listed_at, Status.in_preparation, Status.listed))
        if car["status"] in (Status.sold, Status.withdrawn):
            moves.append((listed_at + (moment - listed_at) * dice.random(), Status.listed, car["status"]))
        for at, before, after in moves:
            yield {
                "id": new_id(),
                "brand_id": car["brand_id"],
                "created_at": at,
                "subject_type": Vehicle.__tablename__,
                "subject_id": car["id"],
                "before": before,
                "after": after,
                "actor_type": "system",
                "actor_id": None,
                "reason": car["withdrawn_for"] if after == Status.withdrawn else None,
                "cause": "demo",
                "request_id": "",
            }
