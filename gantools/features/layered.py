"""What styling needs of features: chosen activations with gradients, and where their positions lie in the picture."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from gantools.features.base import Activations, Label


class Layered(ABC):
    """Activations at several depths of one picture, as sums over whose positions styles are told.

    Attributes:
        label: name and digest.
        strides: pixels between neighbouring positions of each activation, by name, shallow ones first.
        style_layers, content_layers: the activations used unless others are named.
        step: a tile begins at a multiple of so many pixels; every stride divides it.
        halo: so many pixels around a tile are read; a multiple of ``step``.
        min_size: the shortest side in pixels.
    """

    label: Label
    strides: Mapping[str, int]
    style_layers: tuple[str, ...]
    content_layers: tuple[str, ...]
    step: int
    halo: int
    min_size: int

    def content_gains(self, long_side: int) -> Mapping[str, float]:
        """Return factors on the content loss of activations, by name; 1 where there is none.

        A weight is to keep about as much of a picture with every extractor, and at every size.

        Args:
            long_side: of the picture in pixels.
        """
        return {}

    @abstractmethod
    def activations(self, image: Tensor, names: Iterable[str]) -> Activations:
        """Return some activations (C, H', W') of one picture (1, 3, H, W) in [-1, 1]; gradients pass.

        Args:
            image: at least ``min_size`` on both sides.
            names: keys of ``strides``; nothing behind the last of them is computed.
        """

    @abstractmethod
    def to(self, device: torch.device) -> None:
        """Move what it holds to a device."""
