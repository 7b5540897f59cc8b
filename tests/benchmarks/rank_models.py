"""Does the embedded extractor rank models as SqueezeNet does? Ten snapshots of a run on each of three sets of pictures.

For each figure: Spearman's rank correlation between the two extractors; how many of the 45 pairs of snapshots each of
them tells apart beyond noise; and how wide its intervals are, as a share of the spread of the figure over the
snapshots (the median). The snapshots are taken where a run learns most; `--work` keeps them, so that a second look
costs only the figures. With the shared data beside:

    python tests/benchmarks/rank_models.py --n 500 --work snapshots
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr
from shared.processes import heading

from gantools.features.choose import extractor_for
from gantools.files.checkpoint import load_average
from gantools.measure.judge import Named, fake_batches, of_vectors, unit_of
from gantools.measure.reals import Eyes, Reals, take
from gantools.measure.resampling import draw_counts, interval

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
WEIGHTS = SHARED / "weights" / "squeezenet1_0.safetensors"
SETS = {
    "mnist": [SHARED / "mnist" / "train-images-idx3-ubyte.gz", "--holdout", "5%"],
    "cifar": [SHARED / "cifar10" / "cifar10-train-10k.tar", "--holdout", "20%"],
    "emoji": [SHARED / "noto-emoji", "--size", "32", "--holdout", "10%"],
}
ROUNDS = (0, 25, 50, 100, 200, 400, 800, 1600, 3200, 4800)
FIGURES = ("kid", "frechet", "precision", "recall", "density", "coverage", "vendi")


def gantools(*words: str | Path, folder: Path) -> None:
    """Run a command to its end."""
    command = [sys.executable, "-m", "gantools", *map(str, words)]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def snapshots(name: str, folder: Path) -> list[Path]:
    """Train on one set, on one thread, and keep the checkpoint after each of ``ROUNDS``; return the copies."""
    if not (folder / name).exists():
        gantools("prepare", *SETS[name], "-o", name, "-q", folder=folder)
    run, found = f"run-{name}.safetensors", []
    (folder / "snap").mkdir(exist_ok=True)
    for rounds in ROUNDS:
        copy = folder / "snap" / f"{name}-{rounds}.safetensors"
        if not copy.exists():
            length = ["--resume", "--until", str(rounds)] if rounds else ["--steps", "0"]
            gantools("train", name, "-o", run, *length, "--threads", "1", "-q", folder=folder)
            copy.write_bytes((folder / run).read_bytes())
        found.append(copy)
    return found


def figures(name: str, checkpoints: list[Path], weights: Path | None, pictures: int, folder: Path) -> list[Named]:
    """Return the figures of each checkpoint by one extractor, as ``inspect --against`` has them."""
    eyes = Eyes(extractor_for("auto", weights, folder), torch.device("cpu"))
    rows = []
    with Reals(folder / name, pictures, 0) as reals:
        counts = draw_counts(0, reals.pictures)
        real = take(reals.batches(), eyes, lambda done: None).vectors
        centre, unit = unit_of(real)
        for checkpoint in checkpoints:
            fakes = fake_batches(load_average(checkpoint)[0], 0, reals.pictures)
            vectors = take(fakes, eyes, lambda done: None).vectors
            rows.append(of_vectors((vectors - centre) / unit, (real - centre) / unit, counts))
    return rows


def told_apart(rows: list[Named], figure: str, pictures: int) -> int:
    """Return how many pairs of models have an interval of their difference that leaves out 0."""
    bounds = [interval(one[figure] - two[figure], pictures) for one, two in combinations(rows, 2)]
    return sum(bound.low > 0 or bound.high < 0 for bound in bounds)


def width(rows: list[Named], figure: str, pictures: int) -> float:
    """Return the median width of the intervals over the deviation of the figure among the models."""
    bounds = [interval(row[figure], pictures) for row in rows]
    spread = float(np.std([row[figure].value for row in rows]))
    return float(np.median([bound.high - bound.low for bound in bounds])) / max(spread, 1e-12)


def show(name: str, what: str, cells: Iterable[str]) -> None:
    """Print one line of the table."""
    print(f"{name:<6} {what:<24} " + " ".join(f"{cell:>9}" for cell in cells), flush=True)


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=500, help="pictures of each kind")
    parser.add_argument("--work", type=Path, help="folder that keeps data and snapshots")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    options = parser.parse_args()
    if not WEIGHTS.is_file():
        print(f"rank_models: left out, {WEIGHTS} is not here")
        return
    heading("rank correlation of embedded and SqueezeNet figures over ten snapshots of a run")
    show("set", "", FIGURES)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.work or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for name in options.sets:
            found = snapshots(name, folder)
            own, trained = (figures(name, found, weights, options.n, folder) for weights in (None, WEIGHTS))
            values = [[[row[figure].value for row in rows] for rows in (own, trained)] for figure in FIGURES]
            show(name, "rank correlation", (f"{spearmanr(*pair)[0]:.3f}" for pair in values))
            for label, rows in (("embedded", own), ("squeezenet", trained)):
                show(name, f"{label}: told apart", (str(told_apart(rows, figure, options.n)) for figure in FIGURES))
                show(name, f"{label}: width", (f"{width(rows, figure, options.n):.3f}" for figure in FIGURES))


if __name__ == "__main__":
    main()
