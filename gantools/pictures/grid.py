"""Many pictures of one size on one sheet."""

from math import ceil, isqrt

import numpy as np
from numpy.typing import NDArray

from gantools.errors import UsageError


def grid(
    pictures: NDArray[np.uint8],
    columns: int | None = None,
    gap_px: int = 2,
    background: tuple[int, int, int] = (255, 255, 255),
) -> NDArray[np.uint8]:
    """Lay pictures out row by row, left to right.

    Args:
        pictures: uint8 (N, C, H, W), N >= 1, C = 1 (grey), 3 (RGB) or 4 (RGBA, kept as it is).
        columns: pictures a row, at least 1; None: as near to a square as N allows (the root of N, rounded up).
        gap_px: pixels between neighbours; none around the sheet.
        background: sRGB colour of the gaps and of places left over; for grey its luma, for RGBA transparent.

    Returns:
        uint8 (C, H', W') with H' = rows x (H + gap) - gap, and W' likewise.

    Raises:
        UsageError: fewer than one column.

    Example:
        >>> grid(np.zeros((5, 3, 8, 8), np.uint8)).shape
        (3, 18, 28)
    """
    count, channels, height, width = pictures.shape
    if columns is None:
        columns = isqrt(count - 1) + 1
    if columns < 1:
        raise UsageError(f"columns of a grid: found {columns}, expected at least 1")
    columns = min(columns, count)
    rows = ceil(count / columns)
    sheet_shape = (rows * (height + gap_px) - gap_px, columns * (width + gap_px) - gap_px)
    sheet = np.empty((channels, *sheet_shape), np.uint8)
    sheet[:] = np.array(_fill(channels, background), np.uint8)[:, None, None]
    for index, picture in enumerate(pictures):
        top, left = (index // columns) * (height + gap_px), (index % columns) * (width + gap_px)
        sheet[:, top : top + height, left : left + width] = picture
    return sheet


def _fill(channels: int, background: tuple[int, int, int]) -> tuple[int, ...]:
    red, green, blue = background
    if channels == 1:
        return (round(0.299 * red + 0.587 * green + 0.114 * blue),)
    return (red, green, blue, 0) if channels == 4 else background
