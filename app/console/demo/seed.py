"""Put the demo brand into the database; what is there stays as it is."""

from __future__ import annotations

import json
import random
import tomllib
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.audience import service as audience
from app.console.demo import cars, inspections, people
from app.dealers import service as dealers
from app.dealers.models import Brand
from app.identity import service as identity
from app.identity.models import Purpose
from app.journeys import service as journeys
from app.messaging import service as messaging
from app.orders import service as orders
from app.vehicles import service as vehicles
from app.vehicles.models import Vehicle
from app.wechat import service as wechat

KEY, NAME = "jiyao", "极曜汽车"
SEED = 20261121
_HERE = Path(__file__).parent


def seed(session: Session, credentials: dict[str, Any]) -> Brand:
    """The demo brand with everything it needs; again changes nothing. `credentials`: {"accounts": […], "templates": {key: template id}}."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('demo'))"))
    brand = dealers.found_brand(session, key=KEY, name=NAME)
    wechat.import_accounts(session, brand.id, credentials["accounts"])
    if session.execute(select(Vehicle.id).filter_by(brand_id=brand.id).limit(1)).first() is None:
        _stock(session, brand)
    orders.install_terms(session, brand.id)
    _publish_texts(session, brand)
    audience.install_defaults(session, brand.id)
    messaging.install_defaults(session, brand.id, credentials.get("templates", {}))
    journeys.install_demo(session, brand.id)
    return brand


def _publish_texts(session: Session, brand: Brand) -> None:
    given = tomllib.loads((_HERE / "consents.toml").read_text(encoding="utf-8"))
    for purpose, words in given["words"].items():
        identity.publish_text(session, brand.id, purpose=Purpose(purpose), version=given["version"], words=words)


def _stock(session: Session, brand: Brand) -> None:
    lineup = tomllib.loads((_HERE / "lineup.toml").read_text(encoding="utf-8"))
    parameters = json.loads((_HERE / "parameters.json").read_text(encoding="utf-8"))
    dice = random.Random(SEED)
    stores = people.place_stores(session, brand, parameters["stores"], dice)
    people.hire(session, brand, stores, dice)
    vehicles.install_plans(session, brand.id, lineup["plans"])
    cars.stock(session, brand, stores, cars.Plan(lineup, parameters, dice))
    inspections.inspect(session, brand, random.Random(SEED))
    vehicles.refresh_monthly(session, brand.id)
    vehicles.count_words(session, brand.id)
