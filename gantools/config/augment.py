"""The fields of augmentation, one of the subjects of a run."""

from dataclasses import dataclass

from gantools.config.catalog import AUGMENTATIONS
from gantools.config.fields import SWITCH, OnResume, setting


@dataclass(frozen=True, kw_only=True)
class AugmentConfig:
    """What is changed about pictures, real and fake alike, before the discriminator sees them."""

    operations: str = setting(
        "none",
        flag="--augment",
        choices=AUGMENTATIONS,
        also=("auto",),
        on_resume=OnResume.EVENT,
        help="Changes to all pictures that D sees, for small data sets. auto: by their number and channels.",
        source="Zhao 2020 (DiffAugment)",
    )
    schedule: str = setting(
        "fixed",
        choices=("fixed", "ramp", "adaptive", "horizon"),
        on_resume=OnResume.EVENT,
        help="How the strength goes: as it is; rising with the images seen; with D's certainty; or along the horizon.",
        source="fixed: Zhao 2020; adaptive: Karras 2020 (ADA); horizon: Huang 2024",
    )
    strength: float = setting(
        1.0,
        minimum=0.0,
        maximum=1.0,
        on_resume=OnResume.EVENT,
        help="How probable each change of a picture is; with ramp and adaptive the most that this grows to.",
        source="Zhao 2020",
    )
    images: int = setting(
        500_000,
        minimum=1,
        maximum=10**10,
        on_resume=OnResume.EVENT,
        help="Images seen over which a ramp rises, or in which an adaptive strength can move from 0 to 1.",
        source="Karras 2020 (ADA), section 4: 500k images",
    )
    target: float = setting(
        0.6,
        minimum=-1.0,
        maximum=1.0,
        on_resume=OnResume.EVENT,
        help="Share of reals that D takes for real less that which it takes for fake, above which adaptive grows.",
        source="Karras 2020 (ADA), figure 5: 0.6",
    )
    mirror: str = setting(
        "no",
        flag="--mirror",
        choices=SWITCH,
        on_resume=OnResume.EVENT,
        help="Show half of the real pictures mirrored, right for left; not for text.",
        source="off: a mirror image must be as plausible as the picture",
    )
