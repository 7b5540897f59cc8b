"""Whether bf16 gives the pictures of float32: both are made, and the loss of both is taken in float32.

Each network in turn: the embedded features, SqueezeNet where its weights are given, and VGG-19's shape with random
weights (He 2015), which time and rounding depend on as with trained ones. `worse` is how much larger the loss of the
bf16 picture is, in percent; the goal is at most 2. `levels` is how far the two pictures lie apart, a mean over pixels
of 0 to 255, and `shaken` how far two float32 pictures do whose starts differ by at most half a level: where a loss has
many minima, rounding chooses among them. Seconds are those of the processor, so that other work counts little.

    python tests/benchmarks/stylize_bf16.py --content photo.jpg --style painting.jpg --weights squeezenet1_0.safetensors
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from shared.networks import random_vgg19
from shared.processes import heading
from torch import Tensor

from gantools.config.style import StyleConfig, resolve
from gantools.device import Machine, settle
from gantools.draws import uniform
from gantools.features.base import Label
from gantools.features.choose import layers_for
from gantools.features.layered import Layered
from gantools.features.networks import NetworkLayers
from gantools.features.torchvision_nets import VGG19
from gantools.style.objective import Losses, Objective
from gantools.style.paint import Painting, Studio, Styles
from gantools.style.pixels import read_pixels

GOAL = 2.0
Maker = Callable[[list[Tensor]], Layered]


def main() -> None:
    """Make the pictures with every network in both precisions, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--content", type=Path, action="append", required=True)
    parser.add_argument("--style", type=Path, action="append", required=True, help="one for each --content")
    parser.add_argument("--weights", type=Path, help="SqueezeNet's")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--iterations", type=int, default=30)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    config = resolve("default", {"size": options.size, "iterations": options.iterations})
    heading(f"{options.size} px, {options.iterations} iterations at each size, {options.threads or 'all'} threads")
    columns = f"{'fp32':>9}{'bf16':>9}{'worse %':>9}{'goal':>6}{'levels':>8}{'shaken':>8}{'s':>8}{'s bf16':>8}"
    print(f"{'features':12}{'pair':>36}{columns}")
    cpu = torch.device("cpu")
    makers: dict[str, Maker] = {"embedded": layers_for("embedded", None, Path(), "max", cpu)}
    if options.weights:
        makers["squeezenet"] = layers_for("squeezenet", options.weights, Path(), "max", cpu)
    makers["vgg19 random"] = random_vgg()
    for name, maker in makers.items():
        for pair in zip(options.content, options.style, strict=True):
            content, style = (as_tensor(path, options.size) for path in pair)
            shaken = content + torch.from_numpy(uniform(7, *content.shape)) / 255.0
            made = [
                redrawn(config, maker, content, style, settle("cpu", options.threads, precision), start)
                for precision, start in (("fp32", content), ("bf16", content), ("fp32", shaken))
            ]
            one, other = (judged(config, maker, content, style, made[k][0], options.threads).total for k in (0, 1))
            apart = [float((made[0][0] - made[k][0]).abs().mean()) * 127.5 for k in (1, 2)]
            named = " in the style of ".join(path.stem for path in pair)
            print(f"{name:12}{named:>36}{one:9.4f}{other:9.4f}{100 * (other / one - 1):9.2f}{GOAL:6.0f}{apart[0]:8.2f}"
                  f"{apart[1]:8.2f}{made[0][1]:8.1f}{made[1][1]:8.1f}", flush=True)  # fmt: skip


def random_vgg() -> Maker:
    """Return VGG-19's features with random weights."""
    stack: Any = random_vgg19().get_submodule("features")
    features = NetworkLayers(Label("vgg19", "0" * 12), stack, VGG19)
    return lambda styles: features


def as_tensor(path: Path, size: int) -> Tensor:
    """Return a picture (1, 3, H, W) in [-1, 1]."""
    return torch.from_numpy(read_pixels(path, size)[0]).permute(2, 0, 1)[None].float().div(127.5).sub(1.0)


def redrawn(
    config: StyleConfig, maker: Maker, content: Tensor, style: Tensor, machine: Machine, start: Tensor
) -> tuple[Tensor, float]:
    """Return a picture redrawn, and the seconds of the processor that it took."""
    began = time.process_time()
    painting = Painting(Studio(config, maker, Styles([style], [1.0]), machine), content, start=start)
    for _ in painting.steps():
        pass
    return painting.result(), time.process_time() - began


def judged(
    config: StyleConfig, maker: Maker, content: Tensor, style: Tensor, picture: Tensor, threads: int | None
) -> Losses:
    """Return the losses of a picture in float32."""
    studio = Studio(config, maker, Styles([style], [1.0]), settle("cpu", threads, "fp32"))
    features, targets = studio.targets(max(content.shape[-2:]), max(content.shape[-2:]))
    return Objective(config, features, content, targets).evaluate(picture)[0]


if __name__ == "__main__":
    main()
