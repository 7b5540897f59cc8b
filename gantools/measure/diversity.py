"""How much pictures of one set differ among themselves: MS-SSIM over pairs, and the Vendi score."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from gantools.measure.resampling import Counts, Estimate, Floats, linear

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Of the five scales, finest first (Wang 2003)."""

WINDOW_PX, WINDOW_DEVIATION = 11, 1.5
K1, K2 = 0.01, 0.03
RANK_CUT = 1e-12


def ms_ssim(first: Tensor, second: Tensor) -> Tensor:
    """Return the multi-scale structural similarity of pairs of pictures (N, C, H, W) in [0, 1], (N,).

    Source: Wang, Simoncelli and Bovik 2003; over random pairs of one set it tells how alike they are (Odena 2017).
    Departure: a picture has as many of the five scales as leave it 11 pixels, the size of the window, and their weights
    are scaled to sum to 1: five for 176 pixels, three for 64, two for 28. Figures of different sizes are thus of
    different kinds. Pictures under 11 pixels have a window of their own size. Negative structure counts as 0.
    """
    sides = first.shape[-2:]
    scales = 1
    while scales < len(WEIGHTS) and min(sides) >> scales >= WINDOW_PX:
        scales += 1
    weights = torch.tensor(WEIGHTS[:scales], dtype=first.dtype)
    weights /= weights.sum()
    total = torch.ones(len(first), dtype=first.dtype)
    for scale in range(scales):
        luminance, structure = _ssim(first, second)
        kept = structure if scale < scales - 1 else luminance * structure
        total *= kept.flatten(1).mean(1).clamp_min(0.0) ** weights[scale]
        first, second = functional.avg_pool2d(first, 2), functional.avg_pool2d(second, 2)
    return total


def similarity(pairs: Floats, counts: Floats) -> Estimate:
    """Return the mean of the similarities of pairs (n // 2,); a pair counts as often as its first picture."""
    return linear(float(pairs.mean()), [(counts[:, 0 : 2 * len(pairs) : 2], pairs - pairs.mean())])


def vendi(fakes: Floats, reals: Floats, counts: Counts) -> Estimate:
    """Return the Vendi score of the fakes over that of the reals: about 1, less where fakes repeat themselves.

    The score is exp of the entropy of the eigenvalues of the kernel over n, here of the cosines of vectors (n, D): the
    number of kinds of pictures that differ wholly. Source: Friedman and Dieng 2023.
    """
    (own, own_influence), (other, other_influence) = _entropy(fakes), _entropy(reals)
    logarithm = linear(own - other, [(counts.fakes, own_influence), (counts.reals, -other_influence)])
    return Estimate(float(np.exp(logarithm.value)), np.exp(logarithm.replicates))


def vendi_score(vectors: Floats) -> float:
    """Return the Vendi score of vectors (n, D), from 1 (all alike) to the smaller of n and D."""
    return float(np.exp(_entropy(vectors)[0]))


def _entropy(vectors: Floats) -> tuple[float, Floats]:
    """Return the entropy, and its derivative as each vector gets more weight, (n,)."""
    lengths = np.sqrt((vectors**2).sum(1, keepdims=True))
    unit = vectors / np.maximum(lengths, 1e-12)
    values, axes = np.linalg.eigh(unit.T @ unit / len(unit))  # its eigenvalues are those of the kernel over n
    kept = values > RANK_CUT
    entropy = -float((values[kept] * np.log(values[kept])).sum())
    influence: Floats = -((unit @ axes[:, kept]) ** 2 @ np.log(values[kept])) - entropy
    return entropy, influence


def _ssim(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Return luminance and contrast-structure terms at each place where the window fits, (N, C, h, w)."""
    channels, side = first.shape[1], min(WINDOW_PX, *first.shape[-2:])
    offsets = torch.arange(side, dtype=first.dtype) - (side - 1) / 2
    taps = torch.exp(-(offsets**2) / (2 * WINDOW_DEVIATION**2))
    taps /= taps.sum()

    def mean(images: Tensor) -> Tensor:
        rows = functional.conv2d(images, taps.view(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)
        return functional.conv2d(rows, taps.view(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)

    mean_1, mean_2 = mean(first), mean(second)
    spread_1, spread_2 = mean(first**2) - mean_1**2, mean(second**2) - mean_2**2
    shared = mean(first * second) - mean_1 * mean_2
    luminance = (2 * mean_1 * mean_2 + K1**2) / (mean_1**2 + mean_2**2 + K1**2)
    structure = (2 * shared + K2**2) / (spread_1 + spread_2 + K2**2)
    return luminance, structure
