"""Real pictures for turns: keyed orders of the data, in batches that run across the border of an epoch."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gantools.data.pack import NO_LABEL, Pictures
from gantools.draws import permutation, uniform
from gantools.keys import key
from gantools.training.state import TrainState
from gantools.training.turn import Labels, Reals
from gantools.training.vitals import UNSEEN_EVERY


class Batches:
    """The real images of a run, in the order keyed by (seed, data digest, epoch).

    Args:
        pictures: the data set; read a row at a time, never held whole.
    """

    def __init__(self, pictures: Pictures) -> None:
        self.pictures = pictures
        self._orders: dict[str, tuple[int, int, NDArray[np.int64]]] = {}
        self._of_class: dict[int, NDArray[np.int64]] = {}

    def __call__(self, state: TrainState, labels: Labels | None = None) -> Reals:
        """Return the next reals, float32 on the device; move epoch and position on.

        Args:
            labels: the class of each; they are then drawn within their classes, with replacement, and epoch and
                position only count them. None: the order decides, and the pictures bring their labels.
        """
        register = state.register
        place = register.epoch, register.position
        rows, register.epoch, register.position = self._rows(state, "order", *place)
        rows = rows if labels is None else self._rows_of(labels, state, "pairs", register.d_steps)
        return self._reals(rows, state, "mirror", *place)

    def of_g_turn(self, state: TrainState, labels: Labels | None = None) -> Reals:
        """Return the reals of the next G turn, in an order of their own that g_steps alone decides."""
        g_steps = state.register.g_steps
        epoch, position = divmod(g_steps * state.config.batch, self.pictures.count)
        rows = self._rows(state, "order of G", epoch, position)[0]
        rows = rows if labels is None else self._rows_of(labels, state, "pairs of G", g_steps)
        return self._reals(rows, state, "mirror of G", epoch, position)

    def unseen(self, state: TrainState) -> Reals | None:
        """Return the next of the held-out pictures, a batch that d_steps alone decides; None where there are none.

        Training never learns from them: D is only asked what it thinks of them. Few of them come several times.
        """
        held_out, register = self.pictures.held_out, state.register
        if held_out is None:
            return None
        order = permutation(key(state.config.seed, "unseen", held_out.digest), held_out.count)
        labels = held_out.labels if state.config.network.classes else None
        if labels is not None:
            order = order[labels[order] != NO_LABEL]
        if not len(order):
            return None
        start = register.d_steps // UNSEEN_EVERY * state.config.batch
        rows = order[np.arange(start, start + state.config.batch) % len(order)]
        images = to_floats(held_out.read(rows.tolist()), state)
        return Reals(images, None if labels is None else labels[rows].astype(np.int64))

    def _rows_of(self, labels: Labels, state: TrainState, purpose: str, count: int) -> list[int]:
        """Draw a row of each class in ``labels`` (N,), keyed by the data and a count of turns."""
        known = self.pictures.labels
        assert known is not None, "a run with labels has pictures with labels"
        for label in set(labels.tolist()) - self._of_class.keys():
            self._of_class[label] = np.flatnonzero(known == label)
        shares = uniform(key(state.config.seed, purpose, self.pictures.digest, count), len(labels)) / 2 + 0.5
        rows = [self._of_class[label] for label in labels.tolist()]
        return [
            int(own[min(int(share * len(own)), len(own) - 1)]) for own, share in zip(rows, shares.tolist(), strict=True)
        ]

    def _reals(self, rows: list[int], state: TrainState, purpose: str, epoch: int, position: int) -> Reals:
        images = self._shown(rows, state, purpose, epoch, position)
        if not state.config.network.classes:
            return Reals(images)
        assert self.pictures.labels is not None, "a run with labels has pictures with labels"
        return Reals(images, self.pictures.labels[rows].astype(np.int64))

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
