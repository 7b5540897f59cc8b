"""StyleGAN2: a mapping network, convolutions modulated by its output, noise, mixing, truncation.

Source: Karras 2020, "Analyzing and Improving the Image Quality of StyleGAN"; the mapping network and mixing are from
Karras 2019, "A Style-Based Generator Architecture for Generative Adversarial Networks".
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from gantools.config.run import NetworkConfig
from gantools.config.sizes import scales
from gantools.draws import normal
from gantools.keys import key
from gantools.nets.base import Discriminator, Generator, Networks, Start, Views
from gantools.nets.equalised import GAIN, EqualConv2d, Equalised, EqualLinear, PixelNorm, channel_ladder, rectify
from gantools.nets.labels import Given
from gantools.nets.layers import StandingMean
from gantools.nets.progressive import Last
from gantools.nets.resample import smooth_double, smooth_halve

CENTRE_LATENTS = 256
"""Latents of which the mean style of a class is taken."""

MAPPING_RATE = 0.01
"""Karras 2019, appendix C: the mapping network learns a hundred times slower."""


class Mapping(nn.Module):
    """Latents (N, Z) to styles (N, Z): normalised, then dense layers. Holds the mean style where one is measured.

    With labels an embedding of the class, normalised for itself, is joined to the latent (Karras 2020, stylegan2-ada).

    Args:
        inside: how many numbers come: Z, or with labels twice as many.
    """

    def __init__(self, inside: int, latent_dim: int, depth: int) -> None:
        super().__init__()
        self.norm = PixelNorm()
        widths = [inside, *[latent_dim] * depth]
        self.layers = nn.ModuleList(EqualLinear(*pair, rate=MAPPING_RATE) for pair in pairwise(widths))
        self.mean = StandingMean(latent_dim)

    def forward(self, *parts: Tensor) -> Tensor:
        """Map latents, and embeddings if any, to styles."""
        x = torch.cat([self.norm(part) for part in parts], dim=1)
        for layer in self.layers:
            x = rectify(layer(x))
        styles: Tensor = self.mean(x)
        return styles


class ModulatedConv2d(Equalised):
    """A convolution whose input channels are scaled by a style, and whose outputs are scaled back to unit variance.

    Scaling inputs and outputs of one convolution is the same map as a weight for each picture, and needs no grouped
    convolution. Source: Karras 2020, section 2.2, equations 1 to 3.

    Args:
        demodulate: scale the outputs back; not so for the way out to pixels.
    """

    def __init__(self, inside: int, outside: int, kernel: int, style_dim: int, *, demodulate: bool = True) -> None:
        super().__init__((outside, inside, kernel, kernel), gain=1.0)
        self.style = EqualLinear(style_dim, inside, gain=1.0, bias=1.0)
        self.demodulate = demodulate

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Map (N, inside, H, W) and styles (N, W) to (N, outside, H, W), without the bias."""
        scales = self.style(style)  # (N, inside)
        weight = self.weight * self.scale
        y = conv2d(x * scales[:, :, None, None].to(x.dtype), weight, padding=weight.shape[-1] // 2)
        if self.demodulate:
            with torch.autocast(x.device.type, enabled=False):  # squares of small numbers: full precision
                power = scales.float().square() @ weight.square().sum((2, 3)).T  # (N, outside)
                norm = torch.rsqrt(power + 1e-8)
            y = y * norm[:, :, None, None].to(y.dtype)
        return y


class StyledConv(nn.Module):
    """A modulated 3x3 convolution, noise scaled by one learned number, a bias, a rectifier of gain sqrt(2)."""

    def __init__(self, inside: int, outside: int, style_dim: int) -> None:
        super().__init__()
        self.conv = ModulatedConv2d(inside, outside, 3, style_dim)
        self.strength = nn.Parameter(torch.empty(()))

    def forward(self, x: Tensor, style: Tensor, noise: Tensor) -> Tensor:
        """Map (N, inside, H, W), styles (N, W) and noise (N, 1, H, W) to (N, outside, H, W)."""
        x = self.conv(x, style)
        x = x + (self.strength * noise).to(x.dtype) + _bias(self.conv, x)
        return rectify(x) * GAIN


class ToPixels(nn.Module):
    """A modulated 1x1 convolution without demodulation, and a bias."""

    def __init__(self, inside: int, channels: int, style_dim: int) -> None:
        super().__init__()
        self.conv = ModulatedConv2d(inside, channels, 1, style_dim, demodulate=False)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Map (N, inside, H, W) and styles (N, W) to pixels (N, C, H, W), float32."""
        x = self.conv(x, style)
        return (x + _bias(self.conv, x)).float()


class StyleGenerator(Generator):
    """Skip architecture: each size adds its pixels to the enlarged sum of those before (Karras 2020, section 3.1).

    A picture draws its latent, a second latent and a place for mixing, and a noise value for each pixel of each layer,
    and with labels its class: all are part of ``z``, so that a picture is a function of its key alone. Mixing is for
    training only, and within a class.
    """

    memory_format = torch.channels_last

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.picture_size, self.style_dim = (config.height, config.width), config.latent_dim
        self.mixing, self.given = config.mixing, Given(config)
        sizes = scales(config.height, config.width)
        widths = channel_ladder(config.base_width, config.max_width, len(sizes))
        self.noise_sizes = [sizes[0], *(size for size in sizes[1:] for _ in range(2))]
        self.latent_dim = 2 * config.latent_dim + 1 + sum(math.prod(size) for size in self.noise_sizes)
        self.latent_dim += self.given.extra
        self.mapping = Mapping(self.given.width, config.latent_dim, config.mapping_depth)
        self.start = nn.Parameter(torch.empty(widths[0], *sizes[0]))
        pairs = [(widths[0], widths[0])]
        for small, large in pairwise(widths):
            pairs += [(small, large), (large, large)]
        self.convs = nn.ModuleList(StyledConv(*pair, config.latent_dim) for pair in pairs)
        self.to_pixels = nn.ModuleList(ToPixels(width, config.channels, config.latent_dim) for width in widths)

    def initial(self, module: nn.Module, name: str) -> Start:
        """Begin the constant start N(0, 1), noise at strength 0, and equalised layers as they say."""
        if isinstance(module, Equalised):
            return module.start(name)
        return Start(0.0, 0.0) if name == "strength" else Start(0.0, 1.0)

    def forward(self, z: Tensor) -> Views:
        """Map what a picture draws, (N, latent_dim), to one view (N, C, H, W)."""
        return self.styled(z)[1]

    def styled(self, z: Tensor) -> tuple[Tensor, Views]:
        """Return the styles (N, layers, W), and the one view as a function of them."""
        styles = self.styles(z)
        return styles, (self.paint(styles, z[:, 2 * self.style_dim + 1 : z.shape[1] - self.given.extra]),)

    def styles(self, z: Tensor) -> Tensor:
        """Return the style of each layer, (N, layers, W): in training mixed, in evaluation truncated."""
        count, w = len(self.convs) + 1, self.style_dim
        of_class = (self.given.embedded(z),) if self.given.extra else ()
        one: Tensor = self.mapping(z[:, :w], *of_class)
        if self.training and self.mixing > 0:
            other = self.mapping(z[:, w : 2 * w], *of_class)
            share = torch.special.ndtr(z[:, 2 * w]).float()  # uniform on (0, 1)
            cut = torch.where(share < self.mixing, 1 + (share / self.mixing * (count - 1)).floor(), float(count))
            is_first = torch.arange(count, device=z.device) < cut[:, None]  # (N, layers)
            return torch.where(is_first[:, :, None], one[:, None], other[:, None])
        if not self.training and self.truncation != 1.0 and self.mapping.mean.value is not None:
            one = torch.lerp(self._centres(z), one, self.truncation)
        return one[:, None].expand(-1, count, -1)

    def _centres(self, z: Tensor) -> Tensor:
        """Return the mean style; with labels that of each picture's class, (N, W), or all classes would mix."""
        mean, w = self.mapping.mean.value, self.style_dim
        assert mean is not None, "only a network that holds one is truncated"
        if not self.given.extra:
            return mean
        others = torch.from_numpy(normal(key(0, "centre"), CENTRE_LATENTS, w)).to(z.device)
        classes, places = torch.unique(self.given.embedded(z), dim=0, return_inverse=True)
        means = [self.mapping(others, row.expand(CENTRE_LATENTS, -1)).mean(0) for row in classes]
        return torch.stack(means)[places]

    def paint(self, styles: Tensor, noise: Tensor) -> Tensor:
        """Map styles (N, layers, W) and noise (N, all pixels of all layers) to pictures (N, C, H, W)."""
        fields = self._fields(noise)
        x = self.start.expand(len(styles), -1, -1, -1).contiguous(memory_format=self.memory_format)
        x = self.convs[0](x, styles[:, 0], fields[0])
        picture: Tensor = self.to_pixels[0](x, styles[:, 1])
        for step, to_pixels in enumerate(self.to_pixels[1:]):
            layer = 1 + 2 * step
            x = self.convs[layer](smooth_double(x), styles[:, layer], fields[layer])
            x = self.convs[layer + 1](x, styles[:, layer + 1], fields[layer + 1])
            picture = smooth_double(picture) + to_pixels(x, styles[:, layer + 2])
        return picture

    def _fields(self, noise: Tensor) -> list[Tensor]:
        parts = torch.split(noise, [math.prod(size) for size in self.noise_sizes], dim=1)
        return [part.reshape(-1, 1, *size) for part, size in zip(parts, self.noise_sizes, strict=True)]


class Descent(nn.Module):
    """Two 3x3 convolutions and a halving, beside a halved 1x1 convolution; their sum over sqrt(2)."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.one, self.two = EqualConv2d(inside, inside), EqualConv2d(inside, outside)
        self.skip = EqualConv2d(inside, outside, 1, gain=1.0, bias=None)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, inside, H, W) to (N, outside, H/2, W/2)."""
        y = rectify(smooth_halve(self.two(rectify(self.one(x)))))
        skip: Tensor = self.skip(smooth_halve(x))
        return (y + skip) / GAIN


class StyleDiscriminator(Discriminator):
    """Residual blocks (Karras 2020, section 3.1), then a convolution and two dense layers.

    Departure: a bias is added before the halving, which leaves it as it is.
    """

    memory_format = torch.channels_last

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        sizes = scales(config.height, config.width)
        widths = channel_ladder(config.base_width, config.max_width, len(sizes))[::-1]
        self.from_pixels = EqualConv2d(config.channels, widths[0], 1)
        self.descents = nn.Sequential(*(Descent(*pair) for pair in pairwise(widths)))
        self.last = Last(widths[-1], widths[-1], sizes[0], config.deviation_group)
        self.project(config, widths[-1], is_equalised=True)

    def initial(self, module: nn.Module, name: str) -> Start:
        """Begin every weight N(0, 1), every bias 0."""
        assert isinstance(module, Equalised)
        return module.start(name)

    def forward(self, views: Views, labels: Tensor | None = None) -> Tensor:
        """Map one view (N, C, H, W), and labels (N,) if any, to logits (N,)."""
        x = rectify(self.from_pixels(views[-1].contiguous(memory_format=self.memory_format)))
        logits, features = self.last(self.descents(x))
        return self.judged(logits, features, labels)


def _bias(layer: Equalised, x: Tensor) -> Tensor:
    bias = layer.scaled_bias()
    assert bias is not None, "modulated convolutions have one"
    return bias.to(x.dtype)[:, None, None]


STYLEGAN2 = Networks(StyleGenerator, StyleDiscriminator)
