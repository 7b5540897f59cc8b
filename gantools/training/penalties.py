"""Gradient penalties: critic, real views, fake views -> the squared gradient, one value a sample."""

from collections.abc import Callable

import torch
from torch import Tensor

from gantools.nets.base import Discriminator, Views

Penalty = Callable[[Discriminator, Views, Views], Tensor]


def squared_gradient(critic: Discriminator, views: Views) -> Tensor:
    """Return |grad D|^2 at ``views``, summed over all pixels of all views, (N,), differentiable.

    The critic must treat each picture alone: with batch statistics the gradient would mix the pictures.
    """
    inputs = tuple(view.detach().requires_grad_(True) for view in views)
    logits = critic(inputs)
    gradients = torch.autograd.grad(logits.sum(), inputs, create_graph=True)
    squares = [gradient.float().square().sum(dim=(1, 2, 3)) for gradient in gradients]
    return torch.stack(squares).sum(0)


def r1(critic: Discriminator, reals: Views, fakes: Views) -> Tensor:
    """Penalise the gradient at reals. Source: Mescheder 2018, equation 9."""
    return squared_gradient(critic, reals)


def r2(critic: Discriminator, reals: Views, fakes: Views) -> Tensor:
    """Penalise the gradient at fakes. Source: Mescheder 2018, equation 10."""
    return squared_gradient(critic, fakes)


def r1_and_r2(critic: Discriminator, reals: Views, fakes: Views) -> Tensor:
    """Penalise both gradients. Source: Roth 2017; Huang 2024, equation 2."""
    return squared_gradient(critic, reals) + squared_gradient(critic, fakes)


NONE: Penalty | None = None
R1: Penalty = r1
R2: Penalty = r2
R1_R2: Penalty = r1_and_r2
