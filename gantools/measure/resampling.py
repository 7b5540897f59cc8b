"""The bootstrap behind every interval: how often each picture counts in a replicate.

A replicate is a draw of as many pictures as there are, with replacement (Efron 1979). It is kept as counts, so that a
picture drawn twice is never compared with itself: twins would look like perfect copies to figures made of pairs or of
neighbours. Two models are measured with the same counts; the spread of their difference leaves out what they share.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from gantools.draws import generator
from gantools.keys import key

Floats = NDArray[np.float64]
REPLICATES = 100
"""Of the bootstrap: the spread of 100 is known to 7 %."""

CONFIDENCE = 0.95
BLOCK_BYTES = 16 << 20
"""Of a matrix of pairs, that are computed at once."""


@dataclass(frozen=True)
class Counts:
    """How often each picture counts, (1 + B, n) for n fakes and n reals; row 0 counts each one once."""

    fakes: Floats
    reals: Floats


@dataclass(frozen=True)
class Estimate:
    """A figure and its value in each replicate (B,).

    Args:
        lacking: a deviation that the replicates do not show, independent of theirs.
    """

    value: float
    replicates: Floats
    lacking: float = 0.0

    def __sub__(self, other: "Estimate") -> "Estimate":
        """Return the difference of two estimates that were made with the same counts; what each lacks adds up."""
        lacking = math.hypot(self.lacking, other.lacking)
        return Estimate(self.value - other.value, self.replicates - other.replicates, lacking)


@dataclass(frozen=True)
class Interval:
    """Where the true value lies with ``CONFIDENCE``."""

    low: float
    high: float


def blocks(rows: int, columns: int) -> Iterator[slice]:
    """Yield slices of the rows of a matrix of which ``BLOCK_BYTES`` are held at once: memory does not grow with n^2."""
    size = max(1, BLOCK_BYTES // (8 * columns))
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))


def draw_counts(seed: int, pictures: int, replicates: int = REPLICATES) -> Counts:
    """Draw the counts, keyed by (seed, number of pictures)."""

    def rows(purpose: str) -> Floats:
        draw = generator(key(seed, f"bootstrap {purpose}", pictures))
        drawn = draw.multinomial(pictures, np.full(pictures, 1 / pictures), replicates)
        return np.concatenate([np.ones((1, pictures)), drawn]).astype(np.float64)

    return Counts(rows("fakes"), rows("reals"))


def estimate(rows: Floats) -> Estimate:
    """Return the estimate of a figure that was computed for each row of the counts, (1 + B,)."""
    return Estimate(float(rows[0]), rows[1:])


def loosened(shares: Floats, pictures: int) -> Estimate:
    """Return the estimate of a share of pictures, (1 + B,), that deviates at least as far as it must.

    All or none of a few pictures is no proof of all or none: every draw with replacement says the same then. The least
    deviation is that of Laplace's estimate, with one success and one failure more.
    """
    found = estimate(shares)
    if not len(found.replicates):
        return found
    laplace = (found.value * pictures + 1) / (pictures + 2)
    lacking = laplace * (1 - laplace) / pictures - float(np.var(found.replicates, ddof=1))
    return replace(found, lacking=math.sqrt(max(lacking, 0.0)))


def linear(value: float, influences: list[tuple[Floats, Floats]]) -> Estimate:
    """Return the estimate of a figure whose replicates are too dear: to first order, each picture adds its influence.

    Args:
        value: the figure.
        influences: for each set its counts (1 + B, n) and the influence function at each of its pictures (n,),
            the derivative of the figure as the picture gets more weight (Efron and Tibshirani 1993, chapter 22).
    """
    shifts = sum((counts[1:] - 1.0) @ influence / len(influence) for counts, influence in influences)
    return Estimate(value, value + np.asarray(shifts))


def standard_error(found: Estimate, pictures: int) -> float:
    """Return the deviation of the replicates and what they lack; that of few pictures is corrected, being too small."""
    deviation = math.hypot(float(np.std(found.replicates, ddof=1)), found.lacking)
    return deviation * math.sqrt(pictures / (pictures - 1))


def interval(found: Estimate, pictures: int) -> Interval:
    """Return value -+ t standard errors, with Student's t for the number of pictures: it widens as they get few."""
    half = student(pictures - 1) * standard_error(found, pictures)
    return Interval(found.value - half, found.value + half)


def student(freedom: int) -> float:
    """Return the quantile of Student's t for the confidence, to 1 % from 4 degrees of freedom on.

    Source: Cornish-Fisher expansion, Abramowitz and Stegun 26.7.5.
    """
    z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    terms = (z, (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96, (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384)
    return float(sum(term / freedom**power for power, term in enumerate(terms)))
