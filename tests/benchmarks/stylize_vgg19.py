"""Seconds an iteration of `gantools stylize` with VGG-19 at 512 px beside a plain loop of neural-style-pt's kind.

Equal work: activations up to relu5_1, style at relu1_1 to relu5_1 by Gram matrices, content at relu4_2, the variation,
and the gradient of their sum, all of which one evaluation is. The weights are random: time does not depend on them.
Each contestant measures in a process of its own, with as many threads; they take turns. `peak` is the largest memory
of its process. Run it on a quiet machine; on one that others use, one thread and the processor's own seconds are what
can be compared:

    python tests/benchmarks/stylize_vgg19.py --size 512 --iterations 5 --repeats 3
    python tests/benchmarks/stylize_vgg19.py --size 512 --iterations 5 --repeats 3 --threads 1 --clock processor
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from shared.processes import heading

GOAL = 3.0

COMMON = """
import resource, sys, time
import torch
from torch import nn
from gantools.features.torchvision_nets import build
size, iterations, kind, threads = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]) or None
clock = {"wall": time.perf_counter, "processor": time.process_time}[sys.argv[5]]
if threads:
    torch.set_num_threads(threads)
torch.manual_seed(0)
network = build("vgg19")
for name, value in network.state_dict().items():
    spread = (2 / value[0].numel()) ** 0.5 if value.dim() > 1 else 0.0  # He 2015: no layer fades or grows
    network.load_state_dict({name: torch.randn(value.shape) * spread}, assign=True, strict=False)
picture = torch.rand(1, 3, size, size)
def measure(evaluate):
    evaluate()
    times = []
    for _ in range(iterations):
        began = clock()
        evaluate()
        times.append(clock() - began)
    print(sorted(times)[len(times) // 2], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""

PLAIN = (
    COMMON
    + """
class Gram(nn.Module):
    def forward(self, x):
        rows = x.view(x.shape[1], -1)
        return rows @ rows.t() / rows.numel()
net, losses = nn.Sequential(), []
class Style(nn.Module):
    def __init__(self, wanted):
        super().__init__()
        self.gram, self.wanted = Gram(), wanted
    def forward(self, x):
        self.loss = nn.functional.mse_loss(self.gram(x), self.wanted)
        return x
class Content(nn.Module):
    def __init__(self, wanted):
        super().__init__()
        self.wanted = wanted
    def forward(self, x):
        self.loss = nn.functional.mse_loss(x, self.wanted)
        return x
x = picture
for number, module in enumerate(list(network.features)[:30]):
    with torch.no_grad():
        x = module(x)
    net.append(module)
    if number in (1, 6, 11, 20, 29):
        losses.append(Style(Gram()(x)))
        net.append(losses[-1])
    if number == 22:
        losses.append(Content(x.clone()))
        net.append(losses[-1])
for parameter in net.parameters():
    parameter.requires_grad = False
leaf = torch.rand_like(picture).requires_grad_()
def evaluate():
    leaf.grad = None
    net(leaf)
    total = sum(loss.loss for loss in losses)
    across, down = leaf[..., 1:] - leaf[..., :-1], leaf[..., 1:, :] - leaf[..., :-1, :]
    total = total + 1e-3 * (across.abs().sum() + down.abs().sum())
    total.backward()
measure(evaluate)
"""
)

OURS = (
    COMMON
    + """
from gantools.config.style import resolve
from gantools.device import settle
from gantools.features.base import Label
from gantools.features.networks import NetworkLayers
from gantools.features.torchvision_nets import VGG19
from gantools.style.objective import Objective, Target, wanted_of
objective, precision, tile = kind.split()
machine = settle("cpu", threads, precision)
features = NetworkLayers(Label("vgg19", "0" * 12), network.features, VGG19)
config = resolve("default", {"objective": objective})
wanted = wanted_of(features, features.style_layers, [picture], [1.0], machine.autocast)
whole = Objective(config, features, picture, [Target(wanted)], tile=int(tile) or None, autocast=machine.autocast)
image = torch.rand_like(picture)
measure(lambda: whole.evaluate(image))
"""
)

LOOP = "plain loop, fp32"
CONTESTANTS = {
    LOOP: (PLAIN, "-"),
    "gram, fp32": (OURS, "gram fp32 0"),
    "wasserstein, fp32": (OURS, "wasserstein fp32 0"),
    "gram, fp32, tiles of 256": (OURS, "gram fp32 256"),
}
BF16 = {"gram, bf16": (OURS, "gram bf16 0"), "wasserstein, bf16": (OURS, "wasserstein bf16 0")}
"""Only where the processor computes bf16 itself: elsewhere it is emulated, and an evaluation takes minutes."""

if any(flag in Path("/proc/cpuinfo").read_text() for flag in ("avx512_bf16", "amx_bf16")):
    CONTESTANTS |= BF16


def main() -> None:
    """Let the contestants take turns, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--iterations", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0, help="all cores when not given")
    parser.add_argument("--clock", choices=("wall", "processor"), default="wall")
    parser.add_argument(
        "--only", action="append", choices=CONTESTANTS, metavar="NAME", help="repeatable, beside the loop"
    )
    options = parser.parse_args()
    chosen = {name: it for name, it in CONTESTANTS.items() if name in (LOOP, *(options.only or CONTESTANTS))}
    turns: list[dict[str, tuple[float, float]]] = []
    with tempfile.TemporaryDirectory() as place:
        for number, (script, _) in enumerate(chosen.values()):
            Path(place, f"{number}.py").write_text(script)
        for _ in range(options.repeats):
            turns.append({
                name: measured(Path(place, f"{number}.py"), kind, options)
                for number, (name, (_, kind)) in enumerate(chosen.items())
            })  # fmt: skip
    how = f"{options.threads or 'all'} threads, {options.clock} seconds"
    heading(f"one evaluation at {options.size} px, median of {options.iterations}, {options.repeats} turns, {how}")
    print(f"{'':28}{'s/iteration':>12}{'x plain':>9}{'least':>8}{'most':>8}{'goal':>6}{'peak MiB':>10}")
    for name in chosen:
        ratios = sorted(turn[LOOP][0] / turn[name][0] for turn in turns)
        seconds = statistics.median(turn[name][0] for turn in turns)
        goal = f"{GOAL:.0f}" if name == "gram, bf16" else ""
        peak = max(turn[name][1] for turn in turns)
        print(
            f"{name:28}{seconds:12.2f}{statistics.median(ratios):9.2f}{ratios[0]:8.2f}{ratios[-1]:8.2f}{goal:>6}{peak:10.0f}"
        )


def measured(script: Path, kind: str, options: argparse.Namespace) -> tuple[float, float]:
    """Run one contestant; return its seconds an iteration and its largest memory in MiB."""
    numbers = [str(options.size), str(options.iterations), kind, str(options.threads), options.clock]
    command = [sys.executable, str(script), *numbers]
    root = Path(__file__).resolve().parent.parent.parent
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    seconds, peak = done.stdout.split()
    return float(seconds), float(peak)


if __name__ == "__main__":
    main()
