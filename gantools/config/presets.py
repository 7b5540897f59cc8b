"""Presets: each returns the values that differ from the fields' defaults, every value with its reason."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gantools.config.catalog import LOSSES
from gantools.config.sizes import doublings

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
LESSON_CONV = "the lesson's convolutional GAN"
KARRAS_2018 = "Karras 2018"
KARRAS_2020 = "Karras 2020"
KARNEWAR = "Karnewar 2020, section 3"
HUANG = "Huang 2024"
SMALL = "small enough for a processor; a guess"
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
            "loss.gamma": (usual_gamma(shape.channels), GAMMA),
            "length_images": (_length(shape, SPEED.get(family, 1.0)), TEN_MINUTES),
            **NARROW.get(family, {}),
            **_growth(family, shape),
        }
    return {
        "network.base_width": (256, LESSON),
        "network.critic_norm": ("none", LESSON),
        "optimizer.lr_g": (2e-4, LESSON),
        "optimizer.lr_d": (2e-4, LESSON),
        "batch": (256, LESSON),
        "length_images": (6_000_000, TEN_MINUTES),
    }


def _growth(family: str, shape: "PictureShape") -> Values:
    """Return the span of growth with which a run of the preset's length has its full size for its second half."""
    stages = doublings(shape.height, shape.width)
    if family != "progressive" or stages is None:
        return {}
    span = max(1_000, _length(shape, SPEED[family]) // (2 * (2 * stages)) // 1_000 * 1_000)
    return {"network.grow_images": (span, "the full size is whole at half the preset's length; a guess")}


def usual_gamma(channels: int) -> float:
    """Return the weight of R1 and R2 in the default recipe."""
    return 0.5 if channels == 1 else 1.0


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

    if typed.get("augment.operations") == "none":
        values["augment.schedule"] = ("fixed", "--augment none: there is nothing to schedule")
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
    changes = _changes(channels) if count < FEW else "translation,cutout"
    why = f"--augment auto: {count:,} pictures; a guess from Zhao 2020, table 3"
    values: Values = {"augment.operations": (changes, why)}
    if count >= FEW:
        has_zero = LOSSES[loss].neutral is not None
        values["augment.schedule"] = ("adaptive" if has_zero else "ramp", why)
    return values


def lesson_conv(family: str, shape: "PictureShape") -> Values:
    """Return the lesson's convolutional GAN: batch normalisation in both networks, no penalty, Adam 2e-4 (0.5)."""
    return {
        "network.family": ("conv", LESSON_CONV),
        "network.critic_norm": ("batch", LESSON_CONV),
        "optimizer.lr_g": (2e-4, LESSON_CONV),
        "optimizer.lr_d": (2e-4, LESSON_CONV),
        "length_images": (_length(shape, SPEED["conv"]), TEN_MINUTES),
    }


def progressive(family: str, shape: "PictureShape") -> Values:
    """Return the numbers of Karras 2018: 16 to 512 channels at 1024 px, 800k images a span, Adam 1e-3 (0, 0.99).

    Departure: one batch size for all sizes, 16; the paper's falls from 128 to 16 as pictures grow.
    """
    return {
        "network.family": ("progressive", f"{KARRAS_2018}, table 2"),
        "network.latent_dim": (512, f"{KARRAS_2018}, table 2"),
        "network.base_width": (_width(16_384, 512, shape), f"{KARRAS_2018}, table 2: 16 at 1024 px, 512 at 32"),
        "network.max_width": (512, f"{KARRAS_2018}, table 2"),
        "network.grow_images": (800_000, f"{KARRAS_2018}, appendix A.1"),
        "network.critic_norm": ("none", f"{KARRAS_2018}, table 2"),
        **_adam(1e-3, f"{KARRAS_2018}, appendix A.1"),
        "loss.name": ("wasserstein", f"{KARRAS_2018}, appendix A.1"),
        "loss.drift": (1e-3, f"{KARRAS_2018}, appendix A.1"),
        "loss.penalty": ("gp", f"{KARRAS_2018}, appendix A.1"),
        "loss.gamma": (20.0, f"{KARRAS_2018}, appendix A.1: half of it is the paper's 10"),
        "loss.penalty_interval": (1, f"{KARRAS_2018}, appendix A.1"),
        "network.deviation_group": (4, f"{KARRAS_2018}, section 3; groups of 4 as in Karras 2020"),
        "batch": (16, f"{KARRAS_2018}, appendix A.1"),
        "length_images": (12_000_000, f"{KARRAS_2018}, section 6.3"),
    }


def msg(family: str, shape: "PictureShape") -> Values:
    """Return the numbers of Karnewar 2020: the progressive networks, relativistic hinge, a rate of 3e-3.

    Adam (0, 0.99) as in the authors' code; the paper's text has RMSprop, which is Adam without its first moment.
    """
    return {
        "network.family": ("msg", KARNEWAR),
        "network.latent_dim": (512, KARNEWAR),
        "network.base_width": (_width(16_384, 512, shape), f"{KARNEWAR}: as Karras 2018"),
        "network.max_width": (512, f"{KARNEWAR}: as Karras 2018"),
        "network.critic_norm": ("none", KARNEWAR),
        "network.deviation_group": (4, f"{KARNEWAR}; groups of 4 as in Karras 2020"),
        **_adam(3e-3, f"{KARNEWAR}, and the decays of its code"),
        "loss.name": ("relativistic-hinge", KARNEWAR),
        "length_images": (12_000_000, "as Karras 2018"),
    }


def stylegan2(family: str, shape: "PictureShape") -> Values:
    """Return configuration F of Karras 2020: 32 to 512 channels at 1024 px, eight mapping layers, R1 each 16 steps."""
    return {
        "network.family": ("stylegan2", f"{KARRAS_2020}, configuration F"),
        "loss.path_length": (2.0, f"{KARRAS_2020}, appendix B"),
        "network.latent_dim": (512, f"{KARRAS_2020}, appendix B"),
        "network.base_width": (_width(32_768, 512, shape), f"{KARRAS_2020}, appendix B: 32 at 1024 px, 512 at 64"),
        "network.max_width": (512, f"{KARRAS_2020}, appendix B"),
        "network.critic_norm": ("none", f"{KARRAS_2020}, appendix B"),
        "network.deviation_group": (4, f"{KARRAS_2020}, appendix B"),
        **_adam(2e-3, f"{KARRAS_2020}, appendix B"),
        "loss.name": ("bce", f"{KARRAS_2020}, appendix B"),
        "loss.penalty": ("r1", f"{KARRAS_2020}, appendix B"),
        "loss.gamma": (10.0, f"{KARRAS_2020}, appendix B, at 1024 px"),
        "loss.penalty_interval": (16, f"{KARRAS_2020}, appendix B"),
        "batch": (32, f"{KARRAS_2020}, appendix B"),
        "length_images": (25_000_000, f"{KARRAS_2020}, appendix B"),
    }


def residual(family: str, shape: "PictureShape") -> Values:
    """Return R3GAN's numbers: 768 channels up to 32 px, two blocks a size, relativistic loss, R1 and R2 at each step.

    One cosine moves rates, gamma, Adam's second decay, the average and augmentation over 20 million images. Departure:
    the augmentation is that of DiffAugment, where the paper has the changes of ADA.
    """
    side = max(shape.height, shape.width)
    gamma = 0.05 if side <= 32 else 2.0 if side <= 64 else 150.0
    return {
        "network.family": ("residual", HUANG),
        "network.latent_dim": (64, HUANG),
        "network.base_width": (_width(24_576, 768, shape), f"{HUANG}: 768 at 32 px, 96 at 256"),
        "network.max_width": (768, HUANG),
        "network.blocks": (2, HUANG),
        "network.critic_norm": ("none", HUANG),
        **_adam(2e-4, HUANG, beta2=0.9),
        "loss.name": ("relativistic", f"{HUANG}, equation 2"),
        "loss.penalty": ("r1+r2", f"{HUANG}, equation 2"),
        "loss.gamma": (gamma, f"{HUANG}: 0.05 for CIFAR-10, 2 for FFHQ at 64 px, 150 at 256"),
        "loss.penalty_interval": (1, HUANG),
        "average.half_life_images": (500_000, f"{HUANG}, FFHQ; at the horizon, from 0"),
        "horizon.images": (20_000_000, f"{HUANG}: one cosine for all that follows"),
        "horizon.rates": (0.25, f"{HUANG}: 2e-4 to 5e-5"),
        "horizon.beta2": (0.99, f"{HUANG}: 0.9 to 0.99"),
        "horizon.gamma": (0.1, f"{HUANG}: to a tenth"),
        "augment.operations": (_changes(shape.channels), f"{HUANG}; here the changes of Zhao 2020"),
        "augment.schedule": ("horizon", f"{HUANG}: from 0 to its most"),
        "augment.strength": (0.3, f"{HUANG}, FFHQ"),
        "batch": (256, f"{HUANG}: 256 for FFHQ"),
        "length_images": (20_000_000, f"{HUANG}: the end of its schedules"),
    }


def _changes(channels: int) -> str:
    """Return all changes of augmentation; colours change only where there are colours."""
    return "color,translation,cutout" if channels >= 3 else "translation,cutout"


def _width(at_one_px: int, most: int, shape: "PictureShape") -> int:
    """Return the channels at full size of networks whose channels halve each time the picture doubles."""
    return min(at_one_px // max(shape.height, shape.width), most)


def _adam(rate: float, why: str, beta2: float = 0.99) -> Values:
    """Return both rates with Adam's decays 0 and ``beta2``."""
    return {
        "optimizer.lr_g": (rate, why),
        "optimizer.lr_d": (rate, why),
        "optimizer.beta1": (0.0, why),
        "optimizer.beta2": (beta2, why),
    }


def _length(shape: "PictureShape", speed: float = 1.0) -> int:
    """Return images for about ten minutes: 200,000 at 64x64 times ``speed``, in proportion to the pixels.

    At least 50,000 and at most 1,500,000 images, times ``speed``.
    """
    images = min(max(200 * 64 * 64 // (shape.height * shape.width) * 1_000, 50_000), 1_500_000)
    return max(int(images * speed) // 1_000, 1) * 1_000


def _small(base_width: int, max_width: int, rate: float) -> Values:
    """Return what makes a family small enough for a processor."""
    return {
        "network.base_width": (base_width, SMALL),
        "network.max_width": (max_width, SMALL),
        **_adam(rate, "the paper's decays; the rate a guess"),
    }


SPEED = {"conv": 0.5, "progressive": 0.5, "msg": 0.3, "stylegan2": 0.1, "residual": 0.3}
"""Images/s of a family's default size beside dcgan's; a guess from the work of a step."""

NARROW: dict[str, Values] = {
    "conv": {"network.base_width": (16, SMALL)},
    "progressive": {**_small(16, 128, 2e-3), "network.latent_dim": (128, SMALL)},
    "msg": {**_small(16, 128, 2e-3), "network.latent_dim": (128, SMALL)},
    "stylegan2": {
        **_small(16, 128, 2e-3),
        "network.latent_dim": (128, SMALL),
        "network.mapping_depth": (2, "Karras 2020 (stylegan2-ada), configuration cifar"),
        "network.mixing": (0.0, "Karras 2020 (stylegan2-ada), configuration cifar"),
    },
    "residual": {
        **_small(32, 128, 1e-3),
        "network.latent_dim": (64, HUANG),
        "network.blocks": (1, SMALL),
        "loss.name": ("relativistic", f"{HUANG}, equation 2"),
    },
}
"""What the default recipe changes for a family whose own size is meant for a GPU."""
