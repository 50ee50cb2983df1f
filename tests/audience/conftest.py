"""Here events reach audience only: what other domains do about them is their own tests' matter."""

import pytest

from app.events import service


@pytest.fixture(autouse=True)
def _only_this_domain(app: object, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = {key: handler for key, handler in service.handlers().items() if key.startswith("audience.")}
    monkeypatch.setattr(service, "_handlers", ours)
    monkeypatch.setattr(service, "_listeners", {name: keys & ours.keys() for name, keys in service._listeners.items()})
