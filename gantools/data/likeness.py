"""What a small picture looks like at a glance: a hash of its pattern, a grid of its colours, and whether it is blank.

All of it is computed with whole numbers, so that neither threads nor the processor change a bit.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WAVES = 8
HASH_BITS = WAVES * WAVES
NEAR_BITS = 8
"""Bits of the hash in which a copy may differ. See docs/how-to/own-pictures.md for what was measured."""

GRID = 12
NEAR_LEVELS = 24
"""Levels of 255 by which each of the 12x12 cells may differ in each channel. The hash alone takes one 1 for another,
a frown for a smile, a red sticker for a blue one: of 10,000 digits it calls 54,691 pairs alike. With this, none."""

BLANK_LEVELS = 2
BLANK_SHARE = 0.99
BASIS_SCALE = 256  # of the cosines as whole numbers; at 1024 x 1024 pixels every sum still fits a float64 exactly
LUMA = (77, 150, 29)  # of ITU-R BT.601, in 256ths
BEHIND = 128  # grey behind transparent places: light and dark drawings both stand out


class Likeness(NamedTuple):
    """How one picture looks.

    Args:
        hash: 64 bits; those of two copies differ in few.
        cells: uint8, mean levels of a 12x12 grid, (K * 144,) with K the channels.
        plain: the cells are so much alike that the hash says nothing.
        blank: 99 % of the pixels are within 2 levels of one colour.
    """

    hash: np.uint64
    cells: NDArray[np.uint8]
    plain: bool
    blank: bool


def likenesses(pixels: NDArray[np.uint8]) -> list[Likeness]:
    """Say how several pictures look: in batches, because one by one NumPy's own overhead would cost more than the work.

    The hash has a bit for each of 8x8 low frequencies of the luma, without those that are constant in a direction: is
    its cosine coefficient above their median? Source: C. Zauner, Implementation and Benchmarking of Perceptual Image
    Hash Functions (2010), section 3.2.1. Departure: the transform is taken at the picture's own size, not at 32x32.

    Args:
        pixels: uint8 (N, C, H, W), N at least 1.
    """
    seen = _over_grey(pixels)
    height, width = pixels.shape[2:]
    rows, row_counts = _cells(height)
    columns, column_counts = _cells(width)
    levels = seen.astype(np.float32)  # exact up to 2**24: sums of a cell and lumas are whole numbers below
    cells = rows @ levels @ columns.T / (row_counts[:, None] * column_counts)
    luma = levels[:, 0]
    if seen.shape[1] > 1:
        luma = LUMA[0] * luma + LUMA[1] * levels[:, 1] + LUMA[2] * levels[:, 2]
    waves = (_cosines(height) @ luma.astype(np.float64) @ _cosines(width).T).reshape(len(pixels), HASH_BITS)
    middle = np.partition(waves, (HASH_BITS // 2 - 1, HASH_BITS // 2), axis=1)[
        :, HASH_BITS // 2 - 1 : HASH_BITS // 2 + 1
    ]
    bits = waves > middle.mean(axis=1, keepdims=True)  # not np.median: it loads numpy.ma
    hashes = np.packbits(bits, axis=1).view(np.uint64)[:, 0]
    flat = np.rint(cells).astype(np.uint8).reshape(len(pixels), -1, GRID * GRID)
    plain = (np.ptp(flat, axis=2) < NEAR_LEVELS).all(axis=1)
    blank = _blank(seen)
    rows_of = flat.reshape(len(pixels), -1)
    return [Likeness(hashes[i], rows_of[i], bool(plain[i]), bool(blank[i])) for i in range(len(pixels))]


def _over_grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay RGBA on grey, and keep its alpha as a channel; what has no alpha stays. (N, C, H, W)."""
    if pixels.shape[1] != 4:
        return pixels
    colour, alpha = pixels[:, :3].astype(np.uint16), pixels[:, 3:].astype(np.uint16)
    over = (colour * alpha + BEHIND * (255 - alpha) + 127) // 255
    return np.concatenate([over.astype(np.uint8), pixels[:, 3:]], axis=1)


def _blank(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which pictures (N, C, H, W) are mostly of one colour: the middle one of a sample of their pixels."""
    step = max(1, min(pixels.shape[2:]) // GRID)
    sample = pixels[:, :, ::step, ::step]
    flat = sample.reshape(*sample.shape[:2], -1)
    half = flat.shape[2] // 2
    middle = np.partition(flat, half, axis=2)[..., half].astype(np.int16)[:, :, None, None]
    share = (np.abs(sample - middle) <= BLANK_LEVELS).all(axis=1).mean(axis=(1, 2))
    found = np.zeros(len(pixels), np.bool_)
    for i in np.flatnonzero(share > BLANK_SHARE - 0.1):  # few, as a rule: the others are settled by the sample
        near = (np.abs(pixels[i] - middle[i]) <= BLANK_LEVELS).all(axis=0)
        found[i] = near.mean() >= BLANK_SHARE
    return found


@cache
def _cosines(length: int) -> NDArray[np.float64]:
    """Return the 1st to 8th cosine of the discrete cosine transform (type 2), whole numbers, (8, length)."""
    places = (np.arange(length) + 0.5) / length
    basis: NDArray[np.float64] = np.cos(np.pi * np.arange(1, WAVES + 1)[:, None] * places)
    return np.rint(BASIS_SCALE * basis)


@cache
def _cells(length: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return which pixels along a side are in which of 12 cells, (12, length) of 0 and 1, and how many, (12,)."""
    starts = np.arange(GRID) * length // GRID
    ends = np.maximum(starts + 1, np.arange(1, GRID + 1) * length // GRID)
    places = np.arange(length)
    inside = ((places >= starts[:, None]) & (places < ends[:, None])).astype(np.float32)
    return inside, inside.sum(axis=1)
