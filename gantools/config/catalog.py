"""Public names: what each is called in flags, configuration, checkpoints and messages, and where its object lives."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from gantools.errors import unknown_name


@dataclass(frozen=True)
class Entry:
    """One name of the catalogue: ``module:object``, and one line about it."""

    place: str
    help: str

    def load(self) -> Any:
        """Import the object. Only work and mathematics may do so: it can load torch."""
        module, _, name = self.place.partition(":")
        return getattr(import_module(module), name)


@dataclass(frozen=True)
class FamilyEntry(Entry):
    """A family of networks, with what the configuration must know before torch is loaded.

    Args:
        any_size: True when every size works; False: start x 2^n with a start of 3 to 8 on both sides.
        critic_norms: the values of ``network.critic_norm`` that its discriminator knows.
    """

    any_size: bool = False
    critic_norms: tuple[str, ...] = ("none",)


FAMILIES = {
    "fc": FamilyEntry("gantools.nets.fc:FC", "fully connected, the textbook's first network", any_size=True),
    "dcgan": FamilyEntry(
        "gantools.nets.dcgan:DCGAN", "convolutional (Radford 2016), any size", critic_norms=("batch", "none")
    ),
}
LOSSES = {
    "bce": Entry("gantools.training.losses:BCE", "binary cross-entropy: reals 1, fakes 0, the generator aims at 1"),
    "hinge": Entry("gantools.training.losses:HINGE", "hinge (Lim 2017)"),
}
PENALTIES = {
    "none": Entry("gantools.training.penalties:NONE", "no penalty"),
    "r1": Entry("gantools.training.penalties:R1", "squared gradient at real pictures (Mescheder 2018)"),
    "r2": Entry("gantools.training.penalties:R2", "squared gradient at fakes (Mescheder 2018)"),
    "r1+r2": Entry("gantools.training.penalties:R1_R2", "both (Roth 2017, Huang 2024)"),
}
PRESETS = {
    "auto": Entry("gantools.config.presets:auto", "looks at family and pictures; anytime: no rate depends on the end"),
    "lesson": Entry("gantools.config.presets:lesson", "the textbook's fully connected GAN and its numbers"),
    "dcgan": Entry("gantools.config.presets:dcgan", "Radford 2016: width 64, rate 2e-4"),
}


def find(what: str, table: dict[str, Any], name: str) -> Any:
    """Return the entry called ``name``; an unknown name gets the nearest ones.

    Raises:
        UsageError: no such name.
    """
    if name not in table:
        raise unknown_name(what, name, table)
    return table[name]
