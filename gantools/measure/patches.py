"""Sliced Wasserstein distance of patches, which needs no extractor: do two sets of pictures have the same detail?

Source: Karras 2018, "Progressive Growing of GANs", section 5 and its published procedure: a Laplacian pyramid down to
16 pixels, 128 patches of 7 x 7 a picture and level, normalised by channel over the set, 4 x 128 directions, the mean
gap of the sorted projections x 1000. Departures: the patches of a picture are keyed by its number, alike for every set,
and RGBA pictures are laid on white.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from gantools.draws import generator, normal
from gantools.features.base import to_rgb
from gantools.keys import key
from gantools.measure.resampling import Counts, Estimate, Floats, linear

PATCH_PX, PATCHES, DIRECTIONS = 7, 128, 512
SMALLEST_PX, SCALE = 16, 1e3
CHUNK_DIRECTIONS = 16
INFLUENCE_DIRECTIONS = 64
"""Of the directions, those that the interval is made of: influences average over patches already."""

BINS = 2048
BATCH = 256

Pixels = NDArray[np.uint8]
Gap = tuple[float, Floats, Floats]
"""A distance, and the influence of each picture of the first and of the second set."""


class Level(NamedTuple):
    """The patches of one level of the pyramid, for each set (n x 128, D), float32, picture after picture."""

    side_px: int
    sets: list[NDArray[np.float32]]


def sliced_wasserstein(first: Sequence[Pixels], second: Pixels, seed: int, counts: Counts) -> list[Estimate]:
    """Return the distance of each of ``first`` from ``second``, the mean over the levels of the pyramid.

    Args:
        first: sets of pictures, each (n, C, H, W).
        second: the reals, of the same number and shape.
    """
    found: list[list[Gap]] = [[] for _ in first]
    for level in levels([*first, second], seed):
        directions = unit_directions(seed, level.sets[0].shape[1])
        for gaps, gap in zip(found, projected_gaps(level.sets, directions), strict=True):
            gaps.append(gap)
    estimates = []
    for gaps in found:
        value, own, other = (sum(column) / len(gaps) for column in zip(*gaps, strict=True))
        estimates.append(linear(float(value), [(counts.fakes, np.asarray(own)), (counts.reals, np.asarray(other))]))
    return estimates


def levels(sets: Sequence[Pixels], seed: int) -> Iterator[Level]:
    """Yield the normalised patches of all sets, from the full size to the last level of at least 16 pixels.

    One level at a time is held: 128 patches of 49 numbers a channel and picture.
    """
    height, width = sets[0].shape[-2:]
    depth = 1
    while min(height, width) >> depth >= SMALLEST_PX:
        depth += 1
    for level in range(depth):
        made = []
        for pictures in sets:
            parts = []
            for start in range(0, len(pictures), BATCH):
                images = _shown(torch.from_numpy(pictures[start : start + BATCH]).float())
                parts.append(_patches(laplacian_pyramid(images, depth)[level], level, start, seed))
            made.append(normalised(torch.cat(parts)))
        yield Level(min(height, width) >> level, made)


def laplacian_pyramid(images: Tensor, depth: int) -> list[Tensor]:
    """Split images (N, C, H, W) into ``depth`` bands, finest first; the last one is what is left, blurred."""
    bands = [images]
    for _ in range(depth - 1):
        bands.append(_down(bands[-1]))
        bands[-2] = bands[-2] - _up(bands[-1], bands[-2].shape)
    return bands


def normalised(patches: Tensor) -> NDArray[np.float32]:
    """Return patches (M, C, 7, 7) with zero mean and unit deviation in each channel of the set, as rows (M, D)."""
    deviation, mean = torch.std_mean(patches, (0, 2, 3), correction=0, keepdim=True)
    rows: NDArray[np.float32] = ((patches - mean) / deviation.clamp_min(1e-8)).flatten(1).numpy()
    return rows


def unit_directions(seed: int, dim: int) -> NDArray[np.float32]:
    """Draw directions (D, 512) on the unit sphere."""
    drawn = normal(key(seed, "directions", dim), dim, DIRECTIONS)
    directions: NDArray[np.float32] = drawn / np.sqrt((drawn**2).sum(0, keepdims=True))
    return directions


def projected_gaps(sets: Sequence[NDArray[np.float32]], directions: NDArray[np.float32]) -> list[Gap]:
    """Return the mean gap x 1000 between the sorted projections of each set but the last and those of the last."""
    rows = len(sets[-1]) // PATCHES
    totals = [0.0] * (len(sets) - 1)
    influences = [(np.zeros(rows), np.zeros(rows)) for _ in totals]
    chosen = min(INFLUENCE_DIRECTIONS, directions.shape[1])
    for start in range(0, directions.shape[1], CHUNK_DIRECTIONS):
        chunk = directions[:, start : start + CHUNK_DIRECTIONS].T
        flat = [
            chunk @ patches.T for patches in sets
        ]  # a row a direction: rows lie together, which sorts twice as fast
        ranked = [np.sort(projected, 1) for projected in flat]
        for number in range(len(totals)):
            gaps = np.abs(ranked[number] - ranked[-1]).mean(1, dtype=np.float64)
            totals[number] += float(gaps.sum())
            for row in range(min(len(gaps), max(0, chosen - start))):
                for into, part in zip(influences[number], _influence(flat[number][row], flat[-1][row]), strict=True):
                    into += part.reshape(rows, PATCHES).mean(1)
    count = directions.shape[1]
    return [
        (SCALE * total / count, SCALE * own / chosen, SCALE * other / chosen)
        for total, (own, other) in zip(totals, influences, strict=True)
    ]


def _patches(band: Tensor, level: int, first: int, seed: int) -> Tensor:
    """Cut 128 patches (N x 128, C, 7, 7) out of each picture, at places keyed by the number of the picture."""
    height, width = band.shape[-2:]
    windows = band.unfold(2, PATCH_PX, 1).unfold(3, PATCH_PX, 1)  # (N, C, H - 6, W - 6, 7, 7), a view
    rows, columns = np.empty((2, len(band), PATCHES), np.int64)
    for number in range(len(band)):
        draw = generator(key(seed, "patches", level, first + number))
        rows[number] = draw.randint(0, height - PATCH_PX + 1, PATCHES)
        columns[number] = draw.randint(0, width - PATCH_PX + 1, PATCHES)
    pictures = torch.arange(len(band))[:, None]
    return windows[pictures, :, torch.from_numpy(rows), torch.from_numpy(columns)].flatten(0, 1)


def _influence(own: NDArray[np.float32], other: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Return the derivative of the gap of two samples as a value of either gets more weight, by bins of the line.

    The gap is the integral of |F - G|; more weight at x moves F by 1 beyond x, so the derivative there is the integral
    of sign(F - G) from x on, less its mean over the sample.
    """
    low = float(min(own.min(), other.min()))
    width = max(float(max(own.max(), other.max())) - low, 1e-12) / BINS
    first, second = (np.minimum(((values - low) / width).astype(np.intp), BINS - 1) for values in (own, other))
    shares = [np.cumsum(np.bincount(bins, minlength=BINS)) / len(bins) for bins in (first, second)]
    beyond = np.cumsum(np.sign(shares[0] - shares[1])[::-1])[::-1] * width
    up, down = beyond[first], -beyond[second]
    return up - up.mean(), down - down.mean()


def _shown(images: Tensor) -> Tensor:
    """Return pixels 0 to 255 as they are seen: RGBA is laid on white."""
    return to_rgb(images / 127.5 - 1.0) if images.shape[1] == 4 else images


def _blurred(images: Tensor, gain: float) -> Tensor:
    """Blur with the binomial 5 x 5 filter, borders mirrored without repeating the edge."""
    taps = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0])
    filters = (torch.outer(taps, taps) * (gain / 256)).expand(images.shape[1], 1, 5, 5)
    return functional.conv2d(functional.pad(images, (2, 2, 2, 2), mode="reflect"), filters, groups=images.shape[1])


def _down(images: Tensor) -> Tensor:
    return _blurred(images, 1.0)[:, :, ::2, ::2]


def _up(images: Tensor, shape: torch.Size) -> Tensor:
    spread = images.new_zeros(shape)
    spread[:, :, ::2, ::2] = images
    return _blurred(spread, 4.0)
