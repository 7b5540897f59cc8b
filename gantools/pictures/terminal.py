"""Pictures as character cells: each cell shows two pixels, one above the other, as a half block in two colours."""

from io import BytesIO
from math import ceil

import numpy as np
from PIL import Image

Color = tuple[int, int, int]
WIDEST = 24
"""Columns that one picture takes at most: smaller pictures are not enlarged."""


def sheet_cells(
    sheet: bytes, height: int, width: int, columns: int, lines: int, gap_px: int = 2
) -> list[list[tuple[Color, Color]]]:
    """Return the upper left pictures of a sheet, as many as a terminal has room for.

    Args:
        sheet: a PNG as ``grid`` lays it out: pictures of ``height`` x ``width`` pixels, ``gap_px`` between them.
        columns, lines: room in character cells.

    Returns:
        Rows of (upper colour, lower colour), sRGB 0 to 255; transparent places are white. At least one picture is
        taken, however little room there is.
    """
    with Image.open(BytesIO(sheet)) as image:
        whole = Image.new("RGBA", image.size, "white")
        whole.alpha_composite(image.convert("RGBA"))
    across = max(1, min(width, WIDEST, columns))
    down = max(1, ceil(across * height / width / 2))
    pictures_across = _fitting(whole.width, width, gap_px, columns // across)
    pictures_down = _fitting(whole.height, height, gap_px, lines // down)
    canvas = Image.new("RGB", (across * pictures_across, 2 * down * pictures_down))
    for row in range(pictures_down):
        for column in range(pictures_across):
            left, top = column * (width + gap_px), row * (height + gap_px)
            picture = whole.crop((left, top, left + width, top + height)).convert("RGB")
            small = picture.resize((across, 2 * down), Image.Resampling.BOX)
            canvas.paste(small, (column * across, row * 2 * down))
    return cells(np.asarray(canvas))


def cells(pixels: "np.typing.NDArray[np.uint8]") -> list[list[tuple[Color, Color]]]:
    """Pair the rows of uint8 (H, W, 3), H even, two by two."""
    colors: list[list[Color]] = [[(r, g, b) for r, g, b in row] for row in pixels.tolist()]
    return [list(zip(upper, lower, strict=True)) for upper, lower in zip(colors[::2], colors[1::2], strict=True)]


def _fitting(sheet_px: int, side_px: int, gap_px: int, room: int) -> int:
    """Return how many pictures of a sheet's row or column are taken: those there is room for, at least one."""
    return max(1, min((sheet_px + gap_px) // (side_px + gap_px), room))
