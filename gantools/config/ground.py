"""What presets stand on: the data and the device that they look at, and what follows from these, each with its why."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gantools.config.sizes import doublings

if TYPE_CHECKING:
    from gantools.config.build import PictureShape

Values = dict[str, tuple[Any, str]]
"""Dotted name -> value, and why it is that."""

TEN_MINUTES = "ten minutes on two fast cores with bf16, an hour on two without; a guess from measured images/s"
COST = "measured: at 64 px width 32 trains 46 images/s on one slow core, at 128 px width 16 63, at 256 px width 8 46"
NO_GPU = "CUDA has room for twice the width; not run on a GPU"
GAMMA = "measured with a relativistic loss at 28 to 32 px: 0.5 grey, 1 colour; with this loss, and larger, a guess"

HELPS = "measured on 200 emoji: KID 0.88 to 0.30 after 20,000 images, not separable after 50,000, no time lost"
NO_HARM = "measured on 1,510 emoji: not separable up to 50,000 images, no time lost"

SPEED = {"conv": 0.5, "progressive": 0.5, "msg": 0.3, "stylegan2": 0.1, "residual": 0.3}
"""Images/s of a family's default size beside dcgan's; a guess from the work of a step."""

FEW, MANY, PASSES = 1_000, 30_000, 100
WIDE, LEAST_WIDTH = 32, 8
WIDE_PX = 64


@dataclass(frozen=True)
class Ground:
    """What a preset may look at.

    Args:
        family: the name in the catalogue that was asked for, else the default's.
        shape: of the pictures.
        count: how many pictures there are; None: that is not known.
        device: ``cpu`` or ``cuda``.
    """

    family: str
    shape: "PictureShape"
    count: int | None = None
    device: str = "cpu"

    def images(self, speed: float = 1.0, width: int = WIDE) -> int:
        """Return the length of a run: 200,000 images at 64x64 times ``speed``, in proportion to the pixels.

        At least 50,000 and at most 1,500,000 images, times ``speed``; networks narrower than 32 see more.
        """
        pixels = self.shape.height * self.shape.width
        images = min(max(200 * 64 * 64 * (WIDE // min(width, WIDE)) ** 2 // pixels * 1_000, 50_000), 1_500_000)
        return max(int(images * speed) // 1_000, 1) * 1_000


def width(ground: Ground) -> int:
    """Return the base width of dcgan: 32 up to 64 px, and half as much at each doubling after, but 8 at least."""
    side, found = max(ground.shape.height, ground.shape.width), WIDE
    while side > WIDE_PX and found > LEAST_WIDTH:
        side, found = side // 2, found // 2
    return found if ground.device == "cpu" else 2 * found


def usual_gamma(channels: int) -> float:
    """Return the weight of R1 and R2 in the default recipe."""
    return 0.5 if channels == 1 else 1.0


def growth(ground: Ground) -> Values:
    """Return the span of growth with which a run of the preset's length has its full size for its second half."""
    stages = doublings(ground.shape.height, ground.shape.width)
    if ground.family != "progressive" or stages is None:
        return {}
    span = max(1_000, ground.images(SPEED["progressive"]) // (2 * (2 * stages)) // 1_000 * 1_000)
    return {"network.grow_images": (span, "the full size is whole at half the preset's length; a guess")}


FIXED: Values = {"augment.schedule": ("fixed", "at one strength from the first image on")}
"""What takes the place of a preset's own schedule."""


def changes(channels: int) -> str:
    """Return all changes of augmentation; colours change only where there are colours."""
    return "color,translation,cutout" if channels >= 3 else "translation,cutout"


def augmentation(count: int, channels: int) -> Values:
    """Return what ``--augment auto`` comes to, which the preset ``auto`` takes too.

    Few pictures are changed at full strength at once; with more, D has to see a picture many times before it knows it
    by heart, and the strength rises over 100 passes.

    Args:
        count: pictures of the data set.
        channels: of each; colours are changed only where there are colours.
    """
    if count > MANY:
        return {"augment.operations": ("none", f"more than {MANY:,} pictures need none; a guess")} | FIXED
    if count < FEW:
        why = f"for {count:,} pictures: {HELPS}"
        return {"augment.operations": (changes(channels), why), "augment.strength": (1.0, why)} | FIXED
    return {
        "augment.operations": ("translation,cutout", f"for {count:,} pictures: Zhao 2020, table 3; {NO_HARM}"),
        "augment.schedule": ("ramp", "D knows pictures by heart only after many passes; a guess"),
        "augment.images": (PASSES * count, f"{PASSES} passes over {count:,} pictures; a guess"),
    }


def consequences(typed: dict[str, Any], chosen: Values) -> Values:
    """Return what follows from a value that was typed and is not the preset's: numbers of its paper."""
    values: Values = {}

    def is_new(name: str, value: str) -> bool:
        return bool(typed.get(name) == value and chosen.get(name, ("",))[0] != value)

    operations, schedule = typed.get("augment.operations", "auto"), chosen.get("augment.schedule", ("fixed",))[0]
    if operations == "none" or (operations != "auto" and schedule == "ramp"):
        values["augment.schedule"] = ("fixed", f"--augment {operations}: typed, not chosen")
    if typed.get("horizon.images") == 0 and schedule == "horizon":
        values["augment.schedule"] = ("fixed", "--set horizon.images=0: there is no horizon to go to")
    if is_new("loss.penalty", "gp"):
        values["loss.gamma"] = (20.0, "--penalty gp: half of it is the weight 10 of Gulrajani 2017")
        values["loss.penalty_interval"] = (1, "--penalty gp: Gulrajani 2017, algorithm 1")
    if is_new("loss.name", "wasserstein"):
        values["loss.drift"] = (0.001, "--loss wasserstein: Karras 2018, appendix A.1")
    return values
