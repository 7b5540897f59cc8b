"""Adversarial losses: pure functions on logits, one value a sample. Positive logits say "real".

Formulas, sources and when to take which: docs/explanation/losses.md.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import Tensor
from torch.nn.functional import relu, softplus

from gantools.config.catalog import LOSSES
from gantools.config.run import LossConfig


@dataclass(frozen=True)
class Loss:
    """One adversarial loss.

    Args:
        discriminator: D's loss on logits of reals and of fakes, both (N,), one value a sample (N,). Its mean is the
            D loss, everywhere in this package: no penalty is in it.
        generator: G's loss on logits (N,) of fakes through the frozen discriminator, and on logits (N,) of reals,
            which are None unless the catalogue says that this loss compares with them.
    """

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor | None], Tensor]


def loss_of(config: LossConfig) -> Loss:
    """Return the loss that the configuration names, with its smoothing."""
    loss: Loss = LOSSES[config.name].load()
    return smoothed(loss, config.smoothing) if config.smoothing else loss


def smoothed(loss: Loss, smoothing: float) -> Loss:
    """Return a cross-entropy whose reals aim at 1 - smoothing; fakes stay at 0, or D would reward what G does now.

    -(1-s) log sigmoid(r) - s log(1 - sigmoid(r)) is the plain cross-entropy of the label 1 plus s r.
    Source: Salimans 2016, section 3.4 (one-sided label smoothing).
    """

    def discriminator(reals: Tensor, fakes: Tensor) -> Tensor:
        return loss.discriminator(reals, fakes) + smoothing * reals

    return replace(loss, discriminator=discriminator)


def cross_entropy(reals: Tensor, fakes: Tensor) -> Tensor:
    """Return -log sigmoid(reals) - log(1 - sigmoid(fakes)): reals aim at the label 1, fakes at 0."""
    return softplus(-reals) + softplus(fakes)


def aim_at_one(fakes: Tensor, reals: Tensor | None) -> Tensor:
    """Return -log sigmoid(fakes): the cross-entropy of fakes against the label 1."""
    return softplus(-fakes)


def flee_zero(fakes: Tensor, reals: Tensor | None) -> Tensor:
    """Return log(1 - sigmoid(fakes)): its gradient vanishes where D is sure that fakes are fakes."""
    return -softplus(fakes)


def squares(reals: Tensor, fakes: Tensor) -> Tensor:
    """Return half the squared distance of reals to 1 and of fakes to 0; the logits are the outputs themselves."""
    return ((reals - 1).square() + fakes.square()) / 2


def square_to_one(fakes: Tensor, reals: Tensor | None) -> Tensor:
    """Return half the squared distance of fakes to 1."""
    return (fakes - 1).square() / 2


def hinges(reals: Tensor, fakes: Tensor) -> Tensor:
    """Return what reals lack to a margin of +1, and what fakes exceed a margin of -1 by."""
    return relu(1 - reals) + relu(1 + fakes)


def raise_logits(fakes: Tensor, reals: Tensor | None) -> Tensor:
    """Return minus the logits of fakes."""
    return -fakes


def difference(reals: Tensor, fakes: Tensor) -> Tensor:
    """Return fakes - reals: minus the critic's estimate of the distance."""
    return fakes - reals


def pair(reals: Tensor, fakes: Tensor) -> Tensor:
    """Return softplus(fakes - reals): each real is to score above the fake that it is paired with."""
    return softplus(fakes - reals)


def pair_reversed(fakes: Tensor, reals: Tensor | None) -> Tensor:
    """Return softplus(reals - fakes): each fake is to score above its real."""
    assert reals is not None, "the catalogue says that this loss compares with reals"
    return softplus(reals - fakes)


def relative_hinges(reals: Tensor, fakes: Tensor) -> Tensor:
    """Return the hinges of logits relative to the mean of the other side."""
    return hinges(reals - fakes.mean(), fakes - reals.mean())


def relative_hinges_reversed(fakes: Tensor, reals: Tensor | None) -> Tensor:
    """Return the hinges with both sides in each other's place."""
    assert reals is not None, "the catalogue says that this loss compares with reals"
    return relative_hinges(fakes, reals)


BCE = Loss(cross_entropy, aim_at_one)
"""Binary cross-entropy as the material states it. Source: Goodfellow 2014, section 3, the non-saturating generator."""

MINIMAX = Loss(cross_entropy, flee_zero)
"""The game of Goodfellow 2014, equation 1, as it stands; G learns nothing once D wins. For comparison, not for use."""

LSGAN = Loss(squares, square_to_one)
"""Least squares. Source: Mao 2017, "Least Squares Generative Adversarial Networks", equation 9 (labels 0 and 1)."""

HINGE = Loss(hinges, raise_logits)
"""Hinge. Source: Lim and Ye 2017, "Geometric GAN", equations 12 and 13."""

WASSERSTEIN = Loss(difference, raise_logits)
"""Wasserstein. Source: Arjovsky 2017, equation 2; it means a distance only where the critic's slope is bounded."""

RELATIVISTIC = Loss(pair, pair_reversed)
"""Relativistic pairing. Source: Jolicoeur-Martineau 2018, section 4.1; Huang 2024 (R3GAN), equation 2."""

RELATIVISTIC_HINGE = Loss(relative_hinges, relative_hinges_reversed)
"""Relativistic average hinge. Source: Jolicoeur-Martineau 2018, "The relativistic discriminator", RaHingeGAN."""
