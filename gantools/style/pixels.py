"""Files to pixels, at the size at which a picture is redrawn."""

from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gantools.pictures.open import look_and_open, open_picture


def read_pixels(source: Path | BinaryIO, long_side: int) -> tuple[NDArray[np.uint8], NDArray[np.float32] | None]:
    """Return a picture's colours (H, W, 3) and its opacity (H, W) or None, at most ``long_side`` pixels long.

    A smaller picture stays as it is. Transparent places take the mean colour of what is seen, so that no hidden colour
    reaches a loss over an edge.
    """
    at_least = (2 * long_side, 2 * long_side)
    seen, image, extent = look_and_open(source, channels="rgba", at_least=at_least)
    size = reduced(seen.width, seen.height, long_side)
    if image.size != size:
        image = image.resize(size, Image.Resampling.LANCZOS, box=extent, reducing_gap=3.0)
    pixels = np.asarray(image)
    colour, alpha = pixels[..., :3].copy(), pixels[..., 3]
    if alpha.min() == 255:
        return colour, None
    shown = alpha > 0
    colour[~shown] = colour[shown].mean(0).round() if shown.any() else 128
    return colour, alpha.astype(np.float32) / 255.0


def reduced(width: int, height: int, long_side: int) -> tuple[int, int]:
    """Return width and height of a picture that is made at most ``long_side`` pixels long; a smaller one stays.

    Example:
        >>> reduced(600, 401, 300), reduced(200, 100, 300)
        ((300, 200), (200, 100))
    """
    factor = min(1.0, long_side / max(height, width))
    return max(1, round(width * factor)), max(1, round(height * factor))


def read_mask(path: Path, height: int, width: int) -> NDArray[np.float32]:
    """Return a mask (H, W) in [0, 1], white as 1, stretched to a size; transparent places are black."""
    image = open_picture(path, channels="gray", background=(0, 0, 0)).resize((width, height), Image.Resampling.BOX)
    return np.asarray(image, np.float32) / 255.0
