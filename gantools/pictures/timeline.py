"""The timeline: how the same few latents looked at doubling counts of images, one row a count, in one small picture."""

import json
from dataclasses import dataclass, field
from hashlib import blake2b
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gantools.config.build import to_json
from gantools.config.run import RunConfig
from gantools.files.header import canonical_json
from gantools.pictures.grid import grid
from gantools.pictures.note import KEYWORD
from gantools.pictures.write import png_bytes, read_text

Pixels = NDArray[np.uint8]

FIRST_IMAGES = 1000
ROWS = 12
COLUMNS = 8
LONGEST_PX = 64
"""With 12 rows of 8 pictures of at most 64 px the file stays under a megabyte: 1,000 to 2 million images. Guess."""

GAP_PX = 2


@dataclass
class Timeline:
    """Rows of small pictures, the oldest first.

    Args:
        run: says to which run it belongs: of seed and networks.
        counts: images seen at each row, rising.
        rows: for each count uint8 (COLUMNS, C, H, W); all of one shape.
    """

    run: str
    counts: list[int] = field(default_factory=list)
    rows: list[Pixels] = field(default_factory=list)

    def add(self, count: int, pictures: Pixels) -> None:
        """Add a row; of more than ``ROWS`` the oldest goes."""
        self.counts = [*self.counts, count][-ROWS:]
        self.rows = [*self.rows, small(pictures)][-ROWS:]

    def until(self, images: int) -> "Timeline":
        """Return the rows up to a count: those behind it were drawn by a run that was killed before it had saved."""
        kept = sum(count <= images for count in self.counts)
        return Timeline(self.run, self.counts[:kept], self.rows[:kept])

    def png(self) -> bytes:
        """Return the rows as one sheet, with what is needed to read them back."""
        height, width = self.rows[0].shape[2:]
        note = {"timeline": self.counts, "run": self.run, "height": height, "width": width}
        sheet = grid(np.concatenate(self.rows), COLUMNS, GAP_PX)
        return png_bytes(sheet, text={KEYWORD: canonical_json(note).decode()})


def timeline_path(checkpoint: Path) -> Path:
    """Return where the timeline of a checkpoint lies: beside it."""
    return checkpoint.with_suffix(".timeline.png")


def run_name(config: RunConfig) -> str:
    """Return what the rows of a run have in common whatever else is changed on its way: its networks and its seed."""
    fixed = {"network": to_json(config)["network"], "seed": config.seed}
    return blake2b(canonical_json(fixed), digest_size=8).hexdigest()


def is_due(before: int, after: int) -> bool:
    """Say whether 1,000 images or a doubling of them was reached between two counts.

    Example:
        >>> is_due(960, 1024), is_due(1024, 1088), is_due(1984, 2048), is_due(0, 64)
        (True, False, True, False)
    """
    return after >= FIRST_IMAGES and (after // FIRST_IMAGES).bit_length() > (before // FIRST_IMAGES).bit_length()


def read_timeline(path: Path, run: str, images: int) -> Timeline:
    """Read the rows of a run up to a count of images; none from a file that is absent, foreign or of another run."""
    empty = Timeline(run)
    try:
        note = json.loads(read_text(path).get(KEYWORD, "{}"))
        counts, shape = [int(count) for count in note["timeline"]], (int(note["height"]), int(note["width"]))
        if note["run"] != run or counts != sorted(set(counts)) or len(counts) > ROWS or max(shape) > LONGEST_PX:
            return empty
        with Image.open(path) as image:
            if image.size != (_length(COLUMNS, shape[1]), _length(len(counts), shape[0])):
                return empty
            sheet = np.asarray(image)
    except (OSError, ValueError, KeyError, TypeError, RecursionError, Image.DecompressionBombError):
        return empty
    sheet = sheet.reshape(*sheet.shape[:2], -1).transpose(2, 0, 1)
    return Timeline(run, counts, [_row(sheet, number, *shape) for number in range(len(counts))]).until(images)


def small(pictures: Pixels) -> Pixels:
    """Reduce pictures (N, C, H, W) whose longer side has more than ``LONGEST_PX`` pixels."""
    height, width = pictures.shape[2:]
    share = LONGEST_PX / max(height, width)
    if share >= 1:
        return pictures
    size = (max(1, round(width * share)), max(1, round(height * share)))
    reduced = [_reduced(picture, size) for picture in pictures]
    return np.stack(reduced)


def _reduced(picture: Pixels, size: tuple[int, int]) -> Pixels:
    image = Image.open(BytesIO(png_bytes(picture, level=0)))
    pixels = np.asarray(image.resize(size, Image.Resampling.BOX))
    return np.ascontiguousarray(pixels.reshape(*pixels.shape[:2], -1).transpose(2, 0, 1))


def _row(sheet: Pixels, number: int, height: int, width: int) -> Pixels:
    top = number * (height + GAP_PX)
    lefts = (column * (width + GAP_PX) for column in range(COLUMNS))
    return np.stack([sheet[:, top : top + height, left : left + width] for left in lefts])


def _length(count: int, side: int) -> int:
    return count * (side + GAP_PX) - GAP_PX
