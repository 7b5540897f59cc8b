"""Gradient penalties: what D is shown -> a function of its gradient, one value a picture (or a pack).

A critic with minibatch deviation answers for a group: the gradient is then that of the group's answers together, as in
Karras 2018 and 2020.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gantools.draws import uniform
from gantools.nets.base import Views


@dataclass(frozen=True)
class Shown:
    """Pictures, and how D sees them in this turn.

    Args:
        look: views to logits; D, with the augmentation of the turn before it.
        views: the pictures, not augmented: gradients are taken with respect to these.
    """

    look: Callable[[Views], Tensor]
    views: Views


Penalty = Callable[[Shown, Shown, int], Tensor]
"""Reals, fakes, and the key of what the penalty draws."""


def squared_gradient(shown: Shown) -> Tensor:
    """Return |grad D|^2 at the pictures, summed over all pixels of all views, (N,), differentiable.

    The critic must not use batch statistics: the gradient would mix all pictures. With packing m the squares of a
    pack add up, (N/m,).
    """
    inputs = tuple(view.detach().requires_grad_(True) for view in shown.views)
    logits = shown.look(inputs)
    gradients = torch.autograd.grad(logits.sum(), inputs, create_graph=True)
    squares = [gradient.float().square().sum(dim=(1, 2, 3)) for gradient in gradients]
    return torch.stack(squares).sum(0).view(len(logits), -1).sum(1)


def r1(reals: Shown, fakes: Shown, key: int) -> Tensor:
    """Penalise the gradient at reals. Source: Mescheder 2018, equation 9."""
    return squared_gradient(reals)


def r2(reals: Shown, fakes: Shown, key: int) -> Tensor:
    """Penalise the gradient at fakes. Source: Mescheder 2018, equation 10."""
    return squared_gradient(fakes)


def r1_and_r2(reals: Shown, fakes: Shown, key: int) -> Tensor:
    """Penalise both gradients. Source: Roth 2017; Huang 2024, equation 2."""
    return squared_gradient(reals) + squared_gradient(fakes)


def one_centred(reals: Shown, fakes: Shown, key: int) -> Tensor:
    """Penalise a slope other than 1 at points between reals and fakes: (|grad D| - 1)^2.

    Source: Gulrajani 2017, "Improved Training of Wasserstein GANs", equation 3. The points are augmented like reals.
    """
    count = len(reals.views[-1])
    share = torch.from_numpy(uniform(key, count, 1, 1, 1)).to(reals.views[-1].device).add(1).div(2)  # in [0, 1)
    between = tuple(real + share * (fake - real) for real, fake in zip(reals.views, fakes.views, strict=True))
    slopes = (squared_gradient(Shown(reals.look, between)) + 1e-12).sqrt()  # a root has no gradient at 0
    return (slopes - 1).square()


NONE: Penalty | None = None
R1: Penalty = r1
R2: Penalty = r2
R1_R2: Penalty = r1_and_r2
GP: Penalty = one_centred


PATH_MEMORY = 0.01
"""Share of each measurement in the running mean of path lengths: Karras 2020, appendix B."""


def path_lengths(styles: Tensor, images: Tensor, noise: Tensor) -> Tensor:
    """Return how far pictures move along their styles, (N,), differentiable: |J^T y| for noise y of unit variance.

    Source: Karras 2020, "Analyzing and Improving the Image Quality of StyleGAN", equation 4; y is scaled by the root of
    the number of pixels as in its code, and layers are averaged.

    Args:
        styles: (N, layers, W), of which ``images`` is a function.
        images: (N, C, H, W).
        noise: standard normal numbers of the shape of ``images``.
    """
    pixels = images.shape[2] * images.shape[3]
    (gradient,) = torch.autograd.grad((images * noise).sum() / pixels**0.5, styles, create_graph=True)
    return gradient.float().square().sum(-1).mean(1).sqrt()
