"""Pillow's pixel modes, brought to two planes of 8 bits: colour (L, RGB or CMYK) and alpha. Nothing is clipped.

Rules where a mode does not say what its numbers mean: whole numbers wider than 16 bits are taken as 8 bits when all
lie in [0, 255], as 16 bits when all lie in [0, 65535], otherwise the smallest becomes 0 and the largest 255. Floats
are taken as [0, 1] when all lie there, otherwise smallest to largest. What was assumed is noted.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from gantools.pictures.reasons import Unusable

Pixels = NDArray[np.uint8]
GRAY_MODES = {"1", "L", "LA", "La"}
TIFF_PHOTOMETRIC = 262
NARROW = 16  # a sixteenth of the range, 16 levels of 256: below it a picture looks flat. Guess


@dataclass(frozen=True)
class Traits:
    """What the header says about the pixels; part of it is gone once they are loaded.

    Args:
        gray: grey values only: a grey mode, or a palette of greys.
        alpha: an alpha plane, a transparent palette entry or a transparent colour.
        bits: bits per sample of a 16-bit mode: 12 or 16.
        inverted: 0 means white in a mode that Pillow does not turn round (16-bit and float TIFF).
        unsigned: 32-bit numbers without a sign, which Pillow holds as signed ones.
        narrowed: 16-bit colours, of which Pillow keeps the high byte.
    """

    gray: bool
    alpha: bool
    bits: int
    inverted: bool
    unsigned: bool
    narrowed: bool


def traits(image: ImageFile.ImageFile) -> Traits:
    """Read the traits of an opened picture whose pixels are not loaded yet."""
    arguments = image.tile[0].args if image.tile else ""
    raw = str(arguments[0] if isinstance(arguments, tuple) else arguments)
    tags = getattr(image, "tag_v2", {})
    deep = _is_deep(image)
    return Traits(
        gray=deep or image.mode in GRAY_MODES or raw.startswith("LA;16") or _gray_palette(image),
        alpha=image.has_transparency_data,
        bits=12 if raw == "I;12" else 16,
        inverted=deep and tags.get(TIFF_PHOTOMETRIC) == 0,
        unsigned=raw == "I;32N",
        narrowed=raw.startswith("RGB;16"),
    )


def planes(image: Image.Image, facts: Traits, notes: list[str]) -> tuple[Image.Image, Image.Image | None]:
    """Split a loaded picture of any mode into 8-bit colour (mode L, RGB or CMYK) and alpha (L), if it has any.

    Raises:
        Unusable: float pixels that are not finite.
    """
    if _is_deep(image):
        return _deep(image, facts, notes)
    if image.mode in ("1", "L", "RGB") and "transparency" in image.info:
        return _keyed(image, facts, notes)
    if image.mode in ("La", "LA"):
        return _split(image.convert("LA"))
    if facts.alpha:
        colour, alpha = _split(image.convert("RGBA"))
        return (colour.getchannel(0) if facts.gray else colour), alpha
    if facts.gray:
        return (image.convert("RGB").getchannel(0) if image.mode == "P" else image.convert("L")), None
    return (image if image.mode in ("RGB", "CMYK") else image.convert("RGB")), None


def _is_deep(image: Image.Image) -> bool:
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def _gray_palette(image: ImageFile.ImageFile) -> bool:
    if image.mode not in ("P", "PA") or not image.palette:
        return False
    return all(len(set(colour[:3])) == 1 for colour in image.palette.colors) and image.palette.mode != "CMYK"


def _split(image: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Split LA or RGBA into colour and alpha."""
    *bands, alpha = image.split()
    return (bands[0] if len(bands) == 1 else Image.merge("RGB", bands)), alpha


def _keyed(image: Image.Image, facts: Traits, notes: list[str]) -> tuple[Image.Image, Image.Image]:
    """Turn the one transparent colour of a grey or RGB picture into an alpha plane."""
    key = image.info["transparency"]
    colour = image.convert("L") if image.mode == "1" else image
    if facts.narrowed:
        key = tuple(value >> 8 for value in key)
        notes.append("transparent colour compared by its high bytes: the picture has 16 bits per sample")
    values = np.asarray(colour)
    clear = (values == key).all(axis=-1) if values.ndim == 3 else values == key
    return colour, Image.fromarray(np.where(clear, np.uint8(0), np.uint8(255)))


def _deep(image: Image.Image, facts: Traits, notes: list[str]) -> tuple[Image.Image, Image.Image | None]:
    """Bring one plane of more than 8 bits to 8."""
    values = np.asarray(image)
    if image.mode == "F":
        levels = _float_levels(values, notes)
    elif image.mode == "I":
        levels = _integer_levels(values.view(np.uint32) if facts.unsigned else values, notes)
    else:
        levels = _sixteen_bit_levels(values, facts.bits)
        _note_range(values, 2**facts.bits - 1, notes)
    if facts.inverted:
        levels = 255 - levels
    key = image.info.get("transparency")
    alpha = None if key is None else Image.fromarray(np.where(values == key, np.uint8(0), np.uint8(255)))
    return Image.fromarray(levels), alpha


def _note_range(values: NDArray[np.integer], top: int, notes: list[str]) -> None:
    """Say when few of 256 levels are left of a picture that is not flat: it comes out nearly black, or white."""
    lowest, highest = int(values.min()), int(values.max())
    if 0 < highest - lowest < top // NARROW:
        share = 100 * (highest - lowest) / top
        notes.append(f"uses {share:.1f} % of its range: {lowest}..{highest} of 0..{top}; nothing is stretched")


def _sixteen_bit_levels(values: NDArray[np.integer], bits: int = 16) -> Pixels:
    """Round 0..2**bits - 1 to 0..255 through a table: one byte a pixel of memory, not eight."""
    top = 2**bits - 1
    table: Pixels = ((np.minimum(np.arange(65536), top) * 255 + top // 2) // top).astype(np.uint8)
    return table.take(values)


def _integer_levels(values: NDArray[np.integer], notes: list[str]) -> Pixels:
    lowest, highest = int(values.min()), int(values.max())
    if lowest >= 0 and highest <= 255:
        notes.append("32-bit whole numbers taken as 8 bits: all lie in 0..255")
        return values.astype(np.uint8)
    if lowest >= 0 and highest <= 65535:
        return _sixteen_bit_levels(values)
    notes.append(f"32-bit whole numbers scaled from {lowest}..{highest} to 0..255")
    return _stretch(values.astype(np.float64), lowest, highest)


def _float_levels(values: NDArray[np.float32], notes: list[str]) -> Pixels:
    lowest, highest = float(values.min()), float(values.max())
    if not np.isfinite([lowest, highest]).all():
        raise Unusable("pixel values that are not finite numbers")
    if lowest >= 0.0 and highest <= 1.0:
        return _stretch(values.astype(np.float32), 0.0, 1.0)
    notes.append(f"float values scaled from {lowest:g}..{highest:g} to 0..255")
    return _stretch(values.astype(np.float64), lowest, highest)


def _stretch(values: NDArray[np.floating], lowest: float, highest: float) -> Pixels:
    """Map lowest..highest to 0..255, rounded, in place; one value everywhere becomes 0."""
    values -= lowest
    values *= 255.0 / (highest - lowest) if highest > lowest else 0.0
    np.rint(values, out=values)
    return values.astype(np.uint8)
