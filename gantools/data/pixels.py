"""The bytes of one picture's file -> the picture, and what is refused or left out before it is decoded."""

import os
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import BinaryIO

from gantools.data.entry import RAW_SUFFIXES, LeftOut, Loaded, Natural, Unreadable, digest_of
from gantools.data.recipe import Recipe
from gantools.pictures.formats import DEFAULT_FORMATS
from gantools.pictures.open import look, look_and_open
from gantools.pictures.reasons import OtherFormat, PictureError

MAX_FILE_BYTES = 1 << 29  # a file is read whole, one a thread. Guess: no picture under the pixel limit comes near
OVERSIZE = 1.5
"""How many times as large as it is needed a JPEG is decoded at least. 64 px made of photographs of 512 to 1,024 px are
on average 0.67 levels from those of the whole picture with 2, 0.83 with 1.5, and 1.70 with 1."""

RAW_REASON = "camera raw file, not supported: export as JPEG"


def check_kind(name: str, size_bytes: int | None) -> None:
    """Refuse by name and size what must not even be opened.

    Raises:
        Unreadable: a camera's raw file, or too large.
    """
    if os.path.splitext(name)[1].lower() in RAW_SUFFIXES:
        raise Unreadable(RAW_REASON)
    if size_bytes is not None and size_bytes > MAX_FILE_BYTES:
        raise Unreadable(f"{size_bytes} bytes, more than {MAX_FILE_BYTES}")


def natural(source: Path | str | BinaryIO, formats: tuple[str, ...] = DEFAULT_FORMATS) -> Natural:
    """Read the header of a picture.

    Raises:
        Unreadable: it is none, or of another format.
    """
    try:
        seen = look(source, formats)
    except PictureError as error:
        raise unreadable(error) from error
    return Natural(seen.height, seen.width, seen.gray)


def decoded(data: bytes, recipe: Recipe) -> Loaded:
    """Read a picture from the bytes of its file.

    Raises:
        LeftOut: it is smaller than the options ask for, or of another format.
        Unreadable: it cannot be read; the digest is known.
    """
    digest = digest_of(data)
    notes: list[str] = []
    height, width = recipe.size
    try:
        if recipe.min_size:
            header = look(BytesIO(data), recipe.formats)
            check_side(header.height, header.width, recipe, digest)
        seen, image, extent = look_and_open(
            BytesIO(data),
            channels=recipe.channels,
            background=recipe.background,
            at_least=(ceil(OVERSIZE * width), ceil(OVERSIZE * height)) if recipe.tiles == "none" else None,
            formats=recipe.formats,
            notes=notes,
        )
    except PictureError as error:
        raise unreadable(error, digest) from error
    return Loaded(image, digest, tuple(notes), seen=seen, extent=extent)


def unreadable(error: PictureError, digest: str | None = None) -> Unreadable:
    """Return why a picture is skipped; one of a format that was not asked for is left out, which is no fault."""
    return (LeftOut if isinstance(error, OtherFormat) else Unreadable)(error.reason, digest)


def check_side(height: int, width: int, recipe: Recipe, digest: str | None = None) -> None:
    """Leave out a picture whose shorter side is below the smallest that is wanted.

    Raises:
        LeftOut: it is.
    """
    if min(height, width) < recipe.min_size:
        raise LeftOut(f"shorter side under {recipe.min_size} pixels", digest)
