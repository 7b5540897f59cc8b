"""At the sizes of their papers the families have the papers' parameter counts."""

import pytest
import torch

from gantools.config.build import PictureShape, resolve
from gantools.config.catalog import FAMILIES


def counts(preset: str, side: int) -> tuple[int, int]:
    """Return the parameter counts of a preset's networks on RGB pictures, built without memory."""
    config = resolve(PictureShape(side, side, 3), {"preset": preset}).config.network
    made = FAMILIES[config.family].load()
    with torch.device("meta"):
        networks = made.generator(config), made.discriminator(config)
    generator, critic = (sum(p.numel() for p in network.parameters()) for network in networks)
    return generator, critic


def test_stylegan2() -> None:
    """Configuration F at 1024 px: 30,370,060 and 29,012,513, as its authors' program prints."""
    generator, critic = counts("stylegan2", 1024)
    assert (generator, critic) == (30_370_060, 29_012_513)


def test_progressive() -> None:
    """At 1024 px: 23.1 million each (Karras 2018, table 2)."""
    generator, critic = counts("progressive", 1024)
    assert generator / 1e6 == pytest.approx(23.1, abs=0.05)
    assert critic / 1e6 == pytest.approx(23.1, abs=0.05)


def test_residual() -> None:
    """At 256 px: 23.058 and 23.010 million (Huang 2024, table 2, the last row)."""
    generator, critic = counts("residual", 256)
    assert (round(generator / 1e3), round(critic / 1e3)) == (23_058, 23_010)


def test_msg() -> None:
    """The multi-scale generator at 1024 px is the progressive one: the same layers, the same ways out to pixels."""
    assert counts("msg", 1024)[0] == counts("progressive", 1024)[0]
