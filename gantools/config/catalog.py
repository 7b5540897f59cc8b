"""Public names: what each is called in flags, configuration, checkpoints and messages, and where its object lives."""

from dataclasses import dataclass
from importlib import import_module
from math import log
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
        deviates: True when its discriminator can look at deviations within groups (``network.deviation_group``).
        takes: the fields of ``network`` that only some families have, and this one does.
        truncates: True when its latents are mapped to styles, which ``sample --truncation`` draws towards their mean.
    """

    any_size: bool = False
    critic_norms: tuple[str, ...] = ("none",)
    deviates: bool = False
    takes: tuple[str, ...] = ()
    truncates: bool = False


@dataclass(frozen=True)
class LossEntry(Entry):
    """One adversarial loss, with what the configuration must know before torch is loaded.

    Args:
        even: the D loss when D cannot tell reals from fakes at all: the least that one answer to everything costs.
        steep: near certainty it falls as the square of what binary cross-entropy does: least squares, and the whole
            lead of a real over a fake where that counts each one's half.
        compares: True when the generator's side compares with real pictures.
        neutral: the logit of a picture that D is undecided about; None where only differences of logits mean anything.
        smooths: True when ``loss.smoothing`` has a meaning: the reals have a label.
    """

    even: float = 0.0
    steep: bool = False
    compares: bool = False
    neutral: float | None = None
    smooths: bool = False


FAMILIES = {
    "fc": FamilyEntry(
        "gantools.nets.fc:FC",
        "fully connected, the textbook's first network",
        any_size=True,
        critic_norms=("none", "spectral"),
        deviates=True,
    ),
    "dcgan": FamilyEntry(
        "gantools.nets.dcgan:DCGAN",
        "convolutional (Radford 2016), any size",
        critic_norms=("batch", "none", "spectral"),
        deviates=True,
    ),
    "conv": FamilyEntry(
        "gantools.nets.conv:CONV", "the lesson's convolutions, pooling and scaling", critic_norms=("batch", "none")
    ),
    "progressive": FamilyEntry(
        "gantools.nets.progressive:PROGRESSIVE",
        "grows from small pictures to large ones (Karras 2018)",
        takes=("max_width", "grow_images"),
        deviates=True,
    ),
    "msg": FamilyEntry(
        "gantools.nets.msg:MSG", "a picture at every scale (Karnewar 2020)", takes=("max_width",), deviates=True
    ),
    "stylegan2": FamilyEntry(
        "gantools.nets.stylegan2:STYLEGAN2",
        "mapping, modulation, noise, mixing, truncation (Karras 2020)",
        takes=("max_width", "mapping_depth", "mixing"),
        deviates=True,
        truncates=True,
    ),
    "residual": FamilyEntry(
        "gantools.nets.residual:RESIDUAL",
        "residual blocks without normalisation (Huang 2024)",
        takes=("max_width", "blocks"),
    ),
}
LOSSES = {
    "bce": LossEntry(
        "gantools.training.losses:BCE",
        "binary cross-entropy: reals 1, fakes 0, the generator aims at 1",
        even=2 * log(2), neutral=0.0, smooths=True,
    ),
    "minimax": LossEntry(
        "gantools.training.losses:MINIMAX",
        "the same game with the generator fleeing 0: it saturates (Goodfellow 2014, eq. 1)",
        even=2 * log(2), neutral=0.0, smooths=True,
    ),
    "lsgan": LossEntry(
        "gantools.training.losses:LSGAN", "least squares to 1 and 0 (Mao 2017, eq. 9)",
        even=0.25, steep=True, neutral=0.5,
    ),
    "hinge": LossEntry("gantools.training.losses:HINGE", "hinge (Lim 2017)", even=2.0, neutral=0.0),
    "wasserstein": LossEntry(
        "gantools.training.losses:WASSERSTEIN", "difference of means; wants --penalty gp (Arjovsky 2017)"
    ),
    "relativistic": LossEntry(
        "gantools.training.losses:RELATIVISTIC",
        "each real above the fake of its pair (Jolicoeur-Martineau 2018, Huang 2024)",
        even=log(2), steep=True, compares=True,
    ),
    "relativistic-hinge": LossEntry(
        "gantools.training.losses:RELATIVISTIC_HINGE",
        "hinge against the mean of the other side (Jolicoeur-Martineau 2018)",
        even=2.0, compares=True,
    ),
}  # fmt: skip
PENALTIES = {
    "none": Entry("gantools.training.penalties:NONE", "no penalty"),
    "r1": Entry("gantools.training.penalties:R1", "squared gradient at real pictures (Mescheder 2018)"),
    "r2": Entry("gantools.training.penalties:R2", "squared gradient at fakes (Mescheder 2018)"),
    "r1+r2": Entry("gantools.training.penalties:R1_R2", "both (Roth 2017, Huang 2024)"),
    "gp": Entry("gantools.training.penalties:GP", "slope 1 between reals and fakes (Gulrajani 2017, WGAN-GP)"),
}
AUGMENTATIONS = (
    "none",
    "color",
    "translation",
    "cutout",
    "color,translation",
    "color,cutout",
    "translation,cutout",
    "color,translation,cutout",
)
"""Changes of pictures in front of the discriminator, in the order in which they are made."""

PRESETS = {
    "auto": Entry(
        "gantools.config.defaults:auto", "looks at pictures, their number and the device; no rate depends on the end"
    ),
    "small-data": Entry("gantools.config.defaults:small_data", "50 to 1,000 pictures: all augmentation, more penalty"),
    "lesson": Entry("gantools.config.presets:lesson", "the textbook's fully connected GAN and its numbers"),
    "lesson-conv": Entry("gantools.config.presets:lesson_conv", "the textbook's convolutional GAN and its numbers"),
    "dcgan": Entry("gantools.config.presets:dcgan", "Radford 2016: width 64, rate 2e-4"),
    "progressive": Entry("gantools.config.presets:progressive", "Karras 2018 at its own size, for a GPU"),
    "msg": Entry("gantools.config.presets:msg", "Karnewar 2020 at its own size, for a GPU"),
    "stylegan2": Entry("gantools.config.presets:stylegan2", "Karras 2020, configuration F, for a GPU"),
    "residual": Entry("gantools.config.presets:residual", "Huang 2024 (R3GAN) at its own size, for a GPU"),
}


def others(family: str) -> list[str]:
    """Return the fields of ``network`` that some families have, and this one does not."""
    return sorted({name for entry in FAMILIES.values() for name in entry.takes} - {*FAMILIES[family].takes})


def find(what: str, table: dict[str, Any], name: str) -> Any:
    """Return the entry called ``name``; an unknown name gets the nearest ones.

    Raises:
        UsageError: no such name.
    """
    if name not in table:
        raise unknown_name(what, name, table)
    return table[name]
