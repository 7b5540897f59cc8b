"""What every network of a run is: its interface, its keyed initial weights, and how it is frozen.

One alphabet of dimensions everywhere: N batch, C channels, H W height and width in pixels, Z latent.
"""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor, nn

from gantools.config.run import NetworkConfig
from gantools.draws import normal, uniform
from gantools.errors import UsageError
from gantools.keys import key
from gantools.nets.labels import Given, Projection, projection
from gantools.nets.layers import Spectral
from gantools.nets.resample import enlarge

Views = tuple[Tensor, ...]
"""Image batches of one scene, smallest first, each (N, C, H, W), float32. Most families have one.

Reals are in [-1, 1]; a generator without a final tanh may go beyond, and is cut off when pixels are written.
"""


@dataclass(frozen=True)
class Start:
    """How a parameter begins: mean + spread x (a standard normal, or uniform on [-1, 1), number)."""

    mean: float
    spread: float
    is_uniform: bool = False

    def draw(self, draw_key: int, shape: torch.Size) -> Tensor:
        """Draw initial values of the given shape."""
        numbers = (uniform if self.is_uniform else normal)(draw_key, *shape)
        return torch.from_numpy(numbers).mul_(self.spread).add_(self.mean)


class Network(nn.Module, ABC):
    """A generator or a discriminator. It holds no random state; its weights begin by key."""

    memory_format = torch.contiguous_format

    @abstractmethod
    def initial(self, module: nn.Module, name: str) -> Start:
        """Say how the parameter ``name`` of ``module`` begins."""

    def advance(self, images_seen: int) -> None:
        """Take the shape that belongs to ``images_seen``; networks that do not grow do nothing."""

    def reset(self, seed: int, purpose: str) -> None:
        """Give every parameter its initial values, keyed by (seed, purpose, path of the parameter)."""
        with torch.no_grad():
            for path, module in self.named_modules():
                for name, parameter in module.named_parameters(recurse=False):
                    draw_key = key(seed, "init", purpose, f"{path}.{name}")
                    own = isinstance(module, Given | Projection)
                    start = Start(0.0, module.spread) if own else self.initial(module, name)
                    parameter.copy_(start.draw(draw_key, parameter.shape))
                if isinstance(module, Spectral):
                    module.begin()


class Generator(Network):
    """Latents to views.

    Attributes:
        latent_dim: how many numbers a picture draws, all standard normal: the latent z and whatever else the family
            draws for it (noise, a second latent); with labels the last one is its class, see ``draws.class_edges``.
            There is no other randomness in a network.
        given: joins the embedding of the class to the latent; without labels it does nothing.
        picture_size: height and width of the pictures in pixels, also while a growing network is still smaller.
        truncation: in evaluation, how much of its distance to the mean a style keeps; for families that have styles.
    """

    latent_dim: int
    given: Given
    picture_size: tuple[int, int]
    truncation = 1.0

    @abstractmethod
    def forward(self, z: Tensor) -> Views:
        """Map latents (N, Z) to views."""

    def pictures(self, z: Tensor) -> Tensor:
        """Map latents (N, Z) to pictures (N, C, H, W) of full size; smaller ones are enlarged, nearest neighbour."""
        return enlarge(self(z)[-1], *self.picture_size)

    def styled(self, z: Tensor) -> tuple[Tensor, Views]:
        """Return the styles (N, layers, W) of latents, and the views as a function of them: families with styles do."""
        raise AssertionError("the configuration's check lets no family without styles pass")


class Discriminator(Network):
    """Views to logits: positive for real.

    Attributes:
        projection: what labels add to a logit; None without labels.
    """

    projection: Projection | None

    def views(self, images: Tensor) -> Views:
        """Show real images (N, C, H, W) as this critic wants to see them; one full-size view unless overridden."""
        return (images,)

    @abstractmethod
    def forward(self, views: Views, labels: Tensor | None = None) -> Tensor:
        """Map views, and labels (N,) where there are any, to logits (N,), float32.

        Called, it takes packs where the configuration packs; see ``Networks``.
        """

    def project(self, config: NetworkConfig, features: int, *, is_equalised: bool = False) -> None:
        """Build what labels need beside a last layer that reads so many features."""
        self.projection = projection(config, features, is_equalised=is_equalised)

    def judged(self, logits: Tensor, features: Tensor, labels: Tensor | None) -> Tensor:
        """Return logits (N,) with what the labels (N,) add to them, by the features (N, F) behind them.

        Without labels it is the part that is alike for all classes: what ``features`` looks with.
        """
        if labels is None or self.projection is None:
            return logits
        found: Tensor = self.projection(logits, features, labels)
        return found

    def features(self, images: Tensor) -> dict[str, Tensor]:
        """Return what each layer of weights answers to real images (N, C, H, W), by its path; the logit is left out.

        Answers come as they leave the layer, before what normalises or rectifies them. Gradients pass.
        """
        found: dict[str, Tensor] = {}

        def keep(path: str) -> Callable[[nn.Module, object, Tensor], None]:
            return lambda layer, inputs, answer: found.update({path: answer.clone()})

        hooks = [
            layer.register_forward_hook(keep(path))
            for path, layer in self.named_modules()
            if path and any(weight.dim() > 1 for weight in layer.parameters(recurse=False))
        ]
        try:
            self(self.views(images))
        finally:
            for hook in hooks:
                hook.remove()
        found.popitem()
        return found


@dataclass(frozen=True)
class Networks:
    """What a family's file offers the catalogue: two builders, weights not yet set."""

    generator: Callable[[NetworkConfig], Generator]
    discriminator: Callable[[NetworkConfig], Discriminator]

    def critic(self, config: NetworkConfig) -> Discriminator:
        """Build the discriminator; with packing m it is one of pictures with m times the channels, (N/m,) logits.

        Source: Lin 2018, "PacGAN: The power of two samples in generative adversarial networks", section 3.
        """
        m = config.packing
        critic = self.discriminator(dataclasses.replace(config, channels=config.channels * m))
        if m > 1:
            critic.register_forward_pre_hook(lambda _, given: (packs(given[0], m), *given[1:]))
        return critic


def packs(views: Views, m: int) -> Views:
    """Lay each m pictures that follow each other in a batch behind each other in channels: (N/m, mC, H, W)."""
    return tuple(view.reshape(-1, m * view.shape[1], *view.shape[2:]) for view in views)


def freeze_first(critic: Discriminator, count: int) -> None:
    """Let the first ``count`` layers of a critic, those next to the picture, get no gradients, and so no steps.

    A layer is a module with a weight of its own, and a normalisation that follows it. Source: Mo 2020, "Freeze the
    Discriminator: a Simple Baseline for Fine-Tuning GANs".

    Raises:
        UsageError: there are not so many layers and one more.
    """
    layers: list[list[nn.Parameter]] = []
    for module in critic.modules():
        own = list(module.parameters(recurse=False))
        is_layer = any(parameter.dim() > 1 for parameter in own) and not isinstance(module, Projection)
        if is_layer or not layers:
            layers.append(own)
        else:
            layers[-1] += own
    layers = [own for own in layers if own]
    if count >= len(layers):
        message = f"--freeze-d {count}: found {len(layers)} layers in the discriminator, expected some to be left"
        raise UsageError(message, hint=f"--freeze-d {len(layers) - 1}")
    for parameter in chain(*layers[:count]):
        parameter.requires_grad_(False)


def buffers_of(network: nn.Module) -> list[Tensor]:
    """Return copies of the network's buffers, in the order of their names."""
    return [buffer.clone() for buffer in network.buffers()]


def set_buffers(network: nn.Module, values: list[Tensor]) -> None:
    """Write back what ``buffers_of`` returned."""
    for buffer, value in zip(network.buffers(), values, strict=True):
        buffer.copy_(value)


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """Keep every parameter and buffer of ``network`` as it is, while gradients still pass through it.

    It stays in training mode: batch statistics are those of the batch. No gradient of its weights is computed, which
    makes a generator step cheaper, and buffers that a forward pass moves (spectral norm's vectors) are put back.
    """
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    before = buffers_of(network)
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)
        set_buffers(network, before)
