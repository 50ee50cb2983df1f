"""The demo's dealers, stores and staff."""

from __future__ import annotations

import random
import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from app.dealers import service as dealers
from app.dealers.models import Brand, Role, Staff, Store
from app.kit.crypto import hash_password
from app.kit.db import new_id
from app.kit.geo import Datum

PASSWORD = "jiyao-demo"  # noqa: S105  # printed for everybody to see; the demo refuses to be seeded in production
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = (
    "子涵",
    "思远",
    "雨桐",
    "俊杰",
    "欣怡",
    "浩然",
    "诗琪",
    "宇轩",
    "佳宁",
    "梓萱",
    "明哲",
    "晓彤",
    "志强",
    "婉婷",
    "嘉豪",
    "若曦",
    "建华",
    "静怡",
)
JITTER_DEGREES = 0.008


def place_stores(session: Session, brand: Brand, places: list[dict[str, Any]], dice: random.Random) -> list[Store]:
    """One dealer per city, with a store in each of its districts, some hundred metres off the district's centre."""
    stores = []
    for place in places:
        dealer = dealers.found_dealer(session, brand.id, name=f"{place['city']}极曜汽车销售服务有限公司", city=place["city"])
        store, _ = dealers.place_store(
            session,
            dealer,
            name=f"极曜{place['city']}{place['district'].removesuffix('区')}中心",
            lat=place["lat"] + dice.uniform(-JITTER_DEGREES, JITTER_DEGREES),
            lng=place["lng"] + dice.uniform(-JITTER_DEGREES, JITTER_DEGREES),
            datum=Datum.gcj02,
            city=place["city"],
            adcode=place["adcode"],
            address=f"{place['city']}市{place['district']}极曜大道{dice.randint(1, 999)}号",
            phone=f"400-000-{dice.randint(0, 9999):04d}",
            capabilities=["sales", "test_drive", *dice.sample(["delivery", "service"], dice.randint(0, 2))],
        )
        stores.append(store)
    return stores


def hire(session: Session, brand: Brand, stores: list[Store], dice: random.Random) -> None:
    """Headquarters, and for each dealer a manager and three or four advisers. Names that are there stay as they are."""
    password_hash = hash_password(PASSWORD)
    advisers = iter(range(1, 1000))
    of_dealer: dict[uuid.UUID, list[Store]] = {}
    for store in stores:
        of_dealer.setdefault(store.dealer_id, []).append(store)

    def person(username: str, role: Role, **fields: Any) -> dict[str, Any]:
        common = {"id": new_id(), "brand_id": brand.id, "username": username, "role": role, "password_hash": password_hash}
        where = {"dealer_id": None, "store_id": None, "wecom_userid": None, "name": dice.choice(SURNAMES) + dice.choice(GIVEN)}
        return common | where | fields

    people = [person("admin", Role.admin), person("marketer", Role.marketer), person("finance", Role.finance)]
    for number, (dealer_id, own) in enumerate(of_dealer.items(), 1):
        people.append(
            person(f"manager{number:03d}", Role.dealer_manager, dealer_id=dealer_id, store_id=own[0].id, wecom_userid=f"mgr{number:03d}")
        )
        for place in range(max(dice.randint(3, 4), len(own))):
            n = next(advisers)
            at = {"dealer_id": dealer_id, "store_id": own[place % len(own)].id}
            people.append(person(f"adviser{n:03d}", Role.adviser, wecom_userid=f"adv{n:03d}", **at))
    session.execute(insert(Staff).on_conflict_do_nothing(), people)


def logins(session: Session, brand: Brand) -> list[Staff]:
    """Headquarters, and of the first two dealers the manager and two advisers."""
    everybody = session.execute(
        select(Staff).options(joinedload(Staff.dealer)).filter_by(brand_id=brand.id).order_by(Staff.dealer_id.is_not(None), Staff.username)
    )
    headquarters: list[Staff] = []
    of_dealer: dict[uuid.UUID | None, list[Staff]] = {}
    for one in everybody.scalars():
        if one.dealer_id is None:
            headquarters.append(one)
        else:
            of_dealer.setdefault(one.dealer_id, []).append(one)
    shown = list(headquarters)
    for team in list(of_dealer.values())[:2]:
        shown += [one for one in team if one.role == Role.dealer_manager] + [one for one in team if one.role == Role.adviser][:2]
    return shown
