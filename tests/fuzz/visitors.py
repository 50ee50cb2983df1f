"""Whatever our own OpenAPI description allows, and whatever it does not: no door of finding a car may answer it with an error of ours.

`make fuzz` runs this for ten minutes; it is no part of the suite.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from sqlalchemy.orm import Session

from tests.factories import identity, vehicles
from tests.factories import orders as town

SECONDS = float(os.environ.get("FUZZ_SECONDS", "600"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
CALLS_A_ROUND = 15
DOORS = r"^/api/(visitor/(vehicles|places|sharing)|customer/(favourites|interests|recently-viewed|saved-searches|alerts|shares))"


@pytest.fixture
def market(session: Session) -> town.Market:
    """A brand that has cars, cheap and dear ones."""
    made = town.market(session)
    for price_fen in (1, 2**53):
        vehicles.vehicle(session, made.store, price_fen=price_fen)
    return made


@pytest.fixture
def headers(session: Session, market: town.Market) -> dict[str, str]:
    """A customer signed in to the brand's mini-program."""
    return identity.signed_in(session, town.buyer(session, market), market.mini)


def test_no_door_of_finding_a_car_answers_with_an_error_of_ours(
    app: Any, session: Session, market: town.Market, headers: dict[str, str]
) -> None:
    session.commit()
    description = schemathesis.openapi.from_wsgi("/openapi.json", app).include(path_regex=DOORS)
    doors = [found.ok() for found in description.get_all_operations()]
    assert len(doors) > 10
    answers: Counter[int] = Counter()
    deadline = time.monotonic() + SECONDS
    rounds = 0
    while time.monotonic() < deadline:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            for door in doors:
                # Every other round asks for a car that there is: random ids name none.
                _try(door, mode, headers, answers, number=SEED + rounds, car=str(market.vehicle.id) if rounds % 2 == 0 else None)
        rounds += 1
    print(f"\n{sum(answers.values())} calls of {len(doors)} doors, seeds {SEED} to {SEED + rounds - 1}: {dict(sorted(answers.items()))}")


def _try(door: Any, mode: GenerationMode, headers: dict[str, str], answers: Counter[int], *, number: int, car: str | None) -> None:
    @seed(number)
    @settings(
        max_examples=CALLS_A_ROUND,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=door.as_strategy(generation_mode=mode))
    def call(case: Any) -> None:
        if car and "vehicle_id" in case.path_parameters:
            case.path_parameters["vehicle_id"] = car
        answer = case.call(headers=headers)
        answers[answer.status_code] += 1
        assert answer.status_code < 500, f"{case.as_curl_command()}\n{answer.text}"

    call()
