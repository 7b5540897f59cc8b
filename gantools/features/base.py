"""What an extractor is: pictures to named activations, shared by measuring and styling.

Pictures are (N, C, H, W), float32 in [-1, 1], with one (grey), three (RGB) or four (RGBA) channels.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

Activations = dict[str, Tensor]
"""Activations (N, C, H, W) by name, in the order in which they are computed."""


@dataclass(frozen=True)
class Label:
    """Which extractor made a figure.

    Args:
        name: as it is chosen: ``embedded``, ``squeezenet``.
        digest: 12 hexadecimal digits of its definition, or of its weights. Figures of different digests cannot be
            compared.
    """

    name: str
    digest: str

    def __str__(self) -> str:
        """Write it for people."""
        return f"{self.name} {self.digest}"

    def facts(self) -> dict[str, str]:
        """Return JSON values."""
        return {"name": self.name, "digest": self.digest}


class Extractor(ABC):
    """Named activations of pictures. It has no state and draws nothing; any normalising of the input is its own.

    Attributes:
        label: name and digest.
        names: of all activations, shallow ones first.
        min_size: the shortest side in pixels that it takes as it is; ``vectors`` enlarges smaller pictures.
        summary: the activations that make up a picture's vector, each with the side of the grid of means taken of it.
    """

    label: Label
    names: tuple[str, ...]
    min_size: int
    summary: tuple[tuple[str, int], ...]

    @abstractmethod
    def __call__(self, images: Tensor) -> Activations:
        """Return the activations of images (N, C, H, W) in [-1, 1]; gradients pass.

        Raises:
            ValueError: a side below ``min_size``, or a number of channels other than 1, 3 or 4.
        """

    @abstractmethod
    def to(self, device: torch.device) -> None:
        """Move what it holds to a device."""

    def vectors(self, images: Tensor) -> Tensor:
        """Return one vector a picture (N, D), float32, for figures that compare sets of pictures. No gradient."""
        with torch.inference_mode():
            found = self(enlarged(images, self.min_size))
            grids = [functional.adaptive_avg_pool2d(found[name], side) for name, side in self.summary]
        return torch.cat([grid.flatten(1) for grid in grids], 1).float()


def to_rgb(images: Tensor) -> Tensor:
    """Return images (N, 1, 3 or 4, H, W) as RGB (N, 3, H, W): grey is repeated, RGBA is laid on white.

    White, as most programs show transparency: what differs only where nothing is seen counts as equal.

    Raises:
        ValueError: another number of channels, or no batch.
    """
    if images.dim() != 4 or images.shape[1] not in (1, 3, 4):
        raise ValueError(f"images: found shape {tuple(images.shape)}, expected (N, C, H, W) with C of 1, 3 or 4")
    if images.shape[1] == 1:
        return images.expand(-1, 3, -1, -1)
    if images.shape[1] == 3:
        return images
    opacity = images[:, 3:].add(1.0).mul(0.5)
    return images[:, :3] * opacity + (1.0 - opacity)


def enlarged(images: Tensor, min_size: int) -> Tensor:
    """Return images whose shortest side is at least ``min_size``; smaller ones are enlarged bilinearly."""
    height, width = images.shape[-2:]
    if min(height, width) >= min_size:
        return images
    factor = min_size / min(height, width)
    size = (max(min_size, round(height * factor)), max(min_size, round(width * factor)))
    return functional.interpolate(images, size, mode="bilinear", align_corners=False)


def require_size(images: Tensor, min_size: int) -> None:
    """Require sides of at least ``min_size`` pixels.

    Raises:
        ValueError: a shorter one.
    """
    if min(images.shape[-2:]) < min_size:
        raise ValueError(f"images: found {tuple(images.shape)}, expected sides of at least {min_size} pixels")
