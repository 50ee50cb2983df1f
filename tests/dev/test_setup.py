"""`make setup` in a folder of its own: done once, done again when it must be, and never half done."""

from pathlib import Path

import pytest

from dev import setup
from dev.steps import StepFailed


def test_the_environment_is_made_once_and_neither_a_failed_install_nor_a_moved_one_is_taken_for_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "requirements-dev.txt").write_text("# nothing is needed\n")
    setup.prepare(tmp_path)
    assert "✓ Python packages" in capsys.readouterr().out

    setup.prepare(tmp_path)
    assert capsys.readouterr().out == ""

    package = tmp_path / "local.tar.gz"
    package.write_bytes(b"not what was pinned")
    (tmp_path / "requirements-dev.txt").write_text(f"local @ file://{package} --hash=sha256:{'0' * 64}\n")
    for _ in range(2):
        with pytest.raises(StepFailed, match=r"(?s)Python packages.*failed.*DO NOT MATCH THE HASHES"):
            setup.prepare(tmp_path)

    (tmp_path / ".venv").rename(tmp_path / "moved")
    assert not setup.usable(tmp_path / "moved"), "its programs still name the old place"
