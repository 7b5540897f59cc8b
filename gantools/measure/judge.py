"""From samples of reals and fakes to figures with intervals and floors."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
import torch

from gantools.features.base import Label
from gantools.measure.distances import frechet, kid
from gantools.measure.diversity import ms_ssim, similarity, vendi
from gantools.measure.manifold import manifold, memorisation, nearest_of
from gantools.measure.patches import sliced_wasserstein
from gantools.measure.reals import BATCH, Pixels, Reals, Sample
from gantools.measure.report import KINDS, Figure
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


def judge(
    reals: Reals, real: Sample, other: Sample, fakes: list[Sample], label: Label, seed: int
) -> list[dict[str, Figure]]:
    """Return the figures of each set of fakes.

    Args:
        reals: where the samples of real pictures came from; all its training pictures are searched for copies.
        real, other: what the fakes are judged by, and what gives the floors.
        fakes: of one model each, as many pictures as reals.
        label: of the extractor.
        seed: keys the bootstrap, patches and directions; the same for models that are compared.
    """
    centre, scale = unit_of(real.vectors)
    flat = [(sample.vectors - centre) / scale for sample in (real, other, *fakes)]
    counts = draw_counts(seed, len(real.vectors))
    plain = Counts(counts.fakes[:1], counts.reals[:1])
    floors = of_vectors(flat[1], flat[0], plain)
    found = [of_vectors(vectors, flat[0], counts) for vectors in flat[2:]]
    kept = len(real.pixels)
    few = counts if kept == len(real.vectors) else draw_counts(seed, kept)
    detail = sliced_wasserstein([sample.pixels for sample in (other, *fakes)], real.pixels, seed, few)
    likeness = [_likeness(sample.pixels, few.fakes) for sample in (real, *fakes)]
    floors |= {"swd": detail[0], "ms_ssim": likeness[0]}
    for figures, patches, alike in zip(found, detail[1:], likeness[1:], strict=True):
        figures |= {"swd": patches, "ms_ssim": alike}
    if reals.held_out is not None:
        floors["memorisation"] = estimate(np.ones(1))
        for figures, copied in zip(found, _memorisation(reals, real, fakes, counts), strict=True):
            figures["memorisation"] = copied
    return [_figures(figures, floors, label, len(real.vectors), kept) for figures in found]


def unit_of(vectors: Floats) -> tuple[Floats, float]:
    """Return centre and unit of the features: the reals' mean, and their root mean square deviation from it.

    One unit for all features: to bring each to its own would let those that reals never use drown all others.
    """
    centre = vectors.mean(0)
    return centre, max(float(np.sqrt(((vectors - centre) ** 2).mean())), 1e-12)


def of_vectors(fakes: Floats, reals: Floats, counts: Counts) -> Named:
    """Return the figures of vectors (n, D) that are centred and scaled by ``unit_of``."""
    return {
        "kid": kid(fakes, reals, counts),
        "frechet": frechet(fakes, reals, counts),
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


def _memorisation(reals: Reals, real: Sample, fakes: list[Sample], counts: Counts) -> Iterator[Estimate]:
    """Yield for each model how near its pictures lie to training pictures. All are read once."""
    held_out, *models = nearest_of([sample.thumbs for sample in (real, *fakes)], reals.train_thumbs())
    return (memorisation(model, held_out, counts) for model in models)


def _figures(found: Named, floors: Named, label: Label, pictures: int, kept: int) -> dict[str, Figure]:
    figures = {}
    for name in KINDS:
        if name in found:
            of_features = KINDS[name].of_features
            count = kept if name in ("swd", "ms_ssim") else pictures
            figures[name] = Figure(name, found[name], floors[name].value, count, label if of_features else None)
    return figures
