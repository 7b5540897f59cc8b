"""Pictures that have no pack: they are decoded once into a nameless temporary file and read from there like a pack."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from gantools.config.sizes import doublings, nearest_sides
from gantools.data.entry import Entry, Natural, Unreadable
from gantools.data.pack import Pictures, Shape, data_digest, pixel_digest
from gantools.data.recipe import CHANNEL_NAMES, Recipe
from gantools.data.shape import to_pixels
from gantools.data.sources import folder_entries
from gantools.data.spool import space
from gantools.errors import Hint, InputError
from gantools.files.nearby import other_data, prepare_first
from gantools.pictures.open import PictureError, open_picture


def open_raw(folder: Path) -> Pictures:
    """Open a folder of pictures of one size that ``prepare`` never saw; its sub-folders are the labels.

    The pictures are grey if all are, otherwise RGB on white.

    Raises:
        InputError: no picture, an unreadable one, several sizes, or a size that cannot be trained.
        ResourceError: no space for the temporary file.
    """
    hint = prepare_first(str(folder))
    entries = folder_entries(folder)
    if not entries:
        raise InputError(f"{folder}: found no picture, expected a folder of pictures", hint=other_data(str(folder)))
    naturals = [_look(entry, hint) for entry in entries]
    size = _common_size(folder, entries, naturals, hint)
    recipe = Recipe((), size, "gray" if all(natural.gray for natural in naturals) else "rgb", crop="none")
    classes = sorted({entry.label for entry in entries if entry.label is not None})
    numbers = {name: number for number, name in enumerate(classes)}
    labels = np.array([numbers.get(entry.label or "", -1) for entry in entries], np.int32)
    scratch = Scratch()
    digests = [scratch.add(_pixels(entry, recipe, hint)) for entry in entries]
    digest = data_digest(b"".join(digests), recipe.shape)
    descriptor, offsets = scratch.finish(recipe.shape)
    known = labels if classes else None
    return Pictures(descriptor, str(folder), offsets, recipe.shape, digest, classes=tuple(classes), labels=known)


def rebuilt(files: Iterable[tuple[Path, bytes]], shape: Shape, hint: Hint) -> tuple[int, NDArray[np.int64]]:
    """Decode our own PNG files into a temporary file.

    Args:
        files: each with the digest of its pixels.
        shape: of each picture.
        hint: what to type when a picture is not as it was written.

    Returns:
        The file's descriptor and the offset of each picture, (N,).
    """
    scratch = Scratch()
    for path, digest in files:
        pixels = own_pixels(path, shape)
        if pixels is None or scratch.add(pixels) != digest:
            message = f"{path}: found other pixels than were written, expected the picture that gantools prepare wrote"
            raise InputError(message, hint=hint)
    return scratch.finish(shape)


def own_pixels(path: Path, shape: Shape) -> NDArray[np.uint8] | None:
    """Decode a PNG that we wrote, uint8 (C, H, W); None when it cannot be read or is of another size."""
    channels = CHANNEL_NAMES[shape.channels]
    try:
        image = open_picture(path, channels=channels)
    except PictureError:
        return None
    if image.size != (shape.width, shape.height):
        return None
    return to_pixels(image, Recipe((), (shape.height, shape.width), channels), "")


class Scratch:
    """Rows in a nameless file in the system's temporary folder; it is gone when its last descriptor is closed."""

    def __init__(self) -> None:
        self._stream: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115
        self._count = 0

    def add(self, pixels: NDArray[np.uint8]) -> bytes:
        """Append one picture (C, H, W) and return the digest of its pixels."""
        self._count += 1
        with space():
            self._stream.write(pixels.tobytes())
        return pixel_digest(pixels)

    def finish(self, shape: Shape) -> tuple[int, NDArray[np.int64]]:
        """Return a descriptor of the file, now the caller's, and where each picture begins, (N,)."""
        with space(), self._stream:
            self._stream.flush()
            descriptor = os.dup(self._stream.fileno())
        return descriptor, shape.row_bytes * np.arange(self._count, dtype=np.int64)


def _look(entry: Entry, hint: Hint) -> Natural:
    try:
        return entry.origin.look(entry)
    except Unreadable as error:
        raise _unreadable(entry, error, hint) from error


def _pixels(entry: Entry, recipe: Recipe, hint: Hint) -> NDArray[np.uint8]:
    try:
        loaded = entry.origin.loader(entry)(recipe)
    except Unreadable as error:
        raise _unreadable(entry, error, hint) from error
    return to_pixels(loaded.image, recipe, loaded.digest, loaded.extent)


def _unreadable(entry: Entry, error: Unreadable, hint: Hint) -> InputError:
    return InputError(f"{entry.source}: cannot be read ({error.reason}), expected a whole picture", hint=hint)


def _common_size(folder: Path, entries: list[Entry], naturals: list[Natural], hint: Hint) -> tuple[int, int]:
    """Return the (height, width) that all pictures share."""
    height, width, _ = naturals[0]
    for entry, natural in zip(entries, naturals, strict=True):
        if natural[:2] != (height, width):
            sizes = (
                f"{entries[0].source} of {width}x{height} and {entry.source} of {natural.width}x{natural.height} pixels"
            )
            raise InputError(f"{folder}: found {sizes}, expected pictures of one size", hint=hint)
    if doublings(height, width) is None:
        wanted = " or ".join(map(str, nearest_sides(min(height, width))))
        message = f"{folder}: found pictures of {width}x{height} pixels, expected a size like {wanted}"
        size = "--size", str(nearest_sides(min(height, width))[0])
        raise InputError(message, hint=prepare_first(str(folder), *size))
    return height, width
