"""From a plan to pictures: files to pixels, pixels redrawn, pixels to files."""

import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gantools.device import Machine
from gantools.errors import Again, UnhealthyError, unknown_name
from gantools.features.choose import layers_for
from gantools.features.layered import Layered
from gantools.files.atomic import write_bytes
from gantools.pictures.painted import PaintedNote
from gantools.pictures.write import encode
from gantools.style.colour import histogram_matched, matched, with_chroma_of
from gantools.style.objective import Losses
from gantools.style.paint import Moved, Painting, Studio, Styles
from gantools.style.pixels import read_mask, read_pixels
from gantools.style.plan import Job, Wish

FLAT = 0.01
"""A result whose pixels deviate by less, of a range of 2, shows nothing."""


@dataclass(frozen=True)
class Painted:
    """What became of one picture.

    Args:
        job: it.
        data: the bytes of the file.
        note: what they say.
        is_flat: the result is of one colour though the content is not.
    """

    job: Job
    data: bytes
    note: PaintedNote
    is_flat: bool


class Workshop:
    """Redraws the pictures of a plan one by one.

    Args:
        wish: what was typed, with ``features`` settled.
        machine: device and precision.
        tile: side of the tiles in pixels; None: pictures are measured whole.
        say: told of what was changed for lack of memory.
        writes: False in a rehearsal, which keeps no copy of weights.
    """

    def __init__(
        self, wish: Wish, machine: Machine, tile: int | None, say: Callable[[str], None], *, writes: bool = True
    ) -> None:
        self.wish, self.machine = wish, machine
        config = wish.config
        self._features = layers_for(
            config.features, wish.weights, wish.cache, config.pooling, machine.device, writes=writes
        )
        largest = max(config.size, config.style_size) * max(1.0, config.style_scale)
        pictures = [_tensor(read_pixels(style.path, round(largest))[0]).to(machine.device) for style in wish.styles]
        total = sum(style.weight for style in wish.styles)
        self._styles = Styles(pictures, [style.weight / total for style in wish.styles], bool(wish.masks))
        self.studio = self._studio(self._styles, tile, say)
        self._tile, self._say = tile, say
        features = self._features(pictures)
        self.label = str(features.label)
        _require_layers("--style-layers", config.style_layers, features)
        _require_layers("--content-layers", config.content_layers, features)

    def painting(self, job: Job, *, is_gentle: bool = False) -> Painting:
        """Return a picture ready to be redrawn.

        Args:
            job: which it is.
            is_gentle: at a quarter of the rate and from the content, after the usual way failed.
        """
        colour, opacity = read_pixels(job.content.open(), self.wish.config.size)
        content = _tensor(colour).to(self.machine.device)
        seen = None if opacity is None else torch.from_numpy(opacity).to(self.machine.device)
        studio = self.studio
        if self.wish.preserve_color in ("match", "histogram"):
            change = matched if self.wish.preserve_color == "match" else histogram_matched
            styles = Styles(
                [change(style, content) for style in self._styles.pictures], self._styles.shares, bool(self.wish.masks)
            )
            studio = self._studio(styles, self._tile, self._say)
        if is_gentle:
            studio = replace(studio, config=replace(studio.config, rate=studio.config.rate / 4.0, start="content"))
        start = None
        if studio.config.start not in ("content", "noise"):
            start = _tensor(read_pixels(Path(self.wish.config.start), self.wish.config.size)[0]).to(self.machine.device)
        masks = [torch.from_numpy(read_mask(mask, *content.shape[-2:])).to(content.device) for mask in self.wish.masks]
        return Painting(studio, content, seen, start, masks or None)

    def finished(self, job: Job, painting: Painting, taken: int, losses: Losses, ended: str) -> Painted:
        """Return a picture as it is now, as the bytes of a file.

        Args:
            job: which it is.
            painting: of this job.
            taken: iterations.
            losses: of the last one.
            ended: ``whole``, or what cut it short.

        Raises:
            UnhealthyError: numbers that are not finite. A quarter of the rate is tried unasked: the hint goes below it.
        """
        image = painting.result()
        if not bool(torch.isfinite(image).all()):
            message = f"{job.content.name}: the losses became infinite, expected finite ones; nothing was written"
            raise UnhealthyError(message, hint=f"--rate {self.wish.config.rate / 16:g}")
        if self.wish.preserve_color == "luma":
            image = with_chroma_of(image, painting.content)
        is_flat = float(image.std()) < FLAT <= float(painting.content.std())
        pixels = image[0].add(1.0).mul(127.5).round().clamp(0, 255).to(torch.uint8).cpu().numpy()
        opacity = painting.opacity
        if opacity is not None and job.format != "jpeg":
            alpha = opacity.mul(255.0).round().to(torch.uint8).cpu().numpy()
            pixels = np.concatenate([pixels, alpha[None]])
        content, style, variation = (float(f"{loss:.6g}") for loss in (losses.content, losses.style, losses.variation))
        note = PaintedNote(job.digest, job.command, self.label, taken, (content, style, variation), ended)
        return Painted(job, encode(pixels, job.format, note.texts()), note, is_flat)

    def _studio(self, styles: Styles, tile: int | None, say: Callable[[str], None]) -> Studio:
        return Studio(self.wish.config, self._features, styles, self.machine, self.wish.seed, tile, say)


def _require_layers(option: str, names: tuple[str, ...], features: Layered) -> None:
    for name in names:
        if name not in features.strides:
            error = unknown_name(option, name, features.strides)
            error.hint = Again(drop=(option,))
            raise error


def write(painted: Painted) -> None:
    """Write a picture to its place, whole or not at all."""
    assert painted.job.path is not None, "stdout is the door's"
    painted.job.path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(painted.job.path, painted.data, durable=False)


def _tensor(colour: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(colour).permute(2, 0, 1)[None].float().div(127.5).sub(1.0).contiguous()


def moves(painting: Painting, deadline: float, stopped: Callable[[], int | None]) -> Iterator[Moved]:
    """Redraw until the end, the deadline on the monotonic clock, or a signal; ``painting.ended`` then says which."""
    slowest, began = 0.0, time.monotonic()
    for moved in painting.steps():
        yield moved
        now = time.monotonic()
        slowest, began = max(slowest, now - began), now
        number = stopped()
        if number is not None:
            painting.ended = signal.Signals(number).name
            return
        if now + slowest > deadline:
            painting.ended = "time"
            return
