"""Pictures from a generator, in blocks that make picture i a function of (checkpoint, seed, i) alone."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gantools.nets.base import Generator
from gantools.sampling.latents import latents

BLOCK = 16
"""Pictures computed together. Blocks are aligned by index and always whole: kernels differ by batch size."""


def render(
    generator: Generator, seed: int, start: int, count: int, label: int | None = None
) -> Iterator[NDArray[np.uint8]]:
    """Yield the pictures ``start`` to ``start + count - 1``, each (C, H, W) uint8.

    Args:
        generator: in evaluation mode, float32, on any device.
        seed: keys the latents.
        label: the class of all of them; None: each draws its own, where the run has labels.
    """
    device = next(generator.parameters()).device
    for block in range(start // BLOCK, -(-(start + count) // BLOCK)):
        z = latents(generator, seed, block * BLOCK, BLOCK, label).to(device)
        with torch.inference_mode():
            pixels = to_pixels(generator.pictures(z))
        first, last = max(start - block * BLOCK, 0), min(start + count - block * BLOCK, BLOCK)
        yield from pixels[first:last]


def to_pixels(images: Tensor) -> NDArray[np.uint8]:
    """Turn images (N, C, H, W) in [-1, 1] into pixels 0 to 255, rounded to the nearest; values outside are clamped."""
    scaled = images.add(1.0).mul_(127.5).round_().clamp_(0, 255)
    pixels: NDArray[np.uint8] = scaled.to(torch.uint8).cpu().contiguous().numpy()
    return pixels
