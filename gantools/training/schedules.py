"""Quantities that follow the clock, the number of images seen. Pure functions, no torch."""

from gantools.config.augment import AugmentConfig
from gantools.config.run import AverageConfig


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
