"""Draws a picture that looks like a round mini-program code and is the same for the same scene; PNG without an imaging library."""

import hashlib
import math
import struct
import zlib
from functools import cache

RAYS, RINGS = 54, 4
_BASE = 430
_BLANK, _INK = 254, 255


def draw(scene: str, *, page: str, width: int, color: tuple[int, ...], transparent: bool) -> bytes:
    """A square PNG of `width` pixels; scene and page are also in its text chunk, so that a simulated phone can "scan" it."""
    red, green, blue = color
    palette = bytes((255, 255, 255, red, green, blue))
    lit = _lit_cells(f"{page}?{scene}")
    pixels = bytes(1 if cell == _INK or cell in lit else 0 for cell in range(256))
    columns = [x * _BASE // width for x in range(width)]
    lines = [bytes(map(line.__getitem__, columns)) for line in (line.translate(pixels) for line in _cells())]
    raw = b"".join(b"\0" + lines[y * _BASE // width] for y in range(width))
    chunks = [
        _chunk(b"IHDR", struct.pack(">IIBBBBB", width, width, 8, 3, 0, 0, 0)),
        _chunk(b"PLTE", palette),
        *([_chunk(b"tRNS", b"\0\xff")] if transparent else []),
        _chunk(b"tEXt", b"wxacode\0" + f"{page}?scene={scene}".encode("latin-1")),
        _chunk(b"IDAT", zlib.compress(raw, 3)),
        _chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _lit_cells(text: str) -> set[int]:
    """The inked cells; the innermost ring is always inked, so that every ray starts somewhere."""
    noise = hashlib.sha256(text.encode()).digest()
    bits = "".join(f"{byte:08b}" for byte in noise)
    return {cell for cell in range(RAYS * RINGS) if cell % RINGS == 0 or bits[cell] == "1"}


@cache
def _cells() -> list[bytes]:
    """For every pixel of the base square the number of the cell it lies in."""
    return [bytes(_cell(x, y) for x in range(_BASE)) for y in range(_BASE)]


def _cell(x: int, y: int) -> int:
    half = _BASE / 2
    right, down = (x + 0.5 - half) / half, (y + 0.5 - half) / half
    from_eye = math.hypot(abs(right) - 0.57, abs(down) - 0.57)
    if from_eye < 0.21:
        is_last = right > 0 and down > 0
        return _INK if (from_eye < 0.15 if is_last else from_eye < 0.075 or 0.115 < from_eye < 0.165) else _BLANK
    distance = math.hypot(right, down)
    if not 0.13 <= distance < 0.92:
        return _INK if distance < 0.13 else _BLANK
    if distance < 0.36:
        return _INK if 0.28 < distance < 0.31 else _BLANK
    if distance < 0.42:
        return _BLANK
    ring = (distance - 0.42) / (0.92 - 0.42) * RINGS
    turn, across = divmod((math.atan2(down, right) / math.tau % 1) * RAYS, 1)
    if abs(across - 0.5) * distance * math.tau / RAYS > 0.017:
        return _BLANK
    return int(turn) % RAYS * RINGS + int(ring)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
