"""DCGAN (Radford 2016) for any size: start x 2^n pixels a side, a start of 3 to 8, square or not, 1 to 4 channels."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from gantools.config.run import NetworkConfig
from gantools.config.sizes import scales
from gantools.nets.base import Discriminator, Generator, Networks, Start, Views
from gantools.nets.labels import Given
from gantools.nets.layers import BatchNorm2d, GroupDeviation, SpectralConv2d, SpectralLinear, flat

SLOPE = 0.2
MOST_WIDENING = 8


def ladder(height: int, width: int) -> list[tuple[int, int]]:
    """Return the sizes (H, W) that the networks pass through, smallest first.

    From the full size they halve down to the start; a start above 4 halves once more, rounding up, because a first
    layer of 7x7 learns worse than 4x4 and a step to 7x7 (measured).

    Example:
        >>> ladder(64, 64), ladder(28, 28)
        ([(4, 4), (8, 8), (16, 16), (32, 32), (64, 64)], [(4, 4), (7, 7), (14, 14), (28, 28)])
    """
    sizes = scales(height, width)
    if max(sizes[0]) > 4:
        sizes.insert(0, (math.ceil(sizes[0][0] / 2), math.ceil(sizes[0][1] / 2)))
    return sizes


def channel_plan(base_width: int, steps: int) -> list[int]:
    """Return the channels at each size of a ladder of ``steps`` steps but the full one, smallest size first."""
    return [base_width * min(2 ** (steps - 1 - step), MOST_WIDENING) for step in range(steps)]


class DCGenerator(Generator):
    """Transposed 4x4 convolutions of stride 2 with batch normalisation and ReLU, tanh at the end.

    The first layer is a matrix product, the same map as Radford's transposed convolution of a 1x1 picture.
    """

    memory_format = torch.channels_last

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.given, self.picture_size = Given(config), (config.height, config.width)
        self.latent_dim = config.latent_dim + self.given.extra
        sizes = ladder(config.height, config.width)
        channels = channel_plan(config.base_width, len(sizes) - 1)
        self.first_shape = (channels[0], *sizes[0])
        self.first = nn.Linear(self.given.width, math.prod(self.first_shape), bias=False)
        layers: list[nn.Module] = [BatchNorm2d(channels[0]), nn.ReLU(inplace=True)]
        for (small, large), (inside, outside) in zip(pairwise(sizes), pairwise([*channels, 0]), strict=True):
            if outside:
                layers += [_up(inside, outside, small, large), BatchNorm2d(outside), nn.ReLU(inplace=True)]
            else:
                layers += [_up(inside, config.channels, small, large), nn.Tanh()]
        self.layers = nn.Sequential(*layers)

    def initial(self, module: nn.Module, name: str) -> Start:
        """Begin with N(0, 0.02) weights and N(1, 0.02) normalisation scales (Radford 2016, section 4)."""
        if isinstance(module, BatchNorm2d):
            return Start(1.0, 0.02) if name == "weight" else Start(0.0, 0.0)
        return Start(0.0, 0.02)

    def forward(self, z: Tensor) -> Views:
        """Map latents (N, Z) to one view (N, C, H, W)."""
        x = self.first(self.given(z)).unflatten(1, self.first_shape)  # (N, C, h, w)
        x = x.contiguous(memory_format=self.memory_format)
        return (self.layers(x).float(),)


class DCDiscriminator(Discriminator):
    """The generator's mirror: 4x4 convolutions of stride 2 with LeakyReLU 0.2, then one matrix product to a logit.

    With ``critic_norm`` batch every layer but the first is normalised (Radford 2016). Without, weights begin with
    the variance that keeps activations alive: N(0, 0.02) would start gradients at 2e-5 and learn nothing (measured).
    """

    memory_format = torch.channels_last

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        sizes = ladder(config.height, config.width)[::-1]
        channels = channel_plan(config.base_width, len(sizes) - 1)[::-1]
        self.is_normalised = config.critic_norm == "batch"
        layers: list[nn.Module] = []
        for step, ((large, small), (inside, outside)) in enumerate(
            zip(pairwise(sizes), pairwise([config.channels, *channels]), strict=True)
        ):
            normalised = self.is_normalised and step > 0
            layers.append(_down(config, inside, outside, _kernel(small, large)))
            layers += [BatchNorm2d(outside)] if normalised else []
            layers.append(nn.LeakyReLU(SLOPE, inplace=True))
        layers += [GroupDeviation(config.deviation_group)] if config.deviation_group else []
        self.layers = nn.Sequential(*layers)
        features = (channels[-1] + (config.deviation_group > 0)) * math.prod(sizes[-1])
        if config.critic_norm == "spectral":
            self.last: nn.Linear = SpectralLinear(features, 1)
        else:
            self.last = nn.Linear(features, 1, bias=not self.is_normalised)
        self.project(config, features)

    def initial(self, module: nn.Module, name: str) -> Start:
        """Begin as Radford does with normalisation, with fan-in scaled weights (He 2015, gain for 0.2) without."""
        if isinstance(module, BatchNorm2d):
            return Start(1.0, 0.02) if name == "weight" else Start(0.0, 0.0)
        if name == "bias":
            return Start(0.0, 0.0)
        if self.is_normalised:
            return Start(0.0, 0.02)
        weight = module.weight
        assert isinstance(weight, Tensor)
        return Start(0.0, math.sqrt(2 / (1 + SLOPE**2) / weight[0].numel()))

    def forward(self, views: Views, labels: Tensor | None = None) -> Tensor:
        """Map one view (N, C, H, W), and labels (N,) if any, to logits (N,)."""
        x = views[-1].contiguous(memory_format=self.memory_format)
        x = flat(self.layers(x))
        return self.judged(self.last(x).squeeze(1).float(), x, labels)


def _kernel(small: tuple[int, int], large: tuple[int, int]) -> tuple[int, int]:
    """Return the kernel that a stride of 2 and a padding of 1 take between two sizes: 4, or 3 to an odd side."""
    height, width = (4 if big == 2 * little else 3 for little, big in zip(small, large, strict=True))
    return height, width


def _up(inside: int, outside: int, small: tuple[int, int], large: tuple[int, int]) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(inside, outside, _kernel(small, large), stride=2, padding=1, bias=False)


def _down(config: NetworkConfig, inside: int, outside: int, kernel: tuple[int, int]) -> nn.Conv2d:
    if config.critic_norm == "spectral":
        return SpectralConv2d(inside, outside, kernel, stride=2, padding=1)
    return nn.Conv2d(inside, outside, kernel, stride=2, padding=1, bias=config.critic_norm != "batch")


DCGAN = Networks(DCGenerator, DCDiscriminator)
