"""The things on the stickers, as lists of polygons: coordinates, no pixels and no colours.

Every thing lives in a square frame with x and y in [-1, 1], y down, looks to the right, and touches all that its
longer direction allows. Its bounding box is centred on the frame, so that a recorded position is its centre.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Outline = NDArray[np.float64]


class Part(NamedTuple):
    """One flat piece: a closed outline, (N, 2) as x, y in the frame, and the name of its paint."""

    outline: Outline
    paint: str


def ellipse(x: float, y: float, rx: float, ry: float, start: float = 0.0, stop: float = 360.0) -> Outline:
    """Return an ellipse, or the segment of it from ``start`` to ``stop`` degrees (0 is right, 90 is down), (N, 2)."""
    angle = np.radians(np.linspace(start, stop, 49))
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], axis=1)


def polygon(*corners: tuple[float, float]) -> Outline:
    """Return straight edges through ``corners``, (N, 2)."""
    return np.array(corners, dtype=np.float64)


def curve(*knots: tuple[float, float]) -> Outline:
    """Return a closed smooth curve through ``knots``, (N, 2).

    Source: Catmull and Rom 1974, "A class of local interpolating splines", uniform knots; a knot given twice is a
    corner.
    """
    points = np.array(knots, dtype=np.float64)
    before, after, beyond = np.roll(points, 1, 0), np.roll(points, -1, 0), np.roll(points, -2, 0)
    t = np.linspace(0.0, 1.0, 10, endpoint=False)[:, None, None]  # (steps, 1, 1): spans is (steps, N, 2)
    spans = 0.5 * (
        2 * points
        + (after - before) * t
        + (2 * before - 5 * points + 4 * after - beyond) * t**2
        + (3 * points - before - 3 * after + beyond) * t**3
    )
    return spans[:, (points != after).any(axis=1)].transpose(1, 0, 2).reshape(-1, 2)


def fish() -> list[Part]:
    """Return a fish: forked tail on the left, eye on the right."""
    body = curve(
        (0.98, 0.05),
        (0.66, -0.38),
        (0.12, -0.56),
        (-0.34, -0.34),
        (-0.62, 0.0),
        (-0.34, 0.38),
        (0.12, 0.58),
        (0.66, 0.42),
    )
    belly = curve((0.86, 0.26), (0.5, 0.3), (0.06, 0.3), (-0.38, 0.2), (-0.34, 0.38), (0.12, 0.58), (0.66, 0.42))
    tail = curve(
        (-0.42, 0.0),
        (-0.7, -0.34),
        (-0.98, -0.52),
        (-0.98, -0.52),
        (-0.84, 0.0),
        (-0.98, 0.54),
        (-0.98, 0.54),
        (-0.7, 0.36),
    )
    back_fin = curve((0.3, -0.44), (0.3, -0.44), (0.02, -0.8), (-0.34, -0.8), (-0.34, -0.8), (-0.26, -0.34))
    side_fin = curve((0.16, 0.06), (-0.12, -0.04), (-0.32, 0.1), (-0.32, 0.1), (-0.12, 0.28))
    return [
        Part(tail, "dark"),
        Part(back_fin, "dark"),
        Part(body, "base"),
        Part(belly, "light"),
        Part(side_fin, "dark"),
        Part(ellipse(0.52, -0.1, 0.19, 0.19), "white"),
        Part(ellipse(0.56, -0.09, 0.11, 0.11), "ink"),
    ]


def duck() -> list[Part]:
    """Return a bath duck: tail up on the left, beak on the right."""
    body = curve(
        (0.72, 0.2),
        (0.66, 0.62),
        (0.3, 0.9),
        (-0.3, 0.9),
        (-0.7, 0.6),
        (-0.9, 0.1),
        (-0.96, -0.16),
        (-0.96, -0.16),
        (-0.6, 0.02),
        (-0.24, 0.08),
        (0.1, -0.1),
        (0.5, -0.1),
    )
    shade = curve(
        (0.7, 0.46), (0.62, 0.66), (0.3, 0.9), (-0.3, 0.9), (-0.7, 0.6), (-0.78, 0.44), (-0.4, 0.68), (0.3, 0.7)
    )
    wing = curve((0.28, 0.24), (0.22, 0.5), (-0.14, 0.6), (-0.52, 0.2), (-0.52, 0.2), (-0.1, 0.22))
    beak = curve((0.58, -0.52), (0.8, -0.46), (0.99, -0.4), (0.99, -0.4), (0.9, -0.22), (0.6, -0.2))
    return [
        Part(beak, "beak"),
        Part(body, "base"),
        Part(shade, "dark"),
        Part(ellipse(0.26, -0.42, 0.46, 0.46), "base"),
        Part(wing, "light"),
        Part(ellipse(0.4, -0.52, 0.1, 0.12), "ink"),
        Part(ellipse(0.43, -0.56, 0.035, 0.04), "white"),
    ]


def boat() -> list[Part]:
    """Return a sailing boat: the large sail on the left of the mast, the small one and the bow on the right."""
    hull = curve(
        (-0.82, 0.46),
        (-0.82, 0.46),
        (0.96, 0.46),
        (0.96, 0.46),
        (0.8, 0.72),
        (0.5, 0.94),
        (0.5, 0.94),
        (-0.5, 0.94),
        (-0.5, 0.94),
        (-0.72, 0.74),
    )
    keel = curve((-0.72, 0.74), (0.78, 0.74), (0.78, 0.74), (0.5, 0.94), (0.5, 0.94), (-0.5, 0.94), (-0.5, 0.94))
    main_sail = curve((0.0, -0.92), (0.0, -0.92), (0.0, 0.3), (0.0, 0.3), (-0.86, 0.3), (-0.86, 0.3), (-0.56, -0.34))
    shade = curve(
        (0.0, 0.02), (0.0, 0.02), (0.0, 0.3), (0.0, 0.3), (-0.86, 0.3), (-0.86, 0.3), (-0.74, 0.02), (-0.74, 0.02)
    )
    fore_sail = curve((0.18, -0.66), (0.18, -0.66), (0.58, -0.2), (0.78, 0.3), (0.78, 0.3), (0.18, 0.3), (0.18, 0.3))
    return [
        Part(polygon((0.03, -0.98), (0.15, -0.98), (0.15, 0.5), (0.03, 0.5)), "wood"),
        Part(main_sail, "base"),
        Part(shade, "dark"),
        Part(fore_sail, "light"),
        Part(hull, "wood"),
        Part(keel, "bark"),
    ]


def house() -> list[Part]:
    """Return a house: chimney and window on the left, door on the right."""
    return [
        Part(polygon((-0.64, -0.86), (-0.34, -0.86), (-0.34, -0.2), (-0.64, -0.2)), "wood"),
        Part(polygon((-0.72, -0.1), (0.0, -0.8), (0.72, -0.1), (0.72, 0.94), (-0.72, 0.94)), "cream"),
        Part(polygon((-0.72, 0.06), (0.72, 0.06), (0.72, 0.16), (-0.72, 0.16)), "shade"),
        Part(polygon((0.0, -0.96), (0.98, 0.06), (-0.98, 0.06)), "base"),
        Part(polygon((-0.8, -0.13), (0.8, -0.13), (0.98, 0.06), (-0.98, 0.06)), "dark"),
        Part(polygon((0.14, 0.34), (0.54, 0.34), (0.54, 0.94), (0.14, 0.94)), "base"),
        Part(polygon((-0.5, 0.36), (-0.1, 0.36), (-0.1, 0.7), (-0.5, 0.7)), "glass"),
        Part(ellipse(0.24, 0.66, 0.05, 0.05), "cream"),
    ]


def mushroom() -> list[Part]:
    """Return a mushroom with a small one on its right."""
    return [*_mushroom(-0.2, 0.78, 0.94), *_mushroom(0.58, 0.34, 0.94)]


def _mushroom(x: float, radius: float, floor: float) -> list[Part]:
    """Return one mushroom standing at ``x`` on ``floor``, its cap ``radius`` wide to each side."""
    stem = curve(
        (-0.26, 0.0), (0.26, 0.0), (0.28, 0.6), (0.42, 1.0), (0.3, 1.2), (-0.3, 1.2), (-0.42, 1.0), (-0.28, 0.6)
    )
    cap = curve(
        (-1.0, 0.1),
        (-0.92, -0.5),
        (-0.5, -1.04),
        (0.0, -1.2),
        (0.5, -1.04),
        (0.92, -0.5),
        (1.0, 0.1),
        (0.86, 0.26),
        (0.0, 0.36),
        (-0.86, 0.26),
    )
    brim = curve(
        (-1.0, 0.1), (-0.5, 0.12), (0.0, 0.16), (0.5, 0.12), (1.0, 0.1), (0.86, 0.26), (0.0, 0.36), (-0.86, 0.26)
    )
    shadow = curve((-0.27, 0.2), (0.27, 0.2), (0.28, 0.42), (0.0, 0.52), (-0.28, 0.42))
    spots = [(-0.1, -0.62, 0.3), (-0.62, -0.2, 0.2), (0.52, -0.3, 0.24)]
    parts = [
        (stem, "cream"),
        (shadow, "shade"),
        (cap, "base"),
        (brim, "dark"),
        *((ellipse(u, v, r, r), "white") for u, v, r in spots),
    ]
    return [Part(outline * radius + (x, floor - 1.2 * radius), paint) for outline, paint in parts]


KINDS = {"fish": fish, "duck": duck, "boat": boat, "house": house, "mushroom": mushroom}


@cache
def parts(kind: str) -> tuple[Part, ...]:
    """Return the pieces of ``kind`` in painting order, back to front, its bounding box centred on the frame."""
    pieces = KINDS[kind]()
    corners = np.concatenate([piece.outline for piece in pieces])
    low, high = corners.min(axis=0), corners.max(axis=0)
    scale = 2.0 / float((high - low).max())
    return tuple(Part((piece.outline - (low + high) / 2) * scale, piece.paint) for piece in pieces)
