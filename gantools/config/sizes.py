"""The one rule of picture sizes: start x 2^n on each side, with a start of 3 to 8 and one n for both sides."""

import re

from gantools.errors import UsageError

STARTS = range(3, 9)
MAX_SIDE_PX = 1024


def doublings(height: int, width: int) -> int | None:
    """Return the largest n >= 1 for which both sides are (3 to 8) x 2^n pixels, or None when there is none.

    Example:
        >>> doublings(28, 28), doublings(64, 64), doublings(48, 64), doublings(100, 100)
        (2, 4, 4, None)
    """
    for n in range(8, 0, -1):
        if all(side % 2**n == 0 and side >> n in STARTS for side in (height, width)):
            return n
    return None


def scales(height: int, width: int) -> list[tuple[int, int]]:
    """Return the sizes (H, W) from the start to the full one, each twice the one before.

    Example:
        >>> scales(28, 28)
        [(7, 7), (14, 14), (28, 28)]
    """
    n = doublings(height, width)
    assert n is not None, "the configuration's check lets no other size pass"
    return [(height >> step, width >> step) for step in range(n, -1, -1)]


def nearest_sides(side_px: int) -> list[int]:
    """Return the square sizes that fit nearest to ``side_px``, the smaller one first."""
    fitting = sorted({start << n for start in STARTS for n in range(1, 9) if start << n <= MAX_SIDE_PX})
    below = [side for side in fitting if side <= side_px][-1:]
    above = [side for side in fitting if side >= side_px][:1]
    return sorted({*below, *above})


def parse_size(text: str) -> tuple[int, int]:
    """Read ``64`` or ``64x48`` (width x height, pixels) as (height, width).

    Raises:
        UsageError: not of that form, or not between 8 and 1024 pixels a side.
    """
    width, cross, height = text.lower().partition("x")
    sides = (height if cross else width, width)
    if not all(side.isdecimal() and 8 <= int(side) <= MAX_SIDE_PX for side in sides):
        message = f"--size: found '{text}', expected pixels like 64 or 64x48 (width x height), 8 to {MAX_SIDE_PX}"
        first = re.search(r"\d+", text, re.ASCII)
        near = nearest_sides(min(int(first[0][:9]), MAX_SIDE_PX)) if first else [64]
        raise UsageError(message, hint=f"--size {near[-1]}")
    return int(sides[0]), int(sides[1])


def pairs() -> list[tuple[int, int]]:
    """Return all pairs of sides, up to 1,024 pixels, that the families can be built for."""
    return [(a << n, b << n) for n in range(1, 8) for a in STARTS for b in STARTS]
