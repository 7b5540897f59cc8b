"""Latents of pictures: picture i of a seed always has the same one, whatever class is asked for."""

import torch
from torch import Tensor

from gantools.draws import class_number, normal
from gantools.keys import key
from gantools.nets.base import Generator
from gantools.sampling.labels import label_numbers


def latents(generator: Generator, seed: int, start: int, count: int, label: int | None = None) -> Tensor:
    """Return what pictures ``start`` to ``start + count - 1`` draw, (N, Z), each keyed by its own index.

    Args:
        generator: with labels, the last number is the class.
        label: the class of all of them; None: each draws one as often as it occurs.
    """
    own = generator.latent_dim - generator.given.extra
    rows = [torch.from_numpy(normal(key(seed, "sample", index), own)) for index in range(start, start + count)]
    z = torch.stack(rows)
    if not generator.given.extra:
        return z
    if label is not None:
        return torch.cat([z, torch.full((count, 1), class_number(label, generator.given.counts))], dim=1)
    return torch.cat([z, torch.from_numpy(label_numbers(seed, start, count))[:, None]], dim=1)
