"""Here events reach audience and journeys only: what other domains do about them is their own tests' matter."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.events import service
from app.identity.models import Customer
from app.journeys import service as journeys
from app.journeys.service import walking
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity


@pytest.fixture(autouse=True)
def _only_the_marketers_domains(app: object, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = {key: handler for key, handler in service.handlers().items() if key.startswith(("audience.", "journeys."))}
    monkeypatch.setattr(service, "_handlers", ours)
    monkeypatch.setattr(service, "_listeners", {name: keys & ours.keys() for name, keys in service._listeners.items()})


@pytest.fixture(autouse=True)
def _a_turn_is_not_cut_short_because_the_machine_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever tries a turn that is cut says so himself."""
    monkeypatch.setattr(walking, "SECONDS_A_TURN", 5.0)


@pytest.fixture
def brand(session: Session) -> Brand:
    return make_dealers.brand(session)


@pytest.fixture
def walker(session: Session, brand: Brand) -> Customer:
    return make_identity.customer(session, brand)


@pytest.fixture
def sweep(session: Session, deliver: Callable[[], int]) -> Callable[[], int]:
    def run() -> int:
        deliver()
        taken = journeys.advance_all()
        deliver()
        session.expire_all()
        return taken

    return run
