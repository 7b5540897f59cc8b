"""3 x 3 convolutions with borders repeated, by a quarter of the multiplications. float32 and bf16 on a CPU.

A tile of 6 x 6 inputs gives 4 x 4 outputs by 36 products a pair of channels, where the plain sum takes 144; what is
added before and after grows with the channels, the products with their square. The gradient goes the same way back
with the same transformed weights.

Source: Lavin, Gray 2016, "Fast Algorithms for Convolutional Neural Networks", F(4 x 4, 3 x 3), section 4.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

OWN, READ = 4, 6
"""Sides of a tile: its outputs, and the inputs that it reads."""

TILES = 256
"""Tiles worked on at once: enough for fast products, and few enough to stay in the processor's cache."""

FEWEST = 128
"""Channels from which on it is faster than a plain convolution: on one Zen 4 core forwards and back 1.2 times with 128,
1.7 with 256, 2.2 with 512, in float32 as in bf16 (tests/benchmarks/stylize_convolutions.py)."""

_INPUT = torch.tensor([
    [2.0, -3.0, -4.0, 3.0, 2.0, 0.0], [0.0, -2.0, 1.0, 5.0, 2.0, 0.0], [0.0, -2.0, 5.0, -1.0, -2.0, 0.0],
    [0.0, 2.0, 1.0, -2.0, -1.0, 0.0], [0.0, 1.0, -2.0, -1.0, 2.0, 0.0], [0.0, 2.0, -3.0, -4.0, 3.0, 2.0],
])  # fmt: skip
_KERNEL = torch.tensor([
    [15.0, 0.0, 0.0], [5.0, 5.0, 5.0], [5.0, -5.0, 5.0], [32.0, 16.0, 8.0], [1.0, -2.0, 4.0], [0.0, 0.0, 15.0],
], dtype=torch.float64) / 30.0  # fmt: skip
_OUTPUT = torch.tensor([
    [1.0, 1.0, 1.0, 1.0, 1.0, 0.0], [0.0, 1.0, -1.0, 0.5, -2.0, 0.0],
    [0.0, 1.0, 1.0, 0.25, 4.0, 0.0], [0.0, 1.0, -1.0, 0.125, -8.0, 1.0],
])  # fmt: skip
"""The paper's B', G and A' at the points 0, 1, -1, 1/2, -2: with 2 in place of 1/2, as printed there, rounding is half
as large again (Barabasz, Anderson, Soodhalter, Gregg 2020). Entries of the outer two, and products of them, are exact
in bf16. A tile is a column of its values, so that one matrix transforms both of its sides."""

INPUT, OUTPUT = torch.kron(_INPUT, _INPUT), torch.kron(_OUTPUT, _OUTPUT)


class Winograd(nn.Module):
    """A convolution in another order of its sums; on a GPU the convolution itself.

    In float32 it differs from the plain one by some millionths, in bf16 by 2 % (the plain one in bf16 by 0.3 %): what
    the transforms add up and take away again is rounded in between. tests/benchmarks/stylize_bf16.py shows that
    pictures end at the same losses, within 2 %.

    Args:
        plain: a convolution of which ``fits`` is true, with its weights; they are not trained.
    """

    def __init__(self, plain: nn.Conv2d) -> None:
        super().__init__()
        self.plain = plain
        self._weights: dict[torch.dtype, Tensor] = {}

    def forward(self, x: Tensor) -> Tensor:
        """Return (1, K, H, W) of x (1, C, H, W), in float32, or bf16 where autocast asks for it."""
        if x.device.type != "cpu":
            return self.plain(x)  # type: ignore[no-any-return]
        dtype = torch.bfloat16 if torch.is_autocast_enabled("cpu") else torch.float32
        if dtype not in self._weights:
            self._weights[dtype] = transformed(self.plain.weight).to(dtype)
        found: Tensor = _Convolved.apply(x.to(dtype), self._weights[dtype], self.plain.bias)  # type: ignore[no-untyped-call]
        return found


def fits(module: nn.Module) -> bool:
    """Return whether a module is a convolution that is faster this way."""
    return (
        isinstance(module, nn.Conv2d)
        and module.kernel_size == (3, 3)
        and module.padding == (1, 1)
        and (module.stride, module.dilation, module.groups) == ((1, 1), (1, 1), 1)
        and min(module.in_channels, module.out_channels) >= FEWEST
    )


def transformed(weight: Tensor) -> Tensor:
    """Return weights (K, C, 3, 3) as one matrix (C, K) for each of a tile's 36 values."""
    out_channels, in_channels = weight.shape[:2]
    rows = weight.double().reshape(-1, 9).T
    found = (torch.kron(_KERNEL, _KERNEL) @ rows).reshape(READ * READ, out_channels, in_channels)
    return found.transpose(1, 2).float().contiguous()


class _Convolved(torch.autograd.Function):
    """The convolution and its gradient; pictures are (1, C, H, W), inside (H, W, C)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weights: Tensor, bias: Tensor | None) -> Tensor:
        height, width = x.shape[-2:]
        rows, columns = -(-height // OWN), -(-width // OWN)
        ctx.size, ctx.weights = (height, width), weights
        border = (1, 1 + columns * OWN - width, 1, 1 + rows * OWN - height)
        padded = _inside(functional.pad(x, border, mode="replicate"))
        found = x.new_empty(rows, OWN, columns, OWN, weights.shape[2])
        read, own_of = INPUT.to(x.dtype), OUTPUT.to(x.dtype)
        for start, stop in _chunks(rows, columns):
            tiles = _tiles(padded, start, stop, columns).reshape(READ * READ, -1)
            products = torch.bmm((read @ tiles).view(READ * READ, -1, weights.shape[1]), weights)
            own = (own_of @ products.view(READ * READ, -1)).view(OWN, OWN, stop - start, columns, -1)
            found[start:stop].permute(1, 3, 0, 2, 4).copy_(own)
        if bias is not None:
            found += bias
        return _outside(found.view(rows * OWN, columns * OWN, -1)[:height, :width])

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, None, None]:
        (height, width), weights = ctx.size, ctx.weights
        rows, columns = -(-height // OWN), -(-width // OWN)
        slope = functional.pad(slopes[0], (0, columns * OWN - width, 0, rows * OWN - height))
        outer = _inside(slope).view(rows, OWN, columns, OWN, -1)
        padded = slope.new_zeros(rows * OWN + READ - OWN, columns * OWN + READ - OWN, weights.shape[1])
        read, own_of = INPUT.T.to(slope.dtype), OUTPUT.T.to(slope.dtype)
        for start, stop in _chunks(rows, columns):
            own = outer[start:stop].permute(1, 3, 0, 2, 4).reshape(OWN * OWN, -1)
            products = (own_of @ own).view(READ * READ, -1, weights.shape[2])
            tiles = read @ torch.bmm(products, weights.transpose(1, 2)).view(READ * READ, -1)
            _add_tiles(padded, tiles.view(READ, READ, stop - start, columns, -1), start)
        return _outside(_without_border(padded, height, width)), None, None


def _chunks(rows: int, columns: int) -> list[tuple[int, int]]:
    """Return rows of tiles that are worked on at once: from, to."""
    step = max(1, TILES // columns)
    return [(start, min(rows, start + step)) for start in range(0, rows, step)]


def _tiles(padded: Tensor, start: int, stop: int, columns: int) -> Tensor:
    """Return the tiles of a picture (H, W, C), which overlap, as a view (6, 6, rows, columns, C)."""
    down, right, _ = padded.stride()
    size = (READ, READ, stop - start, columns, padded.shape[2])
    return padded.as_strided(size, (down, right, OWN * down, OWN * right, 1), start * OWN * down)


def _add_tiles(padded: Tensor, tiles: Tensor, start: int) -> None:
    """Add tiles (6, 6, rows, columns, C) to where they were read; every second one overlaps with none."""
    places = _tiles(padded, start, start + tiles.shape[2], tiles.shape[3])
    for row in range(2):
        for column in range(2):
            places[:, :, row::2, column::2] += tiles[:, :, row::2, column::2]


def _without_border(padded: Tensor, height: int, width: int) -> Tensor:
    """Return the slopes of a picture (H, W, C) from those of it with its borders repeated."""
    padded[1] += padded[0]
    padded[height] += padded[height + 1 :].sum(0)
    padded[:, 1] += padded[:, 0]
    padded[:, width] += padded[:, width + 1 :].sum(1)
    return padded[1 : height + 1, 1 : width + 1]


def _inside(x: Tensor) -> Tensor:
    return x[0].permute(1, 2, 0).contiguous()


def _outside(x: Tensor) -> Tensor:
    return x[None].permute(0, 3, 1, 2)  # so that torch takes it for channels last
