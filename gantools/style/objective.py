"""The loss of a picture and its gradient: content, style and variation, measured whole or tile by tile.

All that is measured of a picture are sums over positions. The losses are functions of the sums, so that a picture in
tiles needs no other mathematics: sum without gradients, differentiate the losses by the sums, and propagate these
derivatives through each tile. The result is the gradient of the whole, to rounding.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor

from gantools.config.style import StyleConfig
from gantools.features.layered import Layered
from gantools.style.losses import (
    Moments,
    Wanted,
    gram_distance,
    mix,
    moments_distance,
    position_sums,
    variation_sum,
    wasserstein_distance,
)
from gantools.style.scales import pooled
from gantools.style.tiles import Tile, cut

Autocast = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class Losses:
    """The three losses, weighted as they are added up."""

    content: float
    style: float
    variation: float

    @property
    def total(self) -> float:
        """Their sum."""
        return self.content + self.style + self.variation


@dataclass(frozen=True)
class Target:
    """What styles want of the positions that a map of weights gives them.

    Args:
        wanted: by layer.
        weights: (H, W) in [0, 1] at the picture's size; None: every position.
    """

    wanted: dict[str, Wanted]
    weights: Tensor | None = None


def wanted_of(
    features: Layered,
    layers: tuple[str, ...],
    styles: list[Tensor],
    shares: list[float],
    autocast: Autocast,
    tile: int | None = None,
) -> dict[str, Wanted]:
    """Return what a mixture of styles wants of each layer.

    Args:
        features: already fitted.
        layers: names of activations.
        styles: pictures (1, 3, H, W) in [-1, 1].
        shares: of each style, together 1.
        autocast: the precision of the networks.
        tile: side of the tiles in pixels; None: styles are measured whole.
    """
    found: dict[str, list[Moments]] = {layer: [] for layer in layers}
    for style in styles:
        height, width = style.shape[-2:]
        tiles = cut(height, width, tile, features.step, features.halo)
        for layer, moments in _moments(features, layers, style, tiles, autocast).items():
            found[layer].append(moments)
    return {layer: Wanted(mix(moments, shares)) for layer, moments in found.items()}


@torch.no_grad()
def _moments(
    features: Layered, layers: tuple[str, ...], style: Tensor, tiles: list[Tile], autocast: Autocast
) -> dict[str, Moments]:
    """Return mean and second moment of each layer over all positions of a style."""
    sums: dict[str, tuple[Tensor, Tensor]] = {}
    positions: dict[str, int] = dict.fromkeys(layers, 0)
    for tile in tiles:
        with autocast():
            found = features.activations(_read(style, tile), layers)
        for layer, activations in found.items():
            own = _own(activations, tile, features.strides[layer], is_whole=len(tiles) == 1)
            positions[layer] += own.shape[1] * own.shape[2]
            first, second = position_sums(own)
            before = sums.get(layer)
            sums[layer] = (before[0] + first, before[1] + second) if before else (first, second)
    return {layer: Moments(*(total / positions[layer] for total in sums[layer])) for layer in layers}


def chosen(named: tuple[str, ...], usual: tuple[str, ...], features: Layered) -> tuple[str, ...]:
    """Return the layers that are named and that there are at this size; the usual ones when there is none of them."""
    return tuple(name for name in named if name in features.strides) or usual


class Objective:
    """Content, style and variation loss of a picture at one size.

    Args:
        config: weights, layers, the distance of styles.
        features: fitted to the styles.
        content: picture (1, 3, H, W) whose contents are kept.
        targets: what styles want, and where.
        opacity: (H, W) in [0, 1]: what is not seen counts in no loss; None: all is seen.
        tile: side of the tiles in pixels; None: the picture is measured whole.
        autocast: the precision of the features; sums and losses are float32.
    """

    def __init__(
        self,
        config: StyleConfig,
        features: Layered,
        content: Tensor,
        targets: list[Target],
        *,
        opacity: Tensor | None = None,
        tile: int | None = None,
        autocast: Autocast = nullcontext,
    ) -> None:
        self.config, self.features, self.autocast = config, features, autocast
        self.content_layers = chosen(config.content_layers, features.content_layers, features)
        self.style_layers = chosen(config.style_layers, features.style_layers, features)
        self.layers = tuple(dict.fromkeys((*self.style_layers, *self.content_layers)))
        self.height, self.width = content.shape[-2:]
        self.tile, self.tiles = tile, cut(self.height, self.width, tile, features.step, features.halo)
        self.targets = [Target(target.wanted, _product(target.weights, opacity)) for target in targets]
        self.opacity = opacity
        self._contents: dict[str, Tensor] = {}
        self._sizes: dict[str, tuple[int, int]] = {}
        self._weights: dict[tuple[int, str], Tensor | None] = {}
        self._positions: dict[tuple[int, str], float] = {}
        self._seen: dict[str, Tensor | None] = {}
        self._content_scales: dict[str, float] = {}
        self._survey(content)
        self._count()

    def evaluate(self, image: Tensor) -> tuple[Losses, Tensor]:
        """Return the losses of a picture (1, 3, H, W) in [-1, 1], and the gradient of their sum."""
        if len(self.tiles) == 1:
            leaf = image.detach().requires_grad_()
            losses, total = self._judge(self._measure(leaf, self.tiles[0]))
            total.backward()  # type: ignore[no-untyped-call]
            assert leaf.grad is not None, "every loss depends on the picture"
            return losses, leaf.grad
        return self._evaluate_tiles(image.detach())

    def _evaluate_tiles(self, image: Tensor) -> tuple[Losses, Tensor]:
        sums: list[Tensor] = []
        with torch.no_grad():
            for tile in self.tiles:
                parts = self._measure(_read(image, tile), tile)
                sums = [total + part for total, part in zip(sums, parts, strict=True)] if sums else parts
        leaves = [total.requires_grad_() for total in sums]
        losses, total = self._judge(leaves)
        slopes = torch.autograd.grad(total, leaves, materialize_grads=True)
        gradient = torch.zeros_like(image)
        for tile in self.tiles:
            leaf = _read(image, tile).clone().requires_grad_()
            parts = self._measure(leaf, tile)
            (part,) = torch.autograd.grad(parts, leaf, list(slopes))
            _read(gradient, tile).add_(part)
        return losses, gradient

    def _measure(self, image: Tensor, tile: Tile) -> list[Tensor]:
        """Return all sums over a tile's own positions: content by layer, variation, moments by target and layer."""
        with self.autocast():
            found = self.features.activations(image, self.layers)
        strides, is_whole = self.features.strides, len(self.tiles) == 1
        own = {name: _own(activations, tile, strides[name], is_whole) for name, activations in found.items()}
        contents = [self._content_sum(own[name], name, tile) for name in self.content_layers]
        rows, columns = tile.rows, tile.columns
        near = image[0, :, rows.start - rows.read_start :, columns.start - columns.read_start :]
        height, width = rows.stop - rows.start, columns.stop - columns.start
        variation = variation_sum(near, height, width, self.config.tv_power)
        moments = [
            part
            for number, _ in enumerate(self.targets)
            for name in self.style_layers
            for part in position_sums(own[name], self._tile_weights(number, name, tile))
        ]
        return [*contents, variation, *moments]

    def _judge(self, sums: list[Tensor]) -> tuple[Losses, Tensor]:
        """Return the losses that the sums of a whole picture make, and their total as a tensor."""
        config, count = self.config, len(self.content_layers)
        is_published = config.objective == "gram"
        scales = [2.0 if is_published else self._content_scales[name] for name in self.content_layers]
        content = torch.stack([part / scale for part, scale in zip(sums, scales, strict=False)]).mean()
        pixels = 1.0 if is_published else float(self.height * self.width)
        style = content.new_zeros(())
        moments = iter(sums[count + 1 :])
        for number, target in enumerate(self.targets):
            for name in self.style_layers:
                positions = self._positions[number, name]
                found = Moments(next(moments) / positions, next(moments) / positions)
                style = style + self._shares[number] * self._distance(found, target.wanted[name])
        terms = (
            config.content_weight * content,
            config.style_weight * style / len(self.style_layers),
            config.tv_weight * sums[count] / pixels,
        )
        total = terms[0] + terms[1] + terms[2]
        return Losses(*(float(term.detach()) for term in terms)), total

    def _distance(self, found: Moments, wanted: Wanted) -> Tensor:
        if self.config.objective == "gram":
            return gram_distance(found, wanted.moments)
        if self.config.objective == "moments":
            return moments_distance(found, wanted.moments)
        return wasserstein_distance(found, wanted)

    @torch.no_grad()
    def _survey(self, content: Tensor) -> None:
        """Measure the content picture tile by tile: what is wanted of it, and how large each activation is."""
        parts: dict[str, list[list[Tensor]]] = {name: [] for name in self.content_layers}
        for tile in self.tiles:
            with self.autocast():
                found = self.features.activations(_read(content, tile), self.layers)
            for name, activations in found.items():
                stride = self.features.strides[name]
                own = _own(activations, tile, stride, is_whole=len(self.tiles) == 1)
                corner = (tile.rows.start // stride, tile.columns.start // stride)
                self._sizes[name] = (corner[0] + own.shape[1], corner[1] + own.shape[2])
                if name in parts and not tile.columns.start:
                    parts[name].append([])
                if name in parts:
                    parts[name][-1].append(own.clone())
        self._contents = {name: torch.cat([torch.cat(row, 2) for row in rows], 1) for name, rows in parts.items()}

    def _count(self) -> None:
        """Bring the weights to the grid of each layer, and add them up."""
        for number, target in enumerate(self.targets):
            for name in self.style_layers:
                size = self._sizes[name]
                weights = None if target.weights is None else pooled(target.weights, *size)
                total = float(size[0] * size[1]) if weights is None else float(weights.sum().clamp_min(1.0))
                self._weights[number, name], self._positions[number, name] = weights, total
        shares = [1.0 if target.weights is None else float(target.weights.mean()) for target in self.targets]
        self._shares = [share / max(sum(shares), 1e-6) for share in shares]
        gains = self.features.content_gains(max(self.height, self.width))
        for name in self.content_layers:
            seen = None if self.opacity is None else pooled(self.opacity, *self._sizes[name])
            self._seen[name] = seen
            squares = self._contents[name].float().square().sum(0)
            energy = max(float((squares if seen is None else squares * seen).sum()), 1e-6)
            self._content_scales[name] = energy / gains.get(name, 1.0)

    def _content_sum(self, own: Tensor, name: str, tile: Tile) -> Tensor:
        stride, seen = self.features.strides[name], self._seen[name]
        place = (tile.rows.whole(stride), tile.columns.whole(stride))
        squares = (own.float() - self._contents[name][:, place[0], place[1]].float()).square().sum(0)
        return squares.sum() if seen is None else (squares * seen[place]).sum()

    def _tile_weights(self, number: int, name: str, tile: Tile) -> Tensor | None:
        stride, weights = self.features.strides[name], self._weights[number, name]
        return None if weights is None else weights[tile.rows.whole(stride), tile.columns.whole(stride)]


def _own(activations: Tensor, tile: Tile, stride: int, is_whole: bool) -> Tensor:
    """Return a tile's own positions of what was measured of all that was read for it."""
    if is_whole:
        return activations  # a slice of all of it would cost a copy on the way back
    return activations[:, tile.rows.own(stride), tile.columns.own(stride)]


def _read(image: Tensor, tile: Tile) -> Tensor:
    """Return what is read of a picture (1, C, H, W) for a tile: a view."""
    rows, columns = tile.rows, tile.columns
    return image[:, :, rows.read_start : rows.read_stop, columns.read_start : columns.read_stop]


def _product(first: Tensor | None, second: Tensor | None) -> Tensor | None:
    return second if first is None else first if second is None else first * second
