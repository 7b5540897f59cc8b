"""The textbook's fully connected GAN: latent-256-512-1024-pixels against pixels-512-256-1."""

import math

from torch import Tensor, nn

from gantools.config.run import NetworkConfig
from gantools.nets.base import Discriminator, Generator, Networks, Start, Views
from gantools.nets.labels import Given
from gantools.nets.layers import BatchNorm1d, GroupDeviation, SpectralLinear

SLOPE = 0.2


class FCGenerator(Generator):
    """Three hidden layers that widen by two, batch normalisation after the first, tanh at the end.

    Source: the lesson's generator (Goodfellow 2014 with the remedies of Radford 2016). Its batch normalisation has a
    momentum of 0.2 there; here standing statistics are measured, so there is none.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.given, self.picture_size = Given(config), (config.height, config.width)
        self.latent_dim = config.latent_dim + self.given.extra
        self.picture_shape = (config.channels, config.height, config.width)
        b = config.base_width
        self.layers = nn.Sequential(
            nn.Linear(self.given.width, b),
            nn.LeakyReLU(SLOPE),
            nn.Linear(b, 2 * b),
            BatchNorm1d(2 * b),
            nn.LeakyReLU(SLOPE),
            nn.Linear(2 * b, 4 * b),
            BatchNorm1d(4 * b),
            nn.LeakyReLU(SLOPE),
            nn.Linear(4 * b, math.prod(self.picture_shape)),
            nn.Tanh(),
        )

    def initial(self, module: nn.Module, name: str) -> Start:
        """Begin as torch's linear layers do (uniform within 1/sqrt(fan in)); normalisation at scale 1, shift 0."""
        return _initial(module, name)

    def forward(self, z: Tensor) -> Views:
        """Map latents (N, Z) to one view (N, C, H, W)."""
        pixels = self.layers(self.given(z)).float()  # (N, C*H*W)
        return (pixels.unflatten(1, self.picture_shape),)


class FCDiscriminator(Discriminator):
    """Two hidden layers that halve, no batch normalisation, one logit."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        b, layer = config.base_width, SpectralLinear if config.critic_norm == "spectral" else nn.Linear
        group = config.deviation_group
        self.layers = nn.Sequential(
            layer(config.channels * config.height * config.width, 2 * b),
            nn.LeakyReLU(SLOPE),
            layer(2 * b, b),
            nn.LeakyReLU(SLOPE),
            *([GroupDeviation(group)] if group else []),
            layer(b + (group > 0), 1),
        )
        self.project(config, b + (group > 0))

    def initial(self, module: nn.Module, name: str) -> Start:
        """Begin as torch's linear layers do: uniform within 1/sqrt(fan in)."""
        return _initial(module, name)

    def forward(self, views: Views, labels: Tensor | None = None) -> Tensor:
        """Map one view (N, C, H, W), and labels (N,) if any, to logits (N,)."""
        x = views[-1].flatten(1)
        *hidden, last = self.layers
        for layer in hidden:
            x = layer(x)
        return self.judged(last(x).squeeze(1).float(), x, labels)


def _initial(module: nn.Module, name: str) -> Start:
    if isinstance(module, BatchNorm1d):
        return Start(1.0 if name == "weight" else 0.0, 0.0)
    assert isinstance(module, nn.Linear)
    return Start(0.0, 1 / math.sqrt(module.in_features), is_uniform=True)


FC = Networks(FCGenerator, FCDiscriminator)
