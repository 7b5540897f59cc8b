"""How far two sets of vectors lie apart: Fréchet distance and kernel distance (KID)."""

from dataclasses import dataclass

import numpy as np

from gantools.measure.resampling import Counts, Estimate, Floats, blocks, estimate, linear

RANK_CUT = 1e-10  # eigenvalues below this share of the largest count as zero


@dataclass
class Moments:
    """Mean and covariance of vectors that come batch by batch; float64, and no vector is kept.

    Source: Chan, Golub and LeVeque 1983, the update of pairs of moments.
    """

    count: int
    mean: Floats
    scatter: Floats

    @classmethod
    def of(cls, vectors: Floats) -> "Moments":
        """Return the moments of vectors (n, D)."""
        mean = vectors.mean(0, dtype=np.float64)
        centred = vectors - mean
        return cls(len(vectors), mean, centred.T @ centred)

    def add(self, vectors: Floats) -> None:
        """Take in more vectors (n, D)."""
        both = self.merged(Moments.of(vectors))
        self.count, self.mean, self.scatter = both.count, both.mean, both.scatter

    def merged(self, new: "Moments") -> "Moments":
        """Return the moments of both sets together."""
        total, gap = self.count + new.count, new.mean - self.mean
        scatter = self.scatter + new.scatter + np.outer(gap, gap) * (self.count * new.count / total)
        return Moments(total, self.mean + gap * (new.count / total), scatter)

    def standard(self, centre: Floats, scale: float) -> "Moments":
        """Return the moments of the vectors less ``centre``, over ``scale``."""
        return Moments(self.count, (self.mean - centre) / scale, self.scatter / scale**2)

    @property
    def covariance(self) -> Floats:
        """The covariance (D, D), divided by count - 1."""
        return self.scatter / (self.count - 1)


def frechet_distance(first: Moments, second: Moments) -> float:
    """Return the squared 2-Wasserstein distance of the two normal distributions with these moments.

    Biased upwards for few vectors: read it beside its floor. Source: Heusel 2017; Dowson and Landau 1982.
    """
    root = _root(first.covariance)
    overlap = np.linalg.eigvalsh(root @ second.covariance @ root).clip(0)
    gap = first.mean - second.mean
    both = float(np.trace(first.covariance) + np.trace(second.covariance))
    return float(gap @ gap) + both - 2 * float(np.sqrt(overlap).sum())


def frechet(fakes: Floats, reals: Floats, counts: Counts, whole: tuple[Moments, Moments] | None = None) -> Estimate:
    """Return the Fréchet distance of vectors (n, D), divided by D: 1 is one deviation's shift in every feature.

    Args:
        whole: moments of more fakes and reals, of which the vectors are a choice. The value is theirs then, and so is
            the interval: the influence of each picture, looked at where there are vectors, falls with their number.
    """
    dim = fakes.shape[1]
    first, second = (Moments.of(fakes), Moments.of(reals)) if whole is None else whole
    value = frechet_distance(first, second) / dim
    influence = [
        (counts.fakes, _frechet_influence(fakes, first, second) / dim),
        (counts.reals, _frechet_influence(reals, second, first) / dim),
    ]
    found = linear(value, influence)
    if whole is None:
        return found
    return Estimate(value, value + (found.replicates - value) * np.sqrt(len(fakes) / first.count))


def kid(fakes: Floats, reals: Floats, counts: Counts) -> Estimate:
    """Return the kernel distance of vectors (n, D): the unbiased squared maximum mean discrepancy.

    The kernel is (x.y / D + 1)^3 (Bińkowski 2018). Where the paper averages over subsets of 1,000, here all pairs count
    at once, which has less noise and the same mean: 0 for equal distributions, so single values may be negative.
    """
    own = _within(fakes, counts.fakes) + _within(reals, counts.reals)
    return estimate(own - 2 * _between(fakes, reals, counts))


def kernel(x: Floats, y: Floats) -> Floats:
    """Return the polynomial kernel of degree 3 of vectors (n, D) and (m, D), (n, m)."""
    base: Floats = x @ y.T / x.shape[1] + 1.0
    return base * base * base  # four times as fast as a power


def _within(vectors: Floats, counts: Floats) -> Floats:
    """Return the mean kernel over pairs of two different pictures, for each row of the counts."""
    total, diagonal = np.zeros(len(counts)), np.empty(len(vectors))
    for rows in blocks(len(vectors), len(vectors)):
        block = kernel(vectors[rows], vectors)
        diagonal[rows] = block[np.arange(len(block)), np.arange(rows.start, rows.stop)]
        total += ((counts[:, rows] @ block) * counts).sum(1)
    squares = counts**2
    pairs = counts.sum(1) ** 2 - squares.sum(1)
    mean: Floats = (total - squares @ diagonal) / np.maximum(pairs, 1.0)
    return mean


def _between(fakes: Floats, reals: Floats, counts: Counts) -> Floats:
    total = np.zeros(len(counts.fakes))
    for rows in blocks(len(fakes), len(reals)):
        total += ((counts.fakes[:, rows] @ kernel(fakes[rows], reals)) * counts.reals).sum(1)
    mean: Floats = total / (counts.fakes.sum(1) * counts.reals.sum(1))
    return mean


def _root(covariance: Floats) -> Floats:
    values, vectors = np.linalg.eigh(covariance)
    root: Floats = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    return root


def _frechet_influence(vectors: Floats, own: Moments, other: Moments) -> Floats:
    """Return the derivative of the distance as each vector of the own set gets more weight, (n,).

    With T the optimal map between the two normals it is 2 gap.(x - mean) + (x - mean)'(1 - T)(x - mean), less its mean.
    """
    values, axes = np.linalg.eigh(own.covariance)
    kept = values > RANK_CUT * max(float(values[-1]), 1e-300)
    root = (axes[:, kept] * np.sqrt(values[kept])) @ axes[:, kept].T
    inverse = (axes[:, kept] / np.sqrt(values[kept])) @ axes[:, kept].T
    transport = inverse @ _root(root @ other.covariance @ root) @ inverse
    centred = vectors - own.mean
    bend = ((centred @ (np.eye(len(values)) - transport)) * centred).sum(1)
    slope: Floats = 2 * centred @ (own.mean - other.mean) + bend
    influence: Floats = slope - slope.mean()
    return influence
