"""Conditional runs: does a picture show the class that was asked for, and are the pictures of a class varied?

`gantools train --conditional` runs for a given time on MNIST, or on any folder with labels; then each class is drawn
by `sample --label`, and a small network that was fitted on the labels of the real pictures reads them. Its accuracy on
held-out reals is the ceiling. Variety is how much a fake differs from the fake of its class that is most like it, as a
share of the same among reals (1: as varied; 0: all alike), at 8 x 8 pixels. With the shared data beside:

    python tests/benchmarks/conditional.py --work conditional --train 5m
    python tests/benchmarks/conditional.py --work conditional run.safetensors

The work folder keeps the data set, the run and a sheet of it with a row for each class.
"""

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from shared.processes import heading
from torch.nn.functional import adaptive_avg_pool2d

from gantools.commands.cache import cache_folder
from gantools.data.folder import open_data
from gantools.data.pack import Pictures
from gantools.features.fitted import Fitted, Watch, fitted
from gantools.files.checkpoint import load_average
from gantools.sampling.render import render

MNIST = Path(__file__).resolve().parents[3] / "shared" / "data" / "mnist"
BATCH = 250
Pixels = NDArray[np.uint8]


def gantools(*words: str) -> None:
    """Run a command to its end."""
    subprocess.run([sys.executable, "-m", "gantools", *words], check=True, stdout=subprocess.DEVNULL)


@contextmanager
def silent(total: int) -> Iterator[Callable[[int], None]]:
    """Show nothing of a fit."""
    yield lambda done: None


def reader_of(data: Path) -> Fitted:
    """Return the network that reads labels, fitted on the training pictures and checked on held-out ones."""
    with open_data(data) as train, open_data(data, split="holdout") as held_out:
        found = fitted(data, train, held_out, torch.device("cpu"), cache_folder(), Watch(silent, print))
    if found is None or found.factors.names != ("label",):
        raise SystemExit(f"{data}: found no labels, expected some")
    print(f"the reader: {found.describe()}")
    return found


def images_of(pixels: Pixels) -> torch.Tensor:
    """Return pixels (N, C, H, W) as float32 in [-1, 1]."""
    return torch.from_numpy(pixels).float().div_(127.5).sub_(1.0)


def read_as(reader: Fitted, pixels: Pixels) -> list[str]:
    """Return the label that each picture (N, C, H, W) is taken for."""
    parts = [
        reader.recogniser.answer(images_of(pixels[start : start + BATCH])).levels[:, 0]
        for start in range(0, len(pixels), BATCH)
    ]
    return [reader.factors.levels[0][level] for level in np.concatenate(parts).tolist()]


def nearest(pixels: Pixels) -> float:
    """Return the mean distance of a picture from the one most like it."""
    seen = adaptive_avg_pool2d(images_of(pixels), 8).flatten(1)
    distances = torch.cdist(seen, seen, compute_mode="donot_use_mm_for_euclid_dist")
    return float(distances.fill_diagonal_(float("inf")).amin(1).mean())


def of_class(pictures: Pictures, label: int, count: int) -> Pixels:
    """Return the first so many pictures of a class."""
    assert pictures.labels is not None, "the data have labels"
    return pictures.read(np.flatnonzero(pictures.labels == label)[:count].tolist())


def table(reader: Fitted, data: Path, run: Path, count: int) -> None:
    """Print a row for each class, and their mean."""
    network, document = load_average(run)
    print(f"\n{run.name}: {document.config.network.family}, {document.register.images:,} images seen")
    print(f"{'class':<12} {'read as asked':>13} {'ceiling':>8} {'variety':>8}  mostly taken for")
    rows = []
    with open_data(data) as train, open_data(data, split="holdout") as held_out:
        for label, name in enumerate(document.data.classes):
            fakes = np.stack(list(render(network, 0, 0, count, label)))
            read = read_as(reader, fakes)
            share = read.count(name) / count
            reals = of_class(held_out, label, held_out.count)
            ceiling = read_as(reader, reals).count(name) / len(reals)
            variety = nearest(fakes) / nearest(of_class(train, label, count))
            others = [other for other in read if other != name]
            most = max(set(others), key=others.count) if others else "-"
            rows.append((share, ceiling, variety))
            print(f"{name:<12} {share:>13.1%} {ceiling:>8.1%} {variety:>8.2f}  {most}", flush=True)
    share, ceiling, variety = np.mean(rows, axis=0)
    print(f"{'mean':<12} {share:>13.1%} {ceiling:>8.1%} {variety:>8.2f}")


def main() -> None:
    """Print a table for each checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", nargs="*", type=Path)
    parser.add_argument("--work", type=Path, default=Path("conditional"), help="folder that keeps all that is made")
    parser.add_argument("--source", type=Path, default=MNIST, help="pictures with labels: anything that prepare reads")
    parser.add_argument("--n", type=int, default=500, help="samples of each class")
    parser.add_argument("--train", metavar="TIME", help="train for so long: 5m")
    parser.add_argument("--arch", default="dcgan", help="the family that is trained")
    options = parser.parse_args()
    if not options.source.exists():
        print(f"conditional: left out, {options.source} is not here")
        return
    options.work.mkdir(parents=True, exist_ok=True)
    heading(f"share of samples that are read as the class asked for, {options.n} of each, seed 0")
    data, run = options.work / "data", options.work / f"{options.arch}.safetensors"
    gantools("prepare", str(options.source), "-o", str(data), "--holdout", "10%", "-q")
    reader = reader_of(data)
    if options.train:
        words = "--conditional", "--arch", options.arch, "--resume", "--max-time", options.train, "-q"
        gantools("train", str(data), "-o", str(run), *words)
        with open_data(data) as pictures:
            labels = list(chain.from_iterable(("--label", name) for name in pictures.classes))
        sheet = str(run.with_suffix(".png"))
        gantools("sample", str(run), "--n", "10", *labels, "--grid", "-o", sheet, "--force", "-q")
        options.checkpoints.append(run)
    for path in options.checkpoints:
        table(reader, data, path, options.n)


if __name__ == "__main__":
    main()
