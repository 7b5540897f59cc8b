"""Pictures as character cells."""

import numpy as np
import pytest

from gantools.pictures.grid import grid
from gantools.pictures.terminal import WIDEST, cells, characters, picture_cells, sheet_cells
from gantools.pictures.write import png_bytes


def sheet_of(count: int, height: int, width: int, channels: int = 3) -> bytes:
    """Return a sheet of plain pictures: picture i is of grey level 2 i, opaque."""
    pictures = np.empty((count, channels, height, width), np.uint8)
    pictures[:] = 2 * np.arange(count, dtype=np.uint8)[:, None, None, None]
    if channels == 4:
        pictures[:, 3] = 255
    return png_bytes(grid(pictures))


def test_a_cell_holds_two_pixels() -> None:
    """The upper pixel comes first, rows and columns stay."""
    pixels = np.arange(4 * 3 * 3, dtype=np.uint8).reshape(4, 3, 3)
    found = cells(pixels)
    assert (len(found), len(found[0])) == (2, 3)
    assert found[1][2] == (tuple(pixels[2, 2]), tuple(pixels[3, 2]))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(
    ("columns", "lines", "across", "down"), [(60, 12, 2, 1), (80, 24, 3, 2), (160, 50, 6, 4), (300, 200, 8, 8)]
)
def test_whole_pictures_fill_the_room(channels: int, columns: int, lines: int, across: int, down: int) -> None:
    """Of 64 pictures of 32 px as many as fit are taken, in their order, at 24 columns each."""
    found = sheet_cells(sheet_of(64, 32, 32, channels), 32, 32, columns, lines)
    assert (len(found), len(found[0])) == (12 * down, WIDEST * across)
    for row in range(down):
        for column in range(across):
            level = 2 * (8 * row + column)
            assert found[12 * row + 6][WIDEST * column + 12] == ((level,) * 3, (level,) * 3)


def test_little_room_still_shows_one_picture() -> None:
    """At ten columns and two lines there is one small picture; nothing is wider than the terminal."""
    found = sheet_cells(sheet_of(64, 32, 32), 32, 32, 10, 2)
    assert len(found[0]) == 10


def test_other_shapes_keep_their_ratio() -> None:
    """A picture of 28x14 px takes half as many lines as one of 28x28; a sheet of three has no fourth."""
    found = sheet_cells(sheet_of(3, 14, 28), 14, 28, 100, 40)
    assert (len(found), len(found[0])) == (2 * 6, 2 * 24)


def test_transparent_places_are_white() -> None:
    """RGBA pictures are laid on white."""
    sheet = png_bytes(np.zeros((4, 8, 8), np.uint8))
    assert sheet_cells(sheet, 8, 8, 80, 24)[0][0] == ((255,) * 3, (255,) * 3)


def test_characters_stand_for_brightness() -> None:
    """Without colours a cell is a character: dark places are blank, light ones dense; lines end where light ends."""
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[:, 1] = 255
    pixels[:2, 2] = 140
    assert characters(cells(pixels)) == [" @+", " @"]


def test_pictures_are_laid_out_for_the_terminal() -> None:
    """As many pictures as fit stand in a row; one alone is as large as the room, and never larger than it is."""
    many = picture_cells(np.zeros((64, 1, 32, 32), np.uint8), 80, 24)
    assert (len(many), len(many[0])) == (24, 3 * WIDEST)
    one = picture_cells(np.zeros((1, 3, 100, 200), np.uint8), 80, 24)
    assert (len(one), len(one[0])) == (20, 80)
    tall = picture_cells(np.zeros((1, 4, 200, 100), np.uint8), 80, 24)
    assert (len(tall), len(tall[0])) == (24, 24)
    assert len(picture_cells(np.zeros((1, 3, 8, 8), np.uint8), 80, 24)[0]) == 8
