"""Where a picture is cut so that its parts can be measured one by one, and nothing is different from the whole.

A tile begins at a multiple of the features' step, so that every pooling window lies as it does in the whole, and is
read with a halo at least as wide as what the deepest activation sees. Its activations are then those of the whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """One side of a tile, in pixels: the part that is its own, and what is read of the picture around it."""

    start: int
    stop: int
    read_start: int
    read_stop: int
    is_last: bool

    def own(self, stride: int) -> slice:
        """Return which positions of an activation of what was read are the tile's own.

        Args:
            stride: pixels from one position to the next; divides ``start`` and ``stop`` unless the picture ends there.
        """
        first = (self.start - self.read_start) // stride
        return slice(first, None if self.is_last else first + (self.stop - self.start) // stride)

    def whole(self, stride: int) -> slice:
        """Return where those positions lie among those of the whole picture."""
        return slice(self.start // stride, None if self.is_last else self.stop // stride)


@dataclass(frozen=True)
class Tile:
    """A part of a picture."""

    rows: Span
    columns: Span


def cut(height: int, width: int, tile: int | None, step: int, halo: int) -> list[Tile]:
    """Return the tiles of a picture, row by row.

    Args:
        height, width: of the picture in pixels.
        tile: the side of a tile in pixels, rounded down to a multiple of ``step``; None: one tile.
        step: what a tile's place is a multiple of.
        halo: how far the deepest activation sees, a multiple of ``step``.
    """
    side = max(height, width) if tile is None else max(step, tile // step * step)
    return [Tile(rows, columns) for rows in _spans(height, side, halo) for columns in _spans(width, side, halo)]


def _spans(length: int, side: int, halo: int) -> Iterator[Span]:
    starts = list(range(0, length, side))
    if len(starts) > 1 and length - starts[-1] < halo // 2:
        starts.pop()  # a sliver would be read almost wholly for its halo
    for start, stop in zip(starts, [*starts[1:], length], strict=True):
        yield Span(start, stop, max(0, start - halo), min(length, stop + halo), stop == length)
