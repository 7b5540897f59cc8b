"""A picture at every scale: the generator paints all of them, the discriminator takes each in where its size comes.

Gradients reach every depth of the generator at once; nothing grows. Source: Karnewar 2020, "MSG-GAN: Multi-Scale
Gradients for Generative Adversarial Networks".
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from gantools.config.run import NetworkConfig
from gantools.config.sizes import scales
from gantools.nets.base import Discriminator, Generator, Networks, Start, Views
from gantools.nets.equalised import EqualConv2d, Equalised, channel_ladder, rectify
from gantools.nets.labels import Given
from gantools.nets.progressive import Fall, First, Last, Rise
from gantools.nets.resample import double, halve


class MSGGenerator(Generator):
    """The progressive generator's layers, with a linear way out to pixels at each size."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.given, self.picture_size = Given(config), (config.height, config.width)
        self.latent_dim = config.latent_dim + self.given.extra
        sizes = scales(config.height, config.width)
        widths = channel_ladder(config.base_width, config.max_width, len(sizes))
        self.first = First(self.given.width, widths[0], sizes[0])
        self.rises = nn.ModuleList(Rise(*pair) for pair in pairwise(widths))
        self.to_pixels = nn.ModuleList(EqualConv2d(width, config.channels, 1, gain=1.0) for width in widths)

    def initial(self, module: nn.Module, name: str) -> Start:
        """Begin every weight N(0, 1), every bias 0."""
        assert isinstance(module, Equalised)
        return module.start(name)

    def forward(self, z: Tensor) -> Views:
        """Map latents (N, Z) to a view of each size, smallest first."""
        x = self.first(self.given(z))
        views = [self.to_pixels[0](x).float()]
        for rise, to_pixels in zip(self.rises, self.to_pixels[1:], strict=True):
            x = rise(double(x))
            views.append(to_pixels(x).float())
        return tuple(views)


class MSGDiscriminator(Discriminator):
    """The progressive discriminator's layers; each smaller view joins the features of its size.

    Joining is concatenation of the raw pixels, the paper's simplest combine function and its default for it.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        sizes = scales(config.height, config.width)
        widths = channel_ladder(config.base_width, config.max_width, len(sizes))[::-1]  # largest size first
        joined = [widths[0], *(width + config.channels for width in widths[1:])]
        self.count = len(sizes)
        self.from_pixels = EqualConv2d(config.channels, widths[0], 1)
        self.falls = nn.ModuleList(Fall(inside, outside) for inside, outside in zip(joined, widths[1:], strict=False))
        self.last = Last(joined[-1], widths[-1], sizes[0], config.deviation_group)
        self.project(config, widths[-1], is_equalised=True)

    def initial(self, module: nn.Module, name: str) -> Start:
        """Begin every weight N(0, 1), every bias 0."""
        assert isinstance(module, Equalised)
        return module.start(name)

    def views(self, images: Tensor) -> Views:
        """Show real images (N, C, H, W) at every size: each is the one above it, halved."""
        views = [images]
        while len(views) < self.count:
            views.append(halve(views[-1]))
        return tuple(views[::-1])

    def forward(self, views: Views, labels: Tensor | None = None) -> Tensor:
        """Map views, smallest first, and labels (N,) if any, to logits (N,)."""
        x = rectify(self.from_pixels(views[-1]))
        for fall, view in zip(self.falls, views[-2::-1], strict=True):
            x = fall(x)
            x = torch.cat([x, view.to(x.dtype)], dim=1)
        logits, features = self.last(x)
        return self.judged(logits, features, labels)


MSG = Networks(MSGGenerator, MSGDiscriminator)
