"""Halving and doubling against filters written out with NumPy."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from gantools.draws import normal
from gantools.nets.resample import double, halve, smooth_double, smooth_halve, tent_double, tent_halve

X = torch.from_numpy(normal(1, 2, 3, 6, 8)).double()


def along(
    pixels: NDArray[np.float64], axis: int, taps: list[float], up: bool, before: int, edge: str
) -> NDArray[np.float64]:
    """Filter one axis: pad, put zeros between when doubling, correlate, take every second when halving."""
    moved = np.moveaxis(pixels, axis, -1)
    padded = np.pad(moved, [(0, 0)] * (moved.ndim - 1) + [(4, 4)], mode=edge)  # type: ignore[call-overload]
    kernel = np.array(taps) / sum(taps)
    if up:
        stuffed = np.zeros((*padded.shape[:-1], 2 * padded.shape[-1]))
        stuffed[..., ::2], kernel = padded, 2 * kernel
        padded = stuffed
    first, step = (8 - before, 1) if up else (4 - before, 2)
    count = 2 * moved.shape[-1] if up else moved.shape[-1] // 2
    rows = [padded[..., first + i * step : first + i * step + len(taps)] @ kernel for i in range(count)]
    return np.moveaxis(np.stack(rows, -1), -1, axis)


def filtered(x: Tensor, taps: list[float], *, up: bool, before: int, edge: str) -> Tensor:
    """Filter both axes."""
    pixels = x.numpy()
    for axis in (2, 3):
        pixels = along(pixels, axis, taps, up, before, edge)
    return torch.from_numpy(pixels)


@pytest.mark.parametrize(
    ("function", "taps", "up", "before", "edge"),
    [
        (halve, [1, 1], False, 0, "edge"),
        (double, [1, 1], True, 1, "edge"),
        (smooth_halve, [1, 3, 3, 1], False, 1, "edge"),
        (smooth_double, [1, 3, 3, 1], True, 2, "edge"),
        (tent_halve, [1, 2, 1], False, 1, "constant"),
        (tent_double, [1, 2, 1], True, 1, "edge"),
    ],
)
def test_it_is_the_papers_filter(
    function: Callable[[Tensor], Tensor], taps: list[float], up: bool, before: int, edge: str
) -> None:
    """Each function is its filter between zeros, or before every second pixel is dropped."""
    torch.testing.assert_close(function(X), filtered(X, taps, up=up, before=before, edge=edge))


@pytest.mark.parametrize("function", [halve, double, smooth_halve, smooth_double, tent_halve, tent_double])
def test_it_can_be_differentiated_twice(function: Callable[[Tensor], Tensor]) -> None:
    """Gradient penalties go through it."""
    x = X[:1, :1, :4, :4].clone().requires_grad_()
    assert torch.autograd.gradgradcheck(lambda y: function(y).square(), (x,))


def test_a_ramp_stays_a_ramp() -> None:
    """Away from the border smooth doubling of a ramp is the ramp at half the step."""
    ramp = torch.arange(8.0).expand(1, 1, 8, 8)
    torch.testing.assert_close(smooth_double(ramp)[0, 0, 4, 2:14], torch.arange(12) * 0.5 + 0.75)
