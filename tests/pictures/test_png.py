"""PNG files put together by us, against the specification's own words and against Pillow's reader."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from gantools.pictures import png
from gantools.pictures.png import BAND_BYTES, paeth_rows, png_files


def drawn(*shape: int, levels: int = 256) -> np.ndarray:
    """Pictures with every kind of neighbourhood: few levels make many ties."""
    return (np.random.RandomState(7).randint(0, levels, shape) * (255 // (levels - 1))).astype(np.uint8)


def by_the_book(picture: np.ndarray) -> list[list[int]]:
    """Filter type 4 pixel by pixel, as section 9.4 of the specification words it."""
    height, width, channels = picture.shape
    level = lambda y, x, k: int(picture[y, x, k]) if y >= 0 and x >= 0 else 0  # noqa: E731
    rows = []
    for y in range(height):
        row = [4]
        for x in range(width):
            for k in range(channels):
                a, b, c = level(y, x - 1, k), level(y - 1, x, k), level(y - 1, x - 1, k)
                p = a + b - c
                pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
                predicted = a if pa <= pb and pa <= pc else b if pb <= pc else c
                row.append((level(y, x, k) - predicted) % 256)
        rows.append(row)
    return rows


@pytest.mark.parametrize("levels", [2, 4, 256])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_rows_are_filtered_as_the_specification_says(channels: int, levels: int) -> None:
    """Also in pieces: a row is the same whether the one before it stands in the same piece or beside it."""
    pictures = drawn(2, 9, 7, channels, levels=levels)
    rows = paeth_rows(pictures)
    assert [own.tolist() for own in rows] == [by_the_book(picture) for picture in pictures]
    pieces = [paeth_rows(pictures[:, :4]), paeth_rows(pictures[:, 4:], pictures[:, 3])]
    assert np.array_equal(np.concatenate(pieces, axis=1), rows)


@pytest.mark.parametrize(
    "shape", [(5, 28, 28, 1), (3, 64, 48, 3), (2, 64, 64, 4), (1, 3, BAND_BYTES, 1), (1, 300, 500, 3)]
)
def test_pillow_reads_every_pixel_back(shape: tuple[int, ...]) -> None:
    """Small pictures, which are filtered several at once, rows wider than a piece, and pictures of several pieces."""
    pictures = drawn(*shape)
    for picture, data in zip(pictures, png_files(pictures), strict=True):
        with Image.open(BytesIO(data)) as read:
            assert np.array_equal(np.asarray(read).reshape(shape[1:]), picture)


def test_a_picture_has_the_same_bytes_alone_and_among_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither how many are encoded together nor how many rows are filtered at once changes a byte."""
    pictures = drawn(40, 64, 64, 3, levels=8)
    together = png_files(pictures)
    assert together == [png_files(picture[None])[0] for picture in pictures]
    monkeypatch.setattr(png, "BAND_BYTES", 1000)
    assert together == png_files(pictures)
