"""The fields of a horizon, one of the subjects of a run: one cosine that moves several values together."""

from dataclasses import dataclass

from gantools.config.fields import OnResume, setting

SOURCE = "Huang 2024 (R3GAN), appendix; without horizon.images nothing moves"


@dataclass(frozen=True, kw_only=True)
class HorizonConfig:
    """Values that go along half a cosine while so many images are seen, and stay where it ends.

    The average's half-life goes from 0 to its own value at the same time, and with ``augment.schedule=horizon`` the
    strength of augmentation does. It is a count of images, never the end of a run: a run may end or go on at any time.
    """

    images: int = setting(
        0,
        minimum=0,
        maximum=10**12,
        on_resume=OnResume.EVENT,
        help="Images seen over which rates, beta2, gamma and the average's half-life move to their ends; 0: they stay.",
        source="off: constant rates and an average do the same work and need no end in sight (measured)",
    )
    rates: float = setting(
        0.25,
        minimum=0.0,
        maximum=1.0,
        on_resume=OnResume.EVENT,
        help="What both rates are multiplied by in the end.",
        source=SOURCE,
    )
    beta2: float = setting(
        0.99,
        minimum=0.0,
        maximum=0.99999,
        on_resume=OnResume.EVENT,
        help="Adam's second decay in the end.",
        source=SOURCE,
    )
    gamma: float = setting(
        0.1,
        minimum=0.0,
        maximum=10.0,
        on_resume=OnResume.EVENT,
        help="What gamma is multiplied by in the end.",
        source=SOURCE,
    )
