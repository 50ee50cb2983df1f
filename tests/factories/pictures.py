"""Pictures as telephones and cameras make them, and the form that brings them."""

from __future__ import annotations

import itertools
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

_count = itertools.count(1)
GPS = (31.0, 14.0, 3.5)
SECRET = b"CAMERA-OF-A-PERSON"


def image(width: int = 1600, height: int = 1200) -> Image.Image:
    """Another one each time: red in the upper left quarter, blue elsewhere, and its number in black and white squares."""
    number = next(_count)
    made = Image.new("RGB", (width, height), (20, 40, 200))
    pen = ImageDraw.Draw(made)
    pen.rectangle((0, 0, width // 2, height // 2), fill=(200, 30, 30))
    side = width // 32
    for bit in range(12):
        left = width // 2 + side * bit
        pen.rectangle((left, height * 3 // 4, left + side, height * 3 // 4 + side), fill="white" if number >> bit & 1 else "black")
    return made


def encoded(picture: Image.Image, kind: str = "JPEG", **how: Any) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def of_a_telephone(picture: Image.Image | None = None, *, orientation: int = 1, kind: str = "JPEG") -> bytes:
    """With the place it was taken at, the maker, a thumbnail's worth of private words, XMP and a comment."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x9C9C] = orientation, SECRET.decode(), SECRET
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", GPS, "E", (121.0, 28.0, 25.0)
    more: dict[str, Any] = {"comment": SECRET} if kind == "JPEG" else {}
    return encoded(picture or image(), kind, exif=exif, xmp=b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>", **more)


def form(content: bytes, name: str = "IMG_0001.jpg", **fields: str) -> dict[str, Any]:
    """What `client.post(data=...)` sends as multipart/form-data."""
    return {"photo": (BytesIO(content), name)} | fields
