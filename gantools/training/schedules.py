"""Quantities that follow the clock, the number of images seen. Pure functions, no torch."""

from dataclasses import replace
from math import cos, pi

from gantools.config.augment import AugmentConfig
from gantools.config.average import AverageConfig
from gantools.config.horizon import HorizonConfig
from gantools.config.run import RunConfig
from gantools.training.balance import rate_factor


def way(config: HorizonConfig, images: int) -> float:
    """Return the share of the way to the horizon when ``images`` have been seen, along half a cosine.

    Source: Huang 2024 (R3GAN), whose rates, beta2, gamma, half-life and augmentation share it.

    Example: with a horizon of 1,000 images: at 250 0.146, at 500 0.5, at 1,000 and later 1; without one always 0.
    """
    return (1 - cos(pi * min(1.0, images / config.images))) / 2 if config.images else 0.0


def rate_share(config: RunConfig, images: int) -> float:
    """Return what both rates are multiplied by when ``images`` have been seen: drops that are due, and the horizon."""
    return rate_factor(config.balance, images) * _between(1.0, config.horizon.rates, way(config.horizon, images))


def present(config: RunConfig, images: int) -> RunConfig:
    """Return the configuration as it stands when ``images`` have been seen: what a turn reads.

    Its rates have the drops and the horizon in them; without either it is ``config`` itself.
    """
    if not (config.horizon.images or config.balance.lr_drops):
        return config
    optimizer, share = config.optimizer, rate_share(config, images)
    optimizer = replace(optimizer, lr_g=optimizer.lr_g * share, lr_d=optimizer.lr_d * share)
    if not config.horizon.images:
        return replace(config, optimizer=optimizer)
    horizon, at = config.horizon, way(config.horizon, images)
    strength = config.augment.strength * (at if config.augment.schedule == "horizon" else 1.0)
    return replace(
        config,
        optimizer=replace(optimizer, beta2=_between(optimizer.beta2, horizon.beta2, at)),
        loss=replace(config.loss, gamma=config.loss.gamma * _between(1.0, horizon.gamma, at)),
        average=replace(config.average, half_life_images=round(config.average.half_life_images * at)),
        augment=replace(config.augment, strength=strength),
    )


def _between(first: float, last: float, share: float) -> float:
    return first + (last - first) * share


def average_decay(config: AverageConfig, images: int, batch: int) -> float:
    """Return what the average keeps of itself when ``images`` have been seen, ``batch`` of them just now.

    The half-life is ``half_life_images``, but at most ``ramp`` of the images seen, so that short runs have a
    useful average too. Source: Karras 2020 (stylegan2-ada), training loop's ramp.

    Example: with 10,000 and 5 %, batch 64: after 1,000 images 0.41, after 200,000 and later 0.9956.
    """
    half_life = min(config.half_life_images, config.ramp * images)
    return 0.5 ** (batch / half_life) if half_life > 0 else 0.0


def augment_strength(config: AugmentConfig, images: int) -> float:
    """Return how probable each change of a picture is when ``images`` have been seen; an adaptive one is state.

    Example: a ramp over 500,000 images to 1: after 50,000 images 0.1, after 500,000 and later 1.
    """
    share = min(1.0, images / config.images) if config.schedule == "ramp" else 1.0
    return config.strength * share
