"""Halving and doubling pictures (N, C, H, W): boxes, and the smoothing filters of two papers.

Every function doubles or halves both sides, takes any number of channels, and can be differentiated twice.
"""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, pad


def halve(x: Tensor) -> Tensor:
    """Average 2x2 pixels: the filter [1, 1]. Sides must be even."""
    return avg_pool2d(x, 2)


def double(x: Tensor) -> Tensor:
    """Repeat each pixel 2x2: nearest neighbour."""
    return interpolate(x, scale_factor=2.0, mode="nearest")


def enlarge(x: Tensor, height: int, width: int) -> Tensor:
    """Repeat pixels until the size is (height, width), a multiple of that of ``x``; nothing happens at that size."""
    return x if x.shape[-2:] == (height, width) else interpolate(x, size=(height, width), mode="nearest")


def smooth_double(x: Tensor) -> Tensor:
    """Double with the filter [1, 3, 3, 1] on each axis. Source: Karras 2020, appendix B.

    This is bilinear interpolation between pixel centres. Departure: the border is repeated, where the paper pads
    with zeros, which darkens it; on a processor it is also several times faster than a convolution.
    """
    return interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def smooth_halve(x: Tensor) -> Tensor:
    """Halve with the filter [1, 3, 3, 1] on each axis, the transpose of ``smooth_double``; the border is repeated."""
    return _transposed(x, x.shape[-2] // 2, x.shape[-1] // 2, align_corners=False)


def tent_double(x: Tensor) -> Tensor:
    """Double with the filter [1, 2, 1] on each axis: pixels stay, a mean comes after each.

    Source: Huang 2024, section 4. Departure: the border is repeated, where the paper pads with zeros.
    """
    height, width = x.shape[-2:]
    wider = pad(x, (0, 1, 0, 1), mode="replicate")
    return interpolate(wider, size=(2 * height + 1, 2 * width + 1), mode="bilinear", align_corners=True)[..., :-1, :-1]


def tent_halve(x: Tensor) -> Tensor:
    """Halve with the filter [1, 2, 1] on each axis, centred on every second pixel; zeros beyond the border."""
    height, width = x.shape[-2] // 2, x.shape[-1] // 2
    return _transposed(pad(x, (0, 1, 0, 1)), height + 1, width + 1, align_corners=True)[..., :-1, :-1]


def _transposed(x: Tensor, height: int, width: int, *, align_corners: bool) -> Tensor:
    """Apply the transpose of bilinear doubling to (height, width), scaled to keep the mean."""
    shape = [x.shape[0], x.shape[1], height, width]
    backward = torch.ops.aten.upsample_bilinear2d_backward.default
    spread: Tensor = backward(x, list(x.shape[-2:]), shape, align_corners)
    return spread / 4
