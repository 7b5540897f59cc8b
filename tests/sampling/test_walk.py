"""A walk through the latents."""

from types import SimpleNamespace

import numpy as np
import torch
from torch import Tensor, nn

from gantools.nets.base import Generator
from gantools.sampling.walk import walk


class Showing(nn.Module):
    """A generator whose picture is its latent: two pixels."""

    latent_dim = 2
    given = SimpleNamespace(extra=0)

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def pictures(self, latents: Tensor) -> Tensor:
        return latents.view(-1, 1, 1, 2) / 4


def steps_of(seed: int, index: int) -> np.ndarray:
    """Return the latents of a walk of 32 steps, as the pictures show them."""
    generator: Generator = Showing()  # type: ignore[assignment]
    return walk(generator, seed, index, 32)[:, 0, 0].astype(float) - 127.5


def test_a_walk_ends_where_it_began() -> None:
    """Half way round the latent is the opposite one, and the last step is as short as the others."""
    latents = steps_of(0, 0)
    assert np.abs(latents[16] + latents[0]).max() <= 1
    strides = np.abs(np.diff(np.concatenate([latents, latents[:1]]), axis=0)).max(1)
    assert 0 < strides[-1] <= strides.max()
    assert strides.max() < np.abs(latents).max()


def test_walks_are_keyed() -> None:
    """The same seed and number give the same walk, others another."""
    assert (steps_of(0, 0) == steps_of(0, 0)).all()
    assert (steps_of(0, 0) != steps_of(0, 1)).any()
    assert (steps_of(0, 0) != steps_of(1, 0)).any()
