"""What is asked of a run beside training: figures now and then, and the best checkpoint kept by one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gantools.commands.bounds import Cadence, parse_cadence
from gantools.commands.eyes import require_features
from gantools.commands.places import STREAM
from gantools.errors import Again, UsageError, unknown_name
from gantools.measure.kinds import GATE, KINDS

BEST = "best"
LAST = "last"
FIGURES = tuple(name for name, kind in KINDS.items() if kind.better != "even" and kind.source != "recogniser")
"""Figures by which a checkpoint can be the best: there for any data, and not to be at a floor."""


@dataclass(frozen=True)
class Evaluation:
    """How a run is judged while it trains.

    Args:
        every: how often.
        figure: by which the best checkpoint is kept; None: none is.
        features, weights: the extractor, and its file.
        words: what was typed for all this.
    """

    every: Cadence
    figure: str | None
    features: str
    weights: Path | None
    words: tuple[str, ...]


def best_place(output: str) -> Path:
    """Return where the best checkpoint of a run is kept."""
    return Path(output).with_suffix(".best.safetensors")


def parse_evaluation(every: str | None, output: str, typed: Mapping[str, str | Path | None]) -> Evaluation | None:
    """Read the options; None when a run is not judged.

    Args:
        every: of --evaluate-every.
        output: of the run.
        typed: the other options by flag; None where it was not typed.

    Raises:
        UsageError: an option that needs --evaluate-every stands alone, or a value that cannot be read.
    """
    keep, features, weights = typed["--keep"], typed["--features"], typed["--weights"]
    figure = None if keep is None else parse_keep(str(keep))
    if every is None:
        for flag, value in typed.items():
            if value is not None and (flag != "--keep" or figure is not None):
                message = f"{flag} {value}: found no --evaluate-every, expected how often the run is judged"
                raise UsageError(message, hint="--evaluate-every 10m")
        return None
    require_features(features if features is None else str(features), weights if weights is None else Path(weights))
    if figure is not None and output == STREAM:
        message = f"--keep {keep}: found -o -, expected a file beside which the best one is kept"
        raise UsageError(message, hint=Again(drop=("--keep",)))
    cadence = parse_cadence(every, "--evaluate-every")
    words = [word for flag, value in typed.items() if value is not None for word in (flag, str(value))]
    file = None if weights is None else Path(weights)
    return Evaluation(cadence, figure, str(features or "auto"), file, ("--evaluate-every", every, *words))


def parse_keep(text: str) -> str | None:
    """Read ``last`` or ``last,best`` or ``last,best:FIGURE``; return the figure, None where no best one is kept.

    Raises:
        UsageError: none of them, or a figure that tells no best one.
    """
    names = text.split(",")
    if LAST not in names or len(set(names)) != len(names) or len(names) > 2:
        message = f"--keep: found '{text}', expected last, or last,best with or without :FIGURE"
        raise UsageError(message, hint="--keep last,best")
    others = [name for name in names if name != LAST]
    if not others:
        return None
    word, colon, figure = others[0].partition(":")
    if word != BEST:
        message = f"--keep: found '{text}', expected last, or last,best with or without :FIGURE"
        raise UsageError(message, hint="--keep last,best")
    if colon and figure not in FIGURES:
        error = unknown_name("--keep last,best", figure, FIGURES)
        error.hint = f"--keep last,best:{GATE}"
        raise error
    return figure or GATE
