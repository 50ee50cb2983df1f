"""Draw a shape in a paint, under soft light, on a seamless floor."""

from __future__ import annotations

import functools
import math

from app.vehicles.studio.shapes import GROUND, SHAPES, Shape

WIDTH, HEIGHT = 1200, 675
VIEWS = ("side", "wheel", "interior")
BODIES = tuple(SHAPES)
# Lit, as it is, in shade.
COLORS = {
    "white": ("#ffffff", "#eceef1", "#a9afb8"),
    "black": ("#5a5e67", "#1b1c20", "#060607"),
    "grey": ("#a3a9b1", "#62686f", "#2a2d32"),
    "silver": ("#f7f8f9", "#b9bfc6", "#6f757d"),
    "blue": ("#5e8fd0", "#1c4584", "#091d40"),
    "red": ("#e25058", "#a0141f", "#4c070d"),
    "green": ("#5b8c79", "#214d3e", "#0a221b"),
    "brown": ("#a98160", "#66452c", "#2d1c11"),
    "orange": ("#ffad6a", "#e06418", "#823007"),
    "champagne": ("#f7ecd6", "#ccb891", "#7f6d4b"),
}
_SPOKES = 10
# The whole car fills its picture.
_FRAMES = {"side": "36 98 1128 634.5"}


@functools.cache
def picture(body: str, color: str, view: str) -> str:
    """An SVG document of 1200 × 675. Raises `KeyError` for a body, colour or view that is not among the known ones."""
    shape, paint = SHAPES[body], COLORS[color]
    drawn = {"side": _side, "wheel": _wheel_close, "interior": _interior}[view](shape, paint)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{_FRAMES.get(view, f"0 0 {WIDTH} {HEIGHT}")}" width="{WIDTH}"'
        f' height="{HEIGHT}">'
        f"<defs>{_defs(paint)}</defs>{drawn}</svg>"
    )


def _gradient(name: str, stops: list[tuple[float, str, float]], vector: str = 'x1="0" y1="0" x2="0" y2="1"', kind: str = "linear") -> str:
    inside = "".join(f'<stop offset="{at}" stop-color="{color}" stop-opacity="{opacity}"/>' for at, color, opacity in stops)
    return f'<{kind}Gradient id="{name}" {vector}>{inside}</{kind}Gradient>'


def _defs(paint: tuple[str, str, str]) -> str:
    lit, base, shade = paint
    return "".join(
        [
            _gradient("wall", [(0, "#fbfbfc", 1), (0.7, "#dfe2e7", 1), (1, "#cdd2d9", 1)]),
            _gradient("floor", [(0, "#c6cbd2", 1), (0.25, "#d9dce1", 1), (1, "#f3f4f6", 1)]),
            _gradient("lamp", [(0, "#ffffff", 0.95), (1, "#ffffff", 0)], 'cx="0.5" cy="0.5" r="0.5"', "radial"),
            _gradient("paint", [(0, lit, 1), (0.22, base, 1), (0.5, base, 1), (0.74, shade, 1), (0.9, base, 1), (1, shade, 1)]),
            _gradient("sheen", [(0, "#ffffff", 0.62), (1, "#ffffff", 0.04)]),
            _gradient("glass", [(0, "#5b6672", 1), (0.45, "#1d232a", 1), (1, "#0c0f13", 1)]),
            _gradient("sky", [(0, "#ffffff", 0.5), (1, "#ffffff", 0)], 'x1="0" y1="0" x2="0.35" y2="1"'),
            _gradient("tyre", [(0.72, "#0c0d0f", 1), (0.9, "#24272b", 1), (1, "#0b0c0d", 1)], 'cx="0.5" cy="0.5" r="0.5"', "radial"),
            _gradient("rim", [(0, "#f4f5f7", 1), (0.5, "#9aa1a9", 1), (1, "#5b6168", 1)]),
            _gradient("disc", [(0, "#70767d", 1), (1, "#3a3e43", 1)]),
            '<filter id="soft" x="-20%" y="-200%" width="140%" height="500%"><feGaussianBlur stdDeviation="14"/></filter>'
            '<filter id="blur" x="-20%" y="-20%" width="140%" height="140%"><feGaussianBlur stdDeviation="3"/></filter>',
        ]
    )


def _studio() -> str:
    return (
        f'<rect width="{WIDTH}" height="470" fill="url(#wall)"/><rect y="470" width="{WIDTH}" height="260" fill="url(#floor)"/>'
        '<rect y="440" width="1200" height="60" fill="#d2d6dc" filter="url(#soft)"/>'
        '<ellipse cx="600" cy="120" rx="640" ry="210" fill="url(#lamp)"/><ellipse cx="600" cy="600" rx="620" ry="70" fill="url(#lamp)"/>'
    )


def _side(shape: Shape, paint: tuple[str, str, str]) -> str:
    lit, base, shade = paint
    middle, length = (shape.nose[0] + shape.tail[0]) / 2, shape.tail[0] - shape.nose[0]
    body = shape.body()
    lines = "".join(f'<path d="{cut}" fill="none" stroke="{shade}" stroke-width="1.6" opacity="0.75"/>' for cut in shape.doors)
    pillars = "".join(f'<path d="{pillar}" stroke="#0a0b0d" stroke-width="7" fill="none"/>' for pillar in shape.pillars)
    handles = "".join(
        f'<rect x="{x - 21}" y="{y - 3}" width="42" height="6" rx="3" fill="{shade}" opacity="0.55"/>'
        f'<rect x="{x - 21}" y="{y - 3}" width="42" height="2" rx="1" fill="{lit}" opacity="0.7"/>'
        for x, y in shape.handles
    )
    mirror_x, mirror_y = shape.mirror
    sill = shape.sill
    return "".join(
        [
            _studio(),
            f'<clipPath id="inside"><path d="{body}"/></clipPath><clipPath id="panes"><path d="{shape.glass}"/></clipPath>',
            f'<ellipse cx="{middle}" cy="{GROUND + 4}" rx="{length * 0.53}" ry="17" fill="#101216" opacity="0.42" filter="url(#soft)"/>',
            f'<ellipse cx="{middle}" cy="{GROUND}" rx="{length * 0.46}" ry="9" fill="#08090b" opacity="0.6" filter="url(#soft)"/>',
            # what is behind the wheels
            *(f'<circle cx="{axle}" cy="{shape.axle_y}" r="{shape.wheel + 9.5}" fill="#090a0c"/>' for axle in (shape.front, shape.rear)),
            f'<path d="{body}" fill="url(#paint)"/>',
            '<g clip-path="url(#inside)">',
            f'<path d="{shape.shoulder}" fill="url(#sheen)" filter="url(#blur)"/>',
            f'<path d="{shape.outline}" fill="none" stroke="#ffffff" stroke-width="7" opacity="0.5" filter="url(#blur)"/>',
            f'<path d="{shape.crease}" fill="none" stroke="{shade}" stroke-width="5" opacity="0.5" filter="url(#blur)"/>',
            f'<path d="{shape.crease}" transform="translate(0 -3)" fill="none" stroke="{lit}" stroke-width="1.6" opacity="0.8"/>',
            f'<rect x="{shape.nose[0] - 20}" y="{sill - 17}" width="{length + 40}" height="30" fill="#0d0e11" opacity="0.88"/>',
            f'<rect x="{shape.nose[0] - 20}" y="{sill - 19}" width="{length + 40}" height="2" fill="{lit}" opacity="0.55"/>',
            f'<path d="M {shape.nose[0] - 6} {sill - 46} q 30 -5 52 3 l -7 17 q -22 5 -44 1 z" fill="#0c0d10" opacity="0.9"/>',
            "</g>",
            lines,
            f'<path d="{shape.glass}" fill="url(#glass)" stroke="#08090b" stroke-width="5" stroke-linejoin="round"/>',
            '<g clip-path="url(#panes)">',
            f'<rect x="{shape.nose[0]}" y="200" width="{length}" height="120" fill="url(#sky)"/>',
            pillars,
            "</g>",
            f'<path d="{shape.glass}" fill="none" stroke="#c9ced4" stroke-width="1.2" opacity="0.85"/>',
            handles,
            f'<path d="M {mirror_x - 22} {mirror_y} q 2 -17 24 -16 q 13 1 11 11 q -2 7 -14 7 z" fill="{base}"/>',
            f'<path d="M {mirror_x - 20} {mirror_y - 5} q 6 -11 22 -10" fill="none" stroke="{lit}" stroke-width="2" opacity="0.8"/>',
            f'<path d="{shape.headlight}" fill="#11151a"/><path d="{shape.headlight}" fill="none" stroke="#f4fbff" stroke-width="2.4"/>',
            f'<path d="{shape.taillight}" fill="#7d0a12"/><path d="{shape.taillight}" fill="none" stroke="#ff4a52" stroke-width="1.6"/>',
            _wheel(shape.front, shape.axle_y, shape.wheel),
            _wheel(shape.rear, shape.axle_y, shape.wheel),
        ]
    )


def _wheel(x: float, y: float, radius: float, caliper: str = "#b3121d") -> str:
    rim = radius * 0.79
    return (
        f'<g transform="translate({x} {y})"><circle r="{radius}" fill="url(#tyre)"/>'
        f'<circle r="{radius - 1}" fill="none" stroke="#3b3f45" stroke-width="{radius * 0.02:.2f}"/>'
        f'<circle r="{rim}" fill="#131518"/><circle r="{rim * 0.72:.1f}" fill="url(#disc)"/>'
        f'<circle r="{rim * 0.72:.1f}" fill="none" stroke="#8a9097" stroke-width="{radius * 0.012:.2f}" opacity="0.6"/>'
        f'<path d="{_arc(rim * 0.66, -60, -10)}" stroke="{caliper}" stroke-width="{rim * 0.17:.1f}" fill="none"/>'
        f"{_spokes(rim)}"
        f'<circle r="{rim}" fill="none" stroke="url(#rim)" stroke-width="{radius * 0.055:.2f}"/>'
        f'<circle r="{rim * 0.2:.1f}" fill="url(#rim)"/><circle r="{rim * 0.12:.1f}" fill="#17191c"/>'
        f'<circle r="{rim * 0.12:.1f}" fill="none" stroke="#dfe3e7" stroke-width="{radius * 0.012:.2f}"/></g>'
    )


def _spokes(rim: float) -> str:
    """Ten pairs of slim spokes, bright on one edge."""
    inner, outer = rim * 0.17, rim * 0.97
    root, tip = f"{rim * 0.045:.2f}", f"{-outer:.2f}"
    blade = f"M -{root} {-inner:.2f} L {-rim * 0.1:.2f} {tip} L {rim * 0.035:.2f} {tip} L {root} {-inner:.2f} Z"
    edge = f"M -{root} {-inner:.2f} L {-rim * 0.1:.2f} {tip}"
    one = f'<path d="{blade}" fill="url(#rim)"/><path d="{edge}" stroke="#ffffff" stroke-width="{rim * 0.02:.2f}" opacity="0.8"/>'
    return "".join(f'<g transform="rotate({360 / _SPOKES * number:.1f})">{one}</g>' for number in range(_SPOKES))


def _arc(radius: float, start: float, end: float) -> str:
    (x0, y0), (x1, y1) = ((radius * math.cos(math.radians(a)), radius * math.sin(math.radians(a))) for a in (start, end))
    return f"M {x0:.1f} {y0:.1f} A {radius:.1f} {radius:.1f} 0 0 1 {x1:.1f} {y1:.1f}"


def _wheel_close(shape: Shape, paint: tuple[str, str, str]) -> str:
    """The front wheel in its arch: the same drawing, four times as near."""
    lit, _, shade = paint
    x, y, radius = 560, 372, 252
    return "".join(
        [
            _studio(),
            f'<ellipse cx="{x}" cy="{y + radius + 4}" rx="420" ry="20" fill="#0b0c0e" opacity="0.55" filter="url(#soft)"/>',
            f'<path d="M 0 60 C 300 16 800 0 1200 30 L 1200 560 L {x + 282} 560 L {x + 282} {y} A 282 282 0 0 0 {x - 282} {y} L'
            f" {x - 282} 544 "
            'L 60 520 C 20 500 0 470 0 430 Z" fill="url(#paint)"/>',
            '<path d="M 0 92 C 300 52 800 38 1200 66 L 1200 150 C 800 116 300 128 0 180 Z" fill="url(#sheen)" filter="url(#blur)"/>',
            f'<path d="M 0 244 C 120 226 200 214 300 206" fill="none" stroke="{lit}" stroke-width="3" opacity="0.8"/>',
            f'<path d="M 830 196 C 960 192 1090 194 1200 200" fill="none" stroke="{lit}" stroke-width="3" opacity="0.8"/>',
            f'<path d="M 1010 62 C 1000 230 1004 420 1022 556" fill="none" stroke="{shade}" stroke-width="3" opacity="0.8"/>',
            f'<path d="M {x - 282} {y + 190} L {x - 282} {y} A 282 282 0 0 1 {x + 282} {y} L {x + 282} {y + 190} Z" fill="#08090b"/>',
            f'<path d="M {x - 284} {y + 150} L {x - 284} {y} A 284 284 0 0 1 {x + 284} {y} L {x + 284} {y + 180}" fill="none"'
            f' stroke="{lit}"'
            ' stroke-width="3" opacity="0.75"/>',
            f'<rect x="{x + 282}" y="534" width="400" height="30" fill="#0d0e11"/>',
            _wheel(x, y, radius),
        ]
    )


def _interior(shape: Shape, paint: tuple[str, str, str]) -> str:
    """The cockpit from between the front seats, with a line of light in the colour of the paint."""
    lit, base, _ = paint
    return "".join(
        [
            _gradient("outside", [(0, "#f6f8fa", 1), (0.7, "#c9d1d9", 1), (1, "#aab4be", 1)]),
            _gradient("leather", [(0, "#4a4640", 1), (0.5, "#2d2a27", 1), (1, "#171614", 1)]),
            _gradient("screen", [(0, "#101826", 1), (1, "#060a12", 1)]),
            _gradient("beam", [(0, lit, 0), (0.2, lit, 1), (0.8, base, 1), (1, base, 0)], 'x1="0" y1="0" x2="1" y2="0"'),
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#121110"/>',
            '<path d="M 150 0 L 1050 0 L 1150 262 C 900 232 300 232 50 262 Z" fill="url(#outside)"/>',
            '<path d="M 0 0 L 158 0 L 62 268 L 0 300 Z" fill="#1b1a18"/><path d="M 1200 0 L 1042 0 L 1138 268 L 1200 300 Z"'
            ' fill="#1b1a18"/>',
            '<rect x="546" y="0" width="108" height="44" rx="16" fill="#161514"/><rect x="556" y="4" width="88" height="30"'
            ' rx="10" fill="#8f9aa5"/>',
            '<path d="M 0 292 C 240 238 960 238 1200 292 L 1200 420 C 900 372 300 372 0 420 Z" fill="url(#leather)"/>',
            '<path d="M 0 300 C 240 246 960 246 1200 300" fill="none" stroke="#8d867b" stroke-width="1.5" stroke-dasharray="7 5"'
            ' opacity="0.6"/>',
            '<path d="M 0 412 C 300 364 900 364 1200 412 L 1200 470 C 900 420 300 420 0 470 Z" fill="#3b3631"/>',
            '<path d="M 0 416 C 300 368 900 368 1200 416" fill="none" stroke="url(#beam)" stroke-width="9" filter="url(#blur)"/>',
            '<path d="M 0 416 C 300 368 900 368 1200 416" fill="none" stroke="url(#beam)" stroke-width="3"/>',
            '<path d="M 0 462 C 300 414 900 414 1200 462 L 1200 675 L 0 675 Z" fill="url(#leather)"/>',
            _screens(lit),
            _steering(),
            '<path d="M 500 675 L 530 500 C 532 486 546 480 560 480 L 668 480 C 682 480 694 486 698 500 L 740 675 Z" fill="#211f1d"/>',
            '<path d="M 530 500 C 532 486 546 480 560 480 L 668 480 C 682 480 694 486 698 500" fill="none" stroke="#7a746b"'
            ' stroke-width="2"/>',
            '<rect x="560" y="520" width="110" height="62" rx="14" fill="#0d0d0e" stroke="#4b4742"/>',
            f'<circle cx="615" cy="628" r="22" fill="url(#rim)"/><circle cx="615" cy="628" r="14" fill="#1c1b1a" stroke="{lit}"/>',
        ]
    )


def _screens(lit: str) -> str:
    """The instruments and the wide screen with its map."""
    roads = "M 640 300 C 700 330 720 290 790 320 S 900 300 990 330 M 700 280 C 716 320 700 350 730 372 M 860 276 C 850 310 880 340 868 372"
    return (
        '<rect x="196" y="262" width="270" height="98" rx="16" fill="url(#screen)" stroke="#3a3f46" stroke-width="2"/>'
        # Drawn, not set: no machine needs a font for it.
        '<ellipse cx="331" cy="309" rx="11.5" ry="18" fill="none" stroke="#f3f6f9" stroke-width="4"/>'
        f'<path d="M 222 340 A 110 110 0 0 1 262 286 M 440 340 A 110 110 0 0 0 400 286" fill="none" stroke="{lit}" stroke-width="4"/>'
        '<rect x="560" y="254" width="520" height="130" rx="18" fill="url(#screen)" stroke="#3a3f46" stroke-width="2"/>'
        f'<path d="{roads}" fill="none" stroke="#33455c" stroke-width="7"/>'
        f'<path d="M 640 300 C 700 330 720 290 790 320 S 900 300 990 330" fill="none" stroke="{lit}" stroke-width="3.5"/>'
        '<circle cx="790" cy="320" r="8" fill="#ffffff"/>'
        '<g fill="#1b2635"><rect x="576" y="270" width="46" height="28" rx="8"/><rect x="576" y="305" width="46" height="28" rx="8"/>'
        '<rect x="576" y="340" width="46" height="28" rx="8"/></g>'
    )


def _steering() -> str:
    return (
        '<g transform="translate(331 512)"><ellipse rx="176" ry="160" fill="none" stroke="#0b0b0b" stroke-width="32"/>'
        '<path d="M -168 -46 A 176 160 0 0 1 168 -46" fill="none" stroke="#57524b" stroke-width="5" opacity="0.7"'
        ' transform="translate(0 -8)"/>'
        '<path d="M -162 -4 C -100 -30 -70 -34 -52 -34 L 52 -34 C 70 -34 100 -30 162 -4 L 156 26 C 110 12 84 22 64 52 L 26 150 L -26 150 '
        'L -64 52 C -84 22 -110 12 -156 26 Z" fill="#1a1918"/>'
        '<rect x="-54" y="-30" width="108" height="78" rx="26" fill="#232120" stroke="#4b4742" stroke-width="1.5"/>'
        '<path d="M -18 8 L 0 -8 L 18 8 L 0 24 Z" fill="none" stroke="#c8ccd1" stroke-width="2.5"/></g>'
    )
