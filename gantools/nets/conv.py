"""The lesson's convolutional GAN: convolution, pooling, dense layers against dense layers, deconvolution, scaling."""

import math
from itertools import pairwise

from torch import Tensor, nn

from gantools.config.run import NetworkConfig
from gantools.config.sizes import scales
from gantools.nets.base import Discriminator, Generator, Networks, Start, Views
from gantools.nets.dcgan import channel_plan
from gantools.nets.labels import Given
from gantools.nets.layers import BatchNorm2d, flat

SLOPE = 0.2
HIDDEN_WIDENING = 4
"""Units of the discriminator's dense layer, as a multiple of the base width."""


class ConvGenerator(Generator):
    """A dense layer to the start, then scaling by two and a deconvolution as often as it takes, tanh at the end.

    Scaling repeats pixels; the 3x3 deconvolution after it has stride 1, so that no output pixel gets more terms than
    its neighbour (Odena 2016, "Deconvolution and Checkerboard Artifacts"). Batch normalisation and ReLU between.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.given, self.picture_size = Given(config), (config.height, config.width)
        self.latent_dim = config.latent_dim + self.given.extra
        sizes = scales(config.height, config.width)
        channels = channel_plan(config.base_width, len(sizes))
        self.first_shape = (channels[0], *sizes[0])
        self.dense = nn.Linear(self.given.width, math.prod(self.first_shape), bias=False)
        layers: list[nn.Module] = [BatchNorm2d(channels[0]), nn.ReLU(inplace=True)]
        for inside, outside in pairwise(channels):
            layers += [nn.Upsample(scale_factor=2), nn.ConvTranspose2d(inside, outside, 3, padding=1, bias=False)]
            layers += [BatchNorm2d(outside), nn.ReLU(inplace=True)]
        layers += [nn.ConvTranspose2d(channels[-1], config.channels, 3, padding=1), nn.Tanh()]
        self.layers = nn.Sequential(*layers)

    def initial(self, module: nn.Module, name: str) -> Start:
        """Begin with N(0, 0.02) weights and N(1, 0.02) normalisation scales (Radford 2016, section 4)."""
        if name == "bias":
            return Start(0.0, 0.0)
        return Start(1.0, 0.02) if isinstance(module, BatchNorm2d) else Start(0.0, 0.02)

    def forward(self, z: Tensor) -> Views:
        """Map latents (N, Z) to one view (N, C, H, W)."""
        x = self.dense(self.given(z)).unflatten(1, self.first_shape)  # (N, C, h, w)
        return (self.layers(x).float(),)


class ConvDiscriminator(Discriminator):
    """Convolutions of 3x3, each with mean pooling by two, then a dense layer and one logit.

    Means, not maxima: a maximum sends the generator's gradient through a quarter of the pixels. With ``critic_norm``
    batch every convolution but the first is normalised. Weights begin with the variance that keeps activations alive.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        sizes = scales(config.height, config.width)
        channels = channel_plan(config.base_width, len(sizes))[::-1]
        layers: list[nn.Module] = []
        for step, (inside, outside) in enumerate(pairwise([config.channels, *channels])):
            layers.append(nn.Conv2d(inside, outside, 3, padding=1))
            layers += [BatchNorm2d(outside)] if config.critic_norm == "batch" and step else []
            layers.append(nn.LeakyReLU(SLOPE, inplace=True))
            layers += [nn.AvgPool2d(2)] if step < len(channels) - 1 else []
        self.layers = nn.Sequential(*layers)
        hidden = HIDDEN_WIDENING * config.base_width
        self.dense = nn.Linear(channels[-1] * math.prod(sizes[0]), hidden)
        self.last = nn.Linear(hidden, 1)
        self.project(config, hidden)
        self.activation = nn.LeakyReLU(SLOPE)

    def initial(self, module: nn.Module, name: str) -> Start:
        """Begin with fan-in scaled weights (He 2015, gain for slope 0.2), biases 0, normalisation N(1, 0.02)."""
        if name == "bias":
            return Start(0.0, 0.0)
        if isinstance(module, BatchNorm2d):
            return Start(1.0, 0.02)
        weight = module.weight
        assert isinstance(weight, Tensor)
        return Start(0.0, math.sqrt(2 / (1 + SLOPE**2) / weight[0].numel()))

    def forward(self, views: Views, labels: Tensor | None = None) -> Tensor:
        """Map one view (N, C, H, W), and labels (N,) if any, to logits (N,)."""
        x = flat(self.layers(views[-1]))  # (N, C*h*w)
        x = self.activation(self.dense(x))
        return self.judged(self.last(x).squeeze(1).float(), x, labels)


CONV = Networks(ConvGenerator, ConvDiscriminator)
