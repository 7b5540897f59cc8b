"""A walk through the latents: pictures along a circle, so that it ends where it began."""

import math

import numpy as np
import torch
from numpy.typing import NDArray

from gantools.draws import normal
from gantools.keys import key
from gantools.nets.base import Generator
from gantools.sampling.render import BLOCK, to_pixels


def walk(generator: Generator, seed: int, index: int, frames: int) -> NDArray[np.uint8]:
    """Return the pictures of one walk, uint8 (F, C, H, W).

    The latents are cos(t) a + sin(t) b with a and b normal: each of them alone is distributed like a drawn latent,
    which those on the straight line from a to b are not (White 2016, section 2.1). With labels the class is that of a
    all the way.

    Args:
        generator: in evaluation mode, float32, on any device.
        seed, index: key a and b.
        frames: pictures on the circle at equal steps, a multiple of 16, so that blocks are whole.
    """
    assert frames % BLOCK == 0, frames
    first, second = (torch.from_numpy(normal(key(seed, "walk", index, end), generator.latent_dim)) for end in (0, 1))
    angles = torch.arange(frames, dtype=torch.float64).mul(2 * math.pi / frames)[:, None]
    latents = (angles.cos() * first + angles.sin() * second).float()
    if generator.given.extra:
        latents[:, -1] = first[-1]
    device = next(generator.parameters()).device
    with torch.inference_mode():
        starts = range(0, frames, BLOCK)
        blocks = [to_pixels(generator.pictures(latents[start : start + BLOCK].to(device))) for start in starts]
    return np.concatenate(blocks)
