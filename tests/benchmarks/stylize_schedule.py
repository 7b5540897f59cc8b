"""How far down the default schedule of `gantools stylize` gets, beside the same with half and with more iterations.

Every run is one of the public command and differs in `--iterations` alone, that is, in all sizes of its pyramid alike.
What counts is the picture in the file: its loss under one fixed objective, the default's at the final size, measured
whole in float32. `style` and `content` are its parts, as they are added up. The last column is the loss over that of
the longest run of the pair: the default is to be within 2 % of a run five times as long.

    python tests/benchmarks/stylize_schedule.py --pair photo.jpg:painting.jpg --size 256

`--pair` may be given more than once, `--options` hands further options to every run.
"""

import argparse
import shlex
import statistics
import sys
import tempfile
from pathlib import Path

import torch
from shared.processes import heading, run_of
from torch import Tensor

from gantools.config.style import StyleConfig, resolve
from gantools.device import settle
from gantools.features.octaves import Octaves
from gantools.style.objective import Losses, Objective
from gantools.style.paint import Studio, Styles
from gantools.style.pixels import read_pixels

FACTORS = (0.5, 1.0, 2.0, 5.0)


def main() -> None:
    """Make the pictures, measure them, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pair", action="append", required=True, metavar="PHOTO:PAINTING")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--factor", type=float, action="append", help=f"of the iterations (default {FACTORS})")
    parser.add_argument("--options", default="", help="further options of every run")
    options = parser.parse_args()
    config = resolve("default", {"features": "embedded", "size": options.size})
    factors = sorted(options.factor or FACTORS)
    heading(f"{len(options.pair)} pairs at {options.size} px, {config.iterations} iterations at each size")
    print(f"{'':44}{'iterations':>11}{'s':>8}{'loss':>9}{'style':>9}{'content':>9}{'x longest':>11}")
    shares: dict[float, list[float]] = {factor: [] for factor in factors}
    for pair in options.pair:
        photo, _, painting = pair.partition(":")
        rows = [made(Path(photo), Path(painting), config, factor, options.options) for factor in factors]
        for factor, (count, seconds, losses) in zip(factors, rows, strict=True):
            shares[factor].append(losses.total / rows[-1][2].total)
            name = f"{Path(photo).stem} as {Path(painting).stem}"
            numbers = f"{losses.total:9.4f}{losses.style:9.4f}{losses.content:9.4f}{shares[factor][-1]:11.3f}"
            print(f"{name:44}{count:11d}{seconds:8.1f}{numbers}", flush=True)
    for factor, found in shares.items():
        words = f"{statistics.mean(found):.3f}, at most {max(found):.3f}"
        print(f"{f'{factor:g} x the iterations: x longest, mean':44}{words}")


def made(photo: Path, painting: Path, config: StyleConfig, factor: float, words: str) -> tuple[int, float, Losses]:
    """Make one picture; return its iterations at the final size, the seconds it took, and its losses."""
    count = max(1, round(factor * config.iterations))
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "out.png"
        command = [sys.executable, "-m", "gantools", "stylize", str(photo), "--style", str(painting), "-o", str(out)]
        command += ["--features", "embedded", "--size", str(config.size), "--iterations", str(count), "-q"]
        seconds, _ = run_of([*command, *shlex.split(words)])
        picture = pixels(out, config.size)
    content, style = pixels(photo, config.size), pixels(painting, config.size)
    studio = Studio(config, Octaves, Styles([style], [1.0]), settle("cpu", None, "fp32"))
    long_side = max(content.shape[-2:])
    features, targets = studio.targets(long_side, long_side)
    losses, _ = Objective(config, features, content, targets).evaluate(picture)
    return count, seconds, losses


def pixels(path: Path, size: int) -> Tensor:
    """Return a picture (1, 3, H, W) in [-1, 1], at most ``size`` pixels long."""
    colour, _ = read_pixels(path, size)
    return torch.from_numpy(colour).permute(2, 0, 1)[None].float().div(127.5).sub(1.0).contiguous()


if __name__ == "__main__":
    main()
