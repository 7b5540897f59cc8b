"""The recogniser of a data set: fitted once, checked each time, kept in the cache by the digest of what made it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save
from torch import Tensor

from gantools.data.factors import Factors, factors_of
from gantools.data.manifest import HOLDOUT
from gantools.data.pack import Pictures
from gantools.draws import permutation
from gantools.errors import InputError, ResourceError
from gantools.features.recogniser import BATCH, EDITION, Recogniser, fit, steps_of
from gantools.features.weights import digest_of, read
from gantools.files.atomic import write_bytes
from gantools.keys import key

PLACE = "recognisers"
KEPT = 20
"""Fitted networks that the cache keeps, of 0.7 MB each; the oldest go."""

FEWEST_FITTED, FEWEST_CHECKED, ACCURACY = 500, 50, 0.9
"""Training pictures from which on one is fitted unasked; pictures and share of right ones from which on it counts."""

CHECKED = 1000
"""Pictures that it is checked on, at most."""

LEFT_OUT = 10
"""One in so many training pictures is left out for the check where none are held out."""


@dataclass(frozen=True)
class Fitted:
    """A recogniser with what it recognises.

    Args:
        factors: of the training pictures.
        accuracy: the share of the checked pictures of which all factors were told right.
        checked: how many they are.
        is_held_out: whether they are held-out ones, or training pictures that it was not fitted on.
    """

    recogniser: Recogniser
    factors: Factors
    accuracy: float
    checked: int
    is_held_out: bool

    @property
    def is_sound(self) -> bool:
        """Whether kinds can be counted by it."""
        return self.accuracy >= ACCURACY and self.checked >= FEWEST_CHECKED

    def describe(self) -> str:
        """Say how well it recognises what."""
        which = "held-out pictures" if self.is_held_out else "training pictures that were left out"
        return f"{self.accuracy:.1%} right on {self.checked:,} {which}, by {self.factors.describe()}"


@dataclass(frozen=True)
class Watch:
    """Who is told how a fit goes.

    Args:
        begin: entered with the number of pictures that it takes; gives what is told after each batch.
        say: told what is worth a line.
    """

    begin: Callable[[int], AbstractContextManager[Callable[[int], None]]]
    say: Callable[[str], None]


def fitted(
    folder: Path, train: Pictures, held_out: Pictures | None, device: torch.device, cache: Path, watch: Watch
) -> Fitted | None:
    """Return the recogniser of a data set, None when nothing is known of its pictures.

    Args:
        folder: of the data set.
        train, held_out: its pictures.
        cache: the folder of all that is kept.
    """
    factors = factors_of(folder, train)
    if factors is None or len(factors.rows) < 2:
        return None
    order = permutation(key(0, "recogniser check", train.digest), train.count)
    own = np.sort(order[: max(1, train.count // LEFT_OUT)]) if held_out is None else order[:0]
    targets = factors.rows.copy()
    targets[own] = -1
    if not (targets >= 0).all(1).any():
        return None
    place = cache / PLACE / f"{_key(train.digest, factors, len(own))}.safetensors"
    weights = _kept(place, factors.sizes)
    if weights is None:
        steps = steps_of(int((targets >= 0).all(1).sum()))
        with watch.begin(steps * BATCH) as on_done:
            weights = fit(train.read, targets, factors.sizes, device, on_done, steps)
        _keep(place, weights, watch.say)
    recogniser = Recogniser(factors.sizes, weights, digest_of(weights))
    recogniser.to(device)
    pictures, known, rows = train, factors, own
    if held_out is not None:
        known = factors_of(folder, held_out, HOLDOUT) or factors
        rows = permutation(key(0, "recogniser check", held_out.digest), held_out.count)[:CHECKED]
        pictures = held_out
    right = _right(recogniser, pictures, known, rows[:CHECKED], device)
    return Fitted(recogniser, factors, float(np.mean(right)) if len(right) else 0.0, len(right), held_out is not None)


def _right(
    recogniser: Recogniser, pictures: Pictures, known: Factors, rows: NDArray[np.int64], device: torch.device
) -> NDArray[np.bool_]:
    """Return for each picture of which all is known whether it was told right."""
    rows = rows[(known.rows[rows] >= 0).all(1)]
    found = [np.zeros(0, np.bool_)]
    for start in range(0, len(rows), BATCH):
        some = rows[start : start + BATCH]
        images = torch.from_numpy(pictures.read(some.tolist())).to(device).float().div_(127.5).sub_(1.0)
        found.append((recogniser.answer(images).levels == known.rows[some]).all(1))
    return np.concatenate(found)


def _key(digest: str, factors: Factors, left_out: int) -> str:
    """Digest all that a fit depends on, 32 hexadecimal digits."""
    about = repr((EDITION, digest, factors.names, factors.levels, left_out))
    return blake2b(about.encode() + factors.rows.tobytes(), digest_size=16).hexdigest()


def _kept(place: Path, sizes: tuple[int, ...]) -> dict[str, Tensor] | None:
    """Return the tensors that an earlier process kept; None when there are none, or not these."""
    if not place.is_file():
        return None
    try:
        weights = read(place)
        Recogniser(sizes, weights, "")
    except (InputError, RuntimeError):  # damaged: it is fitted anew and replaced
        return None
    return weights


def _keep(place: Path, weights: dict[str, Tensor], say: Callable[[str], None]) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(place, save(weights), durable=False)
        others = sorted(place.parent.glob("*.safetensors"), key=lambda path: path.stat().st_mtime)
        for old in others[:-KEPT]:
            old.unlink()
    except (OSError, ResourceError) as error:
        say(f"the recogniser was not kept and will be fitted again next time: {getattr(error, 'message', error)}")
