"""Which training pictures lie nearest to given ones: found among all by small versions, put in order by features."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from gantools.data.folder import open_data
from gantools.data.pack import Pictures
from gantools.draws import permutation
from gantools.errors import InputError
from gantools.keys import key
from gantools.measure.manifold import squared_distances
from gantools.measure.reals import BATCH, READ, Eyes, Pixels, thumbs
from gantools.measure.resampling import Floats

CANDIDATES = 24
"""Training pictures of each picture that the features put in order: all of them would take minutes. Guess."""

REFERENCES = 32
Rows = NDArray[np.int64]
Array = TypeVar("Array", Rows, Pixels)


@dataclass(frozen=True)
class Nearest:
    """The nearest training pictures of each of Q pictures, K each, the nearest first.

    Args:
        pictures: uint8 (Q, K, C, H, W).
        distances: (Q, K); 1 is how far a real picture that is no training picture lies from its nearest, at the median.
        searched: how many training pictures there are.
        unit: what 1 is, in words.
    """

    pictures: Pixels
    distances: Floats
    searched: int
    unit: str


def nearest_training(data: Path, queries: Pixels, eyes: Eyes, seed: int, on_done: Callable[[int], None]) -> Nearest:
    """Search the training pictures of a data set.

    Args:
        data: the folder.
        queries: uint8 (Q, C, H, W) of the same shape.
        eyes: their features say what is near.
        seed: keys the real pictures that give the unit: held-out ones when there are any.
        on_done: told how many training pictures were looked at.
    """
    with open_data(data) as train:
        references, own_rows, unit = _references(data, train, seed)
        looked_for = np.concatenate([queries, references])
        own = np.concatenate([np.full(len(queries), -1), own_rows])
        wanted = min(3, train.count - 1)
        candidates = _candidates(train, thumbs(looked_for), own, on_done)
        distances, rows = _ordered(train, looked_for, candidates, eyes)
        scale = max(float(np.median(distances[len(queries) :, 0])), 1e-12)
        rows, distances = rows[: len(queries), :wanted], distances[: len(queries), :wanted] / scale
        pictures = np.stack([train.read(of_one.tolist()) for of_one in rows])
        return Nearest(pictures, distances, train.count, unit)


def _references(data: Path, train: Pictures, seed: int) -> tuple[Pixels, Rows, str]:
    """Return real pictures, the row of each among the training pictures (-1: it is none), and what they are."""
    try:
        held_out = open_data(data, split="holdout")
    except InputError:  # there are no held-out ones
        rows = permutation(key(seed, "nearest", train.digest), train.count)[:REFERENCES]
        return train.read(rows.tolist()), rows, "the median training picture lies from its nearest"
    with held_out:
        rows = permutation(key(seed, "nearest", held_out.digest), held_out.count)[:REFERENCES]
        return held_out.read(rows.tolist()), np.full(len(rows), -1), "the median held-out picture lies from its nearest"


def _candidates(train: Pictures, small: Floats, own: Rows, on_done: Callable[[int], None]) -> Rows:
    """Return the rows of the training pictures whose small versions lie nearest to each picture, (Q, K)."""
    best = np.full((len(small), 0), np.inf)
    rows = np.zeros((len(small), 0), np.int64)
    for start in range(0, train.count, READ):
        block = np.arange(start, min(start + READ, train.count))
        found = squared_distances(small, thumbs(train.read(block.tolist())))
        found[own[:, None] == block[None, :]] = np.inf
        both = np.concatenate([best, found], 1)
        names = np.concatenate([rows, np.broadcast_to(block, found.shape)], 1)
        order = np.argsort(both, 1, kind="stable")[:, :CANDIDATES]
        best, rows = np.take_along_axis(both, order, 1), np.take_along_axis(names, order, 1)
        on_done(int(block[-1]) + 1)
    return rows[:, : min(CANDIDATES, train.count - 1)]


def _ordered(train: Pictures, queries: Pixels, candidates: Rows, eyes: Eyes) -> tuple[Floats, Rows]:
    """Return distances in features and rows of the candidates, the nearest first."""
    rows = np.unique(candidates)
    known = np.concatenate(list(_vectors((train.read(part.tolist()) for part in _parts(rows)), eyes)))
    asked = np.concatenate(list(_vectors(_parts(queries), eyes)))
    places = np.searchsorted(rows, candidates)
    gaps = asked[:, None] - known[places]
    distances = np.sqrt((gaps**2).sum(2))
    order = np.argsort(distances, 1, kind="stable")
    return np.take_along_axis(distances, order, 1), np.take_along_axis(candidates, order, 1)


def _vectors(batches: Iterator[Pixels], eyes: Eyes) -> Iterator[Floats]:
    for batch in batches:
        images = torch.from_numpy(batch).to(eyes.device).float().div_(127.5).sub_(1.0)
        yield eyes.extractor.vectors(images).cpu().numpy().astype(np.float64)


def _parts(whole: Array) -> Iterator[Array]:
    return (whole[start : start + BATCH] for start in range(0, len(whole), BATCH))
