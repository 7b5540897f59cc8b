"""What to try when a run does not fare well: options of ``train`` that a stored run accepts. No torch."""

from typing import Any

from gantools.config.ground import changes, usual_gamma
from gantools.config.run import OptimizerConfig, RunConfig
from gantools.training.health import State, verdict
from gantools.training.register import Register, named_ratios

GENTLE = OptimizerConfig.lr_g
"""The rate of the default recipe: what is above it is the first suspect when training diverges."""

STRONGER = 4
"""A step of gamma that shows: half of it is within what other pictures of a size ask for anyway."""

ALLOW_LOSS = "--allow-change loss"
"""What a stored run needs for another penalty; a new run takes it without."""


def halved(config: RunConfig) -> str:
    """Return both rates at half, or at the default recipe's where they are further above it."""
    rates = config.optimizer
    return f"--lr-g {min(rates.lr_g / 2, GENTLE):g} --lr-d {min(rates.lr_d / 2, GENTLE):g}"


def remedy(config: RunConfig, state: State) -> str | None:
    """Return options to go on with from the last good checkpoint, or None where nothing needs a remedy."""
    if state is State.DIVERGED:
        return halved(config)
    if state in (State.COLLAPSING, State.COLLAPSED):
        return held_back(config) or halved(config)
    if state is State.OVERFITTING:
        return _blurred(config)
    if state is State.STALLED:
        return _moved(config)
    return _slowed(config) if state is State.D_AHEAD else None


def judged(config: RunConfig, register: Register) -> dict[str, Any]:
    """Return the verdict, its reason, what to try and the signs behind it, as a checkpoint and ``--json`` have them."""
    found = verdict(config, register)
    known = {"state": str(found.state), "reason": found.reason, "remedy": remedy(config, found.state)}
    return known | named_ratios(register.signs)


def held_back(config: RunConfig) -> str | None:
    """Return the options for a smoother D: a penalty, or more of it; None where batch statistics forbid one."""
    loss, network = config.loss, config.network
    if loss.penalty != "none" and loss.gamma > 0:
        return f"--gamma {loss.gamma * STRONGER:g}"
    if network.critic_norm != "none":
        return None
    return f"--penalty r1+r2 --gamma {usual_gamma(network.channels):g} {ALLOW_LOSS}"


def _blurred(config: RunConfig) -> str:
    """Return the options that keep D from knowing its pictures by heart, the plainest first."""
    if config.augment.operations == "none":
        return f"--augment {changes(config.network.channels)}"
    return held_back(config) or f"--lr-d {config.optimizer.lr_d / STRONGER:g}"


def _slowed(config: RunConfig) -> str:
    """Return the options that give D less of a lead, the plainest first."""
    rates = config.optimizer
    if config.balance.d_steps > 1:
        return "--d-steps 1"
    if rates.lr_d > rates.lr_g:
        return f"--lr-d {rates.lr_g:g}"
    return held_back(config) or f"--lr-d {rates.lr_d / STRONGER:g}"


def _moved(config: RunConfig) -> str:
    """Return the options that let both networks move again."""
    rates = config.optimizer
    if min(rates.lr_g, rates.lr_d) < GENTLE / 2:
        return f"--lr-g {max(rates.lr_g, GENTLE):g} --lr-d {max(rates.lr_d, GENTLE):g}"
    return held_back(config) or halved(config)
