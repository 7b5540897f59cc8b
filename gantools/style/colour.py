"""Keeping the colours of the content: three ways. Pictures are (1, 3, H, W) in [-1, 1].

Source: Gatys, Bethge, Hertzmann, Shechtman 2016, "Preserving Color in Neural Artistic Style Transfer".
"""

import torch
from torch import Tensor

LUMA = (0.299, 0.587, 0.114)
"""ITU-R BT.601."""


def with_chroma_of(image: Tensor, content: Tensor) -> Tensor:
    """Return a picture with its own brightness and the content's colour (section 4, luminance only)."""
    weights = image.new_tensor(LUMA).view(1, 3, 1, 1)
    difference = (image * weights).sum(1, keepdim=True) - (content * weights).sum(1, keepdim=True)
    return (content + difference).clamp(-1.0, 1.0)


def matched(style: Tensor, content: Tensor) -> Tensor:
    """Return a style with the content's mean and covariance of colours (section 3, equations 2 to 5)."""
    pixels, wanted = style[0].flatten(1).double(), content[0].flatten(1).double()
    turn = _root(torch.cov(wanted), 0.5) @ _root(torch.cov(pixels), -0.5)
    found = turn @ (pixels - pixels.mean(1, keepdim=True)) + wanted.mean(1, keepdim=True)
    return found.float().reshape(style.shape).clamp(-1.0, 1.0)


def histogram_matched(style: Tensor, content: Tensor) -> Tensor:
    """Return a style whose values of each channel are distributed as the content's, rank by rank."""
    channels = []
    for pixels, wanted in zip(style[0].flatten(1), content[0].flatten(1), strict=True):
        order = pixels.argsort(stable=True)
        ranks = torch.linspace(0, len(wanted) - 1, len(pixels)).round().long()
        found = torch.empty_like(pixels)
        found[order] = wanted.sort().values[ranks.to(wanted.device)]
        channels.append(found)
    return torch.stack(channels).reshape(style.shape)


def _root(covariance: Tensor, power: float) -> Tensor:
    """Return a power of a covariance (3, 3); values as faint as rounding to 8 bits are raised to it."""
    values, vectors = torch.linalg.eigh(covariance)
    root: Tensor = (vectors * values.clamp_min(1e-5).pow(power)) @ vectors.T
    return root
