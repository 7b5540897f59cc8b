"""From samples of reals and fakes to figures with intervals and floors."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import torch

from gantools.features.base import Label
from gantools.measure.distances import Moments, frechet, kid
from gantools.measure.diversity import ms_ssim, similarity, vendi
from gantools.measure.kinds import KINDS
from gantools.measure.manifold import manifold, memorisation, nearest_of
from gantools.measure.modes import codes_of, known_codes, marginal_shares, modes
from gantools.measure.patches import sliced_wasserstein
from gantools.measure.reals import BATCH, Eyes, Pixels, Reals, Sample, keyed_ranks, take
from gantools.measure.report import Figure
from gantools.measure.resampling import Counts, Estimate, Floats, draw_counts, estimate
from gantools.nets.base import Generator
from gantools.sampling.render import render

Named = dict[str, Estimate]
MOST_PAIRS = 1000
"""Pairs of pictures whose likeness is averaged."""


def fake_batches(generator: Generator, seed: int, count: int) -> Iterator[Pixels]:
    """Yield the pictures that ``sample --seed SEED --n COUNT`` writes, in batches."""
    pictures = render(generator, seed, 0, count)
    while held := list(islice(pictures, BATCH)):
        yield np.stack(held)


class Row(NamedTuple):
    """A level of a factor, and its share in the data and among the fakes of each model."""

    factor: str
    level: str
    shares: tuple[float, ...]


class Judge:
    """Judges models by one choice of real pictures, whose own vectors and floors are computed once.

    Args:
        reals: where the real pictures come from; all its training pictures are searched for copies.
        eyes: what pictures are looked at with.
        seed: keys fakes, bootstrap, patches and directions; the same for models that are compared.
        on_done: told how many pictures were looked at, after each batch.
    """

    def __init__(self, reals: Reals, eyes: Eyes, seed: int, on_done: Callable[[int], None]) -> None:
        self.reals, self.eyes, self.label, self.seed = reals, eyes, eyes.extractor.label, seed
        self._ranks = keyed_ranks(seed, reals.pictures)
        self._real = self._take(reals.batches(), on_done)
        other = self._take(reals.other_batches(), on_done)
        self._centre, self._scale = _unit(self._real)
        kept = len(self._real.pixels)
        self._counts = draw_counts(seed, reals.kept)
        self._few = self._counts if kept == reals.kept else draw_counts(seed, kept)
        self._vectors = self._standard(self._real)
        self._held_out: Floats | None = None
        plain = Counts(self._counts.fakes[:1], self._counts.reals[:1])
        self._floors = of_vectors(self._standard(other), self._vectors, plain, self._whole(other))
        self._floors["swd"] = sliced_wasserstein([other.pixels], self._real.pixels, seed, self._few)[0]
        self._floors["ms_ssim"] = _likeness(self._real.pixels, self._few.fakes)
        self._floors |= self._modes(other, plain.fakes)
        if reals.held_out is not None:
            self._floors["memorisation"] = estimate(np.ones(1))

    def look(self, generator: Generator, on_done: Callable[[int], None]) -> Sample:
        """Return the sample of a model: as many fakes as there are reals."""
        return self._take(fake_batches(generator, self.seed, self.reals.pictures), on_done)

    def figures(self, fakes: list[Sample]) -> list[dict[str, Figure]]:
        """Return the figures of each sample."""
        found = [
            of_vectors(self._standard(sample), self._vectors, self._counts, self._whole(sample)) for sample in fakes
        ]
        detail = sliced_wasserstein([sample.pixels for sample in fakes], self._real.pixels, self.seed, self._few)
        for figures, patches, sample in zip(found, detail, fakes, strict=True):
            figures |= {"swd": patches, "ms_ssim": _likeness(sample.pixels, self._few.fakes)}
            figures |= self._modes(sample, self._counts.fakes)
        if self.reals.held_out is not None:
            for figures, copied in zip(found, self._memorisation(fakes), strict=True):
                figures["memorisation"] = copied
        return [self._figures(figures) for figures in found]

    def facts(self) -> dict[str, Any]:
        """Return JSON values of what figures are made of: two of them can be compared where these are equal."""
        return {
            "held_out": self.reals.held_out is not None,
            "available": self.reals.available,
            "reals": self.reals.digest,
            "n": self.reals.pictures,
            "seed": self.seed,
            "features": self.label.facts(),
        }

    def shares(self, fakes: list[Sample]) -> list[Row]:
        """Return for each level of each factor its share in the data and among each sample of fakes."""
        kinds = self.eyes.kinds
        if kinds is None:
            return []
        factors = kinds.factors
        known = factors.rows[(factors.rows >= 0).all(1)]
        sets = [known, *(sample.answers.levels for sample in fakes if sample.answers is not None)]
        columns = zip(*(marginal_shares(levels, factors.sizes) for levels in sets), strict=True)
        return [
            Row(name, level, tuple(float(shares[number]) for shares in column))
            for name, levels, column in zip(factors.names, factors.levels, columns, strict=True)
            for number, level in enumerate(levels)
        ]

    def _take(self, batches: Iterator[Pixels], on_done: Callable[[int], None]) -> Sample:
        return take(batches, self.eyes, on_done, self._ranks)

    def _standard(self, sample: Sample) -> Floats:
        standard: Floats = (sample.vectors - self._centre) / self._scale
        return standard

    def _whole(self, sample: Sample) -> tuple[Moments, Moments] | None:
        """Return the moments of all fakes and reals, where not all vectors are kept."""
        if sample.moments is None or self._real.moments is None:
            return None
        both = (moments.standard(self._centre, self._scale) for moments in (sample.moments, self._real.moments))
        return next(both), next(both)

    def _modes(self, sample: Sample, counts: Floats) -> Named:
        if sample.answers is None or self.eyes.kinds is None:
            return {}
        factors = self.eyes.kinds.factors
        codes = codes_of(sample.answers.levels, factors.sizes)
        return modes(codes, sample.answers.sureness, known_codes(factors), factors.combinations, counts)

    def _kinds(self) -> int:
        """Return how many kinds there are in the data."""
        return 0 if self.eyes.kinds is None else len(np.unique(known_codes(self.eyes.kinds.factors)))

    def _memorisation(self, fakes: list[Sample]) -> list[Estimate]:
        """Return for each sample how near its pictures lie to training pictures. All are read once."""
        sets = [sample.thumbs for sample in ([] if self._held_out is not None else [self._real]) + fakes]
        nearest = nearest_of(sets, self.reals.train_thumbs())
        if self._held_out is None:
            self._held_out = nearest.pop(0)
        return [memorisation(model, self._held_out, self._counts) for model in nearest]

    def _figures(self, found: Named) -> dict[str, Figure]:
        figures = {}
        for name in KINDS:
            if name in found:
                label = self._label_of(name)
                count = self._pictures_of(name)
                figures[name] = Figure(name, found[name], self._floors[name].value, count, label)
        if "modes" in figures:
            figures["modes"] = replace(figures["modes"], most=self._kinds())
        return figures

    def _pictures_of(self, name: str) -> int:
        if name == "frechet":
            return self.reals.pictures
        return len(self._real.pixels) if name in ("swd", "ms_ssim") else self.reals.kept

    def _label_of(self, name: str) -> Label | None:
        source = KINDS[name].source
        if source == "recogniser" and self.eyes.kinds is not None:
            return self.eyes.kinds.recogniser.label
        return self.label if source == "features" else None


def unit_of(vectors: Floats) -> tuple[Floats, float]:
    """Return centre and unit of the features: the reals' mean, and their root mean square deviation from it.

    One unit for all features: to bring each to its own would let those that reals never use drown all others.
    """
    centre = vectors.mean(0)
    return centre, max(float(np.sqrt(((vectors - centre) ** 2).mean())), 1e-12)


def _unit(sample: Sample) -> tuple[Floats, float]:
    if sample.moments is None:
        return unit_of(sample.vectors)
    moments = sample.moments
    return moments.mean, max(float(np.sqrt(np.diag(moments.scatter).mean() / moments.count)), 1e-12)


def of_vectors(fakes: Floats, reals: Floats, counts: Counts, whole: tuple[Moments, Moments] | None = None) -> Named:
    """Return the figures of vectors (n, D) that are centred and scaled by ``unit_of``.

    Args:
        whole: moments of all fakes and reals, where the vectors are a choice of them.
    """
    return {
        "kid": kid(fakes, reals, counts),
        "frechet": frechet(fakes, reals, counts, whole),
        **manifold(fakes, reals, counts),
        "vendi": vendi(fakes, reals, counts),
    }


def _likeness(pixels: Pixels, counts: Floats) -> Estimate:
    pairs = min(len(pixels) // 2, MOST_PAIRS)
    parts = []
    for start in range(0, 2 * pairs, 2 * BATCH):
        images = torch.from_numpy(pixels[start : min(start + 2 * BATCH, 2 * pairs)]).double() / 255
        parts.append(ms_ssim(images[0::2], images[1::2]).numpy())
    return similarity(np.concatenate(parts), counts)
