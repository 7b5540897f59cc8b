"""Seconds until an equal objective, beside the method of style-transfer-pytorch, which is written down here plainly.

The method, after its published description: 2-Wasserstein distances of Gaussians at five layers, with weights of 256,
64, 16, 4 and 1, by a matrix root of 12 Newton-Schulz iterations with its gradient by as many (Lin, Maji 2017, "Improved
Bilinear Pooling with CNNs"); content by squared differences, 0.015; squared differences to the eight neighbours, 2;
sizes that grow by the root of 2 from 128; Adam at 0.02 (0.9, 0.99), its moments enlarged with the picture; an average
of the iterates with 0.99, corrected for its beginning; 1,000 iterations at the first size, 500 at each other. `--share`
takes a part of all of these counts, and shortens the average's memory by as much.

`the same steps, our parts` takes these steps with our features, precision and closed form of the distance. `ours`
minimises the same sum with what `gantools stylize` is made of: the features, their convolutions and precision, the
closed form of the distance, the schedule of sizes, the smoothed steps. Both results are judged by one exact form of the
objective, with torchvision's network as it is. Seconds are the processor's, in one process with one thread, without
the judging.

    python tests/benchmarks/stylize_wasserstein.py --content photo.jpg --style painting.jpg --weights w.safetensors
"""

import argparse
import math
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from shared.gaussians import CONTENT, SHARES, VARIATION, Method, Plain, Root, exact_root, variation
from shared.processes import heading
from torch import Tensor, nn
from torch.nn import functional

from gantools.config.style import StyleConfig, schedule
from gantools.device import settle
from gantools.features.base import Label
from gantools.features.networks import NetworkLayers
from gantools.features.torchvision_nets import ARCHITECTURES
from gantools.features.weights import module_from
from gantools.style.losses import Moments, Wanted, position_sums, wasserstein_distance
from gantools.style.objective import Autocast, Losses
from gantools.style.optimise import Pixels
from gantools.style.pixels import read_pixels
from gantools.style.scales import fit, resized

ITERATIONS, KEPT, RATE = 500, 0.99, 0.02
OURS = (25, 50, 100, 150)
"""Iterations at each size, one run after another until one is below the method."""


Maker = Callable[[Tensor, Tensor], Callable[[Tensor], Tensor]]


def theirs(slopes_for: Maker, content: Tensor, style: Tensor, share: float) -> Iterator[tuple[float, Tensor]]:
    """Redraw as the method does; yield seconds and the average of the iterates, ten times at the last size.

    Args:
        slopes_for: given content and style at one size, returns what gives the gradient of a picture.
        content, style: pictures (1, 3, H, W) in [0, 1].
        share: of the published counts.
    """
    side, sizes = max(content.shape[-2:]), [128]
    while sizes[-1] < side:
        sizes.append(min(side, round(128 * math.sqrt(2.0) ** len(sizes))))
    keep = KEPT ** (1.0 / share)
    seconds, first, second, taken = 0.0, None, None, 0
    result = at(content, sizes[0])
    for size in sizes:
        began = time.process_time()
        slopes = slopes_for(at(content, size), at(style, size))
        image = at(result, size).clone()
        first, second = (torch.zeros_like(image) if m is None else at(m, size, False) for m in (first, second))
        second.clamp_min_(0.0)
        average, weight = torch.zeros_like(image), 0.0
        count = max(1, round(ITERATIONS * share * (2 if size == sizes[0] else 1)))
        for iteration in range(1, count + 1):
            gradient = slopes(image)
            taken += 1
            first.lerp_(gradient, 0.1)
            second.lerp_(gradient.square(), 0.01)
            scale = (second / (1 - 0.99**taken)).sqrt().add_(1e-8)
            image.addcdiv_(first, scale, value=-RATE / (1 - 0.9**taken)).clamp_(0.0, 1.0)
            average.lerp_(image, 1 - keep)
            weight = keep * weight + 1 - keep
            if size == sizes[-1] and (iteration * 10 // count > (iteration - 1) * 10 // count):
                seconds += time.process_time() - began
                yield seconds, average / weight
                began = time.process_time()
        result = average / weight
        seconds += time.process_time() - began


class Same:
    """The same objective out of what ``gantools stylize`` is made of; pictures in [-1, 1]."""

    def __init__(self, features: NetworkLayers, content: Tensor, style: Tensor, autocast: Autocast) -> None:
        self.features, self.autocast = features, autocast
        self._layers = tuple(dict.fromkeys((*features.style_layers, *features.content_layers)))
        with torch.no_grad():
            self._content = self._activations(content)[features.content_layers[0]].float()
            found = self._activations(style)
            self._wanted = [Wanted(_mean_of(found[layer])) for layer in features.style_layers]

    def _activations(self, image: Tensor) -> dict[str, Tensor]:
        with self.autocast():
            return self.features.activations(image, self._layers)

    def evaluate(self, image: Tensor) -> tuple[Losses, Tensor]:
        """Return the losses and the gradient."""
        leaf = image.detach().requires_grad_()
        found = self._activations(leaf)
        content = CONTENT * (found[self.features.content_layers[0]].float() - self._content).square().mean()
        style = content.new_zeros(())
        for share, layer, wanted in zip(SHARES, self.features.style_layers, self._wanted, strict=True):
            own = _mean_of(found[layer])
            style = style + share * wasserstein_distance(own, wanted) * wanted.moments.scale() / len(own.mean)
        smooth = VARIATION * variation((leaf + 1.0) / 2.0)
        (gradient,) = torch.autograd.grad(content + style + smooth, leaf)
        return Losses(float(content.detach()), float(style.detach()), float(smooth.detach())), gradient


def plain_slopes(network: Plain) -> Maker:
    """Return what makes the method's own gradients."""

    def make(content: Tensor, style: Tensor) -> Callable[[Tensor], Tensor]:
        loss = Method(network, content, style, Root.apply)  # type: ignore[arg-type]

        def slopes(image: Tensor) -> Tensor:
            leaf = image.detach().requires_grad_()
            return torch.autograd.grad(loss(leaf), leaf)[0]

        return slopes

    return make


def our_slopes(features: NetworkLayers, autocast: Autocast) -> Maker:
    """Return what makes the same gradients out of our parts."""

    def make(content: Tensor, style: Tensor) -> Callable[[Tensor], Tensor]:
        objective = Same(features, content * 2.0 - 1.0, style * 2.0 - 1.0, autocast)
        return lambda image: objective.evaluate(image * 2.0 - 1.0)[1] * 2.0

    return make


def _mean_of(activations: Tensor) -> Moments:
    positions = activations.shape[1] * activations.shape[2]
    mean, second = (part / positions for part in position_sums(activations))
    return Moments(mean, second)


def ours(
    features: NetworkLayers, content: Tensor, style: Tensor, autocast: Autocast, count: int
) -> tuple[float, Tensor]:
    """Redraw with our schedule and steps; return the seconds and the picture in [0, 1]."""
    began = time.process_time()
    content, style = content * 2.0 - 1.0, style * 2.0 - 1.0
    steps = schedule(StyleConfig(iterations=count), max(content.shape[-2:]))
    pixels = Pixels(at(content, steps[0][0]), "adam", StyleConfig().rate)
    for number, (size, iterations) in enumerate(steps):
        small = at(content, size)
        if number:
            pixels.resize(*small.shape[-2:])
        objective = Same(features, small, at(style, size), autocast)
        for _ in pixels.descend(objective.evaluate, iterations):
            pass
    return time.process_time() - began, (pixels.result() + 1.0) / 2.0


def at(image: Tensor, side: int, is_picture: bool = True) -> Tensor:
    """Return a picture at a size; moments are no pictures and keep their range."""
    height, width = fit(*image.shape[-2:], side)
    if is_picture:
        return resized(image, height, width)
    return functional.interpolate(image, (height, width), mode="bicubic", align_corners=False)


def networks(weights: Path) -> tuple[Plain, NetworkLayers]:
    """Return the plain network, and ours of the same weights with the same borders: else objectives would differ."""
    first, second = (module_from("squeezenet", weights, Path())[0] for _ in range(2))
    stack: Any = second.get_submodule("features")
    layers = ARCHITECTURES["squeezenet"].layers
    features = NetworkLayers(
        Label("squeezenet", "0" * 12), stack, {name: int(path.rpartition(".")[2]) for name, path in layers.items()}
    )
    for module in list(second.modules()):
        if isinstance(module, nn.Conv2d) and module is not stack[0]:
            module.padding_mode = "zeros"
    return Plain("squeezenet", first), features


def main() -> None:
    """Let the method run, then ours with more and more iterations until it is below, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--content", type=Path, required=True)
    parser.add_argument("--style", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, help="SqueezeNet's")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--share", type=float, default=0.1)
    options = parser.parse_args()
    machine = settle("cpu", 1, "auto")
    plain, features = networks(options.weights)
    content, style = (
        torch.from_numpy(read_pixels(path, options.size)[0]).permute(2, 0, 1)[None].float().div(255.0)
        for path in (options.content, options.style)
    )
    judge = Method(plain, content, at(style, options.size), exact_root)
    heading(f"{options.size} px, {options.share:g} of all iterations, ours in {machine.precision}")
    print(f"{'':34}{'seconds':>9}{'objective':>11}{'x sooner':>10}")
    with torch.no_grad():
        print(f"{'the photograph':34}{0:9.1f}{float(judge(content)):11.5f}", flush=True)
    goal, spent = math.inf, 0.0
    for number, (spent, picture) in enumerate(theirs(plain_slopes(plain), content, style, options.share), 1):
        goal = _judged(judge, picture)
        print(f"{f'the method, {number * 10} % of the last size':34}{spent:9.1f}{goal:11.5f}", flush=True)
    autocast = machine.autocast if machine.precision == "bf16" else nullcontext
    *_, (seconds, picture) = theirs(our_slopes(features, autocast), content, style, options.share)
    row = f"{seconds:9.1f}{_judged(judge, picture):11.5f}{spent / seconds:10.1f}"
    print(f"{'the same steps, our parts':34}{row}", flush=True)
    for count in OURS:
        seconds, picture = ours(features, content, style, autocast, count)
        value = _judged(judge, picture)
        print(f"{f'ours, {count} at each size':34}{seconds:9.1f}{value:11.5f}{spent / seconds:10.1f}", flush=True)
        if value <= goal:
            break


@torch.no_grad()
def _judged(judge: Method, picture: Tensor) -> float:
    return float(judge(picture.clamp(0.0, 1.0)))


if __name__ == "__main__":
    main()
