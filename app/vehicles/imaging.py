"""Pictures that people upload, drawn anew: what is kept and served has not one byte of what they sent."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageCms, ImageOps

# A JPEG is decoded at a fraction of its size, so it may be larger than what has to be held whole.
MOST_PIXELS = {"JPEG": 60_000_000, "MPO": 60_000_000, "PNG": 25_000_000, "WEBP": 25_000_000}
LEAST_WIDTH, LEAST_HEIGHT = 320, 240
KEPT_SIDE = 2560
WIDTHS = (320, 750, 1200, 1920)
# WeChat's share cards are 5:4, and take PNG and JPEG only.
CARD = (750, 600)

_HEIC = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypheim", b"ftyphevc")
# Of a picture that is held whole there is one at a time in a process, so that ten uploads at once need no ten times the memory.
_one_at_a_time = threading.Lock()


class Unusable(ValueError):
    """Why a file is no picture for us: a key of `vehicles.photo_refused` in the catalogue."""


@dataclass(frozen=True)
class Picture:
    """A JPEG without any metadata, in sRGB, the right way up. `digest` is its SHA-256."""

    content: bytes
    width: int
    height: int

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def cleaned(upload: bytes) -> Picture:
    """The picture in an upload: a JPEG, PNG or WebP; of an animation the first image.

    Raises:
        Unusable: it is none of these, is not whole, has too many pixels or too few.
    """
    if upload[4:12] in _HEIC:
        raise Unusable("heic")
    try:
        with _one_at_a_time, Image.open(BytesIO(upload), formats=("JPEG", "PNG", "WEBP")) as opened:
            if opened.width * opened.height > MOST_PIXELS[str(opened.format)]:
                raise Unusable("too_many_pixels")
            opened.draft("RGB", (KEPT_SIDE, KEPT_SIDE))
            image = _plain(ImageOps.exif_transpose(opened))
    except Unusable:
        raise
    except Image.UnidentifiedImageError as error:
        raise Unusable("not_a_picture") from error
    except Image.DecompressionBombError as error:
        raise Unusable("too_many_pixels") from error
    except Exception as error:  # a decoder raises whatever a broken file leads it to
        raise Unusable("broken") from error
    if image.width < LEAST_WIDTH or image.height < LEAST_HEIGHT:
        raise Unusable("too_small")
    image.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.LANCZOS)
    return Picture(_jpeg(image, quality=92), image.width, image.height)


def _plain(image: Image.Image) -> Image.Image:
    """The pixels in sRGB on white, in an image that never knew where they came from."""
    profile = image.info.get("icc_profile")
    if image.has_transparency_data:
        colours = image.convert("RGBA")
        ground = Image.new("RGBA", colours.size, "white")
        ground.alpha_composite(colours)
        image = ground.convert("RGB")
    if profile:
        image = _in_srgb(image, profile)
    fresh = Image.new("RGB", image.size)
    fresh.paste(image if image.mode == "RGB" else image.convert("RGB"))
    return fresh


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        changed = ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a profile that does not hold leaves the colours as they are
    return changed or image


def _jpeg(image: Image.Image, *, quality: int) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality, progressive=True, optimize=True)
    return out.getvalue()


def widths(width: int) -> list[int]:
    """The sizes that a picture of this width gets, in ascending order; none is larger than itself."""
    return [one for one in WIDTHS if one < width] + ([width] if width <= WIDTHS[-1] else [])


def sizes(content: bytes) -> Iterator[tuple[str, bytes]]:
    """(name, file) of each size of a kept picture as WebP, and of its share card as JPEG."""
    with Image.open(BytesIO(content)) as image:
        for width in widths(image.width):
            out = BytesIO()
            scaled = image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS)
            scaled.save(out, "WEBP", quality=80, method=4)
            yield f"{width}.webp", out.getvalue()
        yield "card.jpg", _jpeg(ImageOps.fit(image.convert("RGB"), CARD, Image.Resampling.LANCZOS), quality=85)
