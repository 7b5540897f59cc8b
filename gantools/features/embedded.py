"""The embedded extractor: a bank of random convolutions that needs no file, no download and no training.

Random filters with normalised channels carry texture and coarse shape nearly as trained ones do (Ustyuzhaninov 2016,
"Texture Synthesis Using Shallow Convolutional Networks with Random Filters"; He, Wang and Hopcroft 2016). How far
it ranks models as SqueezeNet does is measured in docs/how-to/is-it-any-good.md.
"""

from dataclasses import dataclass
from hashlib import blake2b

import torch
from torch import Tensor
from torch.nn import functional

from gantools.draws import normal
from gantools.features.base import Activations, Extractor, Label, require_size, to_rgb
from gantools.keys import key

EDITION = 1
"""Part of the digest: to be raised by whatever changes an activation."""

WIDTHS = (16, 32, 32, 32)
"""Filters of each bank; each gives two channels, the rectified response and the rectified opposite (Brochard 2022)."""

KERNELS = (5, 3, 3, 3)
COLOUR_SHARE = 4  # a quarter of the first filters sees brightness and colour, the others edges alone
CALIBRATION_PICTURES, CALIBRATION_PX, OCTAVES = 16, 64, 7
GREY_SHARE = 0.7  # of a calibration picture's contrast; guess: natural pictures vary in brightness more than in colour


@dataclass
class Bank:
    """One layer: filters (2W or 3 channels in, W out), and biases that centre its responses."""

    weight: Tensor
    bias: Tensor

    def to(self, device: torch.device) -> "Bank":
        """Return it on a device."""
        return Bank(self.weight.to(device), self.bias.to(device))

    def respond(self, images: Tensor) -> Tensor:
        """Return the responses (N, W, H, W) of images (N, C, H, W); borders are repeated."""
        side = self.weight.shape[-1] // 2
        return functional.conv2d(functional.pad(images, (side,) * 4, mode="replicate"), self.weight, self.bias)


class Embedded(Extractor):
    """Four banks of random filters, each at half the size of the one before. A picture's vector is the last on 2 x 2.

    Every channel is scaled to unit deviation on drawn pictures with nature's spectrum, so that no layer fades or grows.
    """

    names = ("bank1", "bank2", "bank3", "bank4")
    min_size = 8
    summary = (("bank4", 2),)

    def __init__(self) -> None:
        definition = repr((EDITION, WIDTHS, KERNELS, COLOUR_SHARE, CALIBRATION_PICTURES, CALIBRATION_PX, OCTAVES))
        self.label = Label("embedded", blake2b(definition.encode(), digest_size=6).hexdigest())
        self._banks: list[Bank] = []
        images = calibration_pictures()
        for number, (width, kernel) in enumerate(zip(WIDTHS, KERNELS, strict=True)):
            bank = Bank(_filters(number, width, images.shape[1], kernel), torch.zeros(width))
            responses = bank.respond(images)
            mean, deviation = responses.mean((0, 2, 3)), responses.std((0, 2, 3))
            bank = Bank(bank.weight / deviation.view(-1, 1, 1, 1), -mean / deviation)
            self._banks.append(bank)
            images = _halved(_rectified(bank.respond(images)))

    def __call__(self, images: Tensor) -> Activations:
        """Return the activations of images (N, C, H, W) in [-1, 1]: bank1 at full size, bank4 at an eighth."""
        require_size(images, self.min_size)
        found: Activations = {}
        x = to_rgb(images)
        for name, bank in zip(self.names, self._banks, strict=True):
            found[name] = _rectified(bank.respond(x))
            x = _halved(found[name])
        return found

    def to(self, device: torch.device) -> None:
        """Move the filters to a device."""
        self._banks = [bank.to(device) for bank in self._banks]


def calibration_pictures() -> Tensor:
    """Draw pictures (N, 3, H, W) in [-1, 1] of blocks of every size in equal parts; half have two tones a channel.

    Equal contrast in each octave is the spectrum of natural pictures (Field 1987).
    """
    count, side = CALIBRATION_PICTURES, CALIBRATION_PX
    total = torch.zeros(count, 3, side, side)
    for octave in range(OCTAVES):
        blocks = max(1, side >> octave)
        colour = torch.from_numpy(normal(key(0, "embedded calibration", octave), count, 3, blocks, blocks))
        grey = colour.mean(1, keepdim=True) * 3**0.5
        mixed = GREY_SHARE * grey + (1 - GREY_SHARE) * colour
        total += functional.interpolate(mixed, (side, side), mode="nearest")
    total *= 0.5 / total.std()
    total[count // 2 :] = total[count // 2 :].sign() * 0.7
    return total.clamp(-1.0, 1.0)


def _filters(number: int, width: int, channels: int, kernel: int) -> Tensor:
    """Draw orthonormal filters (W, C, k, k); most of the first bank's sum to zero: they see edges alone."""
    rows = torch.from_numpy(normal(key(0, "embedded filters", number), width, channels * kernel * kernel)).double()
    q, r = torch.linalg.qr(rows.T)
    filters: Tensor = (q * torch.diagonal(r).sign()).T.float().reshape(width, channels, kernel, kernel)
    if number == 0:
        edges = filters[width // COLOUR_SHARE :]
        edges -= edges.mean((1, 2, 3), keepdim=True)
    return filters


def _rectified(responses: Tensor) -> Tensor:
    return torch.cat([functional.relu(responses), functional.relu(-responses)], 1)


def _halved(images: Tensor) -> Tensor:
    return functional.avg_pool2d(images, 2, ceil_mode=True)
