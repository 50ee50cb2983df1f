"""The floor plan holds, and each of its contracts notices when it is broken."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.sources import ROOT

PLANTED = {
    "storeys": ("app/events/queries.py", "import app.orders.models"),
    "rooms": ("app/audience/models/tags.py", "import app.audience.service"),
    "doors": ("app/journeys/queries.py", "import app.events.jobs"),
    "no-http-inside": ("app/audience/service/tags.py", "import flask"),
    "workers-are-thin": ("workers/worker.py", "import app.orders.service"),
}


def lint(root: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    chosen = [part for contract in contracts for part in ("--contract", contract)]
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache", *chosen]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False, env={"PYTHONPATH": str(root)})


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The tree as it is, to be broken."""
    for folder in ("app", "workers"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def test_every_import_is_where_the_plan_allows_it() -> None:
    answer = lint(ROOT)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_every_contract_has_a_violation_planted_here() -> None:
    plan = configparser.ConfigParser()
    plan.read(ROOT / ".importlinter")
    contracts = {section.removeprefix("importlinter:contract:") for section in plan.sections() if ":contract:" in section}
    assert contracts == set(PLANTED)


@pytest.mark.parametrize("contract", PLANTED)
def test_a_planted_violation_is_found(copy: Path, contract: str) -> None:
    place, statement = PLANTED[contract]
    before = lint(copy, contract)
    assert before.returncode == 0, before.stdout + before.stderr
    with (copy / place).open("a") as source:
        source.write(f"\n{statement}\n")
    answer = lint(copy, contract)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "1 broken" in answer.stdout


def test_a_domain_without_a_storey_is_found(copy: Path) -> None:
    (copy / "app" / "unplaced").mkdir()
    (copy / "app" / "unplaced" / "__init__.py").write_text('"""Nobody decided where this lives."""\n')
    answer = lint(copy, "storeys")
    assert answer.returncode == 1
    assert "unplaced" in answer.stdout + answer.stderr
