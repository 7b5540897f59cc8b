"""What is small when a picture looks right: distances between statistics of activations, and the variation of pixels.

Everything a picture contributes is a sum over its positions, so that a picture can be measured tile by tile.
Letters: C channels, H and W height and width, P = H x W positions.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

CHUNK = 8192
"""Positions whose sums are taken at a time."""

FLOOR = 1e-6
"""The smallest eigenvalue of a covariance or of a product of two, as a share of the largest: below it lies rounding."""


@dataclass(frozen=True)
class Moments:
    """The first and second raw moments of activations over positions.

    Args:
        mean: (C,).
        second: (C, C), the mean of the outer products: a Gram matrix divided by the number of positions.
    """

    mean: Tensor
    second: Tensor

    def covariance(self) -> Tensor:
        """Return the covariance (C, C)."""
        return self.second - torch.outer(self.mean, self.mean)

    def scale(self) -> Tensor:
        """Return the mean squared length of an activation, a scalar: what makes losses of all layers comparable."""
        return self.second.diagonal().sum().clamp_min(1e-12)


def position_sums(activations: Tensor, weights: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return the sums over positions of activations (C,) and of their outer products (C, C), float32.

    Args:
        activations: (C, H, W).
        weights: (H, W) in [0, 1], how much each position counts; None: all count.
    """
    counts = None if weights is None else weights.flatten()
    with torch.autocast(activations.device.type, enabled=False):
        found: tuple[Tensor, Tensor] = _Sums.apply(activations.flatten(1), counts)  # type: ignore[no-untyped-call]
    return found


class _Sums(torch.autograd.Function):
    """Weighted sums of rows (C, P) and of their outer products; one product of matrices back in place of two.

    The sums are float32; the slopes go back as what the rows are, in bf16 like those of the convolutions before.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor, weights: Tensor | None) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(rows, weights)
        channels, positions = rows.shape
        sums, products = (
            rows.new_zeros(channels, dtype=torch.float32),
            rows.new_zeros((channels,) * 2, dtype=torch.float32),
        )
        for start in range(0, positions, CHUNK):  # as many as a cache holds: bf16 need not become float32 in memory
            part = rows[:, start : start + CHUNK].float()
            weighted = part if weights is None else part * weights[start : start + CHUNK]
            sums += weighted.sum(1)
            products.addmm_(weighted, part.T)
        return sums, products

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        rows, weights = ctx.saved_tensors
        of_sum, of_products = slopes
        both, of_sum = (of_products + of_products.T).to(rows.dtype), of_sum.to(rows.dtype)
        if rows.stride(0) == 1:  # channels last, and so back: the other way round each layer before would copy
            found: Tensor = torch.addmm(of_sum[None], rows.T, both).T
        else:
            found = torch.addmm(of_sum[:, None], both, rows)
        return found if weights is None else (found * weights).to(rows.dtype), None


def mix(moments: list[Moments], shares: list[float]) -> Moments:
    """Return the moments of a mixture: of several styles, each with its share; the shares add up to 1."""
    mean = torch.stack([share * one.mean for one, share in zip(moments, shares, strict=True)]).sum(0)
    second = torch.stack([share * one.second for one, share in zip(moments, shares, strict=True)]).sum(0)
    return Moments(mean, second)


def gram_distance(found: Moments, wanted: Moments) -> Tensor:
    """Return the squared distance of the Gram matrices G, |G - G'|^2 / 4 C^2.

    With G = second x P and the published 1 / (4 C^2 P^2) the number of positions cancels, so that pictures of
    different sizes can be compared.

    Source: Gatys, Ecker, Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks", equations 3 to 5.
    """
    channels = found.mean.shape[0]
    return (found.second - wanted.second).square().sum() / (4.0 * channels**2)


def moments_distance(found: Moments, wanted: Moments) -> Tensor:
    """Return |m - m'|^2 / s + |K - K'|^2 / s^2 for means m, covariances K, and s the wanted mean squared length.

    Matching means and covariances is matching the second-order statistics; unlike a Gram matrix, which holds both in
    one, the mean does not drown the rest. The division makes layers of any scale count alike.

    Source: Li, Wang, Liu, Hou 2017, "Demystifying Neural Style Transfer", which shows that styles are distributions
    of activations and that their distance may be measured otherwise than by Gram matrices.
    """
    scale = wanted.scale()
    means = (found.mean - wanted.mean).square().sum() / scale
    return means + (found.covariance() - wanted.covariance()).square().sum() / scale.square()


class Wanted:
    """What a style wants of one layer's activations, with a root of its covariance, which is computed once.

    Attributes:
        root: B (C, R) with K' = B B^T. Its rank R is below the number of positions: at the small sizes of a pyramid and
            at deep layers far below the number of channels, and all that follows is as much cheaper.
        trace: of K'.

    Args:
        moments: of the style.
    """

    def __init__(self, moments: Moments) -> None:
        self.moments = moments
        covariance = moments.covariance().double()
        values, vectors = torch.linalg.eigh(covariance)
        used = values > FLOOR * values[-1].clamp_min(1e-30)
        used[-1] = True  # of a style of one colour too
        self.root = (vectors[:, used] * values[used].clamp_min(0.0).sqrt()).float()
        self.trace = covariance.diagonal().sum().float()


def wasserstein_distance(found: Moments, wanted: Wanted) -> Tensor:
    """Return the squared 2-Wasserstein distance of two Gaussians, divided by the wanted mean squared length.

    |m - m'|^2 + tr(K + K' - 2 (K'^1/2 K K'^1/2)^1/2) for means m and covariances K: the work it takes to move one
    cloud of activations onto the other, when both are taken for Gaussian. With any root K' = B B^T the last trace is
    that of (B^T K B)^1/2, a matrix as small as the rank of K'. It is taken once, by its eigenvalues, and its derivative
    is known in closed form, so that nothing is propagated through an iteration.

    Source: Olkin, Pukelsheim 1982, "The distance between two random vectors with given dispersion matrices"; for
    style first used by Mroueh 2019, "Wasserstein Style Transfer", and in the form of this loss by K. Crowson's
    style-transfer-pytorch. The division is ours: layers of any scale count alike.
    """
    means = (found.mean - wanted.moments.mean).square().sum()
    cross: Tensor = _RootTrace.apply(found.covariance(), wanted.root)  # type: ignore[no-untyped-call]
    spread = found.covariance().diagonal().sum() + wanted.trace - 2.0 * cross
    return (means + spread) / wanted.moments.scale()


class _RootTrace(torch.autograd.Function):
    """tr((B^T K B)^1/2) for a root B (C, R); its derivative in K is B (B^T K B)^-1/2 B^T / 2."""

    @staticmethod
    def forward(ctx: Any, covariance: Tensor, root: Tensor) -> Tensor:
        values, vectors = _eigenvectors(root.T @ covariance @ root)
        roots = values.clamp_min(FLOOR * float(values[-1]) + 1e-20).sqrt()
        turned = root @ vectors
        ctx.save_for_backward(turned, roots)
        total: Tensor = roots.sum()
        return total

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, None]:
        turned, roots = ctx.saved_tensors
        slope: Tensor = outer[0] * 0.5 * (turned / roots) @ turned.T
        return slope, None


def _eigenvectors(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Return eigenvalues and eigenvectors of a symmetric matrix.

    Where there are fewer positions than channels most eigenvalues are zero, and LAPACK's float32 routine may then not
    converge, or return NaN; float64, at two to three times the time, does neither.
    """
    try:
        values, vectors = torch.linalg.eigh(matrix)
        if bool(torch.isfinite(values).all() & torch.isfinite(vectors).all()):
            return values, vectors
    except torch.linalg.LinAlgError:  # type: ignore[attr-defined]
        pass
    values, vectors = torch.linalg.eigh(matrix.double())
    return values.float(), vectors.float()


def variation_sum(image: Tensor, height: int, width: int, power: float) -> Tensor:
    """Return the sum over positions of (dx^2 + dy^2)^power, with the differences to the right and lower neighbours.

    Args:
        image: (C, H, W), at least ``height`` x ``width``: a tile with its right and lower neighbours.
        height, width: of the positions that are summed; at the edge of ``image`` a difference is zero.
        power: 1: the squared differences; 1.25: those of the textbook (Johnson, Alahi, Fei-Fei 2016 and Mahendran,
            Vedaldi 2015, "Understanding Deep Image Representations by Inverting Them", equation 5 with beta 2.5).
    """
    down = torch.diff(image, dim=1, append=image[:, -1:])[:, :height, :width]
    right = torch.diff(image, dim=2, append=image[:, :, -1:])[:, :height, :width]
    squares = down.square() + right.square()
    powers: Tensor = squares if power == 1.0 else (squares + 1e-12).pow(power)
    return powers.sum()
