"""R3GAN's networks: residual blocks without any normalisation, the generator the discriminator's mirror.

Source: Huang 2024, "The GAN is dead; long live the GAN! A Modern GAN Baseline", section 4 and appendix.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from gantools.config.run import NetworkConfig
from gantools.config.sizes import scales
from gantools.nets.base import Discriminator, Generator, Networks, Start, Views
from gantools.nets.equalised import channel_ladder
from gantools.nets.labels import Given
from gantools.nets.resample import tent_double, tent_halve

SLOPE = 0.2
GAIN = math.sqrt(2 / (1 + SLOPE**2))
EXPANSION = 2
GROUP_CHANNELS = 16
"""Channels of a group of the 3x3 convolution: 1,536 in 96 groups in the paper."""


class Conv(nn.Conv2d):
    """A convolution without bias that keeps the size and begins N(0, gain / sqrt(fan in))."""

    def __init__(self, inside: int, outside: int, kernel: int = 1, groups: int = 1, gain: float = 1.0) -> None:
        super().__init__(inside, outside, kernel, padding=kernel // 2, groups=groups, bias=False)
        self.gain = gain


class Activation(nn.Module):
    """Add a bias and rectify, slope 0.2."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.empty(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        return leaky_relu(x + self.bias.to(x.dtype)[:, None, None], SLOPE)


class Halving(nn.Module):
    """Halve both sides by the filter [1, 2, 1]."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C, H/2, W/2)."""
        return tent_halve(x)


class Basis(nn.Module):
    """A learned weight for each channel and position, summed over positions."""

    def __init__(self, channels: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, *size))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, h, w) to (N, C)."""
        return (x * self.weight.to(x.dtype)).sum((2, 3))


class Block(nn.Module):
    """x + (1x1, grouped 3x3, 1x1)(x), twice as wide inside; the last convolution begins at zero.

    With L blocks in a network the first two begin scaled by L^(-1/4), so that activations do not grow with depth
    (Zhang 2019, "Fixup initialization").
    """

    def __init__(self, channels: int, blocks: int) -> None:
        super().__init__()
        inner, scale = EXPANSION * channels, blocks**-0.25
        self.layers = nn.Sequential(
            Conv(channels, inner, gain=GAIN * scale),
            Activation(inner),
            Conv(inner, inner, 3, groups=max(1, inner // GROUP_CHANNELS), gain=GAIN * scale),
            Activation(inner),
            Conv(inner, channels, gain=0.0),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        y: Tensor = x + self.layers(x)
        return y


def stage(channels: int, config: NetworkConfig) -> nn.Sequential:
    """Return the blocks at one size."""
    total = config.blocks * len(scales(config.height, config.width))
    return nn.Sequential(*(Block(channels, total) for _ in range(config.blocks)))


def _change(inside: int, outside: int) -> nn.Module:
    return Conv(inside, outside) if inside != outside else nn.Identity()


def _widths(config: NetworkConfig) -> list[int]:
    return channel_ladder(config.base_width, config.max_width, len(scales(config.height, config.width)))


class Residual(nn.Module):
    """How both networks' parameters begin."""

    memory_format = torch.channels_last

    def initial(self, module: nn.Module, name: str) -> Start:
        """Begin convolutions by their gain over sqrt(fan in), biases at 0, the learned bases alike."""
        if name == "basis":
            return Start(0.0, 1.0)
        if name == "bias":
            return Start(0.0, 0.0)
        weight = module.weight
        assert isinstance(weight, Tensor)
        if isinstance(module, Basis):
            return Start(0.0, 1 / math.sqrt(weight[0].numel()))
        gain = module.gain if isinstance(module, Conv) else 1.0
        return Start(0.0, gain / math.sqrt(weight[0].numel()))


class ResidualGenerator(Residual, Generator):
    """A learned basis at the start's size times a linear map of z; blocks and doublings; a linear output."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.given, self.picture_size = Given(config), (config.height, config.width)
        self.latent_dim = config.latent_dim + self.given.extra
        widths, start = _widths(config), scales(config.height, config.width)[0]
        self.basis = nn.Parameter(torch.empty(widths[0], *start))
        self.first = nn.Linear(self.given.width, widths[0], bias=False)
        self.stages = nn.ModuleList(stage(width, config) for width in widths)
        self.changes = nn.ModuleList(_change(*pair) for pair in pairwise(widths))
        self.last = Conv(widths[-1], config.channels)

    def forward(self, z: Tensor) -> Views:
        """Map latents (N, Z) to one view (N, C, H, W)."""
        x = self.basis * self.first(self.given(z))[:, :, None, None]  # (N, C, h, w)
        x = self.stages[0](x.contiguous(memory_format=self.memory_format))
        for change, blocks in zip(self.changes, self.stages[1:], strict=True):
            x = blocks(tent_double(change(x)))
        return (self.last(x).float(),)


class ResidualDiscriminator(Residual, Discriminator):
    """The mirror: blocks and halvings; a learned basis over what is left of the picture; a linear map to a logit."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        widths, start = _widths(config)[::-1], scales(config.height, config.width)[0]
        layers: list[nn.Module] = [Conv(config.channels, widths[0]), stage(widths[0], config)]
        for inside, outside in pairwise(widths):
            layers += [Halving(), _change(inside, outside), stage(outside, config)]
        self.layers = nn.Sequential(*layers, Basis(widths[-1], start))
        self.last = nn.Linear(widths[-1], 1, bias=False)
        self.project(config, widths[-1])

    def forward(self, views: Views, labels: Tensor | None = None) -> Tensor:
        """Map one view (N, C, H, W), and labels (N,) if any, to logits (N,)."""
        x = self.layers(views[-1].contiguous(memory_format=self.memory_format))  # (N, C)
        return self.judged(self.last(x).squeeze(1).float(), x, labels)


RESIDUAL = Networks(ResidualGenerator, ResidualDiscriminator)
