"""A simulator per test file, with a sink for what it pushes."""

from collections.abc import Iterator

import pytest

from tests.platform_sim.support import Simulator, Sink


@pytest.fixture(scope="session", autouse=True)
def database() -> str:
    """The simulator knows no PostgreSQL: spare these tests its start."""
    return ""


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory, sink: Sink) -> Iterator[Simulator]:
    simulator = Simulator(tmp_path_factory.mktemp("platform"), sink).start()
    yield simulator
    assert simulator.stop() == 0


@pytest.fixture(autouse=True)
def nothing_planted(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test leaves no fault and no strange answer behind for its neighbours.

    Refused refunds of one second are counted together, so on a fast machine the tests of what is refused would shut each other out.
    """
    if "sim" in request.fixturenames and request.path.name.startswith(("test_pay", "test_refunds")):
        request.getfixturevalue("sim").post("limits", name="pay.refund_errors_per_second", value=1000)
    yield
    if "sim" in request.fixturenames:
        request.getfixturevalue("sim").post("faults", clear=True)
        request.getfixturevalue("sink").answers.clear()
