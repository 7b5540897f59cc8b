"""torchvision's convolutional networks as features for styling: VGG-16, VGG-19, SqueezeNet, as far as is needed."""

from collections.abc import Iterable
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from gantools.features.base import Activations, Label
from gantools.features.layered import Layered
from gantools.features.torchvision_nets import IMAGENET_DEVIATION, IMAGENET_MEAN
from gantools.features.winograd import Winograd, fits

CHOICES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "vgg16": (("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"), ("relu4_2",)),
    "vgg19": (("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"), ("relu4_2",)),
    "squeezenet": (("relu1", "fire2", "fire3", "fire5", "fire8"), ("fire5",)),
}
"""Layers for style and for content. VGG: Gatys 2016; SqueezeNet: guess, one at each of its depths."""


class NetworkLayers(Layered):
    """The layers of a plain stack of modules.

    Borders are repeated, not filled with zeros, wherever a convolution pads: zeros would be seen as dark edges, which
    the optimisation then paints into the picture. Activations lie channels last, which convolutions on a CPU like best.

    Args:
        label: name and digest.
        stack: the modules in their order, with weights.
        layers: activation name to the number of the module whose output it is.
        pooling: ``max`` as in the network, or ``average``.
    """

    def __init__(
        self, label: Label, stack: nn.Sequential, layers: dict[str, int], pooling: Literal["max", "average"] = "max"
    ) -> None:
        self.label, self._layers, self._pooling = label, layers, pooling
        self.style_layers, self.content_layers = CHOICES[label.name]
        self._stack = stack.eval().requires_grad_(False)
        self._mean = torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1)
        self._deviation = torch.tensor(IMAGENET_DEVIATION).view(1, 3, 1, 1)
        self.strides, self.step, seen = _geometry(stack, layers)
        self.halo = -(-seen // self.step) * self.step
        self.min_size = 2 * self.step
        for module in stack.modules():
            if isinstance(module, nn.ReLU):
                module.inplace = False
            if isinstance(module, nn.Conv2d) and any(module.padding):
                module.padding_mode = "replicate"
                side = int(module.padding[0])
                module._reversed_padding_repeated_twice = [side] * 4
        for number, module in enumerate(stack):
            if isinstance(module, nn.Conv2d) and fits(module):
                stack[number] = Winograd(module)

    def activations(self, image: Tensor, names: Iterable[str]) -> Activations:
        """Return some activations (C, H', W') of one picture (1, 3, H, W) in [-1, 1]; gradients pass."""
        wanted = {self._layers[name]: name for name in names}
        found: Activations = {}
        x = ((image.add(1.0).mul(0.5) - self._mean) / self._deviation).contiguous(memory_format=torch.channels_last)
        for number, module in enumerate(list(self._stack)[: max(wanted, default=-1) + 1]):
            x = self._averaged(module, x) if isinstance(module, nn.MaxPool2d) else module(x)
            if number in wanted:
                found[wanted[number]] = x.squeeze(0)
        return found

    def to(self, device: torch.device) -> None:
        """Move the network to a device."""
        self._stack.to(device)
        self._mean, self._deviation = self._mean.to(device), self._deviation.to(device)

    def _averaged(self, pool: nn.MaxPool2d, x: Tensor) -> Tensor:
        if self._pooling == "max":
            return pool(x)  # type: ignore[no-any-return]
        size: Any = pool.kernel_size
        stride: Any = pool.stride
        return functional.avg_pool2d(x, size, stride, ceil_mode=pool.ceil_mode)


def _geometry(stack: nn.Sequential, layers: dict[str, int]) -> tuple[dict[str, int], int, int]:
    """Return the stride of each layer, the last stride, and how far to one side the last layer sees, in pixels."""
    names = {number: name for name, number in layers.items()}
    strides: dict[str, int] = {}
    stride, seen = 1, 0
    for number, module in enumerate(list(stack)[: max(names) + 1]):
        inner = [part for part in module.modules() if isinstance(part, nn.Conv2d | nn.MaxPool2d)]
        widest: Any = max(inner, key=lambda part: _first(part.kernel_size), default=None)
        if widest is not None:
            side = _first(widest.kernel_size)
            is_padded = isinstance(widest, nn.Conv2d) and _first(widest.padding) > 0
            seen += (side // 2 if is_padded else side - 1) * stride
            stride *= _first(widest.stride)
        if number in names:
            strides[names[number]] = stride
    return strides, stride, seen


def _first(value: Any) -> int:
    return int(value[0] if isinstance(value, tuple) else value)
