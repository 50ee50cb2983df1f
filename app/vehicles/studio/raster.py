"""The drawings as PNG, which WeChat wants for share cards, previews and canvases: made when first asked for, then kept on disk."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import threading
from importlib.metadata import version
from pathlib import Path

from app.vehicles.studio.draw import picture

PNG_WIDTH = 800
# resvg holds Python's lock for as long as it draws, some tenths of a second: in a process of its own nobody else waits for it.
_DRAW = (
    "import sys, resvg_py;"
    "sys.stdout.buffer.write(resvg_py.svg_to_bytes(svg_string=sys.stdin.read(), width=int(sys.argv[1]), skip_system_fonts=True))"
)
_one_at_a_time = threading.Lock()


def png(body: str, color: str, view: str, *, kept_in: Path) -> bytes:
    """The picture as a PNG of 800 × 450. Raises `KeyError` for a body, colour or view that is not among the known ones."""
    drawing = picture(body, color, view)
    # A release that draws otherwise finds nothing under the name.
    made_from = hashlib.sha256(f"{version('resvg-py')} {PNG_WIDTH} {drawing}".encode()).hexdigest()[:16]
    file = kept_in / f"{body}-{color}-{view}-{made_from}.png"
    if not file.exists():
        with _one_at_a_time:
            if not file.exists():
                _keep(file, _drawn(drawing))
    return file.read_bytes()


def _drawn(drawing: str) -> bytes:
    command = [sys.executable, "-I", "-c", _DRAW, str(PNG_WIDTH)]
    return subprocess.run(command, input=drawing.encode(), stdout=subprocess.PIPE, check=True, timeout=60).stdout


def _keep(file: Path, image: bytes) -> None:
    """Whole or not at all, also when another process keeps the same."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as unfinished:
        unfinished.write(image)
    os.replace(unfinished.name, file)
