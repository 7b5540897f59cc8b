"""Colour profiles: pictures that carry an ICC profile are brought to sRGB, the one colour space inside."""

from collections.abc import Callable
from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

MODE_OF_SPACE = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}
SAME_LEVELS = 2  # a profile that moves no colour further than this is sRGB itself, written with other rounding


def to_srgb(colour: Image.Image, profile: bytes | None, notes: list[str]) -> Image.Image:
    """Return ``colour`` in sRGB.

    Args:
        colour: mode L, RGB or CMYK.
        profile: the bytes of an ICC profile, or None. One that cannot be used is ignored, and ``notes`` says so.
        notes: gets a line for each departure.

    Returns:
        Mode L where ``colour`` is L and its profile a grey one (or absent), otherwise RGB.
    """
    if profile:
        try:
            return _apply(colour, profile)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError, KeyError) as error:
            detail = str(error) if isinstance(error, _Mismatch) else "unreadable"
            notes.append(f"colour profile ignored: {detail}")
    return colour.convert("RGB") if colour.mode == "CMYK" else colour


class _Mismatch(ValueError):
    """A profile of another colour space than the picture's."""


def _apply(colour: Image.Image, profile: bytes) -> Image.Image:
    space = _open(profile).profile.xcolor_space.strip()
    mode = MODE_OF_SPACE.get(space)
    if mode == "RGB" and colour.mode == "L":
        colour = colour.convert("RGB")
    if mode != colour.mode:
        raise _Mismatch(f"it is for {space}, the picture is {colour.mode}")
    convert = _converter(profile, mode)
    return convert(colour) if convert else colour


def _open(profile: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(BytesIO(profile))


@lru_cache(maxsize=8)
def _converter(profile: bytes, mode: str) -> Callable[[Image.Image], Image.Image] | None:
    """Build the way from a profile to sRGB, or return None for a profile that is sRGB itself.

    Kept, because a folder's pictures mostly share one profile and building costs more than applying it to a small
    picture. NOCACHE: what is built is shared between threads, and its one-pixel cache is the only state in it.
    """
    flags = ImageCms.Flags.NOCACHE
    if mode == "L":
        # Optimised, LittleCMS is up to 10 levels off in the shadows of a linear grey profile; a table is exact.
        flags |= ImageCms.Flags.NOOPTIMIZE
    transform = ImageCms.buildTransform(_open(profile), ImageCms.createProfile("sRGB"), mode, "RGB", flags=flags)
    if mode != "CMYK":
        probe = _probe(mode)
        moved = np.asarray(transform.apply(probe), dtype=np.int16)
        if np.abs(moved - np.asarray(probe.convert("RGB"), dtype=np.int16)).max() <= SAME_LEVELS:
            return None
        if mode == "L":
            table = moved[0, :, 1].tolist()
            return lambda picture: picture.point(table)
    return transform.apply


def _probe(mode: str) -> Image.Image:
    """Return a picture of colours spread over the whole range of ``mode`` (L or RGB)."""
    if mode == "L":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    levels = np.linspace(0, 255, 9).astype(np.uint8)
    return Image.fromarray(np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(27, 27, 3))
