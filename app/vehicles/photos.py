"""How the pictures of a car are named, and which of its sizes fits where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from app.vehicles.models import VehiclePhoto

MASTER, CARD_FILE = "master.jpg", "card.jpg"
# A list's card is half as wide as a phone of 375 points, at three pixels to the point.
LIST_WIDTH = 750
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FILE = re.compile(r"(\d{2,4})\.webp|card\.jpg")


def file_name(digest: str, file: str) -> str:
    """Where `kit.files` keeps it."""
    return f"photos/{digest[:2]}/{digest}/{file}"


def served(digest: str, file: str) -> str | None:
    """The name of a file that anybody may load; None for what is not one."""
    return file_name(digest, file) if _DIGEST.fullmatch(digest) and _FILE.fullmatch(file) else None


def of_row(photo: VehiclePhoto) -> dict[str, Any]:
    """An uploaded photograph as `Vehicle.photos` keeps it."""
    return {"url": f"/media/photos/{photo.digest}/{photo.widths[-1]}.webp", "alt": photo.alt, "widths": photo.widths}


def sizes(photo: dict[str, Any]) -> list[dict[str, Any]]:
    """The sizes of one of `Vehicle.photos`, the smallest first; a drawing has none."""
    return [{"width": width, "url": _beside(photo, f"{width}.webp")} for width in photo.get("widths", ())]


def fitting(photos: Sequence[dict[str, Any]], width: int = LIST_WIDTH) -> str | None:
    """The address, without our host, of the cover in the smallest size that is so many pixels wide, else in its greatest."""
    if not photos:
        return None
    cover = photos[0]
    enough = next((one for one in cover.get("widths", ()) if one >= width), None)
    return str(cover["url"]) if enough is None else _beside(cover, f"{enough}.webp")


def card_url(photos: Sequence[dict[str, Any]]) -> str | None:
    """The address, without our host, of the cover as WeChat's share cards take it: 5:4, no WebP, no SVG."""
    if not photos:
        return None
    if "widths" in photos[0]:
        return _beside(photos[0], CARD_FILE)
    return re.sub(r"^(/media/vehicles/[^?]+)\.svg$", r"\1.png", str(photos[0]["url"]))


def _beside(photo: dict[str, Any], file: str) -> str:
    return f"{str(photo['url']).rsplit('/', 1)[0]}/{file}"
