"""Which real pictures a model is judged against, and pictures of any origin as what figures are made of."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from gantools.data.folder import open_data, prepare_line
from gantools.data.pack import Pictures
from gantools.draws import permutation
from gantools.errors import Again, InputError
from gantools.features.base import Extractor, to_rgb
from gantools.features.fitted import Fitted
from gantools.features.recogniser import Answers, joined
from gantools.keys import key
from gantools.measure.distances import Moments
from gantools.measure.resampling import Floats

FEWEST = 4
"""Pictures that a figure is made of at least; under that no interval means anything. Guess."""

BATCH = 64
READ = 1024  # training pictures that are compared at once
PIXEL_BYTES, KEPT = 256 << 20, 2048
"""Bytes and pictures of a set that are kept for patches and pairs: 2,048 have 150 MB of patches in colour."""

MOST = 5000
"""Pictures of a set of which vectors are kept; of more, a keyed choice. Memory does not grow beyond it."""

THUMB_PX = 16
Pixels = NDArray[np.uint8]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Sample:
    """What is kept of a set of pictures.

    Args:
        vectors: from the extractor, (n, D), n being at most ``MOST``.
        thumbs: small versions, (n, T), for the search of copies.
        pixels: of some pictures, (up to n, C, H, W) uint8.
        answers: what each is taken for; None where there is no recogniser.
        moments: of the vectors of all pictures, when there are more than are kept; None: all are kept.
    """

    vectors: Floats
    thumbs: Floats
    pixels: Pixels
    answers: Answers | None = None
    moments: Moments | None = None


class Reals:
    """The real pictures of a data set that a model is judged against, and others that give the floor.

    Held-out pictures are the reals when there are any, and training pictures the others; without a hold-out both are
    training pictures, none of them in both. The same seed and number choose the same pictures.

    Args:
        data: the folder.
        wanted: how many pictures; there may be fewer.
        seed: keys the choice.

    Raises:
        InputError: no such folder, or too few pictures in it.
    """

    def __init__(self, data: Path, wanted: int, seed: int) -> None:
        self.train = open_data(data)
        self.held_out = _held_out(data)
        source = self.held_out or self.train
        most = min(self.train.count, self.held_out.count) if self.held_out else self.train.count // 2
        self.name, self.most = str(data), most
        self.pictures = min(wanted, most)
        self.available, self.digest = source.count, source.digest
        if self.pictures < FEWEST:
            self.close()
            raise _too_few(data, self.train.count, None if self.held_out is None else self.held_out.count)
        order = permutation(key(seed, "judged against", source.digest), source.count)
        self._rows = np.sort(order[: self.pictures])
        if self.held_out is None:
            self._other_rows = np.sort(order[self.pictures : 2 * self.pictures])
        else:
            draw = permutation(key(seed, "judged against", self.train.digest), self.train.count)
            self._other_rows = np.sort(draw[: self.pictures])

    @property
    def kept(self) -> int:
        """How many pictures of each kind those figures are made of that need all vectors at once."""
        return min(self.pictures, MOST)

    def batches(self) -> Iterator[Pixels]:
        """Yield the reals."""
        return _read(self.held_out or self.train, self._rows, BATCH)

    def other_batches(self) -> Iterator[Pixels]:
        """Yield the others."""
        return _read(self.train, self._other_rows, BATCH)

    def train_thumbs(self) -> Iterator[Floats]:
        """Yield the thumbs of all training pictures, block by block."""
        for block in _read(self.train, np.arange(self.train.count), READ):
            yield thumbs(block)

    def describe(self) -> tuple[str, str]:
        """Say in words what the reals and the others are."""
        count, total = f"{self.pictures:,}", f"{self.available:,}"
        if self.held_out is None:
            reals = f"{count} of {total} training pictures: the model has seen them, a hold-out would be fairer"
            return reals, f"{count} other training pictures"
        return f"{count} of {total} held-out pictures", f"{count} training pictures"

    def close(self) -> None:
        """Close the files."""
        self.train.close()
        if self.held_out is not None:
            self.held_out.close()

    def __enter__(self) -> Self:
        """Return the reals themselves."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files."""
        self.close()


@dataclass(frozen=True)
class Eyes:
    """What pictures are looked at with, on a device.

    Args:
        kinds: what tells kinds of pictures apart; None: none are counted.
    """

    extractor: Extractor
    device: torch.device
    kinds: Fitted | None = None

    def answer(self, images: Tensor) -> Answers | None:
        """Return what images (N, C, H, W) are taken for."""
        return None if self.kinds is None else self.kinds.recogniser.answer(images)


def keyed_ranks(seed: int, pictures: int) -> Rows | None:
    """Return the place of each picture in a keyed order, (n,); None when there are so few that all are kept."""
    if pictures <= MOST:
        return None
    return np.argsort(permutation(key(seed, "kept", pictures), pictures))


def take(batches: Iterable[Pixels], eyes: Eyes, on_done: Callable[[int], None], ranks: Rows | None = None) -> Sample:
    """Turn pictures into a sample; of the pixels no more than ``PIXEL_BYTES``, of ``KEPT`` pictures, are kept.

    Args:
        batches: pictures (N, C, H, W) uint8.
        on_done: told after each batch how many pictures it had.
        ranks: of ``keyed_ranks``: the first ``MOST`` are kept, and the moments of all; None: all are kept.
    """
    vectors, small, answers, seen = [], [], [], 0
    pixels: list[Pixels] = []
    moments: Moments | None = None
    for batch in batches:
        images = torch.from_numpy(batch).to(eyes.device).float().div_(127.5).sub_(1.0)
        found = eyes.extractor.vectors(images).cpu().numpy()
        kept, shown = _chosen(batch, pixels, None if ranks is None else ranks[seen : seen + len(batch)])
        if ranks is not None:
            new = Moments.of(found.astype(np.float64))
            moments = new if moments is None else moments.merged(new)
        vectors.append(found[kept])
        small.append(thumbs(batch)[kept])
        told = eyes.answer(images)
        if told is not None:
            answers.append(Answers(told.levels[kept], told.sureness[kept]))
        if len(shown):
            pixels.append(batch[shown])
        seen += len(batch)
        on_done(len(batch))
    known = joined(answers) if answers else None
    whole = np.concatenate(vectors).astype(np.float64)
    return Sample(whole, np.concatenate(small), np.concatenate(pixels), known, moments)


def _chosen(batch: Pixels, held: list[Pixels], ranks: Rows | None) -> tuple[Rows, Rows]:
    """Return the rows of a batch of which vectors, and of which pixels are kept beside those that are held."""
    if ranks is not None:
        shown = min(KEPT, max(FEWEST, PIXEL_BYTES // batch[0].nbytes))
        return np.flatnonzero(ranks < MOST), np.flatnonzero(ranks < shown)
    rows = np.arange(len(batch))
    has_room = sum(each.nbytes for each in held) + batch.nbytes <= PIXEL_BYTES and sum(map(len, held)) < KEPT
    return rows, rows if has_room else rows[:0]


def thumbs(pixels: Pixels) -> Floats:
    """Return pictures (n, C, H, W) reduced by means to at most 16 x 16, RGBA on white, as rows (n, T) in [-1, 1]."""
    images = torch.from_numpy(pixels).float().div_(127.5).sub_(1.0)
    if images.shape[1] == 4:
        images = to_rgb(images)
    height, width = (min(side, THUMB_PX) for side in images.shape[-2:])
    small: Floats = functional.adaptive_avg_pool2d(images, (height, width)).flatten(1).numpy().astype(np.float64)
    return small


def _held_out(data: Path) -> Pictures | None:
    try:
        return open_data(data, split="holdout")
    except InputError:  # the training pictures could be opened just now: there are no held-out ones
        return None


def _read(pictures: Pictures, rows: NDArray[np.int64], size: int) -> Iterator[Pixels]:
    for start in range(0, len(rows), size):
        yield pictures.read(rows[start : start + size].tolist())


def _too_few(data: Path, train: int, held_out: int | None) -> InputError:
    if held_out is None or train < FEWEST:
        message = f"{data}: found {train} training pictures, expected at least {2 * FEWEST} to judge against"
        return InputError(message)
    message = f"{data}: found {held_out} held-out pictures, expected none or at least {FEWEST} to judge against"
    return InputError(message, hint=Again(first=f"{prepare_line(data)} --holdout 20%"))
