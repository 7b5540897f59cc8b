"""Presets: each returns the values that differ from the fields' defaults, every value with its reason."""

from collections.abc import Callable
from typing import Any

Values = dict[str, tuple[Any, str]]
Preset = Callable[[str], Values]

LESSON = "the lesson's fully connected GAN"
RADFORD = "Radford 2016, section 4"


def auto(family: str) -> Values:
    """Return the default recipe of a family: constant rates, so that a run may end or go on at any time."""
    if family != "fc":
        return {}
    return {
        "network.base_width": (256, LESSON),
        "network.critic_norm": ("none", LESSON),
        "optimizer.lr_g": (2e-4, LESSON),
        "optimizer.lr_d": (2e-4, LESSON),
        "batch": (256, LESSON),
        "length_images": (3_000_000, "50 passes over MNIST; guess"),
    }


def lesson(family: str) -> Values:
    """Return the lesson's numbers: 100-256-512-1024-pixels against pixels-512-256-1, 100 epochs of MNIST."""
    return {
        **auto("fc"),
        "network.family": ("fc", LESSON),
        "optimizer.weight_decay": (8e-9, LESSON),
        "length_images": (6_000_000, "100 epochs of MNIST, as in the lesson"),
    }


def dcgan(family: str) -> Values:
    """Return Radford's numbers: width 64, Adam 2e-4 (0.5, 0.999); the batch is that of pytorch/examples."""
    return {
        "network.family": ("dcgan", RADFORD),
        "network.base_width": (64, RADFORD),
        "optimizer.lr_g": (2e-4, RADFORD),
        "optimizer.lr_d": (2e-4, RADFORD),
    }
