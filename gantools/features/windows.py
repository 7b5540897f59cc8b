"""An extractor of pictures of one size as features for styling: it looks at a picture of any size through windows.

Windows overlap by half, and only the middle of each counts, so that no border of a window is seen.
"""

import math
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn import functional

from gantools.features.base import Activations, Extractor
from gantools.features.layered import Layered

LUMA = (0.299, 0.587, 0.114)
FINEST = 8
"""Positions along a window that content is told by, at least: coarser activations forget where things are. Guess."""


class Windows(Layered):
    """What an extractor answers in the middle of each window, laid side by side.

    Activations of one position a window stand for its middle; those whose middle is no whole number of positions are
    left out.

    Args:
        extractor: takes pictures of the window's size.
        channels, height, width: of a window; height and width even.

    Raises:
        ValueError: no activation fits.
    """

    def __init__(self, extractor: Extractor, channels: int, height: int, width: int) -> None:
        self.label, self._extractor, self._channels = extractor.label, extractor, channels
        self._own = (height // 2, width // 2)
        self._margin = (height - self._own[0]) // 2, (width - self._own[1]) // 2
        with torch.no_grad():
            found = extractor(torch.zeros(1, channels, height, width))
        self._middles: dict[str, tuple[slice, slice]] = {}
        self.strides: dict[str, int] = {}
        for name, activations in found.items():
            rows, columns = (_middle(count) for count in activations.shape[-2:])
            if rows is not None and columns is not None:
                strides = (self._own[0] // _length(rows), self._own[1] // _length(columns))
                if strides[0] == strides[1] and self._own[0] % _length(rows) == 0:
                    self._middles[name], self.strides[name] = (rows, columns), strides[0]
        if not self.strides:
            raise ValueError(f"{self.label}: found no layer with a middle, expected one of a multiple of 4 positions")
        self.style_layers = tuple(self.strides)
        fine = tuple(name for name, stride in self.strides.items() if stride * FINEST <= max(height, width))
        self.content_layers = (fine or self.style_layers)[-1:]
        self.step = self.halo = math.lcm(*self._own)
        self.min_size = 1

    def activations(self, image: Tensor, names: Iterable[str]) -> Activations:
        """Return some activations (C, H', W') of one picture (1, 3, H, W) in [-1, 1]; gradients pass."""
        counts = [-(-side // own) for side, own in zip(image.shape[-2:], self._own, strict=True)]
        found = self._extractor(self._windows(_in_channels(image, self._channels), counts))
        laid: Activations = {}
        for name in names:
            rows, columns = self._middles[name]
            middle = found[name][:, :, rows, columns]
            middle = middle.reshape(*counts, *middle.shape[1:])  # (R, W, C, h, w)
            whole = middle.permute(2, 0, 3, 1, 4).flatten(3).flatten(1, 2)  # (C, R h, W w)
            height, width = (-(-side // self.strides[name]) for side in image.shape[-2:])
            laid[name] = whole[:, :height, :width]
        return laid

    def to(self, device: torch.device) -> None:
        """Move the network to a device."""
        self._extractor.to(device)

    def _windows(self, image: Tensor, counts: list[int]) -> Tensor:
        """Return the windows (N, C, h, w) of a picture, row by row; beyond its borders they are repeated."""
        sides = [2 * own for own in self._own]
        ends = [
            count * own - side + margin
            for count, own, side, margin in zip(counts, self._own, image.shape[-2:], self._margin, strict=True)
        ]
        padded = functional.pad(image, (self._margin[1], ends[1], self._margin[0], ends[0]), mode="replicate")[0]
        views = padded.unfold(1, sides[0], self._own[0]).unfold(2, sides[1], self._own[1])  # (C, R, W, h, w)
        return views.permute(1, 2, 0, 3, 4).flatten(0, 1)


def _middle(count: int) -> slice | None:
    """Return the middle half of so many positions along a window; None: it has none."""
    if count == 1:
        return slice(0, 1)
    return slice(count // 4, count - count // 4) if count % 4 == 0 else None


def _length(part: slice) -> int:
    return int(part.stop - part.start)


def _in_channels(image: Tensor, channels: int) -> Tensor:
    """Return a picture (1, 3, H, W) as one of 1, 3 or 4 channels: its brightness, itself, or itself and opaque."""
    if channels == 1:
        return (image * image.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
    return image if channels == 3 else torch.cat([image, torch.ones_like(image[:, :1])], 1)
