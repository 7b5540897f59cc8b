"""One picture from its content to its result: the sizes of the pyramid, the tiles, and what too little memory does."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import torch
from torch import Tensor

from gantools.config.style import StyleConfig, schedule, work_of
from gantools.device import Machine
from gantools.draws import uniform
from gantools.errors import is_out_of_memory
from gantools.features.layered import Layered
from gantools.keys import key
from gantools.style.objective import Losses, Objective, Target, chosen, wanted_of
from gantools.style.optimise import Pixels
from gantools.style.scales import fit, pooled, resized

Result = TypeVar("Result")
SMALLEST_TILE_PX = 256


@dataclass(frozen=True)
class Moved:
    """One iteration was taken.

    Args:
        long_side: of the picture just now, in pixels.
        losses: before the step.
    """

    long_side: int
    losses: Losses


@dataclass
class Styles:
    """The pictures whose style is wanted.

    Args:
        pictures: (1, 3, H, W) in [-1, 1], on the device.
        shares: together 1.
        is_apart: each style has a region of its own; else they are mixed.
    """

    pictures: list[Tensor]
    shares: list[float]
    is_apart: bool = False


@dataclass
class Studio:
    """What stays the same from picture to picture; what styles want is computed once a size.

    Args:
        config: how pictures are redrawn.
        features_for: returns the features to be used with these styles.
        styles: wanted.
        machine: device and precision.
        seed: keys the noise of ``--start noise``.
        tile: side of the tiles in pixels; None: whole pictures.
        say: told of what was changed for lack of memory.
    """

    config: StyleConfig
    features_for: Callable[[list[Tensor]], Layered]
    styles: Styles
    machine: Machine
    seed: int = 0
    tile: int | None = None
    say: Callable[[str], None] = print
    _known: dict[tuple[int, int], tuple[Layered, list[Target]]] = field(default_factory=dict)

    def targets(self, long_side: int, final_side: int, tile: int | None = None) -> tuple[Layered, list[Target]]:
        """Return the features, and what the styles want of them, for a picture at one size of its pyramid.

        Args:
            long_side, final_side: of the picture at that size, and at the last one, in pixels.
            tile: side of the tiles in which styles are measured that were not yet; None: they are measured whole.

        Returns:
            Of styles that are mixed one target, of those with regions one each.
        """
        if (long_side, final_side) not in self._known:
            config = self.config
            side = (config.style_size or final_side) * config.style_scale * long_side / final_side
            pictures = [_shrunk(style, max(32, round(side))) for style in self.styles.pictures]
            features = self.features_for(pictures)
            layers = chosen(config.style_layers, features.style_layers, features)
            groups = [[picture] for picture in pictures] if self.styles.is_apart else [pictures]
            shares = [[1.0]] * len(groups) if self.styles.is_apart else [self.styles.shares]
            targets = [
                Target(wanted_of(features, layers, group, parts, self.machine.autocast, tile))
                for group, parts in zip(groups, shares, strict=True)
            ]
            self._known[long_side, final_side] = (features, targets)
        return self._known[long_side, final_side]


class Painting:
    """One picture being redrawn.

    Args:
        studio: everything but the picture.
        content: (1, 3, H, W) in [-1, 1] at the size of the result, on the device.
        opacity: (H, W) in [0, 1], None: all of it is seen.
        start: a picture of any size to start from; None: as the configuration says.
        masks: (H, W) in [0, 1], where each style holds; outside all of them the content stays. None: everywhere.
    """

    def __init__(
        self,
        studio: Studio,
        content: Tensor,
        opacity: Tensor | None = None,
        start: Tensor | None = None,
        masks: list[Tensor] | None = None,
    ) -> None:
        self.masks = masks
        self.studio, self.content, self.opacity = studio, content, opacity
        self.schedule = schedule(studio.config, max(content.shape[-2:]))
        self.iterations = sum(count for _, count in self.schedule)
        self.ended = "whole"
        self._tile = studio.tile
        height, width = self._size(0)
        config = studio.config
        begin = resized(start if start is not None else content, height, width)
        if config.start == "noise":
            noise = uniform(key(studio.seed, "stylize noise"), 1, 3, height, width)
            begin = torch.from_numpy(noise).to(content.device)
        self._pixels = Pixels(begin, config.optimizer, config.rate)

    def estimate_s(self) -> float:
        """Return how long the work will take, from one evaluation at the final size; too little memory shows here."""
        last = len(self.schedule) - 1
        self._begin(last)
        began = time.monotonic()
        self._evaluate(last, self.content)
        return (time.monotonic() - began) * work_of(self.schedule, self.iterations)

    def steps(self) -> Iterator[Moved]:
        """Redraw, size by size."""
        for number, (long_side, count) in enumerate(self.schedule):
            if number:
                self._pixels.resize(*self._size(number))
            self._begin(number)
            for losses in self._pixels.descend(partial(self._evaluate, number), count):
                yield Moved(long_side, losses)
                if not math.isfinite(losses.total):
                    return

    def result(self) -> Tensor:
        """Return the picture as far as it is, (1, 3, H, W) at the size of the content."""
        image = resized(self._pixels.result().detach(), *self.content.shape[-2:])
        if self.masks is None:
            return image
        return torch.lerp(self.content, image, torch.stack(self.masks).sum(0).clamp(0.0, 1.0))

    def _begin(self, number: int) -> None:
        """Measure styles and content at a size."""
        self._now = self._within_memory(number, partial(self._objective, number))

    def _evaluate(self, number: int, image: Tensor) -> tuple[Losses, Tensor]:
        """Evaluate by the objective of a size, made anew when tiles have become smaller since."""

        def once() -> tuple[Losses, Tensor]:
            if self._now.tile != self._tile:
                self._now = self._objective(number)
            return self._now.evaluate(image)

        return self._within_memory(number, once)

    def _within_memory(self, number: int, work: Callable[[], Result]) -> Result:
        """Do the work of a size; when memory runs out, do it again in tiles of half the side, and say so."""
        while True:
            try:
                return work()
            except (RuntimeError, MemoryError) as error:
                self._tile = _smaller_tile(error, self._tile, self.schedule[number][0])
                self.studio.say(f"memory: too little for this picture at once, going on in tiles of {self._tile} px")

    def _objective(self, number: int) -> Objective:
        height, width = self._size(number)
        features, targets = self.studio.targets(max(height, width), self.schedule[-1][0], self._tile)
        if self.masks is not None:
            maps = [pooled(mask, height, width) for mask in self.masks]
            targets = [Target(target.wanted, weights) for target, weights in zip(targets, maps, strict=True)]
        return Objective(
            self.studio.config,
            features,
            resized(self.content, height, width),
            targets,
            opacity=None if self.opacity is None else pooled(self.opacity, height, width),
            tile=self._tile,
            autocast=self.studio.machine.autocast,
        )

    def _size(self, number: int) -> tuple[int, int]:
        height, width = self.content.shape[-2:]
        return fit(height, width, self.schedule[number][0])


def _shrunk(style: Tensor, long_side: int) -> Tensor:
    """Return a style at a size; it is never enlarged: blurred pixels have no style."""
    height, width = style.shape[-2:]
    return style if max(height, width) <= long_side else resized(style, *fit(height, width, long_side))


def _smaller_tile(error: Exception, tile: int | None, long_side: int) -> int:
    """Return half the side of the tiles that were too large.

    Raises:
        Exception: ``error``, when it is of another kind, or tiles cannot be smaller.
    """
    half = (tile or long_side) // 2
    if not is_out_of_memory(error) or half < SMALLEST_TILE_PX:
        raise error
    return half
