"""Choosing what pictures are looked at with: the extractor that was asked for, and what counts their kinds."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gantools.commands.cache import cache_folder
from gantools.console import Console
from gantools.errors import Again, InputError, UsageError, unknown_name
from gantools.features.names import CHOICES, LABELS, NETWORKS
from gantools.files.document import read_document
from gantools.files.nearby import other_checkpoint

if TYPE_CHECKING:
    import torch

    from gantools.features.base import Extractor
    from gantools.features.fitted import Fitted, Watch
    from gantools.measure.reals import Eyes, Reals


@dataclass(frozen=True)
class Wanted:
    """What was asked for.

    Args:
        features: a name, or the path of a checkpoint.
        weights: of one of torchvision's networks; None: its own.
        data: the folder of the real pictures.
    """

    features: str
    weights: Path | None
    data: Path


def require_features(features: str | None, weights: Path | None, choices: tuple[str, ...] = CHOICES) -> None:
    """Check --features and --weights before anything is read.

    Raises:
        UsageError: no such extractor, or weights beside one that has its own.
        InputError: it is no name, and no checkpoint either.
    """
    if features is not None and features not in choices:
        if not (Path(features).exists() or Path(features).suffix or len(Path(features).parts) > 1):
            raise unknown_name("--features", features, choices)
        _require_checkpoint(features)
    if features not in (None, "auto", *NETWORKS) and weights is not None:
        message = f"--weights: found {weights} beside --features {features}, expected one of them"
        raise UsageError(message, hint=Again(drop=("--weights",)))


def _require_checkpoint(features: str) -> None:
    try:
        read_document(Path(features))
    except InputError as error:
        error.message = f"--features {error.message}"
        other = other_checkpoint(features)
        found = other.swap.get(features) if isinstance(other, Again) else None
        error.hint = shlex.join(["--features", found or "embedded"])
        raise


def open_eyes(
    wanted: Wanted,
    reals: "Reals",
    device: "torch.device",
    begin: Callable[[int], AbstractContextManager[Callable[[int], None]]],
    console: Console,
) -> "Eyes":
    """Make ready what pictures are looked at with.

    Args:
        begin: entered while a recogniser is fitted, with the number of pictures that it takes.

    Raises:
        InputError: weights or a checkpoint that do not fit, or no labels where they are asked for.
        ResourceError: weights that cannot be downloaded.
    """
    from gantools.features.fitted import FEWEST_FITTED, Watch
    from gantools.measure.reals import Eyes

    kinds = None
    if wanted.features == LABELS or reals.train.count >= FEWEST_FITTED:
        kinds = _fitted(wanted, reals, device, Watch(begin, console.warn))
    extractor = _labels(wanted, kinds) if wanted.features == LABELS else _extractor(wanted, reals)
    extractor.to(device)
    if kinds is None:
        return Eyes(extractor, device)
    console.line(f"recogniser: {kinds.describe()}{'' if kinds.is_sound else ': too unsure, kinds are not counted'}")
    return Eyes(extractor, device, kinds if kinds.is_sound else None)


@contextmanager
def fitting(console: Console, total: int) -> Iterator[Callable[[int], None]]:
    """Show how a fit goes."""
    console.line("fits a small network that tells the kinds of these pictures apart, once; it is kept in the cache")
    done = 0
    with console.progress("fit", total, "pictures") as progress:

        def count(pictures: int) -> None:
            nonlocal done
            done += pictures
            progress.update(done)

        yield count


def _fitted(wanted: Wanted, reals: "Reals", device: "torch.device", watch: "Watch") -> "Fitted | None":
    from gantools.features.fitted import fitted

    return fitted(wanted.data, reals.train, reals.held_out, device, cache_folder(), watch)


def _labels(wanted: Wanted, kinds: "Fitted | None") -> "Extractor":
    if kinds is None:
        message = f"--features labels: found no labels of two kinds or more in {wanted.data}, expected some to learn"
        raise InputError(message, hint=Again("--features embedded"))
    return kinds.recogniser


def _extractor(wanted: Wanted, reals: "Reals") -> "Extractor":
    from gantools.data.pack import Shape

    if wanted.features in CHOICES:
        from gantools.features.choose import extractor_for

        return extractor_for(wanted.features, wanted.weights, cache_folder())
    from gantools.features.critic import Critic

    train = reals.train
    return Critic(Path(wanted.features), Shape(train.channels, train.height, train.width))
