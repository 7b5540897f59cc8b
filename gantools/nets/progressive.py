"""Networks that grow: the start's size first, then each doubling fades in and holds.

Source: Karras 2018, "Progressive Growing of GANs for Improved Quality, Stability, and Variation".
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from gantools.config.run import NetworkConfig
from gantools.config.sizes import scales
from gantools.nets.base import Discriminator, Generator, Networks, Start, Views
from gantools.nets.equalised import EqualConv2d, Equalised, EqualLinear, PixelNorm, channel_ladder, rectify
from gantools.nets.labels import Given
from gantools.nets.layers import GroupDeviation, flat
from gantools.nets.resample import double, halve


@dataclass(frozen=True)
class Growth:
    """Where a growing network is.

    Args:
        stage: doublings that take part, 0 for the start alone.
        blend: share of the last doubling, 0 to 1; what was there before has the rest.
    """

    stage: int
    blend: float


def growth(images_seen: int, grow_images: int, stages: int) -> Growth:
    """Return the growth after ``images_seen``: the start for a span, then each doubling fades in and holds.

    Source: Karras 2018, appendix A.1 (spans of 800k images).

    Example:
        >>> growth(0, 100, 2), growth(150, 100, 2), growth(250, 100, 2), growth(10_000, 100, 2)
        (Growth(stage=0, blend=1.0), Growth(stage=1, blend=0.5), Growth(stage=1, blend=1.0), Growth(stage=2, blend=1.0))
    """
    stage, within = divmod(images_seen - grow_images, 2 * grow_images)
    if images_seen < grow_images:
        return Growth(0, 1.0)
    if stage >= stages:
        return Growth(stages, 1.0)
    return Growth(stage + 1, min(within / grow_images, 1.0))


class Growing(nn.Module):
    """What both networks share: their growth, and equalised layers."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.sizes = scales(config.height, config.width)
        self.widths = channel_ladder(config.base_width, config.max_width, len(self.sizes))
        self.grow_images = config.grow_images
        self.growth = growth(0, self.grow_images, len(self.sizes) - 1)

    def advance(self, images_seen: int) -> None:
        """Take the size and the blend that belong to ``images_seen``."""
        self.growth = growth(images_seen, self.grow_images, len(self.sizes) - 1)

    def initial(self, module: nn.Module, name: str) -> Start:
        """Begin every weight N(0, 1), every bias 0."""
        assert isinstance(module, Equalised)
        return module.start(name)


class Rise(nn.Module):
    """Two 3x3 convolutions at one size of the generator, each rectified, then normalised by pixel."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.one, self.two, self.norm = EqualConv2d(inside, outside), EqualConv2d(outside, outside), PixelNorm()

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inside, H, W) to (N, outside, H, W)."""
        x = self.norm(rectify(self.one(x)))
        y: Tensor = self.norm(rectify(self.two(x)))
        return y


class First(nn.Module):
    """The generator's first size: a normalised latent, a dense layer and a 3x3 convolution."""

    def __init__(self, latent_dim: int, width: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.shape = (width, *size)
        # The paper's 4x4 convolution of a 1x1 picture: one bias a channel; its fan in counts the kernel, so gain / 4.
        self.dense = EqualLinear(latent_dim, math.prod(self.shape), gain=math.sqrt(2 / math.prod(size)), bias=None)
        self.bias = EqualBias(width)
        self.conv, self.norm = EqualConv2d(width, width), PixelNorm()

    def forward(self, z: Tensor) -> Tensor:
        """Map latents (N, Z) to (N, C, h, w)."""
        x = self.bias(self.dense(self.norm(z)).unflatten(1, self.shape))
        y: Tensor = self.norm(rectify(self.conv(self.norm(rectify(x)))))
        return y


class EqualBias(Equalised):
    """A bias for each channel."""

    def __init__(self, channels: int) -> None:
        nn.Module.__init__(self)
        self.bias = nn.Parameter(torch.empty(channels))
        self.bias_start, self.rate = 0.0, 1.0

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        assert self.bias is not None, "it is all there is"
        return x + self.bias.to(x.dtype)[:, None, None]


class Fall(nn.Module):
    """Two 3x3 convolutions at one size of the discriminator, then the mean of 2x2."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.one, self.two = EqualConv2d(inside, inside), EqualConv2d(inside, outside)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inside, H, W) to (N, outside, H/2, W/2)."""
        return halve(rectify(self.two(rectify(self.one(x)))))


class Last(nn.Module):
    """The discriminator's last size: a 3x3 convolution and two dense layers.

    Args:
        inside, width: channels that come, and channels of all layers here.
        size: height and width.
        group: pictures whose deviation is one more channel; 0: there is none.
    """

    def __init__(self, inside: int, width: int, size: tuple[int, int], group: int) -> None:
        super().__init__()
        self.deviation = GroupDeviation(group) if group else nn.Identity()
        self.conv = EqualConv2d(inside + (group > 0), width)
        self.dense, self.last = EqualLinear(width * math.prod(size), width), EqualLinear(width, 1, gain=1.0)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map (N, C, h, w) to logits (N,), and the features (N, width) that they come from."""
        x = flat(rectify(self.conv(self.deviation(x))))
        x = rectify(self.dense(x))
        return self.last(x).squeeze(1).float(), x


class ProgressiveGenerator(Growing, Generator):
    """A view of the current size: while a doubling fades in, a blend with the enlarged picture of the size before."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        self.given, self.picture_size = Given(config), (config.height, config.width)
        self.latent_dim = config.latent_dim + self.given.extra
        self.first = First(self.given.width, self.widths[0], self.sizes[0])
        self.rises = nn.ModuleList(Rise(*pair) for pair in pairwise(self.widths))
        self.to_pixels = nn.ModuleList(EqualConv2d(width, config.channels, 1, gain=1.0) for width in self.widths)

    def forward(self, z: Tensor) -> Views:
        """Map latents (N, Z) to one view of the current size."""
        stage, blend = self.growth.stage, self.growth.blend
        before = x = self.first(self.given(z))
        for rise in self.rises[:stage]:
            before, x = x, rise(double(x))
        view: Tensor = self.to_pixels[stage](x).float()
        if blend < 1.0:
            view = torch.lerp(double(self.to_pixels[stage - 1](before)).float(), view, blend)
        return (view,)


class ProgressiveDiscriminator(Growing, Discriminator):
    """The generator's mirror: while a doubling fades in, a blend with the halved picture's way in."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        widths = self.widths[::-1]  # largest size first, as pictures go
        self.from_pixels = nn.ModuleList(EqualConv2d(config.channels, width, 1) for width in widths)
        self.falls = nn.ModuleList(Fall(*pair) for pair in pairwise(widths))
        self.last = Last(self.widths[0], self.widths[0], self.sizes[0], config.deviation_group)
        self.project(config, self.widths[0], is_equalised=True)

    def views(self, images: Tensor) -> Views:
        """Halve real images to the current size; while it fades in, blend with its own coarse version."""
        for _ in range(len(self.sizes) - 1 - self.growth.stage):
            images = halve(images)
        if self.growth.blend < 1.0:
            images = torch.lerp(double(halve(images)), images, self.growth.blend)
        return (images,)

    def forward(self, views: Views, labels: Tensor | None = None) -> Tensor:
        """Map one view of the current size, and labels (N,) if any, to logits (N,)."""
        blend, view = self.growth.blend, views[-1]
        level = len(self.falls) - self.growth.stage  # 0 is the full size
        x = rectify(self.from_pixels[level](view))
        for step, fall in enumerate(self.falls[level:]):
            x = fall(x)
            if step == 0 and blend < 1.0:
                x = torch.lerp(rectify(self.from_pixels[level + 1](halve(view))), x, blend)
        logits, features = self.last(x)
        return self.judged(logits, features, labels)


PROGRESSIVE = Networks(ProgressiveGenerator, ProgressiveDiscriminator)
