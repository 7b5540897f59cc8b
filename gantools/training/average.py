"""The moving average of the generator: what ``sample`` draws from."""

import torch
from torch import Tensor

from gantools.draws import normal
from gantools.keys import key
from gantools.nets.base import Generator
from gantools.nets.layers import measure_statistics

STANDING_LATENTS = 1024
STANDING_BATCH = 64


def follow(average: Generator, live: Generator, decay: float, rejected: Tensor) -> None:
    """Move the average towards the live weights: average <- decay x average + (1 - decay) x live.

    Args:
        decay: see ``schedules.average_decay``.
        rejected: a scalar, 1.0 when the turn was rejected: the average then keeps its bits.
    """
    weight = (1.0 - decay) * (1.0 - rejected)
    with torch.no_grad():
        for mean, value in zip(average.parameters(), live.parameters(), strict=True):
            mean.lerp_(value, weight)


def stand(average: Generator, seed: int) -> None:
    """Measure the average's standing statistics from 1,024 keyed latents; see ``layers.measure_statistics``.

    They are a pure function of the averaged weights and the seed, always in float32.
    """
    device = next(average.parameters()).device
    measure_statistics(
        average,
        (
            torch.from_numpy(normal(key(seed, "standing", block), STANDING_BATCH, average.latent_dim)).to(device)
            for block in range(STANDING_LATENTS // STANDING_BATCH)
        ),
    )
