"""Figures made of nearest neighbours: precision, recall, density, coverage, and nearest training pictures."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from gantools.measure.resampling import Counts, Estimate, Floats, blocks, estimate, loosened

K_PRECISION = 3
"""Neighbours that make the ball of precision and recall (Kynkäänniemi 2019)."""

K_DENSITY = 5
"""Neighbours that make the ball of density and coverage (Naeem 2020)."""

LISTED = 24
"""Nearest neighbours that are kept of each picture: that they count for fewer than 5 in a replicate is one in 10^6."""

Indices = NDArray[np.intp]


def manifold(fakes: Floats, reals: Floats, counts: Counts) -> dict[str, Estimate]:
    """Return precision, recall, density and coverage of vectors (n, D).

    A picture's ball reaches to its k-th nearest neighbour in its own set. Precision: the share of fakes in a ball of a
    real; recall: of reals in a ball of a fake; density: the mean number of reals' balls around a fake, over k;
    coverage: the share of reals whose ball holds a fake. None of them is 1 for equal sets: read them beside floors.
    Sets of fewer than k + 1 pictures take all others as neighbours.

    Sources: Kynkäänniemi 2019, Naeem 2020.
    """
    near_reals, near_fakes = _nearest(reals, reals, own=True), _nearest(fakes, fakes, own=True)
    wide = _radii(near_reals, counts.reals, K_DENSITY)
    inside = _inside(fakes, reals, _radii(near_reals, counts.reals, K_PRECISION), counts.reals)
    precision = _share(inside > 0, counts.fakes)
    density = _share(_inside(fakes, reals, wide, counts.reals) / K_DENSITY, counts.fakes)
    found = _inside(reals, fakes, _radii(near_fakes, counts.fakes, K_PRECISION), counts.fakes)
    closest = _radii(_nearest(reals, fakes, own=False), counts.fakes, 1)
    return {
        "precision": loosened(precision, len(fakes)),
        "recall": loosened(_share(found > 0, counts.reals), len(reals)),
        "density": estimate(density),
        "coverage": loosened(_share(closest <= wide, counts.reals), len(reals)),
    }


def squared_distances(x: Floats, y: Floats) -> Floats:
    """Return the squared distances of vectors (n, D) and (m, D), (n, m)."""
    squares: Floats = (x**2).sum(1)[:, None] + (y**2).sum(1)[None, :] - 2 * x @ y.T
    return squares.clip(0, out=squares)


def nearest_of(sets: Sequence[Floats], blocks: Iterable[Floats]) -> list[Floats]:
    """Return each vector's distance to its nearest in a set that comes once, block by block, none of them kept.

    In float32: the distance of equal vectors may come out as a thousandth of their length.

    Args:
        sets: vectors (n, D) each; a set's distances (n,) do not depend on the other sets.
        blocks: of the set that is searched.
    """
    owns = [vectors.astype(np.float32) for vectors in sets]
    best = [np.full(len(own), np.inf, np.float32) for own in owns]
    for block in blocks:
        others = block.astype(np.float32)
        lengths = (others**2).sum(1)
        for own, nearest in zip(owns, best, strict=True):
            reached = own @ others.T
            reached *= -2.0
            reached += lengths
            np.minimum(nearest, reached.min(1), out=nearest)
    squares = [(nearest + (own**2).sum(1)).clip(0) for own, nearest in zip(owns, best, strict=True)]
    return [np.sqrt(each).astype(np.float64) for each in squares]


def memorisation(fakes: Floats, held_out: Floats, counts: Counts) -> Estimate:
    """Return how near fakes lie to training pictures: the median distance of the fakes over that of held-out pictures.

    About 1 for a model that has learnt the kind of pictures; much under 1 for one that repeats the training pictures.

    Args:
        fakes: of each fake the distance to its nearest training picture, (n,).
        held_out: the same of held-out real pictures, (n,).
    """
    above, below = _medians(fakes, counts.fakes), _medians(held_out, counts.reals)
    return estimate(above / np.maximum(below, 1e-12))


def _nearest(vectors: Floats, others: Floats, *, own: bool) -> tuple[Floats, Indices]:
    """Return squared distances and indices of the nearest others of each vector, in order, (n, up to LISTED)."""
    listed = min(LISTED, len(others) - (1 if own else 0))
    distances, indices = np.empty((len(vectors), listed)), np.empty((len(vectors), listed), np.intp)
    for rows in blocks(len(vectors), 2 * len(others)):  # the order of a row takes as much again
        block = squared_distances(vectors[rows], others)
        if own:
            block[np.arange(len(block)), np.arange(rows.start, rows.stop)] = np.inf
        chosen = np.argpartition(block, listed - 1, 1)[:, :listed]
        order = np.argsort(np.take_along_axis(block, chosen, 1), 1, kind="stable")
        indices[rows] = np.take_along_axis(chosen, order, 1)
        distances[rows] = np.take_along_axis(block, indices[rows], 1)
    return distances, indices


def _radii(nearest: tuple[Floats, Indices], counts: Floats, k: int) -> Floats:
    """Return the squared distance to the k-th neighbour for each row of the counts, (1 + B, n).

    A neighbour that counts twice is two neighbours. Where fewer than k are listed the last one stands.
    """
    distances, indices = nearest
    radii = np.empty((len(counts), len(distances)))
    for row, weights in enumerate(counts):
        reached = np.cumsum(weights[indices], 1) >= k
        place = np.where(reached.any(1), reached.argmax(1), distances.shape[1] - 1)
        radii[row] = distances[np.arange(len(distances)), place]
    return radii


def _inside(points: Floats, centres: Floats, radii: Floats, counts: Floats) -> Floats:
    """Return in how many balls around ``centres`` each point lies, for each row of the counts, (1 + B, n).

    Only pairs that are near in some row are looked at again in each: they are few.
    """
    held = np.empty((len(counts), len(points)))
    widest = radii.max(0)
    for rows in blocks(len(points), 2 * len(centres)):
        block = squared_distances(points[rows], centres)
        point, centre = np.nonzero(block <= widest)
        near = block[point, centre]
        for row, weights in enumerate(counts):
            hits = weights[centre] * (near <= radii[row, centre])
            held[row, rows] = np.bincount(point, hits, len(block))
    return held


def _share(values: Floats | NDArray[np.bool_], counts: Floats) -> Floats:
    """Return the weighted means of the rows, (1 + B,)."""
    share: Floats = (values * counts).sum(1) / counts.sum(1)
    return share


def _medians(values: Floats, counts: Floats) -> Floats:
    """Return the weighted medians for each row of the counts; the middle of two for an even number."""
    order = np.argsort(values)
    ranked, reached = values[order], np.cumsum(counts[:, order], 1)
    total = reached[:, -1:]
    low = (reached >= total / 2).argmax(1)
    high = (reached >= total / 2 + 0.5).argmax(1)
    medians: Floats = (ranked[low] + ranked[high]) / 2
    return medians
