"""Images/s of `gantools train` (dcgan, 64 px, width 64, batch 64) beside a plain script of the same networks.

Whole processes, everything included: start-up, data, average, log, checkpoints, preview. They take turns, so that a
machine whose speed drifts slows all alike; the ratio is taken pair by pair. Run it on a quiet machine:

    python tests/benchmarks/train_dcgan.py --rounds 100 --repeats 3
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from shared.processes import heading, run_of

GANTOOLS = [sys.executable, "-m", "gantools"]
BATCH = 64
GOALS = {"fp32": 1.5, "bf16": 2.4}

RIVAL = Path(__file__).parent / "shared" / "rivals.py"


def main() -> None:
    """Prepare a set, time the three in turn, print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data, ckpt, images = Path(folder, "data"), Path(folder, "run.safetensors"), Path(folder, "images.npy")
        prepare = [*GANTOOLS, "prepare", "demo:stickers", "--size", "64", "--limit", "1000", "-o", str(data), "-q"]
        subprocess.run(prepare, check=True, stdout=subprocess.DEVNULL)
        np.save(images, load_file(data / "pack.safetensors")["images"])
        train = [*GANTOOLS, "train", str(data), "-o", str(ckpt), "--force", "--preset", "dcgan", "-q"]
        commands = {
            "plain": [sys.executable, str(RIVAL), "dcgan", str(images), "--rounds", str(options.rounds)],
            "fp32": [*train, "--precision", "fp32", "--steps", str(options.rounds)],
            "bf16": [*train, "--precision", "bf16", "--steps", str(options.rounds)],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(options.repeats):
            for name, command in commands.items():
                times[name].append(run_of(command)[0])
    report(times, options.rounds)


def report(times: dict[str, list[float]], rounds: int) -> None:
    """Print images/s (median, least, most) and the ratio to the plain script, pair by pair."""
    heading(f"{rounds} rounds of batch {BATCH}, {len(times['plain'])} runs each")
    print(f"{'':8}{'images/s':>10}{'least':>8}{'most':>8}{'x plain':>10}{'least':>8}{'most':>8}{'goal':>8}")
    for name, spent in times.items():
        rates = sorted(rounds * BATCH / s for s in spent)
        ratios = sorted(p / s for p, s in zip(times["plain"], spent, strict=True))
        goal = f"{GOALS[name]:.1f}" if name in GOALS else ""
        print(
            f"{name:8}{statistics.median(rates):10.1f}{rates[0]:8.1f}{rates[-1]:8.1f}"
            f"{statistics.median(ratios):10.2f}{ratios[0]:8.2f}{ratios[-1]:8.2f}{goal:>8}"
        )


if __name__ == "__main__":
    main()
