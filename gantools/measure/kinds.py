"""The names of the figures, what each means and which way it gets better. The standard library alone."""

import math
from dataclasses import dataclass
from typing import Literal

Better = Literal["lower", "higher", "even"]
Source = Literal["features", "pixels", "recogniser"]

GATE = "kid"
"""The figure of the gate: unbiased at any number of pictures, and it sees both wrong and missing kinds of pictures."""

COPYING = 0.7
"""Below this share of the held-out pictures' distance fakes count as copies. Guess."""


GOOD = {"lower": "low", "higher": "high", "even": "at its floor"}


@dataclass(frozen=True)
class Kind:
    """What a figure is.

    Args:
        better: which way it gets better; ``even``: as it nears its floor, from either side.
        meaning: in words.
        source: what it is made of: vectors of the extractor, pixels, or what a recogniser takes pictures for.
        least, most: what it can be at all; its interval ends there.
    """

    better: Better
    meaning: str
    source: Source = "features"
    least: float = 0.0
    most: float = math.inf


KINDS = {
    "kid": Kind("lower", "kernel distance, unbiased", least=-math.inf),
    "frechet": Kind("lower", "mean and covariance; grows as pictures get few"),
    "precision": Kind("higher", "fakes that look like a real one", most=1.0),
    "recall": Kind("higher", "reals that a fake looks like", most=1.0),
    "density": Kind("even", "how deep fakes lie among the reals"),
    "coverage": Kind("higher", "reals with a fake near by: falls when it collapses", most=1.0),
    "vendi": Kind("even", "variety over that of the reals"),
    "swd": Kind("lower", "detail, in patches of 7 x 7", "pixels"),
    "ms_ssim": Kind("even", "likeness among the fakes", "pixels", most=1.0),
    "memorisation": Kind("even", f"distance to training pictures; under {COPYING:g} is copying", "pixels"),
    "recognised": Kind("higher", "fakes that the recogniser is sure of", "recogniser", most=1.0),
    "modes": Kind("higher", "kinds of the data among those", "recogniser"),
    "kl": Kind("lower", "unlikeness of their shares, in nats", "recogniser"),
}  # fmt: skip
