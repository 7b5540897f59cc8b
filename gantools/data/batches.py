"""Real pictures for turns: keyed orders of the data, in batches that run across the border of an epoch."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gantools.data.pack import Pictures
from gantools.draws import permutation, uniform
from gantools.keys import key
from gantools.training.state import TrainState


class Batches:
    """The real images of a run, in the order keyed by (seed, data digest, epoch).

    Args:
        pictures: the data set; read a row at a time, never held whole.
    """

    def __init__(self, pictures: Pictures) -> None:
        self.pictures = pictures
        self._orders: dict[str, tuple[int, int, NDArray[np.int64]]] = {}

    def __call__(self, state: TrainState) -> Tensor:
        """Return the next reals (N, C, H, W), float32 in [-1, 1] on the device; move epoch and position on."""
        register = state.register
        place = register.epoch, register.position
        rows, register.epoch, register.position = self._rows(state, "order", *place)
        return self._shown(rows, state, "mirror", *place)

    def of_g_turn(self, state: TrainState) -> Tensor:
        """Return the reals of the next G turn, in an order of their own that g_steps alone decides."""
        epoch, position = divmod(state.register.g_steps * state.config.batch, self.pictures.count)
        rows = self._rows(state, "order of G", epoch, position)[0]
        return self._shown(rows, state, "mirror of G", epoch, position)

    def _shown(self, rows: list[int], state: TrainState, purpose: str, epoch: int, position: int) -> Tensor:
        """Read rows; with ``augment.mirror`` a keyed half of them comes from right to left."""
        pixels = self.pictures.read(rows)
        if state.config.augment.mirror == "yes":
            flips = uniform(key(state.config.seed, purpose, epoch, position), len(rows)) < 0
            pixels = np.where(flips[:, None, None, None], pixels[..., ::-1], pixels)
        return to_floats(pixels, state)

    def _rows(self, state: TrainState, purpose: str, epoch: int, position: int) -> tuple[list[int], int, int]:
        """Return the rows of a batch that begins at ``position`` of ``epoch``, and where the next one begins."""
        rows: list[int] = []
        while len(rows) < state.config.batch:
            order = self._epoch(purpose, state.config.seed, epoch)
            share = order[position : position + state.config.batch - len(rows)]
            rows += share.tolist()
            position += len(share)
            if position >= len(order):
                epoch, position = epoch + 1, 0
        return rows, epoch, position

    def _epoch(self, purpose: str, seed: int, epoch: int) -> NDArray[np.int64]:
        """Return the order of one epoch; the last one of each purpose is kept."""
        kept = self._orders.get(purpose)
        if kept is None or kept[:2] != (seed, epoch):
            order_key = key(seed, purpose, self.pictures.digest, epoch)
            self._orders[purpose] = kept = (seed, epoch, permutation(order_key, self.pictures.count))
        return kept[2]


def to_floats(pixels: NDArray[np.uint8], state: TrainState) -> Tensor:
    """Move pixels (N, C, H, W) to the device, as float32 in [-1, 1] in the discriminator's memory format."""
    images = torch.from_numpy(pixels).to(state.machine.device, non_blocking=True)
    floats = images.to(torch.float32, memory_format=state.discriminator.memory_format)
    return floats.div_(127.5).sub_(1.0)
