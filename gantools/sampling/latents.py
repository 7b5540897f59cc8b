"""Latents of pictures: picture i of a seed always has the same one."""

import torch
from torch import Tensor

from gantools.draws import normal
from gantools.keys import key


def latents(seed: int, start: int, count: int, latent_dim: int) -> Tensor:
    """Return the latents (N, Z) of pictures ``start`` to ``start + count - 1``, each keyed by its own index."""
    rows = [torch.from_numpy(normal(key(seed, "sample", index), latent_dim)) for index in range(start, start + count)]
    return torch.stack(rows)
