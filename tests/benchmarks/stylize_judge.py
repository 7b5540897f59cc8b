"""How near stylised pictures come to their style, and how far they go from their content, told by a network.

Each candidate is a set of options of `gantools stylize`. The judge is SqueezeNet, which no candidate but its own
optimises. Style distance: means and deviations of channels at five layers against those of the painting, each layer
divided by the painting's own squared length. Content distance: how much the likeness of positions among each other
changed at two layers, a mean difference of cosines (the self-similarity of Kolkin 2019, "Style Transfer by Relaxed
Optimal Transport and Self-Similarity", equation 5). Both are 0 for equal pictures; one without the other is easily had,
so they are read as a pair. Photographs as they are, and paintings in their place, are the two ends.

`patches` is a second judge of style, without a network: patches of 7 x 7 pixels of picture and painting at three
octaves, laid on 64 random directions each and compared rank by rank (the sliced Wasserstein distance of Elnekave, Weiss
2022, "Generating Natural Images with Direct Patch Distributions Matching"). No candidate minimises it, though the
embedded features, which are patches too, are of its kind. Means over all pairs, and the worst.

    python tests/benchmarks/stylize_judge.py --contents photos --styles paintings --weights squeezenet1_0.safetensors

`--candidate 'name: options'` adds one, `--only` leaves out those that stand below. `--keep FOLDER` keeps the pictures,
and lays those of each candidate out on one sheet: a row for each painting, a column for each photograph. Pictures that
are there already are not made again, and count no time.
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
from PIL import Image, ImageDraw
from shared.processes import heading
from torch import Tensor
from torch.nn import functional

from gantools.config.style import resolve
from gantools.draws import permutation
from gantools.features.choose import layers_for
from gantools.features.layered import Layered
from gantools.keys import key
from gantools.style.scales import fit, resized

CANDIDATES = {
    "embedded": "",
    "embedded, fast": "--preset fast",
    "embedded, content x 3": "--content-weight {three}",
    "embedded, content / 3": "--content-weight {third}",
    "embedded, moments": "--objective moments",
    "squeezenet, its own judge": "--features squeezenet --weights {weights}",
}
GRID = 12
"""Positions a side between which the likeness is taken."""

PATCH, DIRECTIONS, RANKS, OCTAVES = 7, 64, 2048, 3
MOST_PATCHES = 16384
"""Of a picture at an octave; of more as many are chosen by a key. All of them at 512 px take seconds to sort, and the
distance is the same to one in a hundred."""

SHEET_PX, MARGIN_PX = 256, 18


def main() -> None:
    """Make the pictures of every candidate, judge them, and print the table."""
    options = arguments()
    judge = layers_for("squeezenet", options.weights, Path(), "max", torch.device("cpu"))([])
    contents, styles = (sorted(path.iterdir()) for path in (options.contents, options.styles))
    heading(f"{len(contents)} photographs x {len(styles)} paintings at {options.size} px, judged by SqueezeNet")
    print(f"{'':28}{'style':>7}{'worst':>7}{'content':>9}{'worst':>7}{'patches':>9}{'worst':>7}{'s/picture':>11}")
    originals = {path: read(path, options.size) for path in (*contents, *styles)}
    pairs = [(content, style) for style in styles for content in contents]
    show("photographs as they are", judge, originals, {pair: originals[pair[0]] for pair in pairs}, 0.0)
    show("paintings in their place", judge, originals, {pair: originals[pair[1]] for pair in pairs}, 0.0)
    with tempfile.TemporaryDirectory() as place:
        for name, words in candidates(options).items():
            folder = (options.keep or Path(place)) / name.replace(" ", "-").replace("/", "by")
            began = time.monotonic()
            for style in styles:
                stylize(contents, style, options.size, shlex.split(words), folder / style.stem)
            seconds = (time.monotonic() - began) / len(pairs)
            made = {(c, s): read(folder / s.stem / f"{c.stem}.png", options.size) for c, s in pairs}
            show(name, judge, originals, made, seconds)
            if options.keep:
                sheet(folder, contents, styles).save(folder.with_name(f"{folder.name}.png"))


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--contents", "--styles", "--weights"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--candidate", action="append", default=[], metavar="NAME: OPTIONS")
    parser.add_argument("--only", action="store_true", help="only the candidates that are given")
    parser.add_argument("--keep", type=Path, help="folder for the pictures and their sheets")
    parser.add_argument("--threads", type=int, default=0, help="of each run; 0: its own choice")
    return parser.parse_args()


def candidates(options: argparse.Namespace) -> dict[str, str]:
    """Return name -> options."""
    usual = resolve("default", {}).content_weight
    numbers = {"three": f"{3 * usual:g}", "third": f"{usual / 3:g}", "weights": shlex.quote(str(options.weights))}
    own = {} if options.only else {name: words.format(**numbers) for name, words in CANDIDATES.items()}
    own |= dict(text.partition(":")[::2] for text in options.candidate)
    threads = f" --threads {options.threads}" if options.threads else ""
    return {name: words + threads for name, words in own.items()}


def stylize(contents: list[Path], style: Path, size: int, words: list[str], folder: Path) -> None:
    """Make one folder of pictures."""
    command = [sys.executable, "-m", "gantools", "stylize", *map(str, contents), "--style", str(style)]
    command += ["--size", str(size), "--features", "embedded", *words, "-o", str(folder), "-q"]
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
    """Print a candidate's line: means and the worst over all pairs."""
    style = [style_distance(judge, picture, originals[pair[1]]) for pair, picture in made.items()]
    content = [content_distance(judge, picture, originals[pair[0]]) for pair, picture in made.items()]
    patches = [patch_distance(picture, originals[pair[1]]) for pair, picture in made.items()]
    print(
        f"{name:28}{statistics.mean(style):7.3f}{max(style):7.3f}{statistics.mean(content):9.3f}{max(content):7.3f}"
        f"{statistics.mean(patches):9.3f}{max(patches):7.3f}{seconds:11.1f}",
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
    grid = functional.adaptive_avg_pool2d(activations, GRID).flatten(1)
    unit = functional.normalize(grid, dim=0)
    return unit.T @ unit


@torch.no_grad()
def patch_distance(picture: Tensor, style: Tensor) -> float:
    """Compare the distributions of patches along random directions: a mean difference, in units of [-1, 1]."""
    directions = torch.randn(3 * PATCH**2, DIRECTIONS, generator=torch.Generator().manual_seed(0))
    directions = functional.normalize(directions, dim=0).T.view(DIRECTIONS, 3, PATCH, PATCH)
    gaps = []
    for _ in range(OCTAVES):
        ranks = []
        for image in (picture, style):
            line = functional.conv2d(image, directions).flatten(2)
            if line.shape[-1] > MOST_PATCHES:
                chosen = permutation(key(0, "judged patches"), line.shape[-1])[:MOST_PATCHES]
                line = line[..., torch.from_numpy(chosen)]
            ranks.append(functional.interpolate(line.sort(-1).values, RANKS, mode="linear", align_corners=True))
        gaps.append(float((ranks[0] - ranks[1]).abs().mean()))
        picture, style = (functional.avg_pool2d(image, 2) for image in (picture, style))
    return statistics.mean(gaps)


def sheet(folder: Path, contents: list[Path], styles: list[Path]) -> Image.Image:
    """Lay a candidate's pictures out, with the photographs above, the paintings at the left, and their names."""
    rows: list[list[Path | None]] = [[None, *contents]]
    rows += [[style, *(folder / style.stem / f"{content.stem}.png" for content in contents)] for style in styles]
    step = SHEET_PX + MARGIN_PX
    whole = Image.new("RGB", (step * len(rows[0]), step * len(rows)), "white")
    draw = ImageDraw.Draw(whole)
    for down, row in enumerate(rows):
        for across, path in enumerate(row):
            if path is None:
                continue
            with Image.open(path) as picture:
                small = picture.convert("RGB")
            small.thumbnail((SHEET_PX, SHEET_PX), Image.Resampling.LANCZOS)
            whole.paste(small, (across * step, down * step + MARGIN_PX))
            draw.text((across * step + 2, down * step + 3), path.stem, "black")
    return whole


if __name__ == "__main__":
    main()
