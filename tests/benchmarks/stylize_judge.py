"""How near stylised pictures come to their style, and how far they go from their content, told by a network.

Each candidate is a set of options of `gantools stylize`. The judge is SqueezeNet, which no candidate but its own
optimises. Style distance: means and deviations of channels at five layers against those of the painting, each layer
divided by the painting's own squared length. Content distance: how much the likeness of positions among each other
changed at two layers, a mean difference of cosines (the self-similarity of Kolkin 2019, "Style Transfer by Relaxed
Optimal Transport and Self-Similarity", equation 5). Both are 0 for equal pictures; one without the other is easily had,
so they are read as a pair. Photographs as they are, and paintings in their place, are the two ends.

    python tests/benchmarks/stylize_judge.py --contents photos --styles paintings --weights squeezenet1_0.safetensors

`--candidate 'name: options'` adds one, `--only` leaves out those that stand below, `--keep FOLDER` keeps the pictures.
"""

import argparse
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from PIL import Image
from shared.processes import heading
from torch import Tensor

from gantools.features.choose import layers_for
from gantools.features.layered import Layered
from gantools.style.scales import fit, resized

CANDIDATES = {
    "embedded": "",
    "embedded, fast": "--preset fast",
    "embedded, content x 3": "--content-weight 0.3",
    "embedded, content / 3": "--content-weight 0.033",
}
GRID = 12
"""Positions a side between which the likeness is taken."""


def main() -> None:
    """Make the pictures of every candidate, judge them, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--contents", "--styles", "--weights"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--candidate", action="append", default=[], metavar="NAME: OPTIONS")
    parser.add_argument("--only", action="store_true", help="only the candidates that are given")
    parser.add_argument("--keep", type=Path, help="folder for the pictures")
    options = parser.parse_args()
    judge = layers_for("squeezenet", options.weights, Path(), "max", torch.device("cpu"))([])
    contents, styles = (sorted(path.iterdir()) for path in (options.contents, options.styles))
    given = dict(text.partition(":")[::2] for text in options.candidate)
    heading(f"{len(contents)} photographs x {len(styles)} paintings at {options.size} px, judged by SqueezeNet")
    print(f"{'':32}{'style':>8}{'worst':>8}{'content':>9}{'worst':>8}{'s/picture':>11}")
    originals = {path: read(path, options.size) for path in (*contents, *styles)}
    pairs = [(content, style) for style in styles for content in contents]
    show("photographs as they are", judge, originals, {pair: originals[pair[0]] for pair in pairs}, 0.0)
    show("paintings in their place", judge, originals, {pair: originals[pair[1]] for pair in pairs}, 0.0)
    with tempfile.TemporaryDirectory() as place:
        for name, words in (given if options.only else CANDIDATES | given).items():
            folder = (options.keep or Path(place)) / name.replace(" ", "-").replace("/", "by")
            began = time.monotonic()
            for style in styles:
                stylize(contents, style, options.size, shlex.split(words), folder / style.stem)
            seconds = (time.monotonic() - began) / len(pairs)
            made = {(c, s): read(folder / s.stem / f"{c.stem}.png", options.size) for c, s in pairs}
            show(name, judge, originals, made, seconds)


def stylize(contents: list[Path], style: Path, size: int, words: list[str], folder: Path) -> None:
    """Make one folder of pictures."""
    command = [sys.executable, "-m", "gantools", "stylize", *map(str, contents), "--style", str(style)]
    command += ["--size", str(size), "--features", "embedded", *words, "-o", str(folder), "-q", "--force"]
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def read(path: Path, size: int) -> Tensor:
    """Return a picture (1, 3, H, W) in [-1, 1], its long side ``size`` pixels."""
    with Image.open(path) as picture:
        rgb = picture.convert("RGB")
    pixels = torch.frombuffer(bytearray(rgb.tobytes()), dtype=torch.uint8).view(1, rgb.height, rgb.width, 3)
    return resized(pixels.permute(0, 3, 1, 2).float() / 127.5 - 1.0, *fit(rgb.height, rgb.width, size))


def show(
    name: str,
    judge: Layered,
    originals: dict[Path, Tensor],
    made: dict[tuple[Path, Path], Tensor],
    seconds: float,
) -> None:
    """Print a candidate's line: medians and the worst over all pairs."""
    style = [style_distance(judge, picture, originals[pair[1]]) for pair, picture in made.items()]
    content = [content_distance(judge, picture, originals[pair[0]]) for pair, picture in made.items()]
    print(
        f"{name:32}{statistics.median(style):8.3f}{max(style):8.3f}{statistics.median(content):9.3f}"
        f"{max(content):8.3f}{seconds:11.1f}",
        flush=True,
    )


@torch.no_grad()
def style_distance(judge: Layered, picture: Tensor, style: Tensor) -> float:
    """Compare means and deviations of channels."""
    found, wanted = (judge.activations(image, judge.style_layers) for image in (picture, style))
    distances = []
    for layer in judge.style_layers:
        one, other = (torch.cat([part[layer].mean((1, 2)), part[layer].std((1, 2))]) for part in (found, wanted))
        distances.append(float((one - other).square().sum() / other.square().sum()))
    return statistics.mean(distances)


@torch.no_grad()
def content_distance(judge: Layered, picture: Tensor, content: Tensor) -> float:
    """Compare the cosines between positions, on a grid, at the two deepest layers."""
    layers = judge.style_layers[-2:]
    content = resized(content, *picture.shape[-2:])
    found, wanted = (judge.activations(image, layers) for image in (picture, content))
    gaps = [(likeness(found[layer]) - likeness(wanted[layer])).abs().mean() for layer in layers]
    return float(torch.stack(gaps).mean())


def likeness(activations: Tensor) -> Tensor:
    """Return the cosines between all positions of a grid, (P, P)."""
    grid = torch.nn.functional.adaptive_avg_pool2d(activations, GRID).flatten(1)
    unit = torch.nn.functional.normalize(grid, dim=0)
    return unit.T @ unit


if __name__ == "__main__":
    main()
