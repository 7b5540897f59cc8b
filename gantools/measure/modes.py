"""How many kinds of pictures there are among fakes, and how unlike their shares are to those of the data."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gantools.data.factors import Factors
from gantools.measure.resampling import Estimate, Floats, estimate, loosened

SURE = 0.9
"""A fake counts for its kind when the recogniser is as sure of it. Guess."""

UNSEEN = 0.5
"""Pictures that are added to each kind of the data: a kind that it lacks has a small share, not none (Jeffreys)."""

Codes = NDArray[np.int64]


def codes_of(levels: NDArray[np.int64], sizes: tuple[int, ...]) -> Codes:
    """Return one number for each combination of levels (n, F)."""
    codes: Codes = np.ravel_multi_index(tuple(levels.T), sizes).astype(np.int64)
    return codes


def known_codes(factors: Factors) -> Codes:
    """Return the combination of each training picture of which all is known."""
    return codes_of(factors.rows[(factors.rows >= 0).all(1)], factors.sizes)


def marginal_shares(levels: NDArray[np.int64], sizes: tuple[int, ...]) -> list[Floats]:
    """Return for each factor the share of each of its levels among pictures (n, F)."""
    return [np.bincount(column, minlength=size) / len(levels) for column, size in zip(levels.T, sizes, strict=True)]


def shares_of(codes: Codes, combinations: int) -> Floats:
    """Return the share of each combination in the data, (K,), none of them 0."""
    counts = np.bincount(codes, minlength=combinations) + UNSEEN
    shares: Floats = counts / counts.sum()
    return shares


def modes(codes: Codes, sureness: Floats, data: Codes, combinations: int, counts: Floats) -> dict[str, Estimate]:
    """Return figures of recognised fakes.

    ``recognised`` is the share of fakes that the recogniser is sure of; ``modes`` how many combinations of the data
    there are among those; ``kl`` the divergence of the shares of all fakes from those of the data, in nats (Srivastava
    2017 and Lin 2018 count so on Stacked MNIST). The divergence grows as pictures get few: read it beside its floor.

    Args:
        codes, sureness: of each fake, (n,): what the recogniser takes it for, and how sure it is.
        data: of each training picture, (N,).
        combinations: how many there can be.
        counts: how often each fake counts, (1 + B, n).
    """
    is_sure = sureness >= SURE
    shares = shares_of(data, combinations)
    known = np.bincount(data, minlength=combinations) > 0
    found, divergence = np.empty(len(counts)), np.empty(len(counts))
    for row, weights in enumerate(counts):
        found[row] = ((np.bincount(codes, weights * is_sure, combinations) > 0) & known).sum()
        own = np.bincount(codes, weights, combinations) / weights.sum()
        some = own > 0
        divergence[row] = (own[some] * np.log(own[some] / shares[some])).sum()
    recognised = loosened((counts * is_sure).sum(1) / counts.sum(1), len(codes))
    kinds = estimate(found)
    if not is_sure.any():
        kinds = replace(kinds, lacking=recognised.lacking * len(codes))  # each of the next ones may show a kind
    return {"recognised": recognised, "modes": kinds, "kl": estimate(divergence)}
