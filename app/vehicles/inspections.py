"""How the report of an inspection is named as a file."""

from __future__ import annotations

import re

_DIGEST = re.compile(r"[0-9a-f]{64}")


def file_name(digest: str) -> str:
    """Where `kit.files` keeps it."""
    return f"inspections/{digest[:2]}/{digest}.pdf"


def url(digest: str) -> str:
    """The address, without our host, that anybody may load."""
    return f"/media/inspections/{digest}.pdf"


def served(digest: str) -> str | None:
    """The name of a file that anybody may load; None for what is not one."""
    return file_name(digest) if _DIGEST.fullmatch(digest) else None
