"""The embedded features for styling: the styles' own patches as filters, at every octave. No file, no download.

At each octave the commonest kinds of patches of the styles are found (k-means of whitened patches), and each becomes a
filter: its rectified response says where, and how much, a picture looks like that patch. Statistics of these responses
tell a style as those of trained filters do. Such dictionaries are nearly as good as trained first layers (Coates, Ng
2012, "Learning Feature Representations with K-means"); that statistics of one layer of filters at several scales make
textures is by Ustyuzhaninov, Brendel, Gatys, Bethge 2017, "What does it take to generate natural textures?".
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from gantools.draws import permutation
from gantools.features.base import Activations, Label
from gantools.features.layered import Layered
from gantools.features.names import OCTAVES_EDITION
from gantools.keys import key

FILTERS, SIDE = 32, 5  # 64 take 2.5 times as long, no nearer to a style on two pairs; 16 at the first octave blur
PATCHES, ROUNDS = 4000, 5  # of a style at an octave, and of k-means; guess: more change nothing that is seen
WHITENING = 0.1  # of the mean variance, added to each: what is fainter is taken for noise; 0.01 painted it as a hatch
THRESHOLD = 0.75  # in deviations: a response below it says little about likeness; with 0.5 smooth places are hatched
STRIP_PATCHES = 1 << 16
COARSEST_PX, MOST_OCTAVES = 10, 6
LUMA = (0.299, 0.587, 0.114)
EDGE_SIDE, EDGE_FLOOR = 5, 0.02  # a brightness squared: fainter things are free; 0.003 froze clouds and skies
CONTENT_GAIN = 0.25  # so that --content-weight is 0.1 with every network; 0.2 to 1 were judged
FIRM_POSITIONS = 128  # along the long side: finer edges, as firm, leave a style only waves; 64 lost faces
EDGE_OCTAVES = 5
GRAIN_SIDE, GRAIN_OCTAVES = 4, 3
RIMLESS_OCTAVES = 2  # at coarser ones a rim of two positions is too much of a picture to leave it out
HALVING = (1.0, 3.0, 3.0, 1.0)


@dataclass
class Bank:
    """Filters (F, 3, k, k) and biases of one octave; a response gives two channels: above and below the threshold.

    With ``is_rimless`` there is no response where a patch reaches over the border: repeated pixels look like stripes,
    and were painted as dashes along it.
    """

    weight: Tensor
    bias: Tensor
    is_rimless: bool = False

    def __call__(self, x: Tensor) -> Tensor:
        """Return (1, 2F, H, W) of x (1, 3, H, W)."""
        side = self.weight.shape[-1] // 2
        if self.is_rimless and min(x.shape[-2:]) > 2 * side:
            responses = functional.pad(functional.conv2d(x, self.weight, self.bias), (side,) * 4)
        else:
            responses = functional.conv2d(_bordered(x, side), self.weight, self.bias)
        return torch.cat([functional.relu(responses), functional.relu(-responses)], 1)


class Octaves(Layered):
    """The styles' patches as filters at each octave for style, and bands of brightness for content.

    ``colour`` are the pixels; ``bank1`` to ``bank6`` the responses at each octave; ``grain1`` to ``grain3`` their means
    over 4 x 4 positions, whose spread tells whether strokes are gathered or lie everywhere alike; ``edges1`` to
    ``edges5`` brightness less its mean nearby, divided by its deviation nearby: where things are, whatever their
    contrast and colour.

    Args:
        styles: pictures (1, 3, H, W) in [-1, 1] that the filters are made of; their size gives the number of octaves.
    """

    def __init__(self, styles: list[Tensor]) -> None:
        self.label = label()
        shortest = min(min(style.shape[-2:]) for style in styles)
        count = max(2, min(MOST_OCTAVES, int(math.log2(shortest / COARSEST_PX))))
        octaves = range(1, count + 1)
        edges, grains = range(1, min(count, EDGE_OCTAVES) + 1), range(1, min(count - 1, GRAIN_OCTAVES) + 1)
        self.strides = {"colour": 1} | {f"bank{octave}": 1 << (octave - 1) for octave in octaves}
        self.strides |= {f"grain{octave}": GRAIN_SIDE << (octave - 1) for octave in grains}
        self.strides |= {f"edges{octave}": 1 << octave for octave in edges}
        self.style_layers = tuple(name for name in self.strides if not name.startswith("edges"))
        self.content_layers = tuple(f"edges{octave}" for octave in edges)
        self.step = 1 << count
        seen = max(3 << (count - 1), 5 << len(edges))  # a filter, or two blurs, at the last octave, and the halvings
        self.halo = -(-seen // self.step) * self.step
        self.min_size = 16
        self._banks: list[Bank] = []
        for octave in octaves:
            self._banks.append(_dictionary(styles, octave))
            styles = [_halved(style) for style in styles]

    def content_gains(self, long_side: int) -> dict[str, float]:
        """Return factors on the content loss by layer: edges finer than 128 a side bind less, by the square of that.

        What binds is thus told by the share of the picture that it covers, the same at every size.
        """
        firm = {name: min(1.0, (FIRM_POSITIONS * self.strides[name] / long_side) ** 2) for name in self.content_layers}
        return {name: CONTENT_GAIN * gain * len(firm) / sum(firm.values()) for name, gain in firm.items()}

    def activations(self, image: Tensor, names: Iterable[str]) -> Activations:
        """Return some activations (C, H', W') of one picture (1, 3, H, W) in [-1, 1]; gradients pass."""
        wanted = set(names)
        found: Activations = {"colour": image.squeeze(0)} if "colour" in wanted else {}
        x = image
        for octave, bank in enumerate(self._banks, 1):
            if wanted & {f"bank{octave}", f"grain{octave}"}:
                responses = bank(x)
                found |= {f"bank{octave}": responses.squeeze(0)} if f"bank{octave}" in wanted else {}
                if f"grain{octave}" in wanted:
                    found[f"grain{octave}"] = _Means.apply(responses).squeeze(0)  # type: ignore[no-untyped-call]
            x = _halved(x)
            if f"edges{octave}" in wanted:
                found[f"edges{octave}"] = _edges(x).squeeze(0)
        return found

    def to(self, device: torch.device) -> None:
        """Move the filters to a device."""
        self._banks = [replace(bank, weight=bank.weight.to(device), bias=bank.bias.to(device)) for bank in self._banks]


class _Means(torch.autograd.Function):
    """Means of x (1, C, H, W) over GRAIN_SIDE squared positions, fewer where it ends.

    The derivative of torch's own takes ten times as long where channels lie last, as convolutions return them.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.size = x.shape[-2:]
        return functional.avg_pool2d(x, GRAIN_SIDE, ceil_mode=True)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> Tensor:
        height, width = ctx.size
        (slope,) = slopes
        counts = functional.avg_pool2d(slope.new_ones(1, 1, height, width), GRAIN_SIDE, GRAIN_SIDE, ceil_mode=True,
                                       divisor_override=1)  # fmt: skip
        share = (slope / counts)[0].permute(1, 2, 0)
        rows, columns, channels = share.shape
        spread = share[:, None, :, None].expand(rows, GRAIN_SIDE, columns, GRAIN_SIDE, channels)
        spread = spread.reshape(rows * GRAIN_SIDE, columns * GRAIN_SIDE, channels)[:height, :width]
        return spread.permute(2, 0, 1)[None]


def label() -> Label:
    """Return name and digest of the definition."""
    definition = (OCTAVES_EDITION, FILTERS, SIDE, PATCHES, ROUNDS, WHITENING, THRESHOLD, COARSEST_PX, EDGE_SIDE,
                  EDGE_FLOOR, CONTENT_GAIN, FIRM_POSITIONS, GRAIN_SIDE, GRAIN_OCTAVES, RIMLESS_OCTAVES)  # fmt: skip
    return Label("embedded", blake2b(repr(definition).encode(), digest_size=6).hexdigest())


@torch.no_grad()
def _dictionary(styles: list[Tensor], octave: int) -> Bank:
    """Return the commonest kinds of patches of the styles as filters, scaled to responses of unit deviation."""
    bordered = [_bordered(style, SIDE // 2)[0] for style in styles]
    count, mean, covariance = _spread(bordered)
    values, vectors = torch.linalg.eigh(covariance)
    whitener = ((vectors * (values + WHITENING * values.mean() + 1e-8).rsqrt()) @ vectors.T).float()
    chosen = torch.from_numpy(permutation(key(0, "patches", octave), count)[:PATCHES])
    white = functional.normalize((_patches_at(bordered, chosen) - mean) @ whitener, dim=1)
    centres = white[:FILTERS]
    for _ in range(ROUNDS):  # spherical k-means
        nearest = (white @ centres.T).argmax(1)
        members = functional.one_hot(nearest, len(centres)).to(white.dtype)
        centres = functional.normalize(members.T @ white, dim=1)
    filters = centres @ whitener
    deviation = ((filters.double() @ covariance) * filters).sum(1).clamp_min(1e-8).sqrt()
    filters = filters / deviation[:, None].float()
    return Bank(filters.reshape(-1, 3, SIDE, SIDE), -filters @ mean - THRESHOLD, octave <= RIMLESS_OCTAVES)


def _spread(bordered: list[Tensor]) -> tuple[int, Tensor, Tensor]:
    """Return how many patches pictures (3, H + k - 1, W + k - 1) have, their mean (D,) and covariance (D, D).

    Patches are k x k pixels of three colours, D numbers. They are looked at in strips: all those of a large picture at
    once would take 75 times its memory.
    """
    count, size = 0, 3 * SIDE**2
    total, products = (bordered[0].new_zeros(shape, dtype=torch.float64) for shape in ((size,), (size, size)))
    for picture in bordered:
        rows = max(1, STRIP_PATCHES // picture.shape[2])
        for top in range(0, picture.shape[1] - SIDE + 1, rows):
            patches = functional.unfold(picture[None, :, top : top + rows + SIDE - 1], SIDE)[0]  # (D, n)
            count += patches.shape[1]
            total += patches.sum(1, dtype=torch.float64)
            products += (patches @ patches.T).double()
    mean = total / count
    return count, mean.float(), products / count - torch.outer(mean, mean)


def _patches_at(bordered: list[Tensor], places: Tensor) -> Tensor:
    """Return the patches (N, D) at places (N,), counted row by row, one picture after the other."""
    found: list[Tensor] = []
    parts: list[Tensor] = []
    first, near = 0, torch.arange(SIDE)
    for picture in bordered:
        height, width = (side - SIDE + 1 for side in picture.shape[1:])
        own = (places >= first) & (places < first + height * width)
        rows, columns = (places[own] - first) // width, (places[own] - first) % width
        patches = picture[:, (rows[:, None] + near)[:, :, None], (columns[:, None] + near)[:, None]]  # (3, n, k, k)
        found.append(own.nonzero().squeeze(1))
        parts.append(patches.permute(1, 0, 2, 3).flatten(1))
        first += height * width
    return torch.cat(parts)[torch.cat(found).argsort().to(parts[0].device)]


def _edges(x: Tensor) -> Tensor:
    """Return brightness (1, 1, H, W) of x (1, 3, H, W) less its mean nearby, divided by its deviation nearby."""
    light = (x * x.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
    band = light - _blurred(light)
    return band / (_blurred(band.square()) + EDGE_FLOOR).sqrt()


def _blurred(x: Tensor) -> Tensor:
    return functional.avg_pool2d(_bordered(x, EDGE_SIDE // 2), EDGE_SIDE, 1)


def _bordered(x: Tensor, side: int) -> Tensor:
    return functional.pad(x, (side,) * 4, mode="replicate")


def _halved(x: Tensor) -> Tensor:
    """Return x at half the size, blurred by [1, 3, 3, 1] / 8 along both sides.

    Plain means over 2 x 2 answer to waves of 3 and 4 pixels by others that are not there, and the pixels then take the
    way back: they were painted as a grid of fine lines. Aliasing is what it is called (Zhang 2019, "Making
    Convolutional Networks Shift-Invariant Again").
    """
    line = x.new_tensor(HALVING) / 8.0
    kernel = torch.outer(line, line).expand(x.shape[1], 1, 4, 4)
    height, width = x.shape[-2:]
    bordered = functional.pad(x, (1, 1 + width % 2, 1, 1 + height % 2), mode="replicate")
    return functional.conv2d(bordered, kernel, stride=2, groups=x.shape[1])
