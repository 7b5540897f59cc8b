"""What defines a run: one frozen dataclass a subject, each field with its help, range and source."""

from dataclasses import dataclass

from gantools.config.augment import AugmentConfig
from gantools.config.average import AverageConfig
from gantools.config.catalog import FAMILIES, LOSSES, PENALTIES, PRESETS
from gantools.config.fields import SWITCH, OnResume, setting
from gantools.config.horizon import HorizonConfig


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """The two networks: their family and sizes."""

    family: str = setting("dcgan", flag="--arch", choices=tuple(FAMILIES), help="Family of networks.")
    height: int = setting(minimum=8, maximum=1024, help="Height of the pictures, pixels; the data decide.")
    width: int = setting(minimum=8, maximum=1024, help="Width of the pictures, pixels; the data decide.")
    channels: int = setting(minimum=1, maximum=4, help="Channels: 1 grey, 3 RGB, 4 RGBA; the data decide.")
    latent_dim: int = setting(
        100, minimum=1, maximum=4096, help="Size of the latent z.", source="Radford 2016, section 4"
    )
    base_width: int = setting(
        32,
        minimum=4,
        maximum=1024,
        help="Channels next to the picture, doubled at each halving; fc: units of the narrowest hidden layer.",
        source="measured: with rate 1e-3 a lower Frechet distance than width 64 at 2e-4 at equal time (28 and 32 px)",
    )
    max_width: int = setting(
        512,
        minimum=4,
        maximum=4096,
        help="Most channels of a layer (progressive, msg, stylegan2, residual).",
        source="Karras 2018, table 2",
    )
    grow_images: int = setting(
        800_000,
        minimum=1,
        maximum=10**10,
        help="Images seen at the first size, then while each doubling fades in, then while it holds (progressive).",
        source="Karras 2018, appendix A.1",
    )
    mapping_depth: int = setting(
        8, minimum=1, maximum=32, help="Layers of the mapping network (stylegan2).", source="Karras 2019, section 2"
    )
    mixing: float = setting(
        0.9,
        minimum=0.0,
        maximum=1.0,
        help="Share of fakes that take the styles of two latents while training (stylegan2).",
        source="Karras 2019, section 3.1",
    )
    blocks: int = setting(
        2,
        minimum=1,
        maximum=64,
        help="Residual blocks at each size (residual).",
        source="Huang 2024, appendix",
    )
    critic_norm: str = setting(
        "batch",
        choices=("batch", "none", "spectral"),
        help="Normalisation in the discriminator; penalties cannot be taken beside batch.",
        source="Radford 2016, section 3",
    )
    deviation_group: int = setting(
        0,
        minimum=0,
        maximum=64,
        help="D sees how much so many neighbours of a batch differ (minibatch deviation); 0: it does not.",
        source="off: Karras 2018, section 3; 4 is usual (Karras 2020)",
    )
    packing: int = setting(
        1,
        minimum=1,
        maximum=16,
        help="Pictures of which the discriminator judges a pack at once (PacGAN); it counters lost modes.",
        source="off: Lin 2018, where 2 is usual",
    )
    conditional: str = setting(
        "no",
        flag="--conditional",
        choices=SWITCH,
        help="Learn the labels with the pictures, so that sample --label draws one class.",
        source="off: labels are never used by accident",
    )
    classes: int = setting(
        0, minimum=0, maximum=10_000, help="Classes of a conditional run, else 0; the data decide.", source="the data"
    )


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """What the two networks aim at."""

    name: str = setting(
        "bce",
        flag="--loss",
        choices=tuple(LOSSES),
        on_resume=OnResume.ASK,
        help="Adversarial loss.",
        source="Goodfellow 2014, section 3, non-saturating",
    )
    smoothing: float = setting(
        0.0,
        minimum=0.0,
        maximum=0.5,
        on_resume=OnResume.EVENT,
        help="Reals aim at 1 less this, with the losses bce and minimax; 0.1 is usual.",
        source="off: Salimans 2016, section 3.4 has 0.1",
    )
    drift: float = setting(
        0.0,
        minimum=0.0,
        maximum=1000.0,
        on_resume=OnResume.EVENT,
        help="Weight of the squared logits of reals: holds logits near 0 where a loss sees only differences.",
        source="off: Karras 2018, appendix A.1 has 0.001 with the Wasserstein loss",
    )
    penalty: str = setting(
        "none",
        flag="--penalty",
        choices=tuple(PENALTIES),
        on_resume=OnResume.ASK,
        help="Gradient penalty of the discriminator; not beside network.critic_norm=batch.",
        source="Mescheder 2018, section 4.1",
    )
    gamma: float = setting(
        1.0,
        flag="--gamma",
        minimum=0.0,
        maximum=1e6,
        on_resume=OnResume.EVENT,
        help="Weight of the penalty: gamma/2 times the squared gradient, or its squared distance to 1 (gp).",
        source="measured with a relativistic loss at 28 to 32 px: 0.5 grey, 1 colour; with these losses a guess",
    )
    penalty_interval: int = setting(
        4,
        minimum=1,
        maximum=1000,
        on_resume=OnResume.EVENT,
        help="D steps from one penalty to the next; its gain is multiplied by as many.",
        source="Karras 2020, appendix B (lazy regularisation, 16); 4 measured",
    )
    path_length: float = setting(
        0.0,
        minimum=0.0,
        maximum=1e6,
        on_resume=OnResume.EVENT,
        help="Weight of G's penalty on path lengths: equal steps of a style shall change pictures equally; 2 is usual.",
        source="off: Karras 2020, section 3.2 and appendix B have 2",
    )
    path_interval: int = setting(
        4,
        minimum=1,
        maximum=1000,
        on_resume=OnResume.EVENT,
        help="G steps from one penalty on path lengths to the next; its weight is multiplied by as many.",
        source="Karras 2020, appendix B: 4",
    )


@dataclass(frozen=True, kw_only=True)
class OptimizerConfig:
    """Adam for both networks (Kingma 2015)."""

    lr_g: float = setting(
        1e-3,
        flag="--lr-g",
        minimum=0.0,
        maximum=10.0,
        on_resume=OnResume.EVENT,
        help="Rate of the generator.",
        source="measured: 2e-4 to 1e-3 at base width 32 takes a third of the Frechet distance",
    )
    lr_d: float = setting(
        1e-3,
        flag="--lr-d",
        minimum=0.0,
        maximum=10.0,
        on_resume=OnResume.EVENT,
        help="Rate of the discriminator.",
        source="measured, as lr_g",
    )
    beta1: float = setting(
        0.5,
        minimum=0.0,
        maximum=0.9999,
        on_resume=OnResume.EVENT,
        help="Adam's first decay.",
        source="Radford 2016, section 4",
    )
    beta2: float = setting(
        0.999,
        minimum=0.0,
        maximum=0.99999,
        on_resume=OnResume.EVENT,
        help="Adam's second decay.",
        source="Kingma 2015, algorithm 1",
    )
    weight_decay: float = setting(
        0.0, minimum=0.0, maximum=1.0, on_resume=OnResume.EVENT, help="L2 weight decay.", source="none"
    )


@dataclass(frozen=True, kw_only=True)
class BalanceConfig:
    """Remedies when one network runs ahead of the other; all off by default."""

    d_steps: int = setting(
        1,
        flag="--d-steps",
        minimum=1,
        maximum=1000,
        on_resume=OnResume.EVENT,
        help="D steps before each G step.",
        source="Goodfellow 2014, algorithm 1",
    )
    skip_d_below: float = setting(
        0.0,
        flag="--skip-d-below",
        minimum=0.0,
        maximum=100.0,
        on_resume=OnResume.EVENT,
        help="Leave D as it is in a turn whose D loss is below this; 0: never. Even play with bce is 2 ln 2 = 1.386.",
        source="off: schedules on the losses ratio are a remedy, not a default (ganhacks, item 11)",
    )
    lr_drops: tuple[tuple[float, int], ...] = setting(
        (),
        flag="--lr-drop",
        on_resume=OnResume.EVENT,
        help="FACTOR@IMAGES: multiply both rates by FACTOR from that many images seen on. Repeatable.",
        source="off: a rate that depends on when a run ends breaks resuming",
    )
    freeze_d: int = setting(
        0,
        flag="--freeze-d",
        minimum=0,
        maximum=1000,
        on_resume=OnResume.EVENT,
        help="Keep the first so many layers of D, those next to the picture, as they are; for --init.",
        source="off: Mo 2020 (FreezeD)",
    )


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """A whole run. Equal configurations, data and seeds give equal runs."""

    network: NetworkConfig
    loss: LossConfig = LossConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    balance: BalanceConfig = BalanceConfig()
    augment: AugmentConfig = AugmentConfig()
    average: AverageConfig = AverageConfig()
    horizon: HorizonConfig = HorizonConfig()
    preset: str = setting("auto", flag="--preset", choices=tuple(PRESETS), help="Where untyped values come from.")
    seed: int = setting(
        0, flag="--seed", minimum=0, maximum=2**63 - 1, help="Seed of every random draw.", source="fixed"
    )
    batch: int = setting(
        64,
        flag="--batch",
        minimum=2,
        maximum=65536,
        on_resume=OnResume.ASK,
        help="Pictures a step.",
        source="measured: 128 within noise",
    )
    precision: str = setting(
        "fp32",
        flag="--precision",
        choices=("fp32", "bf16"),
        on_resume=OnResume.BITS,
        help="Arithmetic of the networks; weights are always kept in fp32.",
        source="the device",
    )
    length_images: int = setting(
        600_000,
        minimum=1,
        maximum=10**12,
        on_resume=OnResume.EVENT,
        help="Images seen after which a run without a bound ends.",
        source="the preset",
    )
