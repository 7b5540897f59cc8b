"""Sheets of pictures."""

import numpy as np
import pytest

from gantools.errors import UsageError
from gantools.pictures.grid import grid


def numbered(count: int, channels: int = 3, height: int = 4, width: int = 5) -> np.ndarray:
    """Pictures of one value each: 1, 2, 3, ..."""
    values = np.arange(1, count + 1, dtype=np.uint8)[:, None, None, None]
    return np.broadcast_to(values, (count, channels, height, width)).copy()


@pytest.mark.parametrize(
    ("count", "rows", "columns"), [(1, 1, 1), (2, 1, 2), (3, 2, 2), (5, 2, 3), (64, 8, 8), (65, 8, 9)]
)
def test_the_sheet_is_nearly_square(count, rows, columns):
    """Without a number of columns it is the root of the count, rounded up."""
    assert grid(numbered(count)).shape == (3, rows * 4 + (rows - 1) * 2, columns * 5 + (columns - 1) * 2)


def test_pictures_lie_row_by_row():
    """Picture i lies at row i // columns, column i % columns; gaps and empty places have the background."""
    sheet = grid(numbered(5, channels=1), columns=2, gap_px=1, background=(0, 255, 0))
    assert sheet.dtype == np.uint8 and sheet.shape == (1, 14, 11)
    expected = np.full((14, 11), 150)
    for index in range(5):
        top, left = index // 2 * 5, index % 2 * 6
        expected[top : top + 4, left : left + 5] = index + 1
    np.testing.assert_array_equal(sheet[0], expected)


def test_gaps_take_the_background_of_each_kind():
    """Gaps are the given colour for RGB, its luma for grey, transparent for RGBA, whose pixels stay as they are."""
    colour = (10, 20, 30)
    assert tuple(grid(numbered(2), background=colour)[:, 0, 5]) == colour
    assert grid(numbered(2, channels=1), background=colour)[0, 0, 5] == round(0.299 * 10 + 0.587 * 20 + 0.114 * 30)
    sheet = grid(numbered(2, channels=4), background=colour)
    assert tuple(sheet[:, 0, 5]) == (*colour, 0)
    assert (sheet[:, :, :5] == 1).all()


def test_no_gap_and_more_columns_than_pictures():
    """A gap of 0 joins the pictures; columns beyond the count add no empty places."""
    assert grid(numbered(3), columns=8, gap_px=0).shape == (3, 4, 15)


def test_a_grid_without_columns_is_refused():
    """Fewer than one column is a usage error."""
    with pytest.raises(UsageError, match="found 0, expected at least 1"):
        grid(numbered(2), columns=0)
