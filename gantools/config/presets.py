"""Presets of papers and lessons: each returns the values that differ from the fields' defaults, with its reason."""

from gantools.config.defaults import FULLY_CONNECTED, HUANG, LESSON, adam
from gantools.config.ground import SPEED, TEN_MINUTES, Ground, Values, changes

RADFORD = "Radford 2016, section 4"
LESSON_CONV = "the lesson's convolutional GAN"
KARRAS_2018 = "Karras 2018"
KARRAS_2020 = "Karras 2020"
KARNEWAR = "Karnewar 2020, section 3"


def lesson(ground: Ground) -> Values:
    """Return the lesson's numbers: 100-256-512-1024-pixels against pixels-512-256-1, 100 epochs of MNIST.

    Departures: D steps before G here, after it there; the D loss is a sum here and a mean there, which Adam's scaling
    undoes.
    """
    return {
        **FULLY_CONNECTED,
        "network.family": ("fc", LESSON),
        "optimizer.weight_decay": (8e-9, LESSON),
        "length_images": (6_000_000, "100 epochs of MNIST, as in the lesson"),
    }


def dcgan(ground: Ground) -> Values:
    """Return Radford's numbers: width 64, Adam 2e-4 (0.5, 0.999); the batch is that of pytorch/examples."""
    return {
        "network.family": ("dcgan", RADFORD),
        "network.base_width": (64, RADFORD),
        "optimizer.lr_g": (2e-4, RADFORD),
        "optimizer.lr_d": (2e-4, RADFORD),
        "length_images": (ground.images(), TEN_MINUTES + " at width 32"),
    }


def lesson_conv(ground: Ground) -> Values:
    """Return the lesson's convolutional GAN: batch normalisation in both networks, no penalty, Adam 2e-4 (0.5)."""
    return {
        "network.family": ("conv", LESSON_CONV),
        "network.critic_norm": ("batch", LESSON_CONV),
        "optimizer.lr_g": (2e-4, LESSON_CONV),
        "optimizer.lr_d": (2e-4, LESSON_CONV),
        "length_images": (ground.images(SPEED["conv"]), TEN_MINUTES),
    }


def progressive(ground: Ground) -> Values:
    """Return the numbers of Karras 2018: 16 to 512 channels at 1024 px, 800k images a span, Adam 1e-3 (0, 0.99).

    Departure: one batch size for all sizes, 16; the paper's falls from 128 to 16 as pictures grow.
    """
    return {
        "network.family": ("progressive", f"{KARRAS_2018}, table 2"),
        "network.latent_dim": (512, f"{KARRAS_2018}, table 2"),
        "network.base_width": (_width(16_384, 512, ground), f"{KARRAS_2018}, table 2: 16 at 1024 px, 512 at 32"),
        "network.max_width": (512, f"{KARRAS_2018}, table 2"),
        "network.grow_images": (800_000, f"{KARRAS_2018}, appendix A.1"),
        "network.critic_norm": ("none", f"{KARRAS_2018}, table 2"),
        **adam(1e-3, f"{KARRAS_2018}, appendix A.1"),
        "loss.name": ("wasserstein", f"{KARRAS_2018}, appendix A.1"),
        "loss.drift": (1e-3, f"{KARRAS_2018}, appendix A.1"),
        "loss.penalty": ("gp", f"{KARRAS_2018}, appendix A.1"),
        "loss.gamma": (20.0, f"{KARRAS_2018}, appendix A.1: half of it is the paper's 10"),
        "loss.penalty_interval": (1, f"{KARRAS_2018}, appendix A.1"),
        "network.deviation_group": (4, f"{KARRAS_2018}, section 3; groups of 4 as in Karras 2020"),
        "batch": (16, f"{KARRAS_2018}, appendix A.1"),
        "length_images": (12_000_000, f"{KARRAS_2018}, section 6.3"),
    }


def msg(ground: Ground) -> Values:
    """Return the numbers of Karnewar 2020: the progressive networks, relativistic hinge, a rate of 3e-3.

    Adam (0, 0.99) as in the authors' code; the paper's text has RMSprop, which is Adam without its first moment.
    """
    return {
        "network.family": ("msg", KARNEWAR),
        "network.latent_dim": (512, KARNEWAR),
        "network.base_width": (_width(16_384, 512, ground), f"{KARNEWAR}: as Karras 2018"),
        "network.max_width": (512, f"{KARNEWAR}: as Karras 2018"),
        "network.critic_norm": ("none", KARNEWAR),
        "network.deviation_group": (4, f"{KARNEWAR}; groups of 4 as in Karras 2020"),
        **adam(3e-3, f"{KARNEWAR}, and the decays of its code"),
        "loss.name": ("relativistic-hinge", KARNEWAR),
        "length_images": (12_000_000, "as Karras 2018"),
    }


def stylegan2(ground: Ground) -> Values:
    """Return configuration F of Karras 2020: 32 to 512 channels at 1024 px, eight mapping layers, R1 each 16 steps."""
    return {
        "network.family": ("stylegan2", f"{KARRAS_2020}, configuration F"),
        "loss.path_length": (2.0, f"{KARRAS_2020}, appendix B"),
        "network.latent_dim": (512, f"{KARRAS_2020}, appendix B"),
        "network.base_width": (_width(32_768, 512, ground), f"{KARRAS_2020}, appendix B: 32 at 1024 px, 512 at 64"),
        "network.max_width": (512, f"{KARRAS_2020}, appendix B"),
        "network.critic_norm": ("none", f"{KARRAS_2020}, appendix B"),
        "network.deviation_group": (4, f"{KARRAS_2020}, appendix B"),
        **adam(2e-3, f"{KARRAS_2020}, appendix B"),
        "loss.name": ("bce", f"{KARRAS_2020}, appendix B"),
        "loss.penalty": ("r1", f"{KARRAS_2020}, appendix B"),
        "loss.gamma": (10.0, f"{KARRAS_2020}, appendix B, at 1024 px"),
        "loss.penalty_interval": (16, f"{KARRAS_2020}, appendix B"),
        "batch": (32, f"{KARRAS_2020}, appendix B"),
        "length_images": (25_000_000, f"{KARRAS_2020}, appendix B"),
    }


def residual(ground: Ground) -> Values:
    """Return R3GAN's numbers: 768 channels up to 32 px, two blocks a size, relativistic loss, R1 and R2 at each step.

    One cosine moves rates, gamma, Adam's second decay, the average and augmentation over 20 million images. Departure:
    the augmentation is that of DiffAugment, where the paper has the changes of ADA.
    """
    side = max(ground.shape.height, ground.shape.width)
    gamma = 0.05 if side <= 32 else 2.0 if side <= 64 else 150.0
    return {
        "network.family": ("residual", HUANG),
        "network.latent_dim": (64, HUANG),
        "network.base_width": (_width(24_576, 768, ground), f"{HUANG}: 768 at 32 px, 96 at 256"),
        "network.max_width": (768, HUANG),
        "network.blocks": (2, HUANG),
        "network.critic_norm": ("none", HUANG),
        **adam(2e-4, HUANG, beta2=0.9),
        "loss.name": ("relativistic", f"{HUANG}, equation 2"),
        "loss.penalty": ("r1+r2", f"{HUANG}, equation 2"),
        "loss.gamma": (gamma, f"{HUANG}: 0.05 for CIFAR-10, 2 for FFHQ at 64 px, 150 at 256"),
        "loss.penalty_interval": (1, HUANG),
        "average.half_life_images": (500_000, f"{HUANG}, FFHQ; at the horizon, from 0"),
        "horizon.images": (20_000_000, f"{HUANG}: one cosine for all that follows"),
        "horizon.rates": (0.25, f"{HUANG}: 2e-4 to 5e-5"),
        "horizon.beta2": (0.99, f"{HUANG}: 0.9 to 0.99"),
        "horizon.gamma": (0.1, f"{HUANG}: to a tenth"),
        "augment.operations": (changes(ground.shape.channels), f"{HUANG}; here the changes of Zhao 2020"),
        "augment.schedule": ("horizon", f"{HUANG}: from 0 to its most"),
        "augment.strength": (0.3, f"{HUANG}, FFHQ"),
        "batch": (256, f"{HUANG}: 256 for FFHQ"),
        "length_images": (20_000_000, f"{HUANG}: the end of its schedules"),
    }


def _width(at_one_px: int, most: int, ground: Ground) -> int:
    """Return the channels at full size of networks whose channels halve each time the picture doubles."""
    return min(at_one_px // max(ground.shape.height, ground.shape.width), most)
