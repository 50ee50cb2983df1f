"""How the pictures of a car are named, and which of its sizes fits where."""

from __future__ import annotations

import re
from collections.abc import Mapping
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


def sizes(photo: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The sizes of one of `Vehicle.photos`, the smallest first; a drawing has none."""
    return [{"width": width, "url": _beside(photo, f"{width}.webp")} for width in photo.get("widths", ())]


def fitting(photo: Mapping[str, Any], width: int = LIST_WIDTH) -> str:
    """The address, without our host, of one of `Vehicle.photos` in its smallest size of so many pixels, else in its greatest."""
    enough = next((one for one in photo.get("widths", ()) if one >= width), None)
    return str(photo["url"]) if enough is None else _beside(photo, f"{enough}.webp")


def for_a_share(url: str | None) -> str | None:
    """The same picture as WeChat's share cards take it, 5:4 where it is ours to cut: they know neither WebP nor SVG."""
    if url is None:
        return None
    url = re.sub(rf"(/media/photos/{_DIGEST.pattern})/\d+\.webp$", rf"\1/{CARD_FILE}", url)
    return re.sub(r"(/media/vehicles/[^?]+)\.svg$", r"\1.png", url)


def _beside(photo: Mapping[str, Any], file: str) -> str:
    return f"{str(photo['url']).rsplit('/', 1)[0]}/{file}"
