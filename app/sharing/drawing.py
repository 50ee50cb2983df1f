"""The picture of a poster: a car's photograph, what it is, what it costs, where it stands, and the code that opens it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import pylopdf_fonts_zh_cn
from PIL import Image, ImageDraw, ImageFont, ImageOps

WIDTH, HEIGHT = 1080, 1560
PICTURE = (1080, 608)
MARGIN = 64
CODE = 300
INK, GREY, LINE, PAPER, GROUND = "#16181d", "#6b717b", "#e4e6ea", "#ffffff", "#f1f2f4"


@dataclass(frozen=True)
class Words:
    """What a poster says, in zh-CN."""

    brand: str
    title: str
    facts: str
    price: str
    price_note: str
    store: str
    address: str
    scan: str
    made: str


def draw(words: Words, *, picture: bytes | None, code: bytes) -> bytes:
    """A JPEG of 1080 × 1560. Without a picture the ground stays empty; `code` is a PNG or JPEG."""
    sheet = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(sheet)
    sheet.paste(GROUND, (0, 0, *PICTURE))
    if picture is not None:
        with Image.open(BytesIO(picture)) as opened:
            fitted = ImageOps.fit(opened.convert("RGBA"), PICTURE, Image.Resampling.LANCZOS)
            sheet.paste(fitted, (0, 0), fitted)
    pen.text((MARGIN, PICTURE[1] + 52), words.brand, font=_font(30), fill=GREY)
    y = PICTURE[1] + 108
    for line in _lines(words.title, _font(52), WIDTH - 2 * MARGIN, most=2):
        _bold(pen, (MARGIN, y), line, _font(52))
        y += 72
    pen.text((MARGIN, y + 8), _cut(words.facts, _font(32), WIDTH - 2 * MARGIN), font=_font(32), fill=GREY)
    _bold(pen, (MARGIN, y + 76), words.price, _font(76))
    pen.text((MARGIN, y + 180), _cut(words.price_note, _font(26), WIDTH - 2 * MARGIN), font=_font(26), fill=GREY)
    _foot(sheet, pen, words, code)
    out = BytesIO()
    sheet.save(out, "JPEG", quality=90, optimize=True)
    return out.getvalue()


def _foot(sheet: Image.Image, pen: ImageDraw.ImageDraw, words: Words, code: bytes) -> None:
    top, left, right = HEIGHT - CODE - MARGIN, MARGIN, WIDTH - MARGIN
    pen.line((left, top - 36, right, top - 36), fill=LINE, width=2)
    with Image.open(BytesIO(code)) as opened:
        sheet.paste(ImageOps.pad(opened.convert("RGB"), (CODE, CODE), Image.Resampling.LANCZOS, color=PAPER), (right - CODE, top))
    room = right - CODE - 48 - left
    _bold(pen, (left, top + 16), _cut(words.store, _font(38), room), _font(38))
    y = top + 84
    for line in _lines(words.address, _font(28), room, most=2):
        pen.text((left, y), line, font=_font(28), fill=GREY)
        y += 42
    pen.text((left, HEIGHT - MARGIN - 84), _cut(words.scan, _font(28), room), font=_font(28), fill=INK)
    pen.text((left, HEIGHT - MARGIN - 36), _cut(words.made, _font(24), room), font=_font(24), fill=GREY)


@functools.cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(pylopdf_fonts_zh_cn.sans_path()), size)


def _bold(pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, font: ImageFont.FreeTypeFont) -> None:
    """The font has one weight; a stroke gives it the other."""
    pen.text(at, text, font=font, fill=INK, stroke_width=1, stroke_fill=INK)


def _lines(text: str, font: ImageFont.FreeTypeFont, room: int, *, most: int) -> Iterator[str]:
    """At most so many lines that fit; Chinese may break anywhere, a word of Latin letters stays whole where it can."""
    rest = text.strip()
    for left in range(most, 0, -1):
        if not rest:
            return
        if left == 1 or font.getlength(rest) <= room:
            yield _cut(rest, font, room)
            return
        end = _fitting(rest, font, room)
        space = rest.rfind(" ", 0, end + 1)
        if space > 0 and rest[end - 1 : end + 1].isascii() and " " not in rest[end - 1 : end + 1]:
            end = space
        yield rest[:end].rstrip()
        rest = rest[end:].lstrip()


def _cut(text: str, font: ImageFont.FreeTypeFont, room: int) -> str:
    if font.getlength(text) <= room:
        return text
    return text[: _fitting(text, font, room - int(font.getlength("…")))].rstrip() + "…"


def _fitting(text: str, font: ImageFont.FreeTypeFont, room: int) -> int:
    """How many of its first characters fit, at least one."""
    return next((end for end in range(len(text), 1, -1) if font.getlength(text[:end]) <= room), 1)
