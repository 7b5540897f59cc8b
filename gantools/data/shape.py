"""A picture of any size -> pixels of the one size: crop, then resize with Lanczos; or resize, then pad."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor

from gantools import draws
from gantools.data.recipe import Crop, Recipe
from gantools.errors import UsageError, nearest
from gantools.keys import key
from gantools.pictures.fractions import Box

MODES = {"gray": "L", "rgb": "RGB", "rgba": "RGBA"}
REDUCING_GAP = 3.0  # Pillow's: shrink by a whole factor first, down to 3 times the size; not visible at 3


def to_pixels(image: Image.Image, recipe: Recipe, digest: str, extent: Box | None = None) -> NDArray[np.uint8]:
    """Return the pixels of ``shaped``, uint8 (C, H, W)."""
    return pixels_of(shaped(image, recipe, digest, extent))


def pixels_of(image: Image.Image) -> NDArray[np.uint8]:
    """Return the pixels of a picture of mode L, RGB or RGBA, uint8 (C, H, W)."""
    pixels = np.asarray(image)
    return pixels[None] if pixels.ndim == 2 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def shaped(image: Image.Image, recipe: Recipe, digest: str, extent: Box | None = None) -> Image.Image:
    """Crop and resize a picture, or resize and pad it.

    Args:
        image: mode L, RGB or RGBA; it becomes the recipe's mode.
        recipe: size, channels, crop, background and seed.
        digest: of the source; a random crop is keyed by it, so that it does not depend on the other pictures.
        extent: where in ``image`` the picture lies; None for all of it.
    """
    if image.mode != MODES[recipe.channels]:
        image = image.convert(MODES[recipe.channels])
    height, width = recipe.size
    if recipe.crop == "pad":
        return padded(image, (width, height), recipe.background, extent)
    left, upper, right, lower = extent or (0.0, 0.0, *image.size)
    draw_key = key(recipe.seed, "crop", digest) if recipe.crop == "random" else 0
    box = crop_box((right - left, lower - upper), (width, height), recipe.crop, draw_key)
    box = (left + box[0], upper + box[1], min(left + box[2], right), min(upper + box[3], lower))
    if image.size != (width, height) or box != (0.0, 0.0, width, height):
        image = image.resize((width, height), Image.Resampling.LANCZOS, box=box, reducing_gap=REDUCING_GAP)
    return image


def padded(
    image: Image.Image, target: tuple[int, int], background: tuple[int, int, int], extent: Box | None = None
) -> Image.Image:
    """Return the whole picture, as large as it fits and in the middle; beside it is the background, clear in RGBA.

    Args:
        image: mode L, RGB or RGBA.
        target: (width, height) to be made.
        background: sRGB; its luma for mode L.
        extent: where in ``image`` the picture lies; None for all of it.

    Example:
        >>> padded(Image.new("L", (200, 100), 9), (64, 64), (255, 255, 255)).getbbox()
        (0, 0, 64, 64)
    """
    left, upper, right, lower = box = extent or (0.0, 0.0, float(image.width), float(image.height))
    scale = min(target[0] / (right - left), target[1] / (lower - upper))
    width, height = max(1, round((right - left) * scale)), max(1, round((lower - upper) * scale))
    if image.size != (width, height) or box != (0.0, 0.0, width, height):
        image = image.resize((width, height), Image.Resampling.LANCZOS, box=box, reducing_gap=REDUCING_GAP)
    colour = Image.new("RGB", (1, 1), background).convert(image.mode)
    if image.mode == "RGBA":
        colour.putalpha(0)
    canvas = Image.new(image.mode, target, colour.getpixel((0, 0)))
    canvas.paste(image, ((target[0] - width) // 2, (target[1] - height) // 2))
    return canvas


def crop_box(size: tuple[float, float], target: tuple[int, int], crop: Crop, draw_key: int) -> Box:
    """Return which part of a picture is kept: the largest one that has the target's proportions.

    Args:
        size: (width, height) of the picture, not rounded.
        target: (width, height) to be made.
        crop: ``center``, ``top`` (centred from left to right), ``random``, or ``none``: all of it, stretched;
            ``pad``: all of it.
        draw_key: of the random place.

    Returns:
        (left, upper, right, lower) in pixels, not rounded.

    Example:
        >>> crop_box((200, 100), (64, 64), "center", 0), crop_box((100, 200), (64, 64), "top", 0)
        ((50.0, 0.0, 150.0, 100.0), (0.0, 0.0, 100.0, 100.0))
    """
    if crop in ("none", "pad"):
        return 0.0, 0.0, float(size[0]), float(size[1])
    scale = min(size[0] / target[0], size[1] / target[1])
    # Not target x scale on both sides: rounding could leave the box a hair outside the picture.
    width = min(float(size[0]), target[0] * scale)
    height = min(float(size[1]), target[1] * scale)
    place = {"center": (0.5, 0.5), "top": (0.5, 0.0)}.get(crop)
    if place is None:
        left, upper = draws.generator(draw_key).random_sample(2).tolist()
        place = left, upper
    left, upper = (size[0] - width) * place[0], (size[1] - height) * place[1]
    return left, upper, min(left + width, float(size[0])), min(upper + height, float(size[1]))


def parse_color(text: str) -> tuple[int, int, int]:
    """Read a colour's name or ``#rrggbb`` as sRGB, 0 to 255.

    Raises:
        UsageError: it is none.
    """
    try:
        red, green, blue = ImageColor.getrgb(text)[:3]
        return red, green, blue
    except ValueError:
        message = f"--background: found '{text}', expected a colour like white or #ff8800"
        close = next(iter(nearest(text.lower(), ImageColor.colormap)), "white")
        raise UsageError(message, hint=f"--background {close}") from None
