"""What ``stylize`` computes: one frozen dataclass, the presets, the checks. No torch."""

from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from gantools.errors import UsageError, unknown_name

Objective = Literal["gram", "moments", "wasserstein"]
OptimizerName = Literal["adam", "lbfgs", "gd"]
OBJECTIVES: tuple[Objective, ...] = ("gram", "moments", "wasserstein")
OPTIMIZERS: tuple[OptimizerName, ...] = ("adam", "lbfgs", "gd")
EDITION = 1
"""Part of a picture's digest: to be raised by whatever makes another picture of the same settings, such as a changed
schedule, loss or optimiser."""

SMALLEST_PX, LARGEST_PX = 16, 16384
PYRAMID_PX = 64
"""The long side at which a pyramid begins."""

PYRAMID_STEP = 2.0
"""From size to size. Steps of the root of 2 with twice the iterations below cost as much, and end higher."""

RATES = {"adam": 0.06, "lbfgs": 1.0, "gd": 1.0}
"""Default rates. Adam's is in units of the picture's range of 2; gd's is that times the gradient over its largest."""


@dataclass(frozen=True)
class StyleConfig:
    """How pictures are redrawn.

    Args:
        preset: the name under which these values are known.
        features: extractor; ``auto`` is VGG-19 where its weights are, else ``embedded``.
        objective: the distance of two styles. ``gram`` takes sums as they were published, the others are relative:
            their weights mean the same for every network, style and size.
        size: long side of the result in pixels; a smaller picture is not enlarged.
        content_weight, style_weight, tv_weight: of the three losses.
        tv_power: of the squared differences: 1, or the textbook's 1.25.
        content_layers, style_layers: names of activations; empty: the extractor's own choice.
        pooling: ``max`` as in the network, or ``average`` (Gatys 2016, section 2).
        start: ``content``, ``noise``, or a file.
        optimizer: its name.
        rate: of the optimiser.
        iterations: at each size.
        pyramid: begin small and double.
        style_size: long side of the styles in pixels; 0: as large as the result.
        style_scale: factor on that size: larger makes larger strokes.
    """

    preset: str = "default"
    features: str = "auto"
    objective: Objective = "wasserstein"
    size: int = 512
    content_weight: float = 0.1
    style_weight: float = 1.0
    tv_weight: float = 0.05
    tv_power: float = 1.0
    content_layers: tuple[str, ...] = ()
    style_layers: tuple[str, ...] = ()
    pooling: Literal["max", "average"] = "max"
    start: str = "content"
    optimizer: OptimizerName = "adam"
    rate: float = RATES["adam"]
    iterations: int = 150
    pyramid: bool = True
    style_size: int = 0
    style_scale: float = 1.0


RELU_1 = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
PRESETS: dict[str, StyleConfig] = {
    "default": StyleConfig(),
    "fast": StyleConfig(preset="fast", iterations=25),
    "gatys": StyleConfig(
        preset="gatys", features="vgg19", objective="gram", size=512, content_weight=1.0, style_weight=1000.0,
        tv_weight=0.0, content_layers=("relu4_2",), style_layers=(*RELU_1, "relu5_1"), pooling="average",
        start="noise", optimizer="lbfgs", rate=RATES["lbfgs"], iterations=500, pyramid=False,
    ),
    "lesson": StyleConfig(
        preset="lesson", features="vgg16", objective="gram", size=256, content_weight=1.0, style_weight=30.0,
        tv_weight=1.0, tv_power=1.25, content_layers=("relu4_2",), style_layers=RELU_1, start="noise",
        optimizer="lbfgs", rate=RATES["lbfgs"], iterations=30, pyramid=False,
    ),
}  # fmt: skip
"""``gatys``: Gatys, Ecker, Bethge 2016, section 2 and figure 2 (alpha / beta 1e-3; 500 iterations are a guess).
``lesson``: the usual exercise, VGG-16 at 256 px, 10 and then 20 iterations of L-BFGS."""


def resolve(preset: str, typed: dict[str, Any]) -> StyleConfig:
    """Return a preset with what was typed put in.

    Args:
        preset: a key of ``PRESETS``.
        typed: fields by name; None: not typed.

    Raises:
        UsageError: no such preset, or a value out of its range.
    """
    if preset not in PRESETS:
        raise unknown_name("--preset", preset, PRESETS)
    given = {name: value for name, value in typed.items() if value is not None}
    if "optimizer" in given and "rate" not in given:
        given["rate"] = RATES[given["optimizer"]]
    if given.get("features") not in (None, PRESETS[preset].features):
        given = {"content_layers": (), "style_layers": ()} | given  # a preset's layers are those of its own network
    config = replace(PRESETS[preset], **given)
    _check(config)
    return config


def changed(config: StyleConfig) -> dict[str, Any]:
    """Return the fields that differ from the preset's, for the command that makes a picture again."""
    usual = PRESETS[config.preset]
    return {
        item.name: getattr(config, item.name)
        for item in fields(config)
        if getattr(config, item.name) != getattr(usual, item.name)
    }


def schedule(config: StyleConfig, long_side: int) -> list[tuple[int, int]]:
    """Return the sizes and how many iterations each gets, small ones first: they cost little and settle what is large.

    Args:
        long_side: of the result in pixels.

    Example:
        >>> schedule(StyleConfig(iterations=10), 300)
        [(75, 10), (150, 10), (300, 10)]
    """
    sizes = [long_side]
    while config.pyramid and sizes[0] / PYRAMID_STEP >= PYRAMID_PX - 1:
        sizes.insert(0, round(long_side / PYRAMID_STEP ** len(sizes)))
    return [(size, config.iterations) for size in sizes]


def work_of(steps: list[tuple[int, int]], taken: int) -> float:
    """Return what so many iterations of a schedule cost, in iterations at its last size: they cost as their pixels.

    Beyond its end the schedule begins anew: the next picture's.

    Example:
        >>> work_of([(64, 20), (128, 10)], 24), work_of([(64, 20), (128, 10)], 50)
        (9.0, 20.0)
    """
    pictures, rest = divmod(taken, sum(count for _, count in steps))
    work, last = 0.0, steps[-1][0]
    for size, count in steps:
        cost = (size / last) ** 2
        work += cost * (pictures * count + min(rest, count))
        rest -= min(rest, count)
    return work


def _check(config: StyleConfig) -> None:
    for flag, value, least, most in (
        ("--size", config.size, SMALLEST_PX, LARGEST_PX),
        ("--style-size", config.style_size or SMALLEST_PX, SMALLEST_PX, LARGEST_PX),
        ("--style-scale", config.style_scale, 0.1, 10.0),
        ("--content-weight", config.content_weight, 0.0, 1e12),
        ("--style-weight", config.style_weight, 0.0, 1e12),
        ("--tv-weight", config.tv_weight, 0.0, 1e12),
        ("--rate", config.rate, 1e-6, 100.0),
        ("--iterations", config.iterations, 1, 100_000),
    ):
        if not least <= value <= most:
            usual = getattr(PRESETS[config.preset], flag[2:].replace("-", "_")) or 512
            raise UsageError(f"{flag}: found {value:g}, expected {least:g} to {most:g}", hint=f"{flag} {usual:g}")
    if config.content_weight == config.style_weight == 0.0:
        raise UsageError("--content-weight and --style-weight: found 0 for both, expected one above 0",
                         hint="--style-weight 1")  # fmt: skip
