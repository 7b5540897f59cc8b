"""What the losses say, in plain words. Pure functions of the register; no torch."""

from statistics import mean

from gantools.config.catalog import LOSSES
from gantools.training.register import Register

EVEN_PLAY = {name: entry.even for name, entry in LOSSES.items() if entry.even}
"""The D loss when D cannot tell reals from fakes at all, of the losses where that is no difference of nothing."""

D_AHEAD = 0.35
G_AHEAD = 1.15
"""Shares of even play under and above which one network is called ahead; guesses, to be calibrated."""

RECENT_POINTS = 8


def reading(loss_name: str, register: Register) -> str:
    """Say how the two networks stand, from the mean D loss of the last points of the history.

    Returns:
        ``not started``, ``balanced``, ``D ahead: G learns little``, or ``G ahead: D tells little apart``; or the
        critic's distance where the loss is one; with the number of turns that were not finite, when there were any.
    """
    words = _standing(loss_name, register)
    return f"{words}; turns not finite: {register.nonfinite}" if register.nonfinite else words


def recent_d_loss(register: Register) -> float | None:
    """Return the mean D loss of the last points of the history, or the last one, or None."""
    points = [point[2] for point in register.history[-RECENT_POINTS:] if point[2] is not None]
    return mean(points) if points else register.loss_d


def _standing(loss_name: str, register: Register) -> str:
    loss = recent_d_loss(register)
    if loss is None:
        return "not started" if register.d_steps == 0 else "the last losses are not finite"
    if loss_name not in EVEN_PLAY:  # no share of nothing: a difference of means has no scale of its own
        return f"the critic sees a distance of {-loss:.3g}"
    share = loss / EVEN_PLAY[loss_name]
    if share < D_AHEAD:
        return "D ahead: G learns little"
    return "G ahead: D tells little apart" if share > G_AHEAD else "balanced"
