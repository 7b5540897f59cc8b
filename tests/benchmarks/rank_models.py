"""Does the embedded extractor rank models as SqueezeNet does? Ten snapshots of a run on each of three sets of pictures.

Spearman's rank correlation between the figures of the two extractors, for each figure. The snapshots are taken where
a run learns most; `--work` keeps them, so that a second look costs only the figures. With the shared data beside:

    python tests/benchmarks/rank_models.py --n 500 --work /tmp/snapshots
"""

import argparse
import subprocess
import sys
import tempfile
from json import loads
from pathlib import Path

from scipy.stats import spearmanr
from shared.processes import heading

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
WEIGHTS = SHARED / "weights" / "squeezenet1_0.safetensors"
SETS = {
    "mnist": [SHARED / "mnist" / "train-images-idx3-ubyte.gz", "--holdout", "5%"],
    "cifar": [SHARED / "cifar10" / "cifar10-train-10k.tar", "--holdout", "20%"],
    "emoji": [SHARED / "noto-emoji", "--size", "32", "--holdout", "10%"],
}
ROUNDS = (0, 25, 50, 100, 200, 400, 800, 1600, 3200, 6400)
FIGURES = ("kid", "frechet", "precision", "recall", "density", "coverage")


def gantools(*words: str | Path, folder: Path) -> str:
    """Run a command to its end; return its stdout."""
    command = [sys.executable, "-m", "gantools", *map(str, words)]
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


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


def figures(checkpoint: Path, name: str, pictures: int, folder: Path, *options: str | Path) -> dict[str, float]:
    """Return the figures of one checkpoint by one extractor."""
    words = ("inspect", checkpoint, "--against", name, "--n", str(pictures), "--json", "-q", *options)
    found = loads(gantools(*words, folder=folder))["things"][0]["against"]["figures"]
    return {figure: found[figure]["value"] for figure in FIGURES}


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
    print(f"{'set':<6} {'pictures':>8} " + " ".join(f"{figure:>9}" for figure in FIGURES))
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.work or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for name in options.sets:
            rows = []
            for checkpoint in snapshots(name, folder):
                own = figures(checkpoint, name, options.n, folder)
                trained = figures(checkpoint, name, options.n, folder, "--weights", WEIGHTS)
                rows.append((own, trained))
            ranks = [spearmanr([a[f] for a, _ in rows], [b[f] for _, b in rows])[0] for f in FIGURES]
            print(f"{name:<6} {options.n:>8} " + " ".join(f"{rank:>9.3f}" for rank in ranks), flush=True)


if __name__ == "__main__":
    main()
