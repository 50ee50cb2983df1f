"""Make or refresh `.venv` from requirements-dev.txt; knows the standard library only, since it runs before there is anything else."""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from dev.steps import StepFailed, run, say  # noqa: E402


def wanted(root: Path) -> str:
    """What the environment is made of: the Python and the pinned packages."""
    packages = hashlib.sha256((root / "requirements-dev.txt").read_bytes()).hexdigest()
    return f"{sys.version_info.major}.{sys.version_info.minor} {packages}\n"


def usable(environment: Path) -> bool:
    """Whether its Python starts and is new enough, and it was made in this place: its programs' first lines name it."""
    origin, python = environment / "pyvenv.cfg", environment / "bin" / "python"
    if not origin.exists() or f" {environment}\n" not in origin.read_text():
        return False
    question = "import sys; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([python, "-c", question], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:  # the Python that it was made from has gone
        return False


def prepare(root: Path = ROOT) -> None:
    """Bring `.venv` to what requirements-dev.txt says; a second call finds nothing to do."""
    # Of a link that which it leads to: made anew here it would be emptied for everybody who shares it.
    environment, logs = (root / ".venv").resolve(), root / "var" / "log"
    stamp, python = environment / ".stamp", environment / "bin" / "python"
    logs.mkdir(parents=True, exist_ok=True)
    with (root / "var" / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fit = usable(environment)
        if fit and stamp.exists() and stamp.read_text() == wanted(root):
            return
        stamp.unlink(missing_ok=True)
        if not fit:
            make: list[str | Path] = [sys.executable, "-m", "venv", "--clear", environment]
            run(
                f"Python {sys.version_info.major}.{sys.version_info.minor} environment",
                make,
                log=logs / "venv.log",
                cwd=root,
            )
        install: list[str | Path] = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
        install += ["--require-hashes", "-r", "requirements-dev.txt"]
        run("Python packages, pinned and hashed", install, log=logs / "pip.log", cwd=root)
        stamp.write_text(wanted(root))


if __name__ == "__main__":
    try:
        prepare()
    except StepFailed as failure:
        say(f"\n{failure}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
