"""Layers whose weights are scaled when they are used, so that all learn at one rate; what three families are made of.

Source: Karras 2018, "Progressive Growing of GANs for Improved Quality, Stability, and Variation", section 4.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, leaky_relu, linear

from gantools.nets.base import Start

SLOPE = 0.2
GAIN = math.sqrt(2)
"""He 2015: the gain that keeps the variance through a rectifier."""


class Equalised(nn.Module):
    """A weight that begins N(0, 1) and is multiplied by gain / sqrt(fan in) at each use.

    Adam's steps do not depend on the scale of a weight; here all weights have one scale, so all move alike.

    Args:
        shape: of the weight: outputs, inputs, and the kernel's sides.
        gain: of the activation that follows: sqrt(2) before a rectifier, 1 before none.
        bias: what the biases begin with; None: there are none.
        rate: factor on the layer's rate; the weight begins N(0, 1 / rate) and is multiplied by ``rate`` at each use.
    """

    def __init__(self, shape: tuple[int, ...], gain: float, bias: float | None = 0.0, rate: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(shape))
        self.bias = nn.Parameter(torch.empty(shape[0])) if bias is not None else None
        self.bias_start, self.rate = bias or 0.0, rate
        self.scale = gain / math.sqrt(math.prod(shape[1:])) * rate

    def start(self, name: str) -> Start:
        """Say how a parameter begins."""
        return Start(0.0, 1 / self.rate) if name == "weight" else Start(self.bias_start / self.rate, 0.0)

    def scaled_bias(self) -> Tensor | None:
        """Return the biases as they are used."""
        return self.bias if self.bias is None or self.rate == 1 else self.bias * self.rate


class EqualLinear(Equalised):
    """A matrix product of (N, inputs)."""

    def __init__(
        self, inputs: int, outputs: int, gain: float = GAIN, bias: float | None = 0.0, rate: float = 1.0
    ) -> None:
        super().__init__((outputs, inputs), gain, bias, rate)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inputs) to (N, outputs)."""
        return linear(x, self.weight * self.scale, self.scaled_bias())


class EqualConv2d(Equalised):
    """A convolution of stride 1 that keeps the size."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 3, gain: float = GAIN, bias: float | None = 0.0
    ) -> None:
        super().__init__((outputs, inputs, kernel, kernel), gain, bias)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inputs, H, W) to (N, outputs, H, W)."""
        return conv2d(x, self.weight * self.scale, self.scaled_bias(), padding=self.weight.shape[-1] // 2)


class PixelNorm(nn.Module):
    """Scale the vector of channels at each position to a mean square of 1. Source: Karras 2018, section 4.2."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, ...) to the same shape."""
        return x * torch.rsqrt(x.float().square().mean(1, keepdim=True) + 1e-8).to(x.dtype)


def rectify(x: Tensor) -> Tensor:
    """Apply a leaky rectifier of slope 0.2."""
    return leaky_relu(x, SLOPE)


def channel_ladder(base_width: int, max_width: int, steps: int) -> list[int]:
    """Return the channels at each of ``steps`` sizes, smallest size first: they double downwards up to a limit.

    Example:
        >>> channel_ladder(16, 512, 9)  # Karras 2018, 4 to 1024 px
        [512, 512, 512, 512, 256, 128, 64, 32, 16]
    """
    return [min(base_width << (steps - 1 - step), max_width) for step in range(steps)]
