"""The presets that look at the data and the device: ``auto``, which can be left alone, and ``small-data``."""

from gantools.config.ground import (
    COST,
    GAMMA,
    HELPS,
    NO_GPU,
    SPEED,
    TEN_MINUTES,
    Ground,
    Values,
    augmentation,
    changes,
    growth,
    usual_gamma,
    width,
)

LESSON = "the lesson's fully connected GAN"
STEADY = (
    "looked at after 100,000 images with Adam (0.5, 0.999): drawn stickers come out, where a batch-normalised critic "
    "without penalty runs ahead"
)
HUANG = "Huang 2024"
STRONGER = (
    "on 200 emoji not separable from a fifth of it (KID 0.230 and 0.302 after 20,000 images, 0.105 and 0.080 after "
    "50,000); for longer runs a guess"
)
SMALL = "small enough for a processor; a guess"
DECAYS = "the paper's decays; the rate a guess"
QUICK = (
    "measured beside decays of 0.5 and 0.999 after 100,000 images of MNIST: Frechet distance 0.066 to 0.042, coverage "
    "0.62 to 0.73; a rate of 2e-3 is as good, 4e-3 is worse (0.086, 0.50)"
)


def auto(ground: Ground) -> Values:
    """Return the default recipe of a family: constant rates, so that a run may end or go on at any time."""
    family, shape = ground.family, ground.shape
    if family == "fc":
        return FULLY_CONNECTED
    own = width(ground)
    values = {
        "network.critic_norm": ("none", STEADY),
        "loss.penalty": ("r1+r2", STEADY),
        "loss.gamma": (usual_gamma(shape.channels), GAMMA),
        "length_images": (ground.images(SPEED.get(family, 1.0), own if family == "dcgan" else 32), TEN_MINUTES),
        **NARROW.get(family, {}),
        **growth(ground),
    }
    if family == "dcgan":
        values |= adam(1e-3, QUICK)
        if own != WIDTH_OF_FIELD:
            values["network.base_width"] = (own, NO_GPU if ground.device == "cuda" else COST)
    if ground.count is not None:
        values |= augmentation(ground.count, shape.channels)
    return values


def small_data(ground: Ground) -> Values:
    """Return the recipe for 50 to 1,000 pictures: all changes of augmentation from the start, a stronger penalty.

    Below 1,000 pictures the default has these changes too.
    """
    return auto(ground) | {
        "loss.penalty": ("r1+r2", STEADY),
        "loss.gamma": (5 * usual_gamma(ground.shape.channels), STRONGER),
        "augment.operations": (changes(ground.shape.channels), f"Zhao 2020, table 3; {HELPS}"),
        "augment.schedule": ("fixed", "Zhao 2020: of full strength from the start"),
    }


def adam(rate: float, why: str, beta2: float = 0.99) -> Values:
    """Return both rates with Adam's decays 0 and ``beta2``."""
    values = {"lr_g": rate, "lr_d": rate, "beta1": 0.0, "beta2": beta2}
    return {f"optimizer.{name}": (value, why) for name, value in values.items()}


def _small(base_width: int, rate: float, latent_dim: int) -> Values:
    """Return what makes a family small enough for a processor."""
    sizes = {"base_width": base_width, "max_width": 128, "latent_dim": latent_dim}
    return {f"network.{name}": (value, SMALL) for name, value in sizes.items()} | adam(rate, DECAYS)


WIDTH_OF_FIELD = 32
CIFAR = "Karras 2020 (stylegan2-ada), configuration cifar"
NARROW: dict[str, Values] = {
    "conv": {"network.base_width": (16, SMALL)},
    "progressive": _small(16, 2e-3, 128),
    "msg": _small(16, 2e-3, 128),
    "stylegan2": {
        **_small(16, 2e-3, 128),
        "network.mapping_depth": (2, CIFAR),
        "network.mixing": (0.0, CIFAR),
    },
    "residual": {
        **_small(32, 1e-3, 64),
        "network.latent_dim": (64, HUANG),
        "network.blocks": (1, SMALL),
        "loss.name": ("relativistic", f"{HUANG}, equation 2"),
    },
}
"""What the default recipe changes for a family whose own size is meant for a GPU."""

FULLY_CONNECTED: Values = {
    "network.base_width": (256, LESSON),
    "network.critic_norm": ("none", LESSON),
    "optimizer.lr_g": (2e-4, LESSON),
    "optimizer.lr_d": (2e-4, LESSON),
    "batch": (256, LESSON),
    "length_images": (6_000_000, TEN_MINUTES),
}
