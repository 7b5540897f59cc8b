"""Real pictures for D turns: a keyed order of the data, in batches that run across the border of an epoch."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gantools.data.pack import Pictures
from gantools.draws import permutation
from gantools.keys import key
from gantools.training.state import TrainState


class Batches:
    """The real images of a run, in the order keyed by (seed, data digest, epoch).

    Args:
        pictures: the data set; read a row at a time, never held whole.
    """

    def __init__(self, pictures: Pictures) -> None:
        self.pictures = pictures
        self._order: tuple[int, int, NDArray[np.int64]] | None = None

    def __call__(self, state: TrainState) -> Tensor:
        """Return the next reals (N, C, H, W), float32 in [-1, 1] on the device; move epoch and position on."""
        register = state.register
        rows: list[int] = []
        while len(rows) < state.config.batch:
            order = self._epoch(state.config.seed, register.epoch)
            share = order[register.position : register.position + state.config.batch - len(rows)]
            rows += share.tolist()
            register.position += len(share)
            if register.position >= len(order):
                register.epoch, register.position = register.epoch + 1, 0
        return to_floats(self.pictures.read(rows), state)

    def _epoch(self, seed: int, epoch: int) -> NDArray[np.int64]:
        """Return the order of one epoch; the last one is kept."""
        if self._order is None or self._order[:2] != (seed, epoch):
            order_key = key(seed, "order", self.pictures.digest, epoch)
            self._order = (seed, epoch, permutation(order_key, self.pictures.count))
        return self._order[2]


def to_floats(pixels: NDArray[np.uint8], state: TrainState) -> Tensor:
    """Move pixels (N, C, H, W) to the device, as float32 in [-1, 1] in the discriminator's memory format."""
    images = torch.from_numpy(pixels).to(state.machine.device, non_blocking=True)
    floats = images.to(torch.float32, memory_format=state.discriminator.memory_format)
    return floats.div_(127.5).sub_(1.0)
