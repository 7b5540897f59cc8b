"""Adversarial losses: pure functions on logits, one value a sample. Positive logits say "real"."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import relu, softplus


@dataclass(frozen=True)
class Loss:
    """One adversarial loss.

    Args:
        on_reals: the discriminator's loss on logits (N,) of reals, one value a sample.
        on_fakes: the discriminator's loss on logits (N,) of fakes.
        generator: the generator's loss on logits (N,) of fakes through the frozen discriminator.

    The D loss, everywhere in this package, is the mean of ``on_reals`` plus the mean of ``on_fakes``, no penalty.
    """

    on_reals: Callable[[Tensor], Tensor]
    on_fakes: Callable[[Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]


def aim_at_one(logits: Tensor) -> Tensor:
    """Return the cross-entropy against the label 1 (real): -log sigmoid(logits)."""
    return softplus(-logits)


def aim_at_zero(logits: Tensor) -> Tensor:
    """Return the cross-entropy against the label 0 (fake): -log(1 - sigmoid(logits))."""
    return softplus(logits)


def raise_logits(logits: Tensor) -> Tensor:
    """Return minus the logits: the generator's hinge loss."""
    return -logits


def hinge_above(logits: Tensor) -> Tensor:
    """Return what reals lack to a margin of +1."""
    return relu(1 - logits)


def hinge_below(logits: Tensor) -> Tensor:
    """Return what fakes exceed a margin of -1 by."""
    return relu(1 + logits)


BCE = Loss(on_reals=aim_at_one, on_fakes=aim_at_zero, generator=aim_at_one)
"""Binary cross-entropy as the material states it. Source: Goodfellow 2014, section 3, the non-saturating generator."""

HINGE = Loss(on_reals=hinge_above, on_fakes=hinge_below, generator=raise_logits)
"""Hinge. Source: Lim and Ye 2017, "Geometric GAN", equations 12 and 13."""
