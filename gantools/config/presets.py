"""Presets: each returns the values that differ from the fields' defaults, every value with its reason."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gantools.config.catalog import LOSSES

if TYPE_CHECKING:
    from gantools.config.build import PictureShape

Values = dict[str, tuple[Any, str]]
Preset = Callable[[str, "PictureShape"], Values]

LESSON = "the lesson's fully connected GAN"
RADFORD = "Radford 2016, section 4"
STEADY = (
    "looked at after 100,000 images: drawn stickers come out, where a batch-normalised critic without penalty runs "
    "ahead; some runs lose a third of the modes, and more do at a rate of 2e-3 or a first decay of 0"
)
GAMMA = "measured with a relativistic loss at 28 to 32 px: 0.5 grey, 1 colour; with this loss a guess"
TEN_MINUTES = "about ten minutes on two cores; a guess from measured images/s"


def auto(family: str, shape: "PictureShape") -> Values:
    """Return the default recipe of a family: constant rates, so that a run may end or go on at any time.

    Args:
        family: name in the catalogue.
        shape: of the pictures.
    """
    if family != "fc":
        return {
            "network.critic_norm": ("none", STEADY),
            "loss.penalty": ("r1+r2", STEADY),
            "loss.gamma": (0.5 if shape.channels == 1 else 1.0, GAMMA),
            "length_images": (_length(shape), TEN_MINUTES),
        }
    return {
        "network.base_width": (256, LESSON),
        "network.critic_norm": ("none", LESSON),
        "optimizer.lr_g": (2e-4, LESSON),
        "optimizer.lr_d": (2e-4, LESSON),
        "batch": (256, LESSON),
        "length_images": (6_000_000, TEN_MINUTES),
    }


def lesson(family: str, shape: "PictureShape") -> Values:
    """Return the lesson's numbers: 100-256-512-1024-pixels against pixels-512-256-1, 100 epochs of MNIST.

    Departures: D steps before G here, after it there; the D loss is a sum here and a mean there, which Adam's scaling
    undoes.
    """
    return {
        **auto("fc", shape),
        "network.family": ("fc", LESSON),
        "optimizer.weight_decay": (8e-9, LESSON),
        "length_images": (6_000_000, "100 epochs of MNIST, as in the lesson"),
    }


def dcgan(family: str, shape: "PictureShape") -> Values:
    """Return Radford's numbers: width 64, Adam 2e-4 (0.5, 0.999); the batch is that of pytorch/examples."""
    return {
        "network.family": ("dcgan", RADFORD),
        "network.base_width": (64, RADFORD),
        "optimizer.lr_g": (2e-4, RADFORD),
        "optimizer.lr_d": (2e-4, RADFORD),
        "length_images": (_length(shape), TEN_MINUTES + " at width 32"),
    }


def consequences(typed: dict[str, Any], chosen: Values) -> Values:
    """Return what follows from a loss or a penalty that was typed and is not the preset's: numbers of its paper."""
    values: Values = {}

    def is_new(name: str, value: str) -> bool:
        return bool(typed.get(name) == value and chosen.get(name, ("",))[0] != value)

    if is_new("loss.penalty", "gp"):
        values["loss.gamma"] = (20.0, "--penalty gp: half of it is the weight 10 of Gulrajani 2017")
        values["loss.penalty_interval"] = (1, "--penalty gp: Gulrajani 2017, algorithm 1")
    if is_new("loss.name", "wasserstein"):
        values["loss.drift"] = (0.001, "--loss wasserstein: Karras 2018, appendix A.1")
    return values


FEW, MANY = 1_000, 30_000


def augmentation(count: int, channels: int, loss: str) -> Values:
    """Return what ``--augment auto`` comes to.

    Args:
        count: pictures of the data set.
        channels: of each; colours are changed only where there are colours.
        loss: its name; an adaptive strength needs a loss whose logits have a zero.
    """
    if count > MANY:
        return {"augment.operations": ("none", f"--augment auto: more than {MANY:,} pictures need none; a guess")}
    changes = "color,translation,cutout" if channels >= 3 and count < FEW else "translation,cutout"
    why = f"--augment auto: {count:,} pictures; a guess from Zhao 2020, table 3"
    values: Values = {"augment.operations": (changes, why)}
    if count >= FEW:
        has_zero = LOSSES[loss].neutral is not None
        values["augment.schedule"] = ("adaptive" if has_zero else "ramp", why)
    return values


def _length(shape: "PictureShape") -> int:
    """Return images for about ten minutes: 200,000 at 64x64, in proportion to the pixels, 50,000 to 1,500,000."""
    return min(max(200 * 64 * 64 // (shape.height * shape.width) * 1_000, 50_000), 1_500_000)
