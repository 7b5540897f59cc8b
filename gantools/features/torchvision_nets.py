"""torchvision's networks as extractors: SqueezeNet, VGG-16, VGG-19, Inception. Weights come from ``weights``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gantools.features.base import Activations, Extractor, Label, require_size, to_rgb

IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's pictures in [0, 1]: all of torchvision's weights expect inputs normalised by them."""


@dataclass(frozen=True)
class Architecture:
    """One of torchvision's networks.

    Args:
        builder: the function of ``torchvision.models`` that builds it.
        weights: the member of its weights' enumeration that is downloaded.
        layers: activation name to the path of the module whose output it is.
        summary: the activations of a picture's vector, with the sides of their grids.
        min_size: the shortest side it takes, in pixels; for figures on small pictures more than it must have.
        heads: the modules that are not needed, such as the classifier; their weights are passed over.
    """

    builder: str
    weights: str
    layers: Mapping[str, str]
    summary: tuple[tuple[str, int], ...]
    min_size: int
    heads: tuple[str, ...]


def _vgg(rectifiers: Mapping[str, int]) -> dict[str, str]:
    return {name: f"features.{number}" for name, number in rectifiers.items()}


VGG16 = {"relu1_1": 1, "relu1_2": 3, "relu2_1": 6, "relu2_2": 8, "relu3_1": 11, "relu3_2": 13, "relu3_3": 15,
         "relu4_1": 18, "relu4_2": 20, "relu4_3": 22, "relu5_1": 25, "relu5_2": 27, "relu5_3": 29}  # fmt: skip
VGG19 = {"relu1_1": 1, "relu1_2": 3, "relu2_1": 6, "relu2_2": 8, "relu3_1": 11, "relu3_2": 13, "relu3_3": 15,
         "relu3_4": 17, "relu4_1": 20, "relu4_2": 22, "relu4_3": 24, "relu4_4": 26, "relu5_1": 29, "relu5_2": 31,
         "relu5_3": 33, "relu5_4": 35}  # fmt: skip
FIRES = {"relu1": 1, "fire2": 3, "fire3": 4, "fire4": 5, "fire5": 7, "fire6": 8, "fire7": 9, "fire8": 10, "fire9": 12}
INCEPTION = {"conv1": "Conv2d_1a_3x3", "conv2": "Conv2d_2b_3x3", "conv4": "Conv2d_4a_3x3", "mixed5": "Mixed_5d",
             "mixed6": "Mixed_6e", "mixed7": "Mixed_7c"}  # fmt: skip

ARCHITECTURES = {
    "squeezenet": Architecture("squeezenet1_0", "SqueezeNet1_0_Weights.IMAGENET1K_V1", _vgg(FIRES),
                               (("fire9", 1),), 64, ("classifier",)),
    "vgg16": Architecture("vgg16", "VGG16_Weights.IMAGENET1K_V1", _vgg(VGG16), (("relu5_3", 1),), 64,
                          ("classifier",)),
    "vgg19": Architecture("vgg19", "VGG19_Weights.IMAGENET1K_V1", _vgg(VGG19), (("relu5_4", 1),), 64,
                          ("classifier",)),
    "inception": Architecture("inception_v3", "Inception_V3_Weights.IMAGENET1K_V1", INCEPTION, (("mixed7", 1),), 299,
                              ("fc", "AuxLogits")),
}  # fmt: skip


class TorchvisionNet(Extractor):
    """One of torchvision's networks, in evaluation mode.

    Args:
        name: a key of ``ARCHITECTURES``.
        network: built, with its weights.
        digest: of the weights.
    """

    def __init__(self, name: str, network: nn.Module, digest: str) -> None:
        architecture = ARCHITECTURES[name]
        self.label = Label(name, digest)
        self.names = tuple(architecture.layers)
        self.min_size, self.summary = architecture.min_size, architecture.summary
        self._network = network.eval().requires_grad_(False)
        self._found: Activations = {}
        self._mean = torch.tensor(IMAGENET_MEAN).view(3, 1, 1)
        self._deviation = torch.tensor(IMAGENET_DEVIATION).view(3, 1, 1)
        for activation, path in architecture.layers.items():
            network.get_submodule(path).register_forward_hook(self._keep(activation))

    def __call__(self, images: Tensor) -> Activations:
        """Return the activations of images (N, C, H, W) in [-1, 1]."""
        require_size(images, self.min_size)
        self._found = {}
        self._network((to_rgb(images).add(1.0).mul(0.5) - self._mean) / self._deviation)
        found, self._found = self._found, {}
        return found

    def to(self, device: torch.device) -> None:
        """Move the network to a device."""
        self._network.to(device)
        self._mean, self._deviation = self._mean.to(device), self._deviation.to(device)

    def _keep(self, activation: str) -> Callable[[nn.Module, Any, Tensor], None]:
        def hook(module: nn.Module, inputs: object, output: Tensor) -> None:
            self._found[activation] = output

        return hook


def build(name: str) -> nn.Module:
    """Build one of torchvision's networks with the classifier cut off.

    Its parameters lie on the meta device: they cost nothing until weights are assigned.
    """
    from gantools.vision import import_torchvision

    architecture = ARCHITECTURES[name]
    options = {"transform_input": False, "aux_logits": False, "init_weights": False} if name == "inception" else {}
    with torch.device("meta"):
        network: nn.Module = getattr(import_torchvision().models, architecture.builder)(weights=None, **options)
    for head in architecture.heads:
        if hasattr(network, head):
            setattr(network, head, nn.Identity())
    return network
