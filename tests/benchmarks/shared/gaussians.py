"""The objective of style-transfer-pytorch, written down plainly after its published description."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from gantools.features.networks import CHOICES
from gantools.features.torchvision_nets import ARCHITECTURES, IMAGENET_DEVIATION, IMAGENET_MEAN

SHARES = [weight / 341.0 for weight in (256.0, 64.0, 16.0, 4.0, 1.0)]
CONTENT, VARIATION, ROUNDS = 0.015, 2.0, 12


class Plain:
    """torchvision's layers as they are, but for the first convolution, which repeats the borders."""

    def __init__(self, name: str, network: nn.Module) -> None:
        stack: Any = network.get_submodule("features")
        stack[0].padding_mode = "replicate"
        stack[0]._reversed_padding_repeated_twice = [int(stack[0].padding[0])] * 4
        self.style, self.content = CHOICES[name]
        layers = ARCHITECTURES[name].layers
        self._wanted = {int(layers[each].split(".")[1]): each for each in {*self.style, *self.content}}
        self._stack = list(stack)[: max(self._wanted) + 1]
        for module in network.modules():
            if isinstance(module, nn.ReLU):
                module.inplace = False
        network.eval().requires_grad_(False)

    def __call__(self, image: Tensor) -> dict[str, Tensor]:
        """Return activations (C, H', W') of a picture (1, 3, H, W) in [0, 1]."""
        x = (image - torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1)) / torch.tensor(IMAGENET_DEVIATION).view(1, 3, 1, 1)
        found = {}
        for number, module in enumerate(self._stack):
            x = module(x)
            if number in self._wanted:
                found[self._wanted[number]] = x[0]
        return found


def variation(image: Tensor) -> Tensor:
    """Return the mean squared difference to the eight neighbours of (1, 3, H, W), straight ones counted twice."""
    x = functional.pad(image, (1, 1, 1, 1), mode="replicate")
    height, width = image.shape[-2:]
    total = image.new_zeros(())
    for down, right, weight in ((1, 2, 2.0), (2, 1, 2.0), (2, 2, 1.0), (2, 0, 1.0)):
        shifted = x[..., down : down + height, right : right + width]
        total = total + weight * (shifted - image).square().mean()
    return total / 6.0


def moments(activations: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean (C,) and the covariance (C, C)."""
    rows = activations.flatten(1)
    mean = rows.mean(1)
    return mean, rows @ rows.T / rows.shape[1] - torch.outer(mean, mean)


class Root(torch.autograd.Function):
    """The root of a matrix by Newton-Schulz iterations; its gradient solves a Lyapunov equation the same way."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor) -> Tensor:
        norm, unit = matrix.norm(), torch.eye(len(matrix))
        y, z = matrix / norm, unit
        for _ in range(ROUNDS):
            step = (3.0 * unit - z @ y) / 2.0
            y, z = y @ step, step @ z
        root = y * norm.sqrt()
        ctx.save_for_backward(root)
        return root

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> Tensor:
        (root,) = ctx.saved_tensors
        norm, unit = root.norm(), torch.eye(len(root))
        a, q = root / norm, slopes[0] / norm
        for _ in range(ROUNDS):
            step = 3.0 * unit - a @ a
            q, a = (q @ step - a.T @ (a.T @ q - q @ a)) / 2.0, a @ step / 2.0
        return q / 2.0


def exact_root(matrix: Tensor) -> Tensor:
    """Return the root of a symmetric matrix by its eigenvalues, in float64."""
    values, vectors = torch.linalg.eigh(matrix.double())
    return ((vectors * values.clamp_min(0.0).sqrt()) @ vectors.T).float()


class Method:
    """The objective of style-transfer-pytorch at one size, as it is written above.

    Args:
        network: plain.
        content, style: pictures (1, 3, H, W) in [0, 1].
        root: of a matrix.
    """

    def __init__(self, network: Plain, content: Tensor, style: Tensor, root: Callable[[Tensor], Tensor]) -> None:
        self.network, self.root = network, root
        with torch.no_grad():
            self._content = network(content)[network.content[0]]
            found = network(style)
            self._wanted = [moments(found[layer]) for layer in network.style]
            self._roots = [exact_root(covariance) for _, covariance in self._wanted]

    def __call__(self, image: Tensor) -> Tensor:
        """Return the loss of a picture (1, 3, H, W) in [0, 1]."""
        found = self.network(image)
        total = CONTENT * (found[self.network.content[0]] - self._content).square().mean() + VARIATION * variation(
            image
        )
        for share, layer, (mean, covariance), root in zip(
            SHARES, self.network.style, self._wanted, self._roots, strict=True
        ):
            own_mean, own = moments(found[layer])
            own = own + 1e-4 * torch.eye(len(own))
            cross = self.root(root @ own @ root)
            spread = (own + covariance - 2.0 * cross).diagonal().mean()
            total = total + share * ((own_mean - mean).square().mean() + spread)
        return total
