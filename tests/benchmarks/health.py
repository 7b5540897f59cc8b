"""Does the verdict on a run fire where it should, and nowhere else? Runs broken on purpose, healthy ones, and its cost.

Each run is a process of one thread, `gantools train --on-collapse warn`, and its metrics file tells what was said of it
when. A folder keeps data and runs, so that what was done is not done again; with the shared data beside:

    python tests/benchmarks/health.py SCRATCH --seeds 21 22 23 24 25
    python tests/benchmarks/health.py SCRATCH --only overfitting families losses

``overfitting``: few and many pictures, a tenth of them held out. ``families``, ``losses``: each once, of healthy runs.
"""

import argparse
import gzip
import json
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from shared.processes import heading

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
MNIST = SHARED / "mnist" / "train-images-idx3-ubyte.gz"
EMOJI = SHARED / "noto-emoji"
CIFAR = SHARED / "cifar10" / "cifar10-train-10k.tar"
SETS = {
    "mnist": [MNIST],
    "cifar": [CIFAR, "--labels", "none"],
    "emoji": [EMOJI, "--size", "32"],
    "fifty": [EMOJI, "--size", "32", "--limit", "50"],
    "43 emoji": [EMOJI, "--size", "32", "--limit", "56", "--holdout", "10%"],
    "190 emoji": [EMOJI, "--size", "32", "--limit", "222", "--holdout", "10%"],
    "1510 emoji": [EMOJI, "--size", "32", "--holdout", "10%"],
    "9006 of CIFAR": [CIFAR, "--labels", "none", "--holdout", "10%"],
    "54012 of MNIST": [MNIST, "--holdout", "10%"],
    "3609 stickers": ["demo:stickers", "--size", "32", "--limit", "4000", "--holdout", "10%"],
    "stacked": ["stacked.bin/data_batch_1.bin", "--labels", "none"],
}
STACKED_PICTURES = 10_000
QUIET = ("starting", "healthy")
HEALTHY_IMAGES = "20k"


@dataclass(frozen=True)
class Case:
    """A run: on what, with which options, and the states that would be right in the end."""

    data: str
    options: str
    right: tuple[str, ...]


CLASSIC = "--set optimizer.beta1=0.5 --set optimizer.beta2=0.999"
"""Adam's decays in Radford 2016, with which a run breaks more easily than with the default's 0 and 0.99."""

BROKEN = {
    "no penalty": Case("mnist", "--penalty none --images 20k", ()),
    "no penalty, 50 pictures": Case(
        "fifty", "--penalty none --augment none --images 25k", ("collapsed", "stalled", "D ahead")
    ),
    "50 pictures": Case("fifty", "--augment none --images 25k", ()),
    "both rates x 30": Case("mnist", "--lr-g 3e-2 --lr-d 3e-2 --images 30k", ("diverged", "collapsed", "stalled")),
    "both rates x 30, CIFAR": Case("cifar", "--lr-g 3e-2 --lr-d 3e-2 --images 20k", ("diverged", "stalled")),
    "D far too strong": Case("mnist", "--penalty none --d-steps 10 --lr-g 1e-4 --images 8k", ("D ahead",)),
    "D's rate x 20": Case("mnist", "--lr-d 2e-2 --images 16k", ("D ahead",)),
    "both rates / 1000": Case("mnist", "--lr-g 1e-6 --lr-d 1e-6 --images 20k", ("stalled",)),
    "Stacked MNIST, reals in [0, 1]": Case("stacked", "--preset dcgan --images 12k", ("D ahead", "collapsed")),
}

OVERFITTING = {
    "43 emoji, unchanged": Case("43 emoji", "--augment none --images 50k", ("overfitting",)),
    "190 emoji, unchanged": Case("190 emoji", "--augment none --images 60k", ("overfitting",)),
    "1,510 emoji, unchanged": Case("1510 emoji", "--augment none --images 60k", ()),
    "43 emoji": Case("43 emoji", "--images 30k", ()),
    "190 emoji": Case("190 emoji", "--images 30k", ()),
    "1,510 emoji": Case("1510 emoji", "--images 30k", ()),
    "9,006 of CIFAR": Case("9006 of CIFAR", "--images 20k", ()),
    "54,012 of MNIST": Case("54012 of MNIST", "--images 20k", ()),
    "3,609 stickers": Case("3609 stickers", "--images 20k", ()),
}
SMALLEST = "--set network.base_width=8 --images 20k"
FAMILIES = {
    f"healthy, {name}": Case("54012 of MNIST", f"--arch {name} {SMALLEST}", ())
    for name in ("fc", "conv", "progressive", "msg", "stylegan2", "residual")
}
LOSSES = {
    f"healthy, {name}": Case("54012 of MNIST", f"--loss {name} --images 20k", ())
    for name in ("minimax", "lsgan", "hinge", "wasserstein", "relativistic", "relativistic-hinge")
}
GROUPS = {"overfitting": OVERFITTING, "families": FAMILIES, "losses": LOSSES}

COST = """
import sys, time
from pathlib import Path
from statistics import median
from gantools.config.build import resolve
from gantools.commands.changes import shape_of
from gantools.data.batches import Batches
from gantools.data.folder import open_for_training
from gantools.device import settle
from gantools.training import vitals
from gantools.training.engine import Phase, turns
from gantools.training.state import TrainState

with open_for_training(Path(sys.argv[1])) as pictures:
    state = TrainState.fresh(resolve(shape_of(pictures), {}).config, pictures.digest, settle("cpu", 1, "fp32"))
    events, looks = turns(state, Phase.BOTH, Batches(pictures)), (vitals.is_due, vitals.looks_at_unseen)
    times = {True: [], False: []}
    for block in range(60):
        never = (lambda d_steps: False, lambda d_steps: False)
        vitals.is_due, vitals.looks_at_unseen = looks if block % 2 else never
        began = time.process_time()
        for _ in range(2 * 20):  # 20 rounds: a penalty each fourth, signs each fifth, held-out pictures once
            next(events)
        times[bool(block % 2)].append(time.process_time() - began)
    print(median(times[True]) / median(times[False]) - 1)
"""


def gantools(*words: str | Path, folder: Path) -> None:
    """Run a command to its end."""
    command = [sys.executable, "-m", "gantools", *map(str, words)]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def stack(folder: Path) -> None:
    """Write random triples of digits as the channels of a picture, in the upper half of the range, as CIFAR binaries.

    That is the set-up in which the classic DCGAN loses most of the thousand modes: reals in [0, 1] against a tanh.
    """
    digits = np.frombuffer(gzip.decompress(MNIST.read_bytes()), np.uint8, offset=16).reshape(-1, 28, 28)
    rows = np.random.RandomState(0).randint(0, len(digits), (STACKED_PICTURES, 3))
    pictures = 128 + np.pad(digits[rows], ((0, 0), (0, 0), (2, 2), (2, 2))) // 2
    labels = np.zeros((STACKED_PICTURES, 1), np.uint8)
    (folder / "stacked.bin").mkdir(exist_ok=True)
    records = np.concatenate([labels, pictures.astype(np.uint8).reshape(STACKED_PICTURES, -1)], 1)
    (folder / "stacked.bin" / "data_batch_1.bin").write_bytes(records.tobytes())


def prepare(name: str, folder: Path) -> None:
    """Make a data set, once."""
    if not (folder / name / "manifest.jsonl").exists():
        if name == "stacked":
            stack(folder)
        gantools("prepare", *SETS[name], "-o", name, "-q", folder=folder)


def lines_of(name: str, case: Case, seed: int, folder: Path) -> list[dict[str, object]]:
    """Return the metrics of a run, which is taken when they are not there whole."""
    stem = "".join(letter if letter.isalnum() else "-" for letter in f"{name}-{seed}").lower()
    metrics = folder / "runs" / f"{stem}.jsonl"
    if not metrics.exists() or '"event": "end"' not in metrics.read_text():
        metrics.unlink(missing_ok=True)
        metrics.parent.mkdir(exist_ok=True)
        prepare(case.data, folder)
        options = [*case.options.split(), "--seed", str(seed), "--threads", "1", "--on-collapse", "warn", "-q"]
        places = ["-o", f"runs/{stem}.safetensors", "--metrics", f"runs/{stem}.jsonl", "--force"]
        gantools("train", case.data, *places, *options, folder=folder)
    return [json.loads(line) for line in metrics.read_text().splitlines()]


def row(name: str, case: Case, seed: int, folder: Path) -> tuple[list[str], str]:
    """Print what was said of a run; return every alarm, and the state in the end."""
    lines = lines_of(name, case, seed, folder)
    told = [(line["images"], str(line["state"])) for line in lines if line.get("event") == "health"]
    last = [line for line in lines if "event" not in line][-1]
    alarms = [state for _, state in told if state not in QUIET]
    course = ", ".join(f"{state} at {images}" for images, state in told) or "-"
    named = ("spread", "twins", "gap", "order", "overfitting")
    signs = " ".join("     -" if last.get(sign) is None else f"{last[sign]:>6.3f}" for sign in named)
    print(f"{name:<31} {seed:>4} {last['images']:>7} {signs}  {course}", flush=True)
    return alarms, told[-1][1] if told else "healthy"


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="folder that keeps data and runs")
    parser.add_argument("--seeds", type=int, nargs="+", default=[21, 22, 23, 24, 25])
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=[], help="other tables")
    options = parser.parse_args()
    if not all(path.exists() for path in (MNIST, CIFAR, EMOJI)):
        print(f"health: left out, {SHARED} is not here")
        return
    options.work.mkdir(parents=True, exist_ok=True)
    heading("verdicts on runs of one thread, broken on purpose and healthy; the signs are those of the last turns")
    print(f"{'run':<31} {'seed':>4} {'images':>7} spread  twins    gap  order  heart  said, at images seen")
    if options.only:
        for name, case in (entry for group in options.only for entry in GROUPS[group].items()):
            row(name, case, options.seeds[0], options.work)
        return
    classic = {name: replace(case, options=f"{case.options} {CLASSIC}") for name, case in BROKEN.items()}
    found = {name: row(name, case, options.seeds[0], options.work)[0] for name, case in classic.items()}
    false = 0
    for data in ("mnist", "cifar", "emoji"):
        for seed in options.seeds:
            false += bool(row(f"healthy, {data}", Case(data, f"--images {HEALTHY_IMAGES}", ()), seed, options.work)[0])
    wanted = {name: case.right for name, case in BROKEN.items() if case.right}
    hits = sum(bool(set(found[name]) & set(right)) for name, right in wanted.items())
    print(f"found {hits} of {len(wanted)}; false alarms in {false} of {3 * len(options.seeds)} healthy runs")
    prepare("54012 of MNIST", options.work)
    cost = subprocess.run(
        [sys.executable, "-c", COST, str(options.work / "54012 of MNIST")], check=True, capture_output=True, text=True
    )
    print(f"processor time for the signs, mnist, one thread: {float(cost.stdout):+.1%}")


if __name__ == "__main__":
    main()
