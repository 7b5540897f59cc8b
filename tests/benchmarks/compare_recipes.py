"""Recipes side by side at equal wall-clock or images: images/s, memory, and the figures of `inspect --against`.

A recipe is a name and the options of `gantools train`; `@dcgan` and `@lesson` instead of options are the two plain
scripts of shared/rivals.py. Each run is a process of its own, and all recipes take turns, seed by seed. The clock runs
from the start of a process to its end; later times go on from the checkpoint. Held-out pictures judge.

    gantools prepare photos -o data --holdout 10%
    python tests/benchmarks/compare_recipes.py data --work scratch --seconds 120 600 --seeds 1 2 3 \
        --recipe 'default:' --recipe 'no average: --ema 0' --recipe 'textbook: @lesson' --recipe 'plain DCGAN: @dcgan'
    python tests/benchmarks/compare_recipes.py data --work scratch --seconds 120 --rates 0.25 0.5 1 2 4

On a machine that others use, `--images 100000` compares at equal work, and images/s says what that costs. The folder of
`--work` keeps what was measured, so that a run is never taken twice, and a sheet of pictures of each; `--under 'nice'`
stands in front of each training process.
"""

import argparse
import json
import shlex
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from shared.processes import heading, run_of

from gantools.data.folder import open_data
from gantools.features.choose import extractor_for
from gantools.files.checkpoint import load_average
from gantools.files.document import read_document
from gantools.measure.judge import Judge
from gantools.measure.reals import Eyes, Reals, Sample, keyed_ranks, take
from gantools.pictures.grid import grid
from gantools.pictures.write import png_bytes
from gantools.training.health import verdict

GANTOOLS = [sys.executable, "-m", "gantools"]
RIVALS = Path(__file__).parent / "shared" / "rivals.py"
SHOWN = ("kid", "frechet", "coverage", "recall", "vendi", "memorisation")
SHEET = 64
DEFAULT = ("default:", "plain DCGAN: @dcgan", "textbook: @lesson")


@dataclass(frozen=True)
class Recipe:
    """A name, and options of `gantools train` or `@` and the name of a rival."""

    name: str
    words: str

    @staticmethod
    def read(text: str) -> "Recipe":
        """Read ``name: words``."""
        name, colon, words = text.partition(":")
        if not colon:
            raise argparse.ArgumentTypeError(f"found '{text}', expected 'name: options'")
        return Recipe(name.strip(), words.strip())

    @property
    def rival(self) -> str | None:
        """The plain script, when it is one."""
        return self.words[1:] if self.words.startswith("@") else None


class Study:
    """One data set, one judge, and what was measured so far.

    Args:
        options: what was typed.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.data, self.work = options, Path(options.data), Path(options.work)
        self.store = self.work / "results.jsonl"
        with open_data(self.data) as pictures:
            self.digest = pictures.digest
        lines = self.store.read_text().splitlines() if self.store.exists() else []
        self.rows: list[dict[str, Any]] = [json.loads(line) for line in lines]

    @property
    def unit(self) -> str:
        """What the points of a run are counted in."""
        return "images" if self.options.images else "seconds"

    @property
    def points(self) -> list[float]:
        """When a run is judged, in rising order."""
        return sorted(self.options.images or self.options.seconds)

    @cached_property
    def judge(self) -> Judge:
        """The judge, made when something is to be judged: it reads all the reals."""
        weights = self.options.weights
        eyes = Eyes(extractor_for("auto", weights, self.work), torch.device("cpu"))
        return Judge(Reals(self.data, self.options.n, 0), eyes, 0, lambda done: None)

    @cached_property
    def images(self) -> Path:
        """The training pictures as the rivals read them."""
        path = self.work / f"{self.digest[:16]}.npy"
        if not path.exists():
            with open_data(self.data) as pictures:
                np.save(path, pictures.read(list(range(pictures.count))))
        return path

    def key(self, recipe: Recipe, seed: int) -> dict[str, Any]:
        """Return what a measured run is known by: data, options, times, threads, and what judged it."""
        options = self.options
        judged = [options.n, "embedded" if options.weights is None else options.weights.name]
        return {"data": self.digest, "words": recipe.words, "seed": seed, "unit": self.unit, "points": self.points,
                "threads": options.threads, "judged": judged}  # fmt: skip

    def run(self, recipe: Recipe, seed: int) -> list[dict[str, Any]]:
        """Return a row for each time of one run, which is taken when it is not known."""
        key = self.key(recipe, seed)
        known = [row for row in self.rows if row["key"] == key]
        if known:
            return known
        stem = "".join(letter if letter.isalnum() else "-" for letter in f"{self.data.name}-{recipe.name}-{seed}")
        rows = self._rival(recipe.rival, seed, stem) if recipe.rival else self._gantools(recipe, seed, stem)
        for row in rows:
            row["key"] = key
            with self.store.open("a") as lines:
                lines.write(json.dumps(row) + "\n")
        self.rows += rows
        return rows

    def _gantools(self, recipe: Recipe, seed: int, stem: str) -> list[dict[str, Any]]:
        path, rows, spent, before = self.work / f"{stem}.safetensors", [], 0.0, 0.0
        for at in self.points:
            length = (
                ["--images", f"{at - before:.0f}"] if self.unit == "images" else ["--max-time", f"{at - before:g}s"]
            )
            words = [*GANTOOLS, "train", str(self.data), "-o", str(path), "-q", *length]
            if before:
                words += ["--resume"]
            else:
                words += ["--force", "--seed", str(seed), "--on-collapse", "warn", *shlex.split(recipe.words)]
            seconds, memory = run_of([*self.under(), *words, *self._threads()])
            before, spent = at, spent + seconds
            document = read_document(path)[1]
            sample = self.judge.look(load_average(path)[0], lambda done: None)
            row = {"at": at, "seconds": spent, "images": document.register.images, "memory": memory}
            row["state"] = str(verdict(document.config, document.register).state)
            rows.append(row | self._judged(sample, f"{stem}-at-{at:g}"))
        return rows

    def _rival(self, rival: str, seed: int, stem: str) -> list[dict[str, Any]]:
        reals = self.judge.reals
        with tempfile.TemporaryDirectory() as folder:
            words = [sys.executable, str(RIVALS), rival, str(self.images), "--seed", str(seed), "--output", folder]
            points = [f"{at:g}" for at in self.points]
            words += ["--fakes", str(reals.pictures), f"--{self.unit}", *points, *self._threads()]
            _, memory = run_of([*self.under(), *words])
            rows = []
            for number, at in enumerate(self.points):
                fakes = np.load(Path(folder, f"{number}.npy"))
                counts = json.loads(Path(folder, f"{number}.json").read_text())
                parts = (fakes[start : start + 64] for start in range(0, len(fakes), 64))
                sample = take(parts, self.judge.eyes, lambda done: None, keyed_ranks(0, reals.pictures))
                row = {"at": at, **counts, "memory": memory, "state": "-"}
                rows.append(row | self._judged(sample, f"{stem}-at-{at:g}"))
        return rows

    def _judged(self, sample: Sample, stem: str) -> dict[str, Any]:
        """Return value, error and floor of each figure, and keep a sheet of the first pictures."""
        (self.work / f"{stem}.png").write_bytes(png_bytes(grid(sample.pixels[:SHEET])))
        figures = {name: figure.facts() for name, figure in self.judge.figures([sample])[0].items()}
        kept = ("value", "standard_error", "floor", "n")
        return {"figures": {name: {key: facts[key] for key in kept} for name, facts in figures.items()}}

    def under(self) -> list[str]:
        """Return the words in front of each training process."""
        return shlex.split(self.options.under)

    def _threads(self) -> list[str]:
        return ["--threads", str(self.options.threads)] if self.options.threads else []


def with_rates(recipe: Recipe, factors: list[float], data: Path) -> list[Recipe]:
    """Return the recipe with both rates multiplied by each factor; a rival stays as it is."""
    if recipe.rival:
        return [recipe]
    words = [*GANTOOLS, "train", str(data), *shlex.split(recipe.words), "--print-config"]
    printed = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    values = dict(line.partition("  #")[0].split("=", 1) for line in printed.splitlines())
    rate_g, rate_d = float(values["optimizer.lr_g"]), float(values["optimizer.lr_d"])
    typed = {factor: f"--lr-g {rate_g * factor:g} --lr-d {rate_d * factor:g}" for factor in factors}
    return [Recipe(f"{recipe.name} rates x {factor:g}", f"{recipe.words} {rates}") for factor, rates in typed.items()]


def show(name: str, seed: str, rows: list[dict[str, Any]], at: float) -> None:
    """Print the line of a run, or of all runs of a recipe: means, with half the range, or the error of a single run."""
    rows = [row for row in rows if row["at"] == at]
    rate = statistics.mean(row["images"] / row["seconds"] for row in rows)
    images, memory = (statistics.mean(row[key] for row in rows) for key in ("images", "memory"))
    seconds = statistics.mean(row["seconds"] for row in rows)
    cells = [f"{name:<28} {seed:>5} {seconds:>5.0f} {rate:>8,.0f} {images:>9,.0f} {memory:>5,.0f}"]
    for figure in SHOWN:
        found = [row["figures"][figure] for row in rows if figure in row["figures"]]
        if not found or any(each["value"] is None for each in found):
            cells.append(f"{'-':>15}")
            continue
        values = [each["value"] for each in found]
        spread = (max(values) - min(values)) / 2 if len(found) > 1 else found[0]["standard_error"] or 0.0
        cells.append(f"{statistics.mean(values):>8.3f} ±{spread:.3f}")
    print(" ".join(cells), *sorted({row["state"] for row in rows}), flush=True)


def compare(study: Study, recipes: list[Recipe]) -> None:
    """Take all runs, seed by seed, and print a line of each, then one of each recipe."""
    options = study.options
    print(" ".join([f"{'recipe':<28} {'seed':>5} {'s':>5} {'images/s':>8} {'images':>9} {'MiB':>5}",
                    *(f"{name:>15}" for name in SHOWN)]), flush=True)  # fmt: skip
    found: dict[str, list[dict[str, Any]]] = {recipe.name: [] for recipe in recipes}
    for seed in options.seeds:
        for recipe in recipes:
            rows = study.run(recipe, seed)
            found[recipe.name] += rows
            for at in study.points:
                show(recipe.name, str(seed), rows, at)
    first = next(iter(found.values()))[0]["figures"]
    floors = [f"{first[name]['floor']:>15.3f}" if name in first else f"{'-':>15}" for name in SHOWN]
    counts = sorted({facts["n"] for facts in first.values()})
    title = f"floors, n {', '.join(f'{count:,}' for count in counts)}"
    print(" ".join([f"{title:<65}", *floors]))
    if len(options.seeds) > 1:
        for at in study.points:
            for name, rows in found.items():
                show(name, "all", rows, at)


def main() -> None:
    """Print one table; without data a small one of the drawn stickers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, help="what prepare wrote, best with --holdout")
    parser.add_argument("--work", type=Path, help="folder that keeps results, checkpoints and sheets")
    parser.add_argument("--recipe", action="append", type=Recipe.read, help="'name: options', repeatable")
    parser.add_argument("--rates", type=float, nargs="+", help="take each recipe with its rates times these")
    parser.add_argument("--seconds", type=float, nargs="+", default=[60.0], help="when to judge")
    parser.add_argument("--images", type=float, nargs="+", help="instead: after so many images")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--n", type=int, default=2000, help="pictures of each kind that figures are made of")
    parser.add_argument("--weights", type=Path, help="weights of the judge; without them the embedded one")
    parser.add_argument("--threads", type=int, help="of each run")
    parser.add_argument("--under", default="", help="words in front of each training process")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if options.threads:
            torch.set_num_threads(options.threads)  # the judge's
        options.work = options.work or Path(scratch)
        options.work.mkdir(parents=True, exist_ok=True)
        if options.data is None:
            options.data = Path(scratch, "data")
            words = ["prepare", "demo:stickers", "--holdout", "10%", "-o", str(options.data), "-q"]
            subprocess.run([*GANTOOLS, *words], check=True, stdout=subprocess.DEVNULL)
        recipes = options.recipe or [Recipe.read(text) for text in DEFAULT]
        if options.rates:
            recipes = [each for recipe in recipes for each in with_rates(recipe, options.rates, options.data)]
        judge = "embedded features" if options.weights is None else options.weights.name
        equal = "images" if options.images else "wall-clock"
        heading(f"{options.data.name}, equal {equal}, judged by {judge}; ± half the range of seeds, of one its error")
        compare(Study(options), recipes)


if __name__ == "__main__":
    main()
