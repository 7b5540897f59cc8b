"""Pictures as character cells: each cell shows two pixels, one above the other, as a half block in two colours."""

from io import BytesIO
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gantools.pictures.grid import grid
from gantools.pictures.write import png_bytes

Color = tuple[int, int, int]
Cells = list[list[tuple[Color, Color]]]
WIDEST = 24
"""Columns that one of many pictures takes at most: smaller pictures are not enlarged."""

GAP_PX = 2
RAMP = " .:-=+*#%@"
"""Characters from dark to light: for light letters on a dark ground, as most terminals have them."""


def sheet_cells(sheet: bytes, height: int, width: int, columns: int, lines: int, widest: int = WIDEST) -> Cells:
    """Return the upper left pictures of a sheet, as many as a terminal has room for.

    Args:
        sheet: a PNG as ``grid`` lays it out: pictures of ``height`` x ``width`` pixels.
        columns, lines: room in character cells.
        widest: columns that one picture takes at most.

    Returns:
        Rows of (upper colour, lower colour), sRGB 0 to 255; transparent places are white. At least one picture is
        taken, however little room there is.
    """
    with Image.open(BytesIO(sheet)) as image:
        whole = Image.new("RGBA", image.size, "white")
        whole.alpha_composite(image.convert("RGBA"))
    across = max(1, min(width, widest, columns))
    down = max(1, ceil(across * height / width / 2))
    pictures_across = _fitting(whole.width, width, columns // across)
    pictures_down = _fitting(whole.height, height, lines // down)
    canvas = Image.new("RGB", (across * pictures_across, 2 * down * pictures_down))
    for row in range(pictures_down):
        for column in range(pictures_across):
            left, top = column * (width + GAP_PX), row * (height + GAP_PX)
            picture = whole.crop((left, top, left + width, top + height)).convert("RGB")
            small = picture.resize((across, 2 * down), Image.Resampling.BOX)
            canvas.paste(small, (column * across, row * 2 * down))
    return cells(np.asarray(canvas))


def picture_cells(pictures: NDArray[np.uint8], columns: int, lines: int) -> Cells:
    """Return as many pictures (N, C, H, W) as a terminal has room for; one alone as large as the room allows."""
    count, _, height, width = pictures.shape
    widest = WIDEST if count > 1 else max(1, min(columns, int(2 * lines * width / height)))
    across = max(1, columns // max(1, min(width, widest, columns)))
    sheet = png_bytes(grid(pictures, across, GAP_PX))
    return sheet_cells(sheet, height, width, columns, lines, widest)


def characters(drawn: Cells) -> list[str]:
    """Return a drawing as lines of characters, for terminals without colours."""
    return ["".join(_character(*cell) for cell in row).rstrip() for row in drawn]


def cells(pixels: NDArray[np.uint8]) -> Cells:
    """Pair the rows of uint8 (H, W, 3), H even, two by two."""
    colors: list[list[Color]] = [[(r, g, b) for r, g, b in row] for row in pixels.tolist()]
    return [list(zip(upper, lower, strict=True)) for upper, lower in zip(colors[::2], colors[1::2], strict=True)]


def _character(upper: Color, lower: Color) -> str:
    luma = sum(0.299 * red + 0.587 * green + 0.114 * blue for red, green, blue in (upper, lower)) / 2
    return RAMP[min(len(RAMP) - 1, int(luma * len(RAMP) / 256))]


def _fitting(sheet_px: int, side_px: int, room: int) -> int:
    """Return how many pictures of a sheet's row or column are taken: those there is room for, at least one."""
    return max(1, min((sheet_px + GAP_PX) // (side_px + GAP_PX), room))
