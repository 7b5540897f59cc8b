"""The discriminator of a checkpoint as an extractor: what each of its layers answers to pictures."""

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from gantools.data.pack import Shape
from gantools.draws import normal
from gantools.errors import Again, InputError
from gantools.features.base import Activations, Extractor, Label
from gantools.files.checkpoint import load_average, load_critic
from gantools.files.document import read_document
from gantools.keys import key
from gantools.nets.base import Discriminator
from gantools.nets.layers import GroupDeviation, hold_statistics, measure_statistics

LATENTS, BATCH = 512, 64
"""Pictures of its own generator that it is made ready on: the file alone decides what the extractor is."""

SLOPE = 0.2  # of the rectifier behind each layer, as the families have it
LAYERS = 2  # the last ones, which make up the vector of a picture
SIDE = 2


class Critic(Extractor):
    """A trained discriminator.

    Each layer is scaled to unit deviation on pictures that the checkpoint itself draws; batch normalisation, where it
    has any, uses standing statistics of the same pictures, so that no picture's vector depends on its batch.

    Args:
        path: of the checkpoint.
        shape: of the pictures that it is to look at; None: of those that it was trained on.

    Raises:
        InputError: no checkpoint, one of other pictures, or one that looks at packs of pictures.
    """

    def __init__(self, path: Path, shape: Shape | None = None) -> None:
        _require_single(path)
        critic, document = load_critic(path)
        network = document.config.network
        self.shape = Shape(network.channels, network.height, network.width)
        if shape not in (None, self.shape):
            message = f"--features {path}: found a discriminator of {self.shape} pictures, expected one of {shape}"
            raise InputError(message, hint=Again(drop=("--features",)))
        self.label = Label("discriminator", document.digest[:12])
        self.min_size = 1
        self._critic: Discriminator = critic
        generator = load_average(path)[0]
        with torch.inference_mode():
            latents = [
                torch.from_numpy(normal(key(0, "critic", part), BATCH, generator.latent_dim))
                for part in range(LATENTS // BATCH)
            ]
            images = [generator.pictures(z).clamp(-1.0, 1.0) for z in latents]
        for layer in critic.modules():
            if isinstance(layer, GroupDeviation):
                layer.group = 1  # a picture's answers would depend on its neighbours in the batch
        hold_statistics(critic)
        measure_statistics(critic, (critic.views(each.clone()) for each in images))
        critic.requires_grad_(False).eval()
        self._scales: dict[str, float] = {}
        found = [self(each.clone()) for each in images]
        self.names = tuple(found[0])
        self._scales = {name: _deviation([each[name] for each in found]) for name in self.names}
        self.summary = tuple((name, SIDE if min(found[0][name].shape[-2:]) > 1 else 1) for name in self.names[-LAYERS:])

    def __call__(self, images: Tensor) -> Activations:
        """Return the activations of images (N, C, H, W) in [-1, 1], of the shape that it was trained on."""
        found = self._critic.features(images)
        return {
            name: functional.leaky_relu(_spread(each.float()), SLOPE) / self._scales.get(name, 1.0)
            for name, each in found.items()
        }

    def to(self, device: torch.device) -> None:
        """Move the network to a device."""
        self._critic.to(device)


def _require_single(path: Path) -> None:
    packing = read_document(path)[1].config.network.packing
    if packing > 1:
        message = (
            f"--features {path}: found a discriminator of packs of {packing} pictures, expected one of single ones"
        )
        raise InputError(message, hint=Again(drop=("--features",)))


def _spread(answers: Tensor) -> Tensor:
    """Return the answers of a layer as (N, C, H, W): one of a matrix product has one place."""
    return answers if answers.dim() == 4 else answers.flatten(1)[:, :, None, None]


def _deviation(parts: list[Tensor]) -> float:
    return max(float(torch.cat([part.flatten() for part in parts]).std()), 1e-12)
