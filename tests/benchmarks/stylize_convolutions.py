"""Seconds of each of VGG-19's 3 x 3 convolutions at 512 px, forwards and back: plain, and in tiles of fewer products.

`off` is how far values and slopes in bf16 lie from the plain float32 ones, in percent of their norm. One thread, and
the processor's own seconds: other work on the machine counts little.

    python tests/benchmarks/stylize_convolutions.py
"""

import statistics
import time
from collections.abc import Callable

import torch
from shared.processes import heading
from torch import Tensor, nn

from gantools.device import settle
from gantools.features.winograd import Winograd

LAYERS = ((64, 64, 512), (64, 128, 256), (128, 128, 256), (128, 256, 128), (256, 256, 128), (256, 512, 64),
          (512, 512, 64), (512, 512, 32))  # fmt: skip
"""Channels in and out, and the side of the picture."""

REPEATS = 5


def main() -> None:
    """Time every layer in both ways and both precisions."""
    settle("cpu", 1, "fp32")
    torch.manual_seed(0)
    heading(f"median of {REPEATS}, milliseconds")
    print(f"{'layer':>16}{'fp32':>8}{'tiles':>8}{'x':>6}{'bf16':>8}{'tiles':>8}{'x':>6}{'off %':>8}{'tiles':>8}")
    for inside, outside, side in LAYERS:
        plain = nn.Conv2d(inside, outside, 3, padding=1, padding_mode="replicate").requires_grad_(False)
        tiled = Winograd(plain)
        picture = torch.randn(1, inside, side, side).relu().contiguous(memory_format=torch.channels_last)
        slope = torch.randn(1, outside, side, side).contiguous(memory_format=torch.channels_last)
        found = [timed(each, picture.to(dtype), slope.to(dtype))
                 for dtype in (torch.float32, torch.bfloat16) for each in (plain, tiled)]  # fmt: skip
        times = [1000.0 * seconds for seconds, _ in found]
        off = [100.0 * max(apart(*both) for both in zip(values, found[0][1], strict=True)) for _, values in found[2:]]
        name = f"{inside}-{outside} {side} px"
        print(f"{name:>16}{times[0]:8.0f}{times[1]:8.0f}{times[0] / times[1]:6.1f}{times[2]:8.0f}{times[3]:8.0f}"
              f"{times[2] / times[3]:6.1f}{off[0]:8.2f}{off[1]:8.2f}", flush=True)  # fmt: skip


def timed(convolve: Callable[[Tensor], Tensor], picture: Tensor, slope: Tensor) -> tuple[float, tuple[Tensor, Tensor]]:
    """Return seconds, and what came out: the values and the slopes of the picture."""
    times = []
    for _ in range(REPEATS):
        leaf = picture.detach().requires_grad_()
        began = time.process_time()
        with torch.autocast("cpu", torch.bfloat16, enabled=picture.dtype == torch.bfloat16):
            values = convolve(leaf)
        (back,) = torch.autograd.grad(values, leaf, slope)
        times.append(time.process_time() - began)
    return statistics.median(times), (values.detach().float(), back.float())


def apart(one: Tensor, other: Tensor) -> float:
    """Return a distance as a share of the norm."""
    return float((one - other).norm() / other.norm())


if __name__ == "__main__":
    main()
